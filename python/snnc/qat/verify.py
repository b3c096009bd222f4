# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The compiled network beside the module that it was exported from."""

import dataclasses
import os
from typing import Any, Dict, List, Mapping, Union

import numpy as np
import torch
from torch import nn

from .. import _tables
from ..compiled import Compiled
from ..errors import InputError
from .prepare import sites


@dataclasses.dataclass(frozen=True)
class Verification:
    """How far PyTorch and the simulator agree.

    Both round alike, but sums of floats come in another order: a value beside
    a rounding boundary may become the neighbouring code. So this counts
    agreement, not bits.
    """

    samples: int
    predictions: float  #: fraction of equal arg max over the last axis
    largest: float  #: difference of outputs
    sites: Mapping[str, float]  #: fraction of equal codes, by spiking site
    steps: float  #: largest difference of codes

    def __str__(self) -> str:
        rows = [(name, _tables.percent(value))
                for name, value in self.sites.items()]
        return (f"{self.samples} samples: predictions agree on "
                f"{100 * self.predictions:.2f} %, outputs differ by at most "
                f"{self.largest:.3g}, codes by {self.steps:g}\n"
                + _tables.as_text(("site", "equal codes"), rows))

    def _repr_html_(self) -> str:
        return _tables.as_html(
            ("site", "equal codes"),
            [(n, _tables.percent(v)) for n, v in self.sites.items()],
            f"predictions agree on {100 * self.predictions:.2f} %")


@torch.no_grad()
def verify(model: nn.Module, compiled: Union[Compiled, str,
                                             "os.PathLike[str]"],
           x: torch.Tensor, *, recorded: int = 8) -> Verification:
    """Runs both on the same inputs; `compiled` is a network or an ONNX file.

    Codes are compared for the first `recorded` samples.
    """
    if not isinstance(compiled, Compiled):
        from .._options import compile as compile_model
        compiled = compile_model(compiled)
    if len(compiled.inputs) != 1 or len(compiled.outputs) != 1:
        raise InputError("verify needs a network of one input and one output")
    was_training = model.training
    model.eval()
    try:
        want = model(x).numpy()
        count = min(recorded, len(x))
        kept: Dict[str, List[Any]] = {}
        hooks = []
        for name, site in sites(model).items():
            def keep(module: Any, inputs: Any, _: Any, name: str = name
                     ) -> None:
                kept.setdefault(name, []).append(module.codes(inputs[0]))
            hooks.append(site.register_forward_hook(keep))
        try:
            for i in range(count):
                model(x[i:i + 1])
        finally:
            for hook in hooks:
                hook.remove()
    finally:
        model.train(was_training)
    have = compiled.run(x.numpy())
    heads = {int(getattr(m, name)) for m in model.modules() for name in
             ("num_heads", "num_attention_heads")
             if isinstance(getattr(m, name, None), int)}
    equal, steps = _compare_codes(compiled, x[:count], kept, heads)
    width = want.shape[-1]
    same = (want.reshape(-1, width).argmax(1)
            == have.reshape(-1, width).argmax(1))
    return Verification(len(x), float(same.mean()),
                        float(np.abs(want - have).max()), equal, steps)


def _compare_codes(compiled: Compiled, x: torch.Tensor,
                   kept: Mapping[str, List[Any]], heads: "set[int]") -> Any:
    spikes = compiled.spikes(x.numpy(), sample=range(len(x)))
    equal: Dict[str, float] = {}
    largest = 0.0
    for name in kept:
        if name not in spikes or len(kept[name]) != len(x):
            continue  # keys and values do not spike
        ours = spikes[name].levels.astype(np.int16)
        found = [theirs for theirs in _layouts(
            np.concatenate([codes.numpy() for codes in kept[name]]), heads)
            if theirs[:1].shape == ours.shape[1:]]
        if not found:
            continue
        difference = np.abs(ours.reshape(-1)
                            - found[0].reshape(-1).astype(np.int16))
        equal[name] = float((difference == 0).mean())
        largest = max(largest, float(difference.max()))
    return equal, largest


def _layouts(codes: Any, heads: "set[int]") -> Any:
    """How the compiled network may hold a tensor: it quantises on the other
    side of the transpositions that split and join heads."""
    yield codes
    if codes.ndim == 4:  # batch, heads, tokens, features
        tokens_first = codes.transpose(0, 2, 1, 3)
        yield tokens_first
        yield tokens_first.reshape(*tokens_first.shape[:2], -1)
    elif codes.ndim == 3:  # batch, tokens, features
        for count in sorted(heads):
            if codes.shape[2] % count == 0:
                split = codes.reshape(*codes.shape[:2], count, -1)
                yield split.transpose(0, 2, 1, 3)
                yield split
