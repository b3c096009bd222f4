# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The MIMO detector with stochastic spiking attention (torch).

The softmax transformer's width, depth and heads (model.py), unrolled over T time
steps; the prompt is presented at every step. Blocks are Meta-SpikeFormer's on
tokens, of LIF neurons and membrane shortcuts, with Xpikeformer's attention, whose
scores and outputs are drawn by Bernoulli neurons.

A linear is followed by batch normalisation, which export folds into it. After
set_hardware(), linears are read from the noisy crossbars of a chip (crossbar.py).
"""

import math

import torch
from torch import nn

import mimo_task
import crossbar
from crossbar import Crossbar, product

TAU = 2.0
THRESHOLD = 1.0


class _Lif(torch.autograd.Function):
    """Leaky integrate and fire; arc tangent surrogate gradient of a spike."""

    @staticmethod
    def forward(ctx, x):
        v = torch.zeros_like(x[0])
        spikes, potentials = torch.empty_like(x), torch.empty_like(x)
        for now, s, h in zip(x, spikes, potentials):
            torch.lerp(v, now, 1.0 / TAU, out=h)
            torch.ge(h, THRESHOLD, out=s)
            v = torch.addcmul(h, s, h, value=-1.0)
        ctx.save_for_backward(spikes, potentials)
        return spikes

    @staticmethod
    def backward(ctx, gradient):
        spikes, potentials = ctx.saved_tensors
        slope = potentials - THRESHOLD
        slope = slope.mul_(math.pi).square_().add_(1.0).reciprocal_()
        result = torch.empty_like(gradient)
        carried = torch.zeros_like(gradient[0])
        for t in range(len(gradient) - 1, -1, -1):
            # v = (1 - s) h depends on h directly and through the spike s.
            now = gradient[t] - carried * potentials[t]
            now.mul_(slope[t]).add_(carried).sub_(carried * spikes[t])
            torch.mul(now, 1.0 / TAU, out=result[t])
            carried = now.mul_(1.0 - 1.0 / TAU)
        return result


class _Bernoulli(torch.autograd.Function):
    """Draws a spike with the given probability; straight-through gradient."""

    @staticmethod
    def forward(ctx, probability):
        return (torch.rand_like(probability) < probability).to(
            probability.dtype)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def lif(x):
    """Leaky integrate and fire over axis 0, hard reset to 0.

    h = v + (x - v) / tau; a spike where h >= THRESHOLD; v = 0 after a spike,
    else h.
    """
    return _Lif.apply(x)


class LinearNorm(nn.Module):
    """A linear without bias, then batch normalisation of its channels."""

    def __init__(self, inputs, outputs, gain=1.0, spikes=True):
        super().__init__()
        self.crossbar = Crossbar(inputs, spikes)
        self.w = nn.Parameter(torch.randn(inputs, outputs)
                              / math.sqrt(inputs))
        self.norm = nn.BatchNorm1d(outputs)
        nn.init.constant_(self.norm.weight, gain)

    def forward(self, x):
        y = self.crossbar(x, self.w)
        return self.norm(y.flatten(0, -2)).view(y.shape)

    def folded(self):
        """Weight [inputs, outputs] and bias of both together."""
        n = self.norm
        factor = n.weight / torch.sqrt(n.running_var + n.eps)
        return self.w * factor, n.bias - n.running_mean * factor


class Block(nn.Module):
    def __init__(self, width, heads, depth):
        super().__init__()
        self.heads = heads
        self.q = LinearNorm(width, width)
        self.k = LinearNorm(width, width)
        self.v = LinearNorm(width, width)
        self.o = LinearNorm(width, width, 1.0 / math.sqrt(depth))
        self.f1 = LinearNorm(width, 4 * width)
        self.f2 = LinearNorm(4 * width, width, 1.0 / math.sqrt(depth))
        # Probabilities are products of rates: start with busy neurons.
        for layer in (self.q, self.k, self.v):
            nn.init.constant_(layer.norm.bias, 1.5)

    def attend(self, q, k, v, mask):
        """Spikes [T, batch, heads, tokens, size] of one attention."""
        tokens, size = q.shape[-2:]
        scores = _Bernoulli.apply(product(q, k.mT) / size) * mask
        return _Bernoulli.apply(product(scores, v) / tokens)

    def forward(self, x, mask):
        steps, batch, tokens, width = x.shape
        shape = (steps, batch, tokens, self.heads, width // self.heads)
        u = lif(x)
        q, k, v = (lif(layer(u)).view(shape).transpose(2, 3)
                   for layer in (self.q, self.k, self.v))
        a = self.attend(q, k, v, mask).transpose(2, 3).reshape(x.shape)
        x = x + self.o(a)
        return x + self.f2(lif(self.f1(lif(x))))


class StochasticDetector(nn.Module):
    """prompt [batch, 19, 12] -> logits [batch, 19, 16], mean over T steps."""

    def __init__(self, steps=4, width=64, heads=4, depth=3):
        super().__init__()
        tokens = mimo_task.TOKENS
        self.steps = steps
        self.embed = LinearNorm(mimo_task.FEATURES, width, 2.0, spikes=False)
        self.position = nn.Parameter(0.02 * torch.randn(tokens, width))
        self.blocks = nn.ModuleList(Block(width, heads, depth)
                                    for _ in range(depth))
        self.head = nn.Linear(width, mimo_task.CLASSES)
        self.head_crossbar = Crossbar(width)
        self.noise = None
        self.register_buffer("mask", torch.ones(tokens, tokens).tril())

    def set_hardware(self, strength):
        """0: exact linears; 1: read from crossbars."""
        self.noise = crossbar.set_hardware(self, self.noise, strength)

    def forward(self, prompt):
        x = self.embed(prompt) + self.position
        x = x.expand(self.steps, *x.shape)
        for block in self.blocks:
            x = block(x, self.mask)
        y = self.head_crossbar(lif(x), self.head.weight.T) + self.head.bias
        return y.mean(0)

    def weights(self):
        """Name -> array, as export_spiking.py takes them, norms folded."""
        weights = {"position": self.position}

        def add(name, w, b):
            weights[f"{name}.weight"], weights[f"{name}.bias"] = w, b

        add("embed", *self.embed.folded())
        for i, block in enumerate(self.blocks):
            for name in ("q", "k", "v", "o", "f1", "f2"):
                add(f"blocks.{i}.{name}", *getattr(block, name).folded())
        add("head", self.head.weight.T, self.head.bias)
        return {name: w.detach().numpy() for name, w in weights.items()}
