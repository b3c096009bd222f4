# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fake quantisers with a dead zone, for activations and for weights."""

import math
from typing import Any, Optional, Tuple

import torch
from torch import nn
from torch.nn import functional

#: How many values a scale is chosen on, and how many scales are tried.
SAMPLE, FACTORS = 200_000, 40


class _Quantise(torch.autograd.Function):
    """scale * D(clamp(round(x / scale))), D the dead zone around zero.

    Inside of the range the gradient passes. That of the scale is LSQ's (Esser
    et al., 2020), divided by sqrt(N * high) for N elements a sample.
    """

    @staticmethod
    def forward(ctx: Any,  # type: ignore[override]
                x: torch.Tensor, scale: torch.Tensor, low: int,
                high: int, dead_zone: int, name: str) -> torch.Tensor:
        ratio = x / scale
        code = torch.round(ratio).clamp_(low, high)
        inside = (ratio >= low - 0.5) & (ratio <= high + 0.5)
        if dead_zone:
            code = torch.where(code.abs() <= dead_zone,
                               torch.zeros_like(code), code)
        ctx.save_for_backward(torch.where(inside, code - ratio, code), inside)
        ctx.gradient_scale = 1.0 / math.sqrt(
            x.numel() / max(x.shape[0] if x.dim() else 1, 1) * high)
        return code * scale

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        gradient, = gradients
        slope, inside = ctx.saved_tensors
        scale = (gradient * slope).sum() * ctx.gradient_scale
        return gradient * inside, scale, None, None, None, None

    @staticmethod
    def symbolic(g: Any, x: Any, scale: Any, low: int, high: int,
                 dead_zone: int, name: str) -> Any:
        # export.py makes QuantizeLinear, Clip and DequantizeLinear of it.
        y = g.op("snnc::Quantise", x, scale, low_i=low, high_i=high,
                 name_s=name)
        y.setType(x.type())
        return y


class Quantiser(nn.Module):
    """A site: one activation quantiser with a learned scale.

    It is the identity until `calibrate` has chosen its scale. A level within
    `dead_zone` of zero becomes zero, which is the level that is silent.
    """

    scale: torch.Tensor
    floor: torch.Tensor
    is_active: torch.Tensor
    _signed: torch.Tensor

    def __init__(self, bits: int, signed: Optional[bool] = None,
                 dead_zone: int = 0, kind: str = "activation") -> None:
        super().__init__()
        if not 2 <= bits <= 8 and not (bits == 1 and kind == "kv"):
            raise ValueError(f"a site needs 2 to 8 bits, has {bits}")
        self.bits, self.dead_zone, self.kind = bits, dead_zone, kind
        self.name = ""  # the module's path; prepare() sets it
        #: None: unsigned if no calibration value is negative.
        self.signed = signed
        self.scale = nn.Parameter(torch.ones(()))
        self.register_buffer("floor", torch.tensor(1e-8))
        self.register_buffer("is_active", torch.tensor(False))
        self.register_buffer("_signed", torch.tensor(signed is not False))
        self._observed: Optional[list[torch.Tensor]] = None

    @property
    def zero(self) -> int:
        """z: the level of the value 0."""
        return 1 << (self.bits - 1) if bool(self._signed) else 0

    @property
    def top(self) -> int:
        """T: the highest level."""
        return (1 << self.bits) - 1

    def range(self) -> Tuple[int, int]:
        """The lowest and the highest code, a level less the zero point."""
        return -self.zero, self.top - self.zero

    def effective_scale(self) -> torch.Tensor:
        """The scale, kept off zero, where no step could take it back."""
        return torch.maximum(self.scale, self.floor)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self._observed is not None:
            self._observed.append(x.detach().flatten()[:SAMPLE])
        if not bool(self.is_active):
            return x
        if self.bits == 1:
            return _sign(x, self.effective_scale(), self.name)
        low, high = self.range()
        return _Quantise.apply(  # type: ignore[no-any-return]
            x, self.effective_scale(), low, high, self.dead_zone, self.name)

    def codes(self, x: torch.Tensor) -> torch.Tensor:
        """The levels of a tensor, as the compiled network has them."""
        low, high = self.range()
        code = torch.round(x / self.effective_scale()).clamp(low, high)
        if self.dead_zone:
            code = torch.where(code.abs() <= self.dead_zone,
                               torch.zeros_like(code), code)
        return (code + self.zero).to(torch.uint8)

    def observe(self, on: bool) -> None:
        """Starts or ends keeping what passes."""
        self._observed = [] if on else None

    @torch.no_grad()
    def choose_scale(self) -> None:
        """From what it kept: the scale of least squared error, with the dead
        zone; then it quantises."""
        if not self._observed:
            raise RuntimeError(f"no value passed the site '{self.name}'")
        x = torch.cat(self._observed).float()
        self._observed = None
        if len(x) > SAMPLE:
            order = torch.randperm(
                len(x), generator=torch.Generator().manual_seed(0))
            x = x[order[:SAMPLE]]
        if self.signed is None:
            self._signed.fill_(bool((x < 0).any()))
        if self.bits == 1:
            self.scale.data.copy_(x.abs().mean().clamp_min(1e-8))
        else:
            self.scale.data.copy_(self._best_scale(x))
        self.floor.copy_(self.scale * 1e-3)
        self.is_active.fill_(True)

    def _best_scale(self, x: torch.Tensor) -> torch.Tensor:
        low, high = self.range()
        peak = (x.abs().max() / high).clamp_min(1e-8)
        best, least = peak, math.inf
        for factor in torch.linspace(0.1, 1.0, FACTORS):
            scale = peak * factor
            code = torch.round(x / scale).clamp(low, high)
            if self.dead_zone:
                code = torch.where(code.abs() <= self.dead_zone,
                                   torch.zeros_like(code), code)
            error = float(((code * scale - x) ** 2).mean())
            if error < least:
                best, least = scale, error
        return best

    def extra_repr(self) -> str:
        return (f"{self.bits} bits, {self.kind}, dead zone {self.dead_zone}, "
                f"{'active' if bool(self.is_active) else 'idle'}")


