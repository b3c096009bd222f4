# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training on the crossbars of a chip: its converters and device effects.

Every forward pass is another device. What is computed is what the virtual chip
computes, with the same laws (docs/virtual-chip.md); gradients pass converters
and noise unchanged.
"""

import math
import os
import random
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

import torch
from torch import nn
from torch.nn import functional

from .._chips import describe_chip
from ..errors import InputError
from .devices import Cells, Effect, Noise, read_effects, wired
from .quantiser import Conv2d, Linear, Quantiser, quantise_weight
from .slicing import Schedule, Slices, lossless_rows, slice_weights

#: Fraction of the sums that a calibrated converter represents, vectors that it
#: is measured on, and how much of the range stays from one batch to the next.
PERCENTILE, SAMPLE, MEMORY = 0.999, 64, 0.95
#: Input vectors that are read at a time.
CHUNK = 4096

Time = Union[float, Tuple[float, float]]


class CrossbarNoise:
    """Linears and convolutions as a chip with crossbars computes them.

        noise = qat.CrossbarNoise("xpikeformer-pcm", time=(20, 3e7))
        noise.attach(model)
        for step, batch in enumerate(loader):
            noise.strength = min(1, step / 1000)
            ...

    Layers with quantised weights and a quantised input are read from crossbars
    while the model trains, with another device in every forward pass; in
    evaluation only if `in_evaluation` is set. Export does not see it.

    Args:
        chip: a name or a YAML file; needs crossbars.
        noise: "all" (what the chip's description enables), "ideal", names
            separated by commas, or magnitudes by name, as `Chip.run` takes
            them. What a name does not say is the chip's.
        time: seconds between programming and read-out, or the shortest and
            the longest, between which every pass draws one (log-uniformly).
        compensate: global drift compensation; the chip's choice without.
        adc_policy: "lossless" or "calibrated"; the chip's without.

    `strength` from 0 to 1 leads from the exact product to the chip's.
    """

    def __init__(self, chip: Union[str, "os.PathLike[str]"] =
                 "matterhorn-22nm", *, noise: Noise = "all", time: Time = 0.0,
                 compensate: Optional[bool] = None,
                 adc_policy: Optional[str] = None) -> None:
        self.chip: Dict[str, Any] = describe_chip(chip)
        name = self.chip["name"]
        if "crossbar" not in self.chip:
            raise InputError(f"chip '{name}' has no crossbars")
        self.effects: Dict[str, Effect] = read_effects(self.chip, noise)
        crossbar, device = self.chip["crossbar"], self.chip["device"]
        policy = adc_policy or crossbar["adc_policy"]["value"]
        if policy not in ("lossless", "calibrated"):
            raise InputError("adc_policy needs lossless or calibrated, has "
                             f"'{policy}'")
        self.is_lossless = policy == "lossless"
        self.is_pair = crossbar["encoding"]["value"] == "differential"
        self.rows = int(crossbar["rows"]["value"])
        self.columns = int(crossbar["cols"]["value"]) // (
            2 if self.is_pair else 1)
        self.active_rows = min(int(crossbar["active_rows"]["value"]),
                               self.rows)
        self.drive_bits = int(crossbar["drive_bits"]["value"])
        self.adc_bits = int(crossbar["adc_bits"]["value"])
        self.converters = max(1, int(crossbar["n_adc"]["value"]))
        self.cell_levels = int(device["cell_levels"]["value"])
        self.g_on = float(device["g_on_us"]["value"])
        self.g_off = float(device["g_off_us"]["value"])
        self.compensate = bool(
            self.chip["nonidealities"]["global_drift_compensation"]
            if compensate is None else compensate)
        self.time, self.strength, self.in_evaluation = time, 1.0, False

    def draw_time(self) -> float:
        """The read-out time of one forward pass."""
        if not isinstance(self.time, tuple):
            return float(self.time)
        first, last = self.time
        if not 0 < first <= last:
            raise InputError("time needs a shortest and a longest above 0, "
                             f"has {self.time}")
        where = random.uniform(math.log(first), math.log(last))
        return math.exp(where)

    def layer(self, inputs: int, low: int, high: int) -> "Crossbars":
        """Crossbars for weights of `inputs` rows and digits in low..high."""
        return Crossbars(self, inputs, low, high)

    def attach(self, model: nn.Module) -> nn.Module:
        """Has the layers of a model that `prepare` gave read from crossbars.

        Layers without quantised weights, or whose input has no quantiser, are
        computed as before. Returns the model.
        """
        for module in list(model.modules()):
            if not isinstance(module, (Linear, Conv2d)):
                continue
            if isinstance(module, Conv2d) and (
                    isinstance(module.padding, str)
                    or module.padding_mode != "zeros"):
                raise InputError("crossbars need convolutions with a number of"
                                 " zeros as padding, has "
                                 f"{module.padding_mode} {module.padding!r}")
            module.crossbars = _Layer(self, module).train(module.training)
        return model

    @staticmethod
    def detach(model: nn.Module) -> nn.Module:
        """Has a model computed exactly again."""
        for module in model.modules():
            if isinstance(module, (Linear, Conv2d)):
                module.crossbars = None
        return model

    def __repr__(self) -> str:
        effects = ", ".join(f"{name}={effect.magnitude:g}"
                            for name, effect in self.effects.items())
        return f"CrossbarNoise('{self.chip['name']}', {effects or 'ideal'})"


class _Layer(nn.Module):
    """What a layer of a model keeps for its crossbars."""

    def __init__(self, noise: CrossbarNoise, layer: Any) -> None:
        super().__init__()
        self.noise = noise
        is_conv = isinstance(layer, Conv2d)
        self.groups = int(layer.groups) if is_conv else 1
        inputs = layer.weight[0].numel()
        self.parts = nn.ModuleList(Crossbars(noise, inputs, 0, 1)
                                   for _ in range(self.groups))

    def forward(self, layer: Any, x: torch.Tensor, site: Optional[Quantiser],
                exact: torch.Tensor) -> torch.Tensor:
        """`exact`, what the layer computes, moved to what a chip does."""
        noise = self.noise
        if noise.strength == 0 or site is None or site.bits == 1 \
                or layer.is_exported or not bool(site.is_active) \
                or not bool(layer.is_quantised) \
                or not (self.training or noise.in_evaluation):
            return exact
        with torch.no_grad():
            scale = site.effective_scale()
            codes, steps = quantise_weight(layer.weight, layer.weight_bits,
                                           layer.per_channel)
            digits = torch.round(x / scale)
            sums = self._sums(layer, digits, codes, site.range())
            if isinstance(layer, Conv2d):
                sums = sums * steps[:, None, None]
                bias = None if layer.bias is None else \
                    layer.bias[:, None, None]
            else:
                sums, bias = sums * steps, layer.bias
            measured = sums * scale
            if bias is not None:
                measured = measured + bias
            step = noise.strength * (measured - exact)
        return exact + step

    def _sums(self, layer: Any, digits: torch.Tensor, codes: torch.Tensor,
              limits: Tuple[int, int]) -> torch.Tensor:
        rows = codes.flatten(1)
        if not isinstance(layer, Conv2d):
            return self.parts[0](  # type: ignore[no-any-return]
                digits, rows.t(), limits)
        batch = digits.dim() == 4
        images = digits if batch else digits[None]
        window: Any = layer
        patches = functional.unfold(images, window.kernel_size,
                                    window.dilation, window.padding,
                                    window.stride)
        size = [(images.shape[i + 2] + 2 * window.padding[i]
                 - window.dilation[i] * (window.kernel_size[i] - 1) - 1)
                // window.stride[i] + 1 for i in range(2)]
        vectors = patches.transpose(1, 2).chunk(self.groups, -1)
        sums = torch.cat([part(vector, group.t(), limits) for
                          part, vector, group in zip(
                              self.parts, vectors, rows.chunk(self.groups))],
                         -1)
        sums = sums.transpose(1, 2).reshape(len(images), -1, *size)
        return sums if batch else sums[0]


class _Block:
    """The programmed cells of the tiles that share rows, side by side."""

    def __init__(self, rows: slice, levels: torch.Tensor,
                 flips: List[torch.Tensor]) -> None:
        self.rows, self.levels, self.flips = rows, levels, flips
        self.positive = self.negative = levels
        self.squares: Optional[torch.Tensor] = None
        self.gains: Optional[torch.Tensor] = None
        self.offsets: Optional[torch.Tensor] = None


class Crossbars(nn.Module):
    """The sums of one layer: digits [..., inputs] times integer weights
    [inputs, outputs], on new devices in every call.

    Digits that are 0 drive no row. A calibrated converter learns the ranges of
    its row blocks while it trains (`ranges`, in level units).
    """

    ranges: torch.Tensor

    def __init__(self, noise: CrossbarNoise, inputs: int, low: int,
                 high: int) -> None:
        super().__init__()
        self.noise, self.inputs = noise, inputs
        self.limits = low, high
        blocks = -(-inputs // noise.rows)
        self.register_buffer("ranges", torch.zeros(blocks), persistent=False)

    @torch.no_grad()
    def forward(self, digits: torch.Tensor, codes: torch.Tensor,
                limits: Optional[Tuple[int, int]] = None) -> torch.Tensor:
        noise = self.noise
        low, high = limits or self.limits
        schedule = Schedule(low, high, noise.drive_bits)
        weights = codes.round().long()
        slices = slice_weights(weights, noise.cell_levels, noise.is_pair)
        group_rows = self._group_rows(slices)
        vectors = digits.reshape(-1, self.inputs).round().long()
        if not noise.is_lossless and (self.training
                                      or not bool(self.ranges.all())):
            self._measure_ranges(vectors, slices, schedule, group_rows)
        blocks = self._program(slices, group_rows)
        parts = [self._read(vectors[first:first + CHUNK], slices, schedule,
                            group_rows, blocks)
                 for first in range(0, len(vectors), CHUNK)]
        sums = torch.cat(parts) if parts else vectors.new_zeros(
            (0, weights.shape[1]), dtype=torch.float32)
        return sums.reshape(*digits.shape[:-1], weights.shape[1])

    def _group_rows(self, slices: Slices) -> int:
        """Rows that are converted together."""
        noise = self.noise
        if not noise.is_lossless:
            return noise.active_rows
        largest = noise.cell_levels - 1 if not noise.is_pair else \
            int(slices.levels.abs().max())
        rows = lossless_rows(noise.is_pair, largest, noise.drive_bits,
                             noise.adc_bits, noise.active_rows)
        if rows == 0:
            raise InputError(
                f"levels up to {largest} of one row need a converter of more "
                f"than the {noise.adc_bits} bits of chip "
                f"'{noise.chip['name']}' for exact sums: use "
                "adc_policy=\"calibrated\"")
        return rows

    # -- Programming ----------------------------------------------------------

    def _groups(self, rows: slice, group_rows: int) -> Iterator[slice]:
        for first in range(rows.start, rows.stop, group_rows):
            yield slice(first, min(first + group_rows, rows.stop))

    def _blocks(self) -> Iterator[slice]:
        for first in range(0, self.inputs, self.noise.rows):
            yield slice(first, min(first + self.noise.rows, self.inputs))

    def _program(self, slices: Slices, group_rows: int) -> List[_Block]:
        noise = self.noise
        seconds = noise.draw_time()
        cells = Cells(noise.effects, noise.g_on, noise.g_off, seconds)
        outputs, count = slices.levels.shape[1:]
        columns = slices.levels.flatten(1).float()  # [inputs, columns]
        step = (noise.g_on - noise.g_off) / slices.tops.repeat(outputs).float()
        tile = noise.columns // count * count  # columns of a tile
        blocks = []
        for rows in self._blocks():
            levels, flips = columns[rows].clone(), []
            if not noise.is_pair:
                # A column whose cells sum to more than half is complemented.
                for group in self._groups(rows, group_rows):
                    part = levels[group.start - rows.start:
                                  group.stop - rows.start]
                    flip = 2 * part.sum(0) > len(part) * (
                        noise.cell_levels - 1)
                    part[:, flip] = noise.cell_levels - 1 - part[:, flip]
                    flips.append(flip)
            block = _Block(rows, levels, flips)
            positive = noise.g_off + levels.clamp_min(0) * step
            negative = noise.g_off + (-levels).clamp_min(0) * step
            block.positive, block.negative = positive, negative
            if not cells.are_exact:
                fresh, block.positive = cells.draw(positive)
                if noise.is_pair:
                    fresh_negative, block.negative = cells.draw(negative)
                else:
                    fresh_negative = negative
                net = block.positive - block.negative
                block.levels = net / step
                if noise.compensate:
                    block.gains = _compensation(fresh - fresh_negative, net,
                                                tile)
            if "read_noise" in noise.effects and \
                    noise.effects["read_noise"].model == "proportional":
                squares = block.positive ** 2
                if noise.is_pair:
                    squares = squares + block.negative ** 2
                block.squares = squares / step ** 2
            effect = noise.effects.get("adc_offset")
            if effect:
                block.offsets = effect.magnitude * self._offsets(
                    columns.shape[1], tile, columns)
            blocks.append(block)
        return blocks

    def _offsets(self, columns: int, tile: int,
                 like: torch.Tensor) -> torch.Tensor:
        """A normal number a converter; neighbouring columns share one."""
        offsets = []
        for first in range(0, columns, tile):
            width = min(tile, columns - first)
            which = torch.arange(width, device=like.device) \
                * self.noise.converters // tile
            drawn = torch.randn(self.noise.converters, device=like.device)
            offsets.append(drawn[which])
        return torch.cat(offsets)

    # -- Reading --------------------------------------------------------------

    def _measure_ranges(self, vectors: torch.Tensor, slices: Slices,
                        schedule: Schedule, group_rows: int) -> None:
        """The ranges of the converters: a percentile of the exact sums."""
        noise = self.noise
        if len(vectors) == 0:
            return
        chosen = vectors[torch.linspace(
            0, len(vectors) - 1, min(SAMPLE, len(vectors)),
            device=vectors.device).round().long()]
        drive = schedule.amplitudes(chosen).float()
        columns = slices.levels.flatten(1).float()
        least = ((1 << noise.adc_bits) - 1) / (2 if noise.is_pair else 1)
        for i, rows in enumerate(self._blocks()):
            found = []
            for group in self._groups(rows, group_rows):
                part, lines = columns[group], drive[..., group]
                if not noise.is_pair:
                    flip = 2 * part.sum(0) > len(part) * (
                        noise.cell_levels - 1)
                    part = torch.where(flip, noise.cell_levels - 1 - part,
                                       part)
                is_driven = (lines != 0).any(-1)
                found.append((lines[is_driven] @ part).abs().flatten())
            sums = torch.cat(found)
            if len(sums) == 0:
                continue
            rank = max(1, math.ceil(PERCENTILE * len(sums)))
            now = sums.kthvalue(rank).values.clamp_min(least)
            old = self.ranges[i]
            self.ranges[i] = now if old == 0 else \
                MEMORY * old + (1 - MEMORY) * now

    def _read(self, vectors: torch.Tensor, slices: Slices, schedule: Schedule,
              group_rows: int, blocks: List[_Block]) -> torch.Tensor:
        noise = self.noise
        drive = schedule.amplitudes(vectors).float()
        outputs, count = slices.levels.shape[1:]
        tops = slices.tops.repeat(outputs).float()
        factors = torch.tensor(schedule.factors(), dtype=torch.float64,
                               device=vectors.device)
        total = vectors.new_zeros((len(vectors), outputs), dtype=torch.float64)
        for number, block in enumerate(blocks):
            step = self._code_step(number)
            codes = vectors.new_zeros((len(vectors), outputs * count),
                                      dtype=torch.float64)
            for g, group in enumerate(self._groups(block.rows, group_rows)):
                lines = drive[..., group]
                is_driven = (lines != 0).any(-1, keepdim=True)
                read = self._convert(block, group, lines, tops, step)
                read = torch.where(is_driven, read, read.new_zeros(()))
                if block.flips:
                    # Complemented columns, turned back digitally.
                    full = (noise.cell_levels - 1) * lines.sum(
                        -1, keepdim=True) / step
                    read = torch.where(block.flips[g], full - read, read)
                codes += torch.einsum("p,pvc->vc", factors, read.double())
            sums = codes.reshape(len(vectors), outputs, count) @ \
                slices.factors.double()
            total += sums * step
        total = total.round()
        if slices.bias:
            total -= slices.bias * vectors.sum(-1, keepdim=True)
        return total.float()

    def _code_step(self, block: int) -> float:
        """Level units of one code."""
        noise = self.noise
        if noise.is_lossless:
            return 1.0
        span = float(self.ranges[block]) * (2 if noise.is_pair else 1)
        return span / ((1 << noise.adc_bits) - 1)

    def _convert(self, block: _Block, group: slice, lines: torch.Tensor,
                 tops: torch.Tensor, step: float) -> torch.Tensor:
        """Codes [passes, vectors, columns] of one row group."""
        noise = self.noise
        first = group.start - block.rows.start
        here = slice(first, group.stop - block.rows.start)
        wire = noise.effects.get("ir_drop")
        if wire:
            pieces = noise.rows - first
            sums = wired(block.positive[here], lines, pieces, wire.magnitude)
            if noise.is_pair:
                sums = sums - wired(block.negative[here], lines, pieces,
                                    wire.magnitude)
            else:
                sums = sums - noise.g_off * lines.sum(-1, keepdim=True)
            sums = sums * tops / (noise.g_on - noise.g_off)
        else:
            sums = lines @ block.levels[here]
        variance = self._variance(block, here, lines, tops)
        if variance is not None:
            sums = sums + variance.sqrt() * torch.randn_like(sums)
        if block.gains is not None:
            sums = sums * block.gains
        codes = sums / step
        if block.offsets is not None:
            codes = codes + block.offsets
        highest = (1 << (noise.adc_bits - (1 if noise.is_pair else 0))) - 1
        lowest = -highest if noise.is_pair else 0
        return codes.clamp(lowest, highest).round()

    def _variance(self, block: _Block, here: slice, lines: torch.Tensor,
                  tops: torch.Tensor) -> Optional[torch.Tensor]:
        """Of the short-term noise of a conversion, in squared level units: a
        sum of independent normal noise of the driven cells."""
        read = self.noise.effects.get("read_noise")
        output = self.noise.effects.get("output_noise")
        variance: Optional[torch.Tensor] = None
        if read:
            squares = lines ** 2
            if block.squares is not None:
                variance = read.magnitude ** 2 * (
                    squares @ block.squares[here])
            else:
                variance = (read.magnitude * tops) ** 2 * squares.sum(
                    -1, keepdim=True)
        if output:
            most = (1 << self.noise.drive_bits) - 1
            more = (output.magnitude * most * tops) ** 2
            variance = more if variance is None else variance + more
        return variance


def _compensation(fresh: torch.Tensor, now: torch.Tensor,
                  tile: int) -> torch.Tensor:
    """Global drift compensation: what multiplies the columns of every tile."""
    gains = torch.ones_like(now[0])
    for first in range(0, now.shape[1], tile):
        columns = slice(first, first + tile)
        after = now[:, columns].abs().sum()
        if after > 0:
            gains[columns] = fresh[:, columns].abs().sum() / after
    return gains
