# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A linear on analog crossbars, for hardware-aware training (torch).

The weights of a column are conductances of differential pairs, the largest one
the highest. Every forward pass is another chip: normal noise on every weight,
some pairs disconnected. Up to 128 rows are summed at once, with short-term
noise, and converted to 5 bits; what reads real values drives its 8-bit inputs
bit by bit. Gradients pass converters and noise unchanged. ``strength`` from 0 to
1 leads from the ideal product to that chip.

Disconnected pairs are those with which Xpikeformer trains. It trains with weight
noise of 0.1; 0.06 is what programming noise, 1/f noise and the spread of drift
give a weight of a quarter of the largest after a year. The rest is the chip
xpikeformer-pcm's.
"""

import torch
from torch import nn

ROWS = 128
ADC_BITS = 5
INPUT_BITS = 8
WEIGHT_NOISE = 0.06  # of the column's largest weight
DISCONNECTED = 0.03  # fraction of the pairs
READ_NOISE = 0.02  # of the largest weight, for each driven row
OUTPUT_NOISE = 0.02  # of the largest weight, for each conversion
PERCENTILE = 0.999  # of the magnitudes of sums: the converters' range
MEMORY = 0.95  # of the range, from one batch to the next
SAMPLE = 16384  # sums that a percentile is taken of


class _Replace(torch.autograd.Function):
    """The second value, with the gradient of the first."""

    @staticmethod
    def forward(ctx, exact, measured):
        return measured

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def product(a, b):
    """a @ b in bfloat16: spikes and counts of them are exact, weights rounded.

    The rounding is small beside the noise, and the product several times faster.
    """
    return (a.bfloat16() @ b.bfloat16()).float()


class Crossbar(nn.Module):
    """x [..., inputs], w [inputs, outputs] -> x @ w as the chip reads it."""

    def __init__(self, inputs, spikes=True):
        super().__init__()
        self.spikes, self.strength = spikes, 0.0
        blocks = (inputs + ROWS - 1) // ROWS
        self.register_buffer("range", torch.zeros(blocks), persistent=False)
        self.register_buffer("top", torch.zeros(()), persistent=False)

    def replace(self, exact, measured):
        return _Replace.apply(exact, exact.lerp(measured, self.strength))

    def convert(self, sums, driven, block):
        """Noise and codes of the sums of one row block; driven: its rows."""
        values = sums.flatten()
        values = values[::values.numel() // SAMPLE + 1].abs()
        rank = max(1, round(PERCENTILE * values.numel()))
        largest = values.kthvalue(rank).values
        old = self.range[block]
        if self.training:
            old = largest if old == 0 else MEMORY * old + (1 - MEMORY) * largest
            self.range[block] = old
        noise = torch.sqrt(READ_NOISE ** 2 * driven + OUTPUT_NOISE ** 2)
        codes = 2 ** (ADC_BITS - 1) - 1
        step = 2 * old / (2 ** ADC_BITS - 1)
        read = torch.randn_like(sums).mul_(noise).add_(sums).div_(step)
        return read.round_().clamp_(-codes, codes).mul_(step)

    def read(self, x, cells):
        """x @ cells, block by block, x of zeros and ones."""
        total = 0
        for block, (rows, part) in enumerate(zip(x.split(ROWS, -1),
                                                 cells.split(ROWS))):
            exact = product(rows, part)
            with torch.no_grad():
                measured = self.convert(exact, rows.sum(-1, keepdim=True),
                                        block)
            total = total + self.replace(exact, measured)
        return total

    def read_bits(self, x, cells):
        """x @ cells, x in two's complement, a bit at a time."""
        largest = x.abs().max()
        if self.training:
            self.top.copy_(torch.maximum(largest, MEMORY * self.top))
        half = 2 ** (INPUT_BITS - 1)
        step = self.top / (half - 1)
        code = torch.round(x / step).clamp(-half, half - 1).to(torch.int64)
        bits = torch.stack([(code >> p & 1).float()
                            for p in range(INPUT_BITS)])
        factors = torch.tensor([2.0 ** p for p in range(INPUT_BITS - 1)]
                               + [-float(half)])
        with torch.no_grad():
            sums = self.convert(bits @ cells, bits.sum(-1, keepdim=True), 0)
            measured = step * torch.tensordot(factors, sums, 1)
        return self.replace(x @ cells, measured)

    def forward(self, x, w):
        if self.strength == 0:
            return x @ w
        largest = w.detach().abs().amax(0)
        noise = self.strength * WEIGHT_NOISE * torch.randn_like(w)
        connected = torch.rand_like(w) >= self.strength * DISCONNECTED
        cells = (w / largest + noise) * connected
        read = self.read if self.spikes else self.read_bits
        return read(x, cells) * largest