class _Sign(torch.autograd.Function):
    """+scale or -scale: keys and values of one bit."""

    @staticmethod
    def forward(ctx: Any,  # type: ignore[override]
                x: torch.Tensor, scale: torch.Tensor,
                name: str) -> torch.Tensor:
        sign = torch.where(x >= 0, torch.ones_like(x), -torch.ones_like(x))
        ctx.save_for_backward(sign, x.abs() <= 2 * scale)
        ctx.gradient_scale = 1.0 / math.sqrt(
            x.numel() / max(x.shape[0] if x.dim() else 1, 1))
        return sign * scale

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        gradient, = gradients
        sign, inside = ctx.saved_tensors
        scale = (gradient * sign).sum() * ctx.gradient_scale
        return gradient * inside, scale, None

    @staticmethod
    def symbolic(g: Any, x: Any, scale: Any, name: str) -> Any:
        raise RuntimeError(
            f"the site '{name}' has one bit, which QuantizeLinear cannot say: "
            "use kv_bits of 4 or 8 for a model that is exported")


def _sign(x: torch.Tensor, scale: torch.Tensor, name: str) -> torch.Tensor:
    return _Sign.apply(x, scale, name)  # type: ignore[no-any-return]


class _Dequantise(torch.autograd.Function):
    """Weights of integer codes and a scale an output channel, for export."""

    @staticmethod
    def forward(ctx: Any,  # type: ignore[override]
                codes: torch.Tensor,
                scale: torch.Tensor) -> torch.Tensor:
        shape = (-1,) + (1,) * (codes.dim() - 1)
        return codes.float() * scale.reshape(shape)

    @staticmethod
    def symbolic(g: Any, codes: Any, scale: Any) -> Any:
        y = g.op("snnc::Weight", codes, scale)
        with_sizes = getattr(codes.type(), "with_dtype", None)
        if with_sizes is not None:
            y.setType(codes.type().with_dtype(torch.float32))
        return y


