# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Devices of a chip in PyTorch: the virtual chip's models of their effects.

Formulas and constants are those of docs/virtual-chip.md; magnitudes are the
chip's. Random numbers are PyTorch's: the laws are equal, single draws are not.
"""

import dataclasses
import math
from typing import Any, Dict, Mapping, Tuple, Union

import torch

from ..errors import InputError

#: Seconds: where drift begins, and how long a read-out takes.
DRIFT_START, READ_TIME = 20.0, 250e-9

#: The models that are known here, by effect.
MODELS = {
    "programming_noise": ("pcm", "gaussian"),
    "read_noise": ("gaussian", "proportional"),
    "output_noise": ("gaussian",),
    "flicker_noise": ("pcm",),
    "drift": ("pcm",),
    "variation": ("lognormal",),
    "stuck_on": ("fraction",),
    "stuck_off": ("fraction",),
    "ir_drop": ("fast", "exact"),  # equal up to rounding
    "adc_offset": ("gaussian",),
}

Noise = Union[str, Mapping[str, float]]


@dataclasses.dataclass(frozen=True)
class Effect:
    """A device effect that is on."""

    model: str
    magnitude: float


def read_effects(chip: Mapping[str, Any], noise: Noise) -> Dict[str, Effect]:
    """The effects that `noise` switches on: "all" (what the chip enables),
    "ideal", names separated by commas, or magnitudes by name."""
    known = {name: entry for name, entry in chip["nonidealities"].items()
             if name in MODELS}
    if noise == "ideal":
        return {}
    if noise == "all":
        return {name: _effect(chip, name, entry["magnitude"])
                for name, entry in known.items() if entry["enable"]}
    if isinstance(noise, str):
        parts = [item.partition("=") for item in noise.split(",")]
        try:
            wanted: Dict[str, Any] = {
                name: float(number) if sign else None
                for name, sign, number in parts}
        except ValueError:
            raise InputError(f"noise needs numbers after '=', has '{noise}'"
                             ) from None
    else:
        wanted = dict(noise)
    effects = {}
    for name, magnitude in wanted.items():
        full = name if name in known else name + "_noise"
        if full not in known:
            raise InputError(f"'{name}' is no device effect, expected 'ideal',"
                             " 'all', " + ", ".join(f"'{n}'" for n in known))
        if magnitude is None:
            magnitude = known[full]["magnitude"]
            if magnitude == 0:
                raise InputError(f"chip '{chip['name']}' has no magnitude of "
                                 f"'{full}': give one, as '{full}=NUMBER'")
        effects[full] = _effect(chip, full, float(magnitude))
    return effects


def _effect(chip: Mapping[str, Any], name: str, magnitude: float) -> Effect:
    model = str(chip["nonidealities"][name]["model"])
    if model not in MODELS[name]:
        raise InputError(f"effect '{name}' of chip '{chip['name']}' has the "
                         f"model '{model}', which training does not have")
    if not magnitude >= 0:
        raise InputError(f"effect '{name}' needs a magnitude of at least 0, "
                         f"has {magnitude}")
    return Effect(model, magnitude)


def _programming_deviation(r: torch.Tensor) -> torch.Tensor:
    return (0.26348 + 1.9650 * r - 1.1731 * r * r) / 25.0


def _drift_exponent(r: torch.Tensor) -> torch.Tensor:
    logarithm = torch.log(r.clamp_min(1e-12))
    mean = (-0.0155 * logarithm + 0.0244).clamp(0.049, 0.1)
    deviation = (-0.0125 * logarithm - 0.0059).clamp(0.008, 0.045)
    return (mean + deviation * torch.randn_like(r)).abs()


class Cells:
    """Cells between g_off and g_on microsiemens, read after `seconds`."""

    def __init__(self, effects: Mapping[str, Effect], g_on: float,
                 g_off: float, seconds: float) -> None:
        self.effects, self.seconds = effects, seconds
        self.g_on, self.g_off = g_on, g_off

    @property
    def are_exact(self) -> bool:
        """Whether every cell holds what was written."""
        return not any(name in self.effects for name in (
            "programming_noise", "flicker_noise", "drift", "variation",
            "stuck_on", "stuck_off"))

    def draw(self, target: torch.Tensor
             ) -> Tuple[torch.Tensor, torch.Tensor]:
        """New cells that were written with conductances `target`: as they are
        read out at once, and after `seconds`."""
        effects = self.effects
        ratio, g = target / self.g_on, target
        effect = effects.get("programming_noise")
        if effect:
            deviation = effect.magnitude * self.g_on * (
                _programming_deviation(ratio) if effect.model == "pcm"
                else torch.ones_like(ratio))
            g = (g + deviation * torch.randn_like(g)).clamp_min(0.0)
        effect = effects.get("variation")
        if effect:
            g = g * torch.exp(effect.magnitude * torch.randn_like(g))
        now = g
        effect = effects.get("drift")
        if effect:
            age = math.log((self.seconds + DRIFT_START) / DRIFT_START)
            now = g * torch.exp(-age * effect.magnitude
                                * _drift_exponent(ratio))
        fresh = g
        effect = effects.get("flicker_noise")
        if effect:
            power = (g / self.g_on).clamp_min(1e-12) ** 0.65
            q = effect.magnitude * (
                0.0088 / power.clamp_min(1e-3)).clamp_max(0.2)
            fresh = self._flicker(g, q, 0.0)
            now = self._flicker(now, q, self.seconds)
        return self._stick(fresh, now)

    @staticmethod
    def _flicker(g: torch.Tensor, q: torch.Tensor,
                 seconds: float) -> torch.Tensor:
        factor = math.sqrt(math.log((seconds + DRIFT_START + READ_TIME)
                                    / (2 * READ_TIME)))
        return (g * (1.0 + q * factor * torch.randn_like(g))).clamp_min(0.0)

    def _stick(self, fresh: torch.Tensor, now: torch.Tensor
               ) -> Tuple[torch.Tensor, torch.Tensor]:
        """One uniform number a cell decides whether it is stuck."""
        on, off = (self.effects[name].magnitude if name in self.effects
                   else 0.0 for name in ("stuck_on", "stuck_off"))
        if on + off == 0:
            return fresh, now
        u = torch.rand_like(now)
        is_on, is_off = u < on, (u >= on) & (u < on + off)

        def stuck(g: torch.Tensor) -> torch.Tensor:
            return g.masked_fill(is_on, self.g_on).masked_fill(
                is_off, self.g_off)

        return stuck(fresh), stuck(now)


def wired(cells: torch.Tensor, drive: torch.Tensor, rows: int,
          ohms: float) -> torch.Tensor:
    """Currents of columns whose wires have `ohms` between two rows.

    `cells` is [driven rows, columns] in microsiemens, `drive` [..., driven
    rows] amplitudes of 0 and more; `rows` is how many pieces of wire lie
    between the first of these rows and the converter. From the far end,
    everything above a node is a conductance with a current (its Norton
    equivalent).
    """
    ohms *= 1e-6  # times microsiemens
    shape = (*drive.shape[:-1], cells.shape[1])
    conductance = cells.new_zeros(shape)
    current = cells.new_zeros(shape)
    for r, cell in enumerate(cells):
        amplitude = drive[..., r, None]
        # A row that is not driven is disconnected by its transistors.
        conductance = conductance + cell * (amplitude != 0)
        current = current + cell * amplitude
        pieces = rows - r if r + 1 == len(cells) else 1
        factor = 1.0 / (1.0 + conductance * (ohms * pieces))
        conductance, current = conductance * factor, current * factor
    return current
