# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A linear of spikes or prompts, exact or as a chip's crossbars read it (torch)."""

import torch
from torch import nn

from snnc import qat
from snnc.qat.quantiser import quantise_weight

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


def set_hardware(model, noise, strength):
    """Reads all linears of `model` exactly (0) or as crossbars do (1).

    `noise` is what an earlier call returned, or None.
    """
    if noise is None and strength > 0:
        noise = qat.CrossbarNoise(CHIP, noise=EFFECTS, time=TIME)
        for module in model.modules():
            if isinstance(module, Crossbar):
                module.attach(noise)
    if noise is not None:
        noise.strength = strength
    return noise
