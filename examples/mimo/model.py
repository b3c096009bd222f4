# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The small causal transformer of the MIMO example, float or W1A4 (torch).

Pre-norm decoder blocks: LayerNorm, causal softmax attention, LayerNorm, ReLU
MLP (4x).  In quantised form the block weights are 1 bit (+1 where W >= mean W,
else -1, with one scale per tensor) and the block activations 4 bit with
learned scales; the input embedding and the output head use 8-bit weights and
activations.
"""

import math

import torch
from torch import nn
from torch.nn import functional

import mimo_task

SIGNED4 = (8, 15)
UNSIGNED4 = (0, 15)
SIGNED8 = (128, 255)


class _FakeQuantise(torch.autograd.Function):
    """round(x / scale) clipped, LSQ gradients and an optional dead zone."""

    @staticmethod
    def forward(ctx, x, scale, low, high, dead_zone):
        ratio = x / scale
        code = torch.round(ratio).clamp_(low, high)
        inside = (ratio >= low - 0.5) & (ratio <= high + 0.5)
        if dead_zone:
            code = torch.where(code.abs() <= dead_zone,
                               torch.zeros_like(code), code)
        ctx.save_for_backward(torch.where(inside, code - ratio, code), inside)
        ctx.gradient_scale = 1.0 / math.sqrt(x.numel() / x.shape[0] * high)
        return code * scale

    @staticmethod
    def backward(ctx, gradient):
        slope, inside = ctx.saved_tensors
        scale = (gradient * slope).sum() * ctx.gradient_scale
        return gradient * inside, scale, None, None, None


class Site(nn.Module):
    """One activation quantiser; the identity until ``begin`` is called."""

    def __init__(self, kind):
        super().__init__()
        self.zero, self.top = kind
        self.scale = nn.Parameter(torch.ones(()))
        self.active = False
        self.observed = None
        self.dead_zone = 0

    def forward(self, x):
        if self.active:
            return _FakeQuantise.apply(x, self.scale, -self.zero,
                                       self.top - self.zero, self.dead_zone)
        if self.observed is not None:
            self.observed.append(x.detach())
        return x

    def begin(self, dead_zone):
        """Starts to quantise, from the scale with least squared error."""
        x = torch.cat([o.flatten() for o in self.observed])
        x = x[torch.randperm(len(x))[:200000]]
        high = self.top - self.zero
        peak = x.abs().max() / high
        best = None
        for factor in torch.linspace(0.1, 1.0, 40):
            scale = peak * factor
            code = torch.round(x / scale).clamp(-self.zero, high)
            error = ((code * scale - x) ** 2).mean()
            if best is None or error < best[0]:
                best = (error, scale)
        self.scale.data.copy_(best[1])
        self.active, self.dead_zone, self.observed = True, dead_zone, None


class Linear(nn.Module):
    """x @ w + b with float, 8-bit or 1-bit weights."""

    def __init__(self, inputs, outputs, bits, gain=1.0):
        super().__init__()
        self.w = nn.Parameter(torch.randn(inputs, outputs)
                              * (gain / math.sqrt(inputs)))
        self.b = nn.Parameter(torch.zeros(outputs))
        self.bits = bits
        self.active = False

    def codes(self):
        """Integer weight codes and their scale."""
        w = self.w
        if self.bits == 1:
            return (w >= w.mean()).to(w.dtype) * 2.0 - 1.0, w.abs().mean()
        scale = w.abs().max() / 127.0
        return torch.round(w / scale), scale

    def weight(self):
        if not self.active:
            return self.w
        with torch.no_grad():
            codes, scale = self.codes()
            step = codes * scale - self.w
        return self.w + step

    def forward(self, x):
        return x @ self.weight() + self.b


class Block(nn.Module):
    def __init__(self, width, heads, depth):
        super().__init__()
        self.heads = heads
        self.l1, self.l2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.q = Linear(width, width, 1)
        self.k = Linear(width, width, 1)
        self.v = Linear(width, width, 1)
        self.o = Linear(width, width, 1, 1.0 / math.sqrt(depth))
        self.f1 = Linear(width, 4 * width, 1, math.sqrt(2.0))
        self.f2 = Linear(4 * width, width, 1, 1.0 / math.sqrt(depth))
        self.site_in = Site(SIGNED4)
        self.site_q, self.site_k = Site(SIGNED4), Site(SIGNED4)
        self.site_v, self.site_p = Site(SIGNED4), Site(UNSIGNED4)
        self.site_o, self.site_f1 = Site(SIGNED4), Site(SIGNED4)
        self.site_f2 = Site(UNSIGNED4)

    def forward(self, x, mask):
        batch, tokens, width = x.shape
        shape = (batch, tokens, self.heads, width // self.heads)
        h = self.site_in(self.l1(x))
        q = self.site_q(self.q(h)).view(shape).transpose(1, 2)
        k = self.site_k(self.k(h)).view(shape).permute(0, 2, 3, 1)
        v = self.site_v(self.v(h)).view(shape).transpose(1, 2)
        scores = (q @ k) / math.sqrt(shape[3]) + mask
        p = self.site_p(torch.softmax(scores, -1))
        h = (p @ v).transpose(1, 2).reshape(batch, tokens, width)
        x = x + self.o(self.site_o(h))
        h = functional.relu(self.f1(self.site_f1(self.l2(x))))
        return x + self.f2(self.site_f2(h))


class Detector(nn.Module):
    """prompt [batch, 19, 12] -> logits [batch, 19, 16]."""

    def __init__(self, width=64, heads=4, depth=3):
        super().__init__()
        tokens = mimo_task.TOKENS
        self.embed = Linear(mimo_task.FEATURES, width, 8)
        self.position = nn.Parameter(0.02 * torch.randn(tokens, width))
        self.blocks = nn.ModuleList(Block(width, heads, depth)
                                    for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = Linear(width, mimo_task.CLASSES, 8, 0.5)
        self.site_embed, self.site_head = Site(SIGNED8), Site(SIGNED8)
        self.register_buffer(
            "mask", torch.full((tokens, tokens), -10000.0).triu(1))

    def forward(self, x):
        x = self.embed(self.site_embed(x)) + self.position
        for block in self.blocks:
            x = block(x, self.mask)
        return self.head(self.site_head(self.norm(x)))

    def activate(self, dead_zone):
        """Switches on a trained model's quantisers."""
        for module in self.modules():
            if isinstance(module, (Linear, Site)):
                module.active = True
        for site in self.sites():
            site.dead_zone = dead_zone

    def sites(self):
        return [m for m in self.modules() if isinstance(m, Site)]

    def quantise(self, prompt, dead_zone):
        """Switches every quantiser on, scales set from one batch of prompts.

        Scales are measured with the weights already quantised, so that they
        fit the activations that the quantised network produces.
        """
        for module in self.modules():
            if isinstance(module, Linear):
                module.active = True
        with torch.no_grad():
            for site in self.sites():
                site.observed = []
            for site in self.ordered_sites():
                for other in self.sites():
                    if not other.active:
                        other.observed = []
                self(prompt)
                site.begin(dead_zone)
        for site in self.sites():
            site.dead_zone = dead_zone

    def ordered_sites(self):
        """All sites in the order in which data passes through them."""
        order = [self.site_embed]
        for b in self.blocks:
            order += [b.site_in, b.site_q, b.site_k, b.site_v, b.site_p,
                      b.site_o, b.site_f1, b.site_f2]
        return order + [self.site_head]
