# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From an ordinary module to one with quantisers, and its calibration."""

import copy
import dataclasses
import fnmatch
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Tuple, Union

import torch
from torch import nn

from .attention import (MultiheadAttention, Products, SelfAttention,
                        is_self_attention)
from .quantiser import Conv2d, Linear, Quantiser, Weighted


@dataclasses.dataclass(frozen=True)
class Config:
    """How a model is quantised.

    `dead_zone` is for all spiking sites, or a mapping from patterns of site
    names; keys and values have none unless a pattern names them. `overrides`
    maps patterns of module paths to other values of `weight_bits`, `act_bits`,
    `kv_bits` and `dead_zone`; the last pattern that fits wins.
    """

    weight_bits: int = 8
    act_bits: int = 8
    kv_bits: int = 8
    dead_zone: Union[int, Mapping[str, int]] = 0
    per_channel: bool = True
    first_last_bits: int = 8
    overrides: Mapping[str, Mapping[str, int]] = dataclasses.field(
        default_factory=dict)

    def __post_init__(self) -> None:
        for name, allowed in (("weight_bits", (1, 2, 4, 8)),
                              ("act_bits", tuple(range(2, 9))),
                              ("kv_bits", (1, 4, 8)),
                              ("first_last_bits", (2, 4, 8))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} needs one of {allowed}, has "
                                 f"{getattr(self, name)!r}")
        for pattern, values in self.overrides.items():
            for key in values:
                if key not in ("weight_bits", "act_bits", "kv_bits",
                               "dead_zone"):
                    raise ValueError(f"overrides of '{pattern}' have no "
                                     f"'{key}'")

    def value(self, name: str, path: str, default: Any) -> Any:
        for pattern, values in self.overrides.items():
            if name in values and fnmatch.fnmatchcase(path, pattern):
                default = values[name]
        return default

    def dead_zone_of(self, path: str, kind: str) -> int:
        if isinstance(self.dead_zone, Mapping):
            found = 0
            for pattern, k in self.dead_zone.items():
                if fnmatch.fnmatchcase(path, pattern):
                    found = k
        else:
            found = 0 if kind == "kv" else self.dead_zone
        return int(self.value("dead_zone", path, found))


