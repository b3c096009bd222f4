# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The MIMO detectors that are trained to spike (torch).

Two networks of the softmax transformer's width, depth and heads (model.py),
unrolled over T time steps; the prompt is presented at every step. A third one
has a single step and integer LIF neurons, which fire 0 to 4 times:

* ``sdsa``: Meta-SpikeFormer's blocks on tokens: LIF neurons, membrane
  shortcuts, spike-driven self-attention SDSA-3 under a causal mask.
* ``ssa``: Xpikeformer's: the same blocks with stochastic spiking attention,
  whose scores and outputs are drawn by Bernoulli neurons.
* ``counts``: the blocks of ``sdsa`` on counts. Sums of attention are divided by
  16 times the number of visible tokens.

A linear is followed by batch normalisation, which export folds into it. After
set_hardware(), linears are read from the noisy crossbars of a chip
(snnc.qat.CrossbarNoise).
"""

import math

import torch
from torch import nn

import mimo_task
from snnc import qat
from snnc.qat.quantiser import quantise_weight

TAU = 2.0
THRESHOLD = 1.0
SDSA_THRESHOLD = 0.5
SDSA_SCALE = 0.125
LARGEST = 4  # count of an integer LIF neuron
COUNT_GAIN, COUNT_BIAS = 1.5, 1.0  # of norms in front of these neurons
COUNT_SCALE = 1.0 / 16.0  # of their causal sums, for each visible token
#: What hardware-aware training runs on: read out at some time between a second
#: and a year after programming, with broken cells beside the chip's effects.
CHIP, TIME = "xpikeformer-pcm", (1.0, 3.2e7)
EFFECTS = "programming,read,output,flicker,drift,stuck_off=0.03"
INPUT_LIMITS = -128, 127  # of real values, which are driven in 8 bits
MEMORY = 0.95  # of their range, from one batch to the next


def product(a, b):
    """a @ b in bfloat16: spikes and counts of them are exact, weights rounded.

    The rounding is small beside the noise, and the product several times faster.
    """
    return (a.bfloat16() @ b.bfloat16()).float()


class Crossbar(nn.Module):
    """x [..., inputs], w [inputs, outputs] -> x @ w, exact or as a chip reads it.

    Weights have 8 bits there. x are spikes, or real values in 8 bits.
    """

    def __init__(self, inputs, spikes=True):
        super().__init__()
        self.inputs, self.spikes = inputs, spikes
        self.noise = self.cells = None
        self.register_buffer("top", torch.zeros(()), persistent=False)

    def attach(self, noise):
        """Reads from crossbars of `noise`; None: exactly."""
        if noise is not None and self.noise is None:
            limits = (0, 1) if self.spikes else INPUT_LIMITS
            self.cells = noise.layer(self.inputs, *limits)
            self.cells.train(self.training)
        self.noise = noise

    @torch.no_grad()
    def read(self, x, w):
        codes, steps = quantise_weight(w.T, 8, True)
        if self.spikes:
            return self.cells(x, codes.T) * steps
        if self.training:
            self.top.copy_(torch.maximum(x.abs().max(), MEMORY * self.top))
        low, high = INPUT_LIMITS
        scale = self.top / high
        digits = torch.round(x / scale).clamp(low, high)
        return self.cells(digits, codes.T) * steps * scale

    def forward(self, x, w):
        if self.noise is None or self.noise.strength == 0:
            return x @ w
        exact = product(x, w) if self.spikes else x @ w
        step = self.noise.strength * (self.read(x, w) - exact.detach())
        return exact + step


class _Lif(torch.autograd.Function):
    """Leaky integrate and fire; arc tangent surrogate gradient of a spike."""

    @staticmethod
    def forward(ctx, x, threshold):
        v = torch.zeros_like(x[0])
        spikes, potentials = torch.empty_like(x), torch.empty_like(x)
        for now, s, h in zip(x, spikes, potentials):
            torch.lerp(v, now, 1.0 / TAU, out=h)
            torch.ge(h, threshold, out=s)
            v = torch.addcmul(h, s, h, value=-1.0)
        ctx.save_for_backward(spikes, potentials)
        ctx.threshold = threshold
        return spikes

    @staticmethod
    def backward(ctx, gradient):
        spikes, potentials = ctx.saved_tensors
        slope = potentials - ctx.threshold
        slope = slope.mul_(math.pi).square_().add_(1.0).reciprocal_()
        result = torch.empty_like(gradient)
        carried = torch.zeros_like(gradient[0])
        for t in range(len(gradient) - 1, -1, -1):
            # v = (1 - s) h depends on h directly and through the spike s.
            now = gradient[t] - carried * potentials[t]
            now.mul_(slope[t]).add_(carried).sub_(carried * spikes[t])
            torch.mul(now, 1.0 / TAU, out=result[t])
            carried = now.mul_(1.0 - 1.0 / TAU)
        return result, None


class _Count(torch.autograd.Function):
    """The spikes of an integer LIF neuron of one step, 0 to LARGEST."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(0.0, LARGEST).round_()

    @staticmethod
    def backward(ctx, gradient):
        x, = ctx.saved_tensors
        return torch.ops.aten.hardtanh_backward(gradient, x, -0.5,
                                                LARGEST + 0.5)


