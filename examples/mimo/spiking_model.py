# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The MIMO detector of LIF neurons over T time steps (torch).

The softmax transformer's width, depth and heads (model.py), unrolled over time;
the prompt is presented at every step. Blocks have membrane shortcuts, a factor and
a bias for each channel in front of neurons that read them, and spike-driven
self-attention SDSA-3 under a causal mask, its sums divided by the visible tokens.
It starts from integer neurons (count_model.py, export_spiking.in_steps).
"""

import numpy as np
import torch
from torch import nn

import mimo_task
from count_model import visible
from crossbar import product
from neurons import LARGEST, lif

SDSA_THRESHOLD = 0.5
SDSA_SCALE = 0.5  # of causal sums, for each visible token


class Linear(nn.Module):
    def __init__(self, inputs, outputs, spikes=True):
        super().__init__()
        self.spikes = spikes
        self.w = nn.Parameter(torch.zeros(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        if self.training and self.spikes:
            return product(x, self.w) + self.bias
        return x @ self.w + self.bias


class Fire(nn.Module):
    """Neurons that read the residual stream."""

    def __init__(self, width):
        super().__init__()
        self.factor = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x):
        return lif(torch.addcmul(self.bias, x, self.factor))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.fire_in, self.fire_f1 = Fire(width), Fire(width)
        self.qkv = Linear(width, 3 * width)
        self.o = Linear(width, width)
        self.f1 = Linear(width, 4 * width)
        self.f2 = Linear(4 * width, width)

    def attend(self, q, k, v, mask):
        """Spikes [T, batch, heads, tokens, size] of one attention."""
        tokens = q.shape[-2]
        matmul = product if self.training else torch.matmul
        sums = matmul(matmul(q, k.mT) * mask, v)
        return lif(sums * (SDSA_SCALE / visible(tokens)), SDSA_THRESHOLD)

    def forward(self, x, mask):
        steps, batch, tokens, width = x.shape
        shape = (steps, batch, tokens, 3, self.heads, width // self.heads)
        spikes = lif(self.qkv(self.fire_in(x))).view(shape)
        q, k, v = spikes.permute(3, 0, 1, 4, 2, 5)
        a = self.attend(q, k, v, mask).transpose(2, 3).reshape(x.shape)
        x = x + self.o(a)
        return x + self.f2(lif(self.f1(self.fire_f1(x))))


class SpikingDetector(nn.Module):
    """prompt [batch, 19, 12] -> logits [batch, 19, 16], mean over T steps."""

    def __init__(self, steps=LARGEST, width=64, heads=4, depth=3):
        super().__init__()
        tokens = mimo_task.TOKENS
        self.steps = steps
        self.embed = Linear(mimo_task.FEATURES, width, spikes=False)
        self.position = nn.Parameter(torch.zeros(tokens, width))
        self.blocks = nn.ModuleList(Block(width, heads)
                                    for _ in range(depth))
        self.fire_head = Fire(width)
        self.head = Linear(width, mimo_task.CLASSES)
        self.register_buffer("mask", torch.ones(tokens, tokens).tril())

    def forward(self, prompt):
        x = self.embed(prompt) + self.position
        x = x.expand(self.steps, *x.shape)
        for block in self.blocks:
            x = block(x, self.mask)
        return self.head(self.fire_head(x)).mean(0)

    def named_weights(self):
        """Pairs of the names that export_spiking.py has and (views of) tensors."""
        yield "position", self.position

        def pairs(name, layer):
            w = layer.factor if isinstance(layer, Fire) else layer.w
            yield f"{name}.weight", w
            yield f"{name}.bias", layer.bias

        yield from pairs("embed", self.embed)
        for i, block in enumerate(self.blocks):
            for part in ("fire_in", "fire_f1", "o", "f1", "f2"):
                yield from pairs(f"blocks.{i}.{part}", getattr(block, part))
            for name, tensor in pairs("", block.qkv):
                for part, view in zip("qkv", tensor.chunk(3, -1)):
                    yield f"blocks.{i}.{part}{name}", view
        yield from pairs("fire_head", self.fire_head)
        yield from pairs("head", self.head)

    def weights(self):
        """Name -> array, as export_spiking.py takes them."""
        return {name: tensor.detach().numpy().copy()
                for name, tensor in self.named_weights()}

    def load(self, weights):
        """Takes the weights of weights() or of an exported file."""
        with torch.no_grad():
            for name, tensor in self.named_weights():
                tensor.copy_(torch.from_numpy(np.array(weights[name])))
        return self