class _Maker:
    """Makes the parts of one replaced module."""

    def __init__(self, config: Config, path: str, is_edge: bool) -> None:
        self.config, self.path, self.is_edge = config, path, is_edge

    def _join(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _site(self, path: str, kind: str, signed: Any = None) -> Quantiser:
        config = self.config
        if kind == "kv":
            bits = config.value("kv_bits", path, config.kv_bits)
        else:
            bits = config.value("act_bits", path, config.first_last_bits
                                if self.is_edge else config.act_bits)
        site = Quantiser(bits, signed, config.dead_zone_of(path, kind), kind)
        site.name = path
        return site

    def site(self, name: str) -> Quantiser:
        return self._site(self._join(name), "activation")

    def products(self, name: str) -> Products:
        """The four quantisers of attention have the attention's path."""
        return Products(self._site(self._join("query"), "query", True),
                        self._site(self._join("key"), "kv", True),
                        self._site(self._join("value"), "kv", True),
                        self._site(self._join("probability"), "probability",
                                   False))

    def weight_bits(self, path: str) -> int:
        config = self.config
        return int(config.value("weight_bits", path, config.first_last_bits
                                if self.is_edge else config.weight_bits))

    def linear(self, source: nn.Linear, name: str,
               has_site: bool = True) -> Linear:
        path = self._join(name)
        site = self._site(path, "activation") if has_site else None
        return Linear(source, self.weight_bits(path), self.config.per_channel,
                      site)


def prepare(model: nn.Module, config: Config = Config(), *,
            inplace: bool = False) -> nn.Module:
    """Replaces the layers of a model by ones with quantisers.

    `nn.Linear`, `nn.Conv2d`, `nn.MultiheadAttention` (also in
    `nn.TransformerEncoderLayer`), and self-attention as BERT and ViT of
    `transformers` have it. Products of activations in code of one's own need
    quantisers of one's own: put `qat.Products` there; `export` fails where one
    is missing. Until `calibrate`, the model computes what it did.
    """
    if not inplace:
        model = copy.deepcopy(model)
    layers = [name for name, module in model.named_modules()
              if isinstance(module, (nn.Linear, nn.Conv2d))
              and not isinstance(module, Weighted)
              and not type(module).__name__.startswith("NonDynamically")]
    edges = {layers[0], layers[-1]} if layers else set()
    model = _replace(model, "", config, edges)
    for name, module in model.named_modules():
        if isinstance(module, Products):
            _name_products(module, name)
        elif isinstance(module, Quantiser) and not module.name:
            module.name = name  # one of the model's own
    return model


def _name_products(products: Products, path: str) -> None:
    """Sites of the model's own `Products` have its path."""
    for name in ("query", "key", "value", "probability"):
        site = getattr(products, name)
        if not site.name:
            site.name = f"{path}.{name}" if path else name


def _replace(module: nn.Module, path: str, config: Config,
             edges: "set[str]") -> nn.Module:
    make = _Maker(config, path, path in edges)
    if isinstance(module, (Weighted, Products, Quantiser)):
        return module
    if isinstance(module, nn.MultiheadAttention):
        return MultiheadAttention(module, make)
    if is_self_attention(module):
        return SelfAttention(module, make)
    if type(module) is nn.Linear:
        return Linear(module, make.weight_bits(path), config.per_channel,
                      make._site(path, "activation"))
    if type(module) is nn.Conv2d:
        return Conv2d(module, make.weight_bits(path), config.per_channel,
                      make._site(path, "activation"))
    for name, child in module.named_children():
        inner = f"{path}.{name}" if path else name
        replaced = _replace(child, inner, config, edges)
        if replaced is not child:
            setattr(module, name, replaced)
    return module


def sites(model: nn.Module) -> Dict[str, Quantiser]:
    """The quantisers of a model by name."""
    return {m.name: m for m in model.modules() if isinstance(m, Quantiser)}


def _inputs(batch: Any) -> Tuple[Tuple[Any, ...], Dict[str, Any]]:
    """What a batch of a loader means for `forward`: labels are left out."""
    if isinstance(batch, Mapping):
        return (), {k: v for k, v in batch.items() if k not in
                    ("label", "labels")}
    if isinstance(batch, (list, tuple)):
        return (batch[0],), {}
    return (batch,), {}


@torch.no_grad()
def calibrate(model: nn.Module, data: Any) -> nn.Module:
    """Switches the quantisers on, their scales chosen on `data`.

    `data` is a tensor, or batches of inputs (or of inputs and labels). Weights
    are quantised first, then sites one after the other in the order in which
    data passes them, so that every scale fits what arrives in the quantised
    network.
    """
    batches = [data] if isinstance(data, torch.Tensor) else list(data)
    if not batches:
        raise ValueError("needs at least one batch")
    was_training = model.training
    model.eval()
    for module in model.modules():
        if isinstance(module, Weighted):
            module.is_quantised.fill_(True)

    def run(some: Iterable[Any]) -> None:
        for batch in some:
            arguments, keywords = _inputs(batch)
            model(*arguments, **keywords)

    for site in _execution_order(model, lambda: run(batches[:1])):
        if bool(site.is_active):
            continue
        site.observe(True)
        run(batches)
        site.choose_scale()
    model.train(was_training)
    return model


def _execution_order(model: nn.Module, run: Any) -> List[Quantiser]:
    order: List[Quantiser] = []

    def note(module: nn.Module, *_: Any) -> None:
        if module not in order:
            order.append(module)  # type: ignore[arg-type]

    hooks = [m.register_forward_hook(note) for m in model.modules()
             if isinstance(m, Quantiser)]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    return order


def parameter_groups(model: nn.Module, lr: float, weight_decay: float = 0.0,
                     scale_factor: float = 0.1) -> List[Dict[str, Any]]:
    """Groups for an optimiser: scales learn at a tenth of the rate and are
    not decayed."""
    scales = [site.scale for site in sites(model).values()
              if bool(site.is_active)]
    known = {id(p) for p in scales}
    idle = {id(site.scale) for site in sites(model).values()} - known
    other = [p for p in model.parameters()
             if id(p) not in known and id(p) not in idle]
    groups = [{"params": other, "lr": lr, "weight_decay": weight_decay}]
    if scales:
        groups.append({"params": scales, "lr": lr * scale_factor,
                       "weight_decay": 0.0})
    return groups


def weighted(model: nn.Module) -> Iterator[Tuple[str, Weighted]]:
    """The layers with quantised weights."""
    for name, module in model.named_modules():
        if isinstance(module, Weighted):
            yield name, module
