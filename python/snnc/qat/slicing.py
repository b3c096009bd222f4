# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How crossbars hold integer weights and are driven with digits.

As the compiler maps layers: docs/mapping.md, snn/image/Slicing.h.
"""

import dataclasses
from typing import List

import torch


@dataclasses.dataclass(frozen=True)
class Slices:
    """Weights as digits in neighbouring columns."""

    levels: torch.Tensor  #: [inputs, outputs, slices]
    factors: torch.Tensor  #: [slices]: what a level counts
    tops: torch.Tensor  #: [slices]: the level of the highest conductance
    bias: int  #: what every weight was raised by


def _digits(value: torch.Tensor, base: int, count: int) -> torch.Tensor:
    places = base ** torch.arange(count, device=value.device)
    return torch.div(value[..., None], places, rounding_mode="floor") % base


def _digits_of(largest: int, base: int) -> int:
    count = 0
    while largest > 0:
        largest, count = largest // base, count + 1
    return count


def slice_weights(codes: torch.Tensor, cell_levels: int,
                  is_pair: bool) -> Slices:
    """Integer weights [inputs, outputs] for cells of `cell_levels` levels, a
    differential pair or a single cell a digit."""
    low, high = int(codes.min()), int(codes.max())
    bits = 1
    while -(1 << (bits - 1)) > low or (1 << (bits - 1)) - 1 < high:
        bits += 1
    largest, bias = max(-low, high), 0
    if not is_pair:
        bias = 1 << (bits - 1)
        count = _digits_of((1 << bits) - 1, cell_levels)
        levels = _digits(codes + bias, cell_levels, count)
        factors = [cell_levels ** s for s in range(count)]
    elif largest <= cell_levels - 1:
        levels, factors = codes[..., None], [1]
    elif cell_levels == 2:
        places = torch.arange(bits, device=codes.device)
        levels = codes[..., None] >> places & 1
        factors = [1 << s for s in range(bits)]
        factors[-1] = -factors[-1]
    else:
        count = _digits_of(largest, cell_levels)
        levels = _digits(codes.abs(), cell_levels, count) \
            * codes.sign()[..., None]
        factors = [cell_levels ** s for s in range(count)]
    tops = levels.abs().flatten(0, 1).amax(0).clamp_min(1) if is_pair else \
        torch.full((len(factors),), cell_levels - 1, device=codes.device)
    return Slices(levels, torch.tensor(factors, device=codes.device), tops,
                  bias)


def lossless_rows(is_pair: bool, largest: int, drive_bits: int, adc_bits: int,
                  limit: int) -> int:
    """The most rows, at most `limit`, whose sums a converter tells apart."""
    rows = limit
    while rows > 0:
        top = rows * largest // (1 if is_pair else 2) * ((1 << drive_bits) - 1)
        if (2 * top + 1 if is_pair else top + 1) <= 1 << adc_bits:
            break
        rows -= 1
    return rows


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Digits in low..high, driven `bits` bits a pass."""

    low: int
    high: int
    bits: int

    @property
    def passes(self) -> int:
        width = 1 if self.low < 0 else 0
        sign = width
        while (1 << (width - sign)) <= self.high or (
                sign and -(1 << (width - 1)) > self.low):
            width += 1
        return -(-width // self.bits)

    def factors(self) -> List[int]:
        """What a row that is driven with 1 counts, pass by pass."""
        factors = [1 << (p * self.bits) for p in range(self.passes)]
        # With wider passes the amplitude of the last one carries the sign.
        if self.low < 0 and self.bits == 1:
            factors[-1] = -factors[-1]
        return factors

    def amplitudes(self, digits: torch.Tensor) -> torch.Tensor:
        """[passes, *digits.shape] from integer digits."""
        fields = []
        for p in range(self.passes):
            field = digits >> (p * self.bits)
            if p + 1 < self.passes or self.bits == 1:
                field = field & ((1 << self.bits) - 1)
            fields.append(field)
        return torch.stack(fields)