def quantise_weight(weight: torch.Tensor, bits: int, per_channel: bool
                    ) -> Tuple[torch.Tensor, torch.Tensor]:
    """Integer codes, and a scale for every output channel (axis 0).

    1 bit: sign(w - mean w), ties +1, times mean |w|; others are symmetric. As
    post-training quantisation in the compiler has them.
    """
    rows = weight.reshape(weight.shape[0], -1)
    if not per_channel:
        rows = rows.reshape(1, -1)
    if bits == 1:
        scale = rows.abs().mean(1)
        codes = (rows >= rows.mean(1, keepdim=True)).to(rows.dtype) * 2 - 1
    else:
        top = (1 << (bits - 1)) - 1
        scale = (rows.abs().amax(1) / top).clamp_min(1e-12)
        codes = torch.round(rows / scale[:, None]).clamp(-top, top)
    scale = scale.expand(weight.shape[0]) if not per_channel else scale
    return codes.reshape(weight.shape), scale


class Weighted:
    """Mixed into layers with a weight that is quantised as they run."""

    weight: torch.Tensor
    codes: torch.Tensor
    code_scale: torch.Tensor
    register_buffer: Any
    weight_bits: int
    per_channel: bool
    is_quantised: torch.Tensor
    is_exported: bool = False
    training: bool
    crossbars: Any  #: CrossbarNoise.attach sets it

    def begin_weights(self, bits: int, per_channel: bool) -> None:
        self.weight_bits, self.per_channel = bits, per_channel
        self.crossbars = None
        self.register_buffer("is_quantised", torch.tensor(False))

    def quantised_weight(self) -> torch.Tensor:
        if not bool(self.is_quantised):
            return self.weight
        if self.is_exported:
            return _Dequantise.apply(self.codes, self.code_scale)  # type: ignore
        with torch.no_grad():
            codes, scale = quantise_weight(self.weight, self.weight_bits,
                                           self.per_channel)
            shape = (-1,) + (1,) * (codes.dim() - 1)
            step = codes * scale.reshape(shape) - self.weight
        return self.weight + step

    def on_crossbars(self, x: torch.Tensor, site: Optional[Quantiser],
                     y: torch.Tensor) -> torch.Tensor:
        """What becomes of y = f(x) on the crossbars that are attached."""
        if self.crossbars is None:
            return y
        return self.crossbars(self, x, site, y)  # type: ignore[no-any-return]

    def begin_export(self) -> None:
        codes, scale = quantise_weight(self.weight.detach(), self.weight_bits,
                                       self.per_channel)
        # Buffers, which the exporter writes under the module's name.
        self.register_buffer("codes", codes.to(torch.int8))
        self.register_buffer("code_scale", scale.clone().contiguous())
        self.is_exported = True

    def end_export(self) -> None:
        self.is_exported = False
        del self.codes, self.code_scale


class Linear(nn.Linear, Weighted):
    """x W^T + b with quantised weights; `site` quantises x, unless it is None
    because x is quantised already: by `read`, which `forward` is told."""

    def __init__(self, source: nn.Linear, weight_bits: int, per_channel: bool,
                 site: Optional[Quantiser]) -> None:
        nn.Module.__init__(self)
        self.in_features = source.in_features
        self.out_features = source.out_features
        self.weight, self.bias = source.weight, source.bias
        self.begin_weights(weight_bits, per_channel)
        self.site = site

    def forward(self, x: torch.Tensor,
                read: Optional[Quantiser] = None) -> torch.Tensor:
        if self.site is not None:
            x, read = self.site(x), self.site
        y = functional.linear(x, self.quantised_weight(), self.bias)
        return self.on_crossbars(x, read, y)


class Conv2d(nn.Conv2d, Weighted):
    """A convolution with quantised weights and input."""

    def __init__(self, source: nn.Conv2d, weight_bits: int, per_channel: bool,
                 site: Optional[Quantiser]) -> None:
        nn.Module.__init__(self)
        for name in ("in_channels", "out_channels", "kernel_size", "stride",
                     "padding", "dilation", "transposed", "output_padding",
                     "groups", "padding_mode",
                     "_reversed_padding_repeated_twice"):
            setattr(self, name, getattr(source, name))
        self.weight, self.bias = source.weight, source.bias
        self.begin_weights(weight_bits, per_channel)
        self.site = site

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.site is not None:
            x = self.site(x)
        y = self._conv_forward(x, self.quantised_weight(), self.bias)
        return self.on_crossbars(x, self.site, y)