class _Bernoulli(torch.autograd.Function):
    """Draws a spike with the given probability; straight-through gradient."""

    @staticmethod
    def forward(ctx, probability):
        return (torch.rand_like(probability) < probability).to(
            probability.dtype)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def lif(x, threshold=THRESHOLD):
    """Leaky integrate and fire over axis 0, hard reset to 0.

    h = v + (x - v) / tau; a spike where h >= threshold; v = 0 after a spike,
    else h.
    """
    return _Lif.apply(x, threshold)


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
    """Neurons that read the residual stream: integer LIF behind a norm, or LIF."""

    def __init__(self, width, attention):
        super().__init__()
        counts = attention == "counts"
        self.norm = Norm(width, COUNT_GAIN, COUNT_BIAS) if counts else None

    def forward(self, x):
        return _Count.apply(self.norm(x)) if self.norm else lif(x)


def row_scale(tokens):
    """What causal sums of counts are multiplied by, [tokens, 1]."""
    return COUNT_SCALE / torch.arange(1.0, tokens + 1.0).unsqueeze(1)


class LinearNorm(nn.Module):
    """A linear without bias, then batch normalisation of its channels."""

    def __init__(self, inputs, outputs, gain=1.0, spikes=True):
        super().__init__()
        self.rounded = False  # products of bfloat16 in training
        self.crossbar = Crossbar(inputs, spikes)
        self.w = nn.Parameter(torch.randn(inputs, outputs)
                              / math.sqrt(inputs))
        self.norm = nn.BatchNorm1d(outputs)
        nn.init.constant_(self.norm.weight, gain)

    def forward(self, x):
        if self.rounded and self.training:
            y = product(x, self.w)
        else:
            y = self.crossbar(x, self.w)
        return self.norm(y.flatten(0, -2)).view(y.shape)

    def folded(self):
        """Weight [inputs, outputs] and bias of both together."""
        n = self.norm
        factor = n.weight / torch.sqrt(n.running_var + n.eps)
        return self.w * factor, n.bias - n.running_mean * factor


class Block(nn.Module):
    def __init__(self, width, heads, depth, attention):
        super().__init__()
        self.heads, self.attention = heads, attention
        self.q = LinearNorm(width, width)
        self.k = LinearNorm(width, width)
        self.v = LinearNorm(width, width)
        self.o = LinearNorm(width, width, 1.0 / math.sqrt(depth))
        self.f1 = LinearNorm(width, 4 * width)
        self.f2 = LinearNorm(4 * width, width, 1.0 / math.sqrt(depth))
        if attention == "ssa":
            # Probabilities are products of rates: start with busy neurons.
            for layer in (self.q, self.k, self.v):
                nn.init.constant_(layer.norm.bias, 1.5)
        if attention == "counts":
            for layer in (self.q, self.k, self.v, self.f1):
                nn.init.constant_(layer.norm.weight, COUNT_GAIN)
                nn.init.constant_(layer.norm.bias, COUNT_BIAS)
            for layer in (self.q, self.k, self.v, self.o, self.f1, self.f2):
                layer.rounded = True
        self.fire = _Count.apply if attention == "counts" else lif
        self.fire_in = Fire(width, attention)
        self.fire_f1 = Fire(width, attention)

    def attend(self, q, k, v, mask):
        """Spikes [T, batch, heads, tokens, size] of one attention."""
        if self.attention == "sdsa":
            return lif(SDSA_SCALE * (((q @ k.mT) * mask) @ v), SDSA_THRESHOLD)
        if self.attention == "counts":
            return self.fire((((q @ k.mT) * mask) @ v)
                             * row_scale(q.shape[-2]))
        tokens, size = q.shape[-2:]
        scores = _Bernoulli.apply(product(q, k.mT) / size) * mask
        return _Bernoulli.apply(product(scores, v) / tokens)

    def forward(self, x, mask):
        steps, batch, tokens, width = x.shape
        shape = (steps, batch, tokens, self.heads, width // self.heads)
        fire = self.fire
        u = self.fire_in(x)
        q, k, v = (fire(layer(u)).view(shape).transpose(2, 3)
                   for layer in (self.q, self.k, self.v))
        a = self.attend(q, k, v, mask).transpose(2, 3).reshape(x.shape)
        x = x + self.o(a)
        return x + self.f2(fire(self.f1(self.fire_f1(x))))


class SpikingDetector(nn.Module):
    """prompt [batch, 19, 12] -> logits [batch, 19, 16], mean over T steps."""

    def __init__(self, attention, steps=4, width=64, heads=4, depth=3):
        super().__init__()
        if attention == "counts" and steps != 1:
            raise ValueError("the network of counts has one step")
        tokens = mimo_task.TOKENS
        self.attention, self.steps = attention, steps
        self.embed = LinearNorm(mimo_task.FEATURES, width, 2.0, spikes=False)
        self.position = nn.Parameter(0.02 * torch.randn(tokens, width))
        self.blocks = nn.ModuleList(Block(width, heads, depth, attention)
                                    for _ in range(depth))
        self.fire_head = Fire(width, attention)
        self.head = nn.Linear(width, mimo_task.CLASSES)
        self.head_crossbar = Crossbar(width)
        self.register_buffer("mask", torch.ones(tokens, tokens).tril())
        self.noise = None

    def set_hardware(self, strength):
        """0: exact linears; 1: read from crossbars."""
        if self.noise is None and strength > 0:
            self.noise = qat.CrossbarNoise(CHIP, noise=EFFECTS, time=TIME)
            for module in self.modules():
                if isinstance(module, Crossbar):
                    module.attach(self.noise)
        if self.noise is not None:
            self.noise.strength = strength

    def forward(self, prompt):
        x = self.embed(prompt) + self.position
        x = x.expand(self.steps, *x.shape)
        for block in self.blocks:
            x = block(x, self.mask)
        y = self.head_crossbar(self.fire_head(x), self.head.weight.T) + self.head.bias
        return y.mean(0)
