# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The MIMO detector of integer neurons: one time step, counts (torch).

The softmax transformer's width, depth and heads (model.py) with integer LIF
neurons, which fire 0 to 4 times, and membrane shortcuts. Attention is SDSA-3 on
counts, its sums divided by 16 times the visible tokens.

A linear is followed by batch normalisation, which export folds into it.
"""

import math

import torch
from torch import nn

import mimo_task
from crossbar import product
from neurons import count

GAIN, BIAS = 1.5, 1.0  # of norms in front of neurons
SCALE = 1.0 / 16.0  # of causal sums of counts, for each visible token


class Norm(nn.BatchNorm1d):
    """Batch normalisation of the last axis."""

    def __init__(self, width, gain, bias):
        super().__init__(width)
        nn.init.constant_(self.weight, gain)
        nn.init.constant_(self.bias, bias)

    def forward(self, x):
        return super().forward(x.flatten(0, -2)).view(x.shape)

    def folded(self):
        """Factor and bias of each channel."""
        factor = self.weight / torch.sqrt(self.running_var + self.eps)
        return factor, self.bias - self.running_mean * factor


class Fire(nn.Module):
    """Neurons that read the residual stream."""

    def __init__(self, width):
        super().__init__()
        self.norm = Norm(width, GAIN, BIAS)

    def forward(self, x):
        return count(self.norm(x))


class LinearNorm(nn.Module):
    """A linear without bias, then batch normalisation of its channels."""

    def __init__(self, inputs, outputs, gain, bias=0.0, rounded=True):
        super().__init__()
        self.rounded = rounded  # products of bfloat16 in training
        self.w = nn.Parameter(torch.randn(inputs, outputs)
                              / math.sqrt(inputs))
        self.norm = Norm(outputs, gain, bias)

    def forward(self, x):
        if self.rounded and self.training:
            return self.norm(product(x, self.w))
        return self.norm(x @ self.w)

    def folded(self):
        """Weight [inputs, outputs] and bias of both together."""
        factor, bias = self.norm.folded()
        return self.w * factor, bias


def visible(tokens):
    """The tokens that each one sees, [tokens, 1]."""
    return torch.arange(1.0, tokens + 1.0).unsqueeze(1)


class Block(nn.Module):
    def __init__(self, width, heads, depth):
        super().__init__()
        self.heads = heads
        for name in "qkv":
            self.add_module(name, LinearNorm(width, width, GAIN, BIAS))
        self.o = LinearNorm(width, width, 1.0 / math.sqrt(depth))
        self.f1 = LinearNorm(width, 4 * width, GAIN, BIAS)
        self.f2 = LinearNorm(4 * width, width, 1.0 / math.sqrt(depth))
        self.fire_in, self.fire_f1 = Fire(width), Fire(width)

    def attend(self, q, k, v, mask):
        """Counts [batch, heads, tokens, size] of one attention."""
        tokens = q.shape[-2]
        return count((((q @ k.mT) * mask) @ v) * (SCALE / visible(tokens)))

    def forward(self, x, mask):
        batch, tokens, width = x.shape
        shape = (batch, tokens, self.heads, width // self.heads)
        u = self.fire_in(x)
        q, k, v = (count(layer(u)).view(shape).transpose(1, 2)
                   for layer in (self.q, self.k, self.v))
        a = self.attend(q, k, v, mask).transpose(1, 2).reshape(x.shape)
        x = x + self.o(a)
        return x + self.f2(count(self.f1(self.fire_f1(x))))


class CountDetector(nn.Module):
    """prompt [batch, 19, 12] -> logits [batch, 19, 16]."""

    def __init__(self, width=64, heads=4, depth=3):
        super().__init__()
        tokens = mimo_task.TOKENS
        self.embed = LinearNorm(mimo_task.FEATURES, width, 2.0, rounded=False)
        self.position = nn.Parameter(0.02 * torch.randn(tokens, width))
        self.blocks = nn.ModuleList(Block(width, heads, depth)
                                    for _ in range(depth))
        self.fire_head = Fire(width)
        self.head = nn.Linear(width, mimo_task.CLASSES)
        self.register_buffer("mask", torch.ones(tokens, tokens).tril())

    def forward(self, prompt):
        x = self.embed(prompt) + self.position
        for block in self.blocks:
            x = block(x, self.mask)
        return self.head(self.fire_head(x))

    def weights(self):
        """Name -> array, as export_spiking.py takes them, norms folded."""
        weights = {"position": self.position}

        def add(name, w, b):
            weights[f"{name}.weight"], weights[f"{name}.bias"] = w, b

        add("embed", *self.embed.folded())
        for i, block in enumerate(self.blocks):
            for name in ("q", "k", "v", "o", "f1", "f2"):
                add(f"blocks.{i}.{name}", *getattr(block, name).folded())
            for name in ("fire_in", "fire_f1"):
                add(f"blocks.{i}.{name}", *getattr(block, name).norm.folded())
        add("fire_head", *self.fire_head.norm.folded())
        add("head", self.head.weight.T, self.head.bias)
        return {name: w.detach().numpy() for name, w in weights.items()}
