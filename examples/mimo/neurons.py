# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The neurons of the MIMO detectors that spike, with their gradients (torch).

* ``lif``: leaky integrate and fire over time steps, soft reset;
* ``count``: integer LIF of one step, whose spikes are a number 0 to LARGEST.
"""

import torch

DECAY = 0.875  # of a membrane in a step: tau = 8
THRESHOLD = 1.0
LARGEST = 4  # count of an integer LIF neuron


class _Lif(torch.autograd.Function):
    """Triangular surrogate gradient of a spike, as wide as two thresholds; it
    also passes the reset."""

    @staticmethod
    def forward(ctx, x, threshold):
        spikes, potentials = torch.empty_like(x), torch.empty_like(x)
        v = None
        for now, s, h in zip(x, spikes, potentials):
            if v is None:
                h.copy_(now)
            else:
                torch.add(now, v, alpha=DECAY, out=h)
            torch.ge(h, threshold, out=s)
            v = torch.sub(h, s, alpha=threshold)
        ctx.save_for_backward(potentials)
        ctx.threshold = threshold
        return spikes

    @staticmethod
    def backward(ctx, gradient):
        potentials, = ctx.saved_tensors
        slope = potentials.sub(ctx.threshold).abs_()
        slope.div_(-ctx.threshold).add_(1.0).clamp_min_(0.0)
        # ds/dh is slope / threshold, dv/dh = 1 - slope.
        result = torch.empty_like(gradient)
        carried = None
        for t in range(len(gradient) - 1, -1, -1):
            now = gradient[t] / ctx.threshold if ctx.threshold != 1 else gradient[t]
            if carried is None:
                torch.mul(now, slope[t], out=result[t])
            else:
                torch.addcmul(carried, slope[t], now - carried, out=result[t])
            carried = result[t] * DECAY
        return result, None


class _Count(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(0.0, LARGEST).round_()

    @staticmethod
    def backward(ctx, gradient):
        x, = ctx.saved_tensors
        return torch.ops.aten.hardtanh_backward(gradient, x, -0.5,
                                                LARGEST + 0.5)


def lif(x, threshold=THRESHOLD):
    """Spikes [T, ...] of input currents [T, ...].

    h = DECAY * v + x; a spike where h >= threshold, which it takes off:
    v = h - threshold after a spike, else h.
    """
    return _Lif.apply(x, threshold)


def count(x):
    """round(clip(x, 0, LARGEST)); gradient 1 from -0.5 to LARGEST + 0.5."""
    return _Count.apply(x)
