# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""From a module to ONNX with QuantizeLinear, Clip and DequantizeLinear.

PyTorch's exporter writes the two operators snnc::Quantise and snnc::Weight,
whose attributes name the site and its codes; here they become ONNX's own.
"""

import contextlib
import inspect
import io
import os
import warnings
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

import numpy as np
import torch
from torch import nn

from ..errors import Error
from .prepare import sites, weighted
from .quantiser import Quantiser

OPSET = 17
#: Operators behind which a quantised value still is one.
_MOVING = ("Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
           "Identity", "Slice", "Split", "Gather", "Concat", "Expand")
_PRODUCTS = ("MatMul", "Gemm", "Einsum")


@contextlib.contextmanager
def _exporting(model: nn.Module) -> Iterator[None]:
    """Weights are integer codes, scales off zero, the model in evaluation."""
    was_training = model.training
    model.eval()
    layers = [layer for _, layer in weighted(model) if bool(layer.is_quantised)]
    try:
        with torch.no_grad():
            for site in sites(model).values():
                site.scale.copy_(site.effective_scale())
        for layer in layers:
            layer.begin_export()
        yield
    finally:
        for layer in layers:
            if layer.is_exported:
                layer.end_export()
        model.train(was_training)


def export(model: nn.Module, example: Any,
           path: Union[str, "os.PathLike[str]"], *,
           dynamic_batch: bool = False, opset: int = OPSET,
           input_names: Optional[List[str]] = None,
           output_names: Optional[List[str]] = None) -> None:
    """Writes a model, quantised or not, to a file that snnc compiles.

    Args:
        model: what `prepare` and `calibrate` gave, or any module.
        example: a tensor, or a tuple of tensors: the module's arguments.
        path: the file.
        dynamic_batch: whether axis 0 of inputs and outputs is free.

    Raises `Error`, naming the module, where a product of two activations has
    no quantiser although others have.
    """
    try:
        import onnx  # type: ignore[import]
    except ImportError:
        raise Error("export needs the package onnx (python3-onnx)") from None
    arguments = tuple(example) if isinstance(example, (tuple, list)) \
        else (example,)
    taken = set(sites(model))  # names of values, too
    inputs = [_free(name, taken) for name in
              input_names or _argument_names(model, len(arguments))]
    outputs = [_free(name, taken) for name in output_names or ["output"]]
    keywords: Dict[str, Any] = {}
    if dynamic_batch:
        keywords["dynamic_axes"] = {
            name: {0: "batch"} for name in [*inputs, *outputs]}
    if "dynamo" in inspect.signature(torch.onnx.export).parameters:
        keywords["dynamo"] = False
    if any(bool(site.is_active) for site in sites(model).values()):
        keywords["custom_opsets"] = {"snnc": 1}
    data = io.BytesIO()
    with _exporting(model), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing: shapes are constants
        torch.onnx.export(model, arguments, data, opset_version=opset,
                          input_names=inputs, output_names=outputs,
                          **keywords)
    proto = onnx.load_from_string(data.getvalue())
    quantisers = sites(model)
    if any(bool(site.is_active) for site in quantisers.values()):
        _lower(proto, quantisers)
        _check_products(proto)
        _add_metadata(proto, quantisers)
    proto.producer_name = "snnc.qat"
    proto.doc_string = ""
    onnx.checker.check_model(proto)
    onnx.save(proto, os.fspath(path))


def _free(name: str, taken: "set[str]") -> str:
    while name in taken:
        name += "_"
    return name


def _argument_names(model: nn.Module, count: int) -> List[str]:
    try:
        names = [name for name, parameter in inspect.signature(
            model.forward).parameters.items()
            if parameter.kind in (parameter.POSITIONAL_ONLY,
                                  parameter.POSITIONAL_OR_KEYWORD)][:count]
    except (TypeError, ValueError):
        names = []
    return names if len(names) == count else [
        f"input{i}" for i in range(count)]


# -- Quantisers ---------------------------------------------------------------


def _lower(proto: Any, quantisers: Mapping[str, Quantiser]) -> None:
    """ONNX's operators in the place of snnc's; equal quantisers of one tensor
    are merged."""
    from onnx import helper, numpy_helper
    graph = proto.graph
    constants = {i.name: i for i in graph.initializer}
    # Of equal constants the exporter writes one, with aliases.
    alias = {node.output[0]: node.input[0] for node in graph.node
             if node.op_type == "Identity"}

    def source(name: str) -> str:
        while name not in constants and name in alias:
            name = alias[name]
        return name

    nodes: List[Any] = []
    renamed: Dict[str, str] = {}
    made: Dict[Tuple[Any, ...], str] = {}
    used: Dict[str, int] = {}

    def constant(name: str, value: Any) -> str:
        if name not in constants:
            tensor = numpy_helper.from_array(np.asarray(value), name)
            graph.initializer.append(tensor)
            constants[name] = tensor
        return name

    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        if node.domain != "snnc":
            nodes.append(node)
            continue
        if node.op_type == "Weight":
            codes, scale = map(source, node.input)
            size = len(numpy_helper.to_array(constants[scale]))
            zero = constant(f"{codes}.zero", np.zeros(size, np.int8))
            nodes.append(helper.make_node(
                "DequantizeLinear", [codes, scale, zero], node.output,
                name=f"{node.output[0]}.weight", axis=0))
            continue
        values = {a.name: helper.get_attribute_value(a)
                  for a in node.attribute}
        site = values["name"].decode()
        low, high = values["low"], values["high"]
        key = (node.input[0], site)
        if key in made:
            renamed[node.output[0]] = made[key]
            continue
        made[key] = node.output[0]
        used[site] = used.get(site, 0) + 1
        name = site if used[site] == 1 else f"{site}.call{used[site]}"
        scale = constant(f"{site}.step", np.float32(
            quantisers[site].effective_scale().item()))
        zero = constant(f"{site}.zero", np.uint8(-low))
        nodes.append(helper.make_node(
            "QuantizeLinear", [node.input[0], scale, zero], [name],
            name=f"{name}.quantise"))
        last = name
        if high - low < 255:
            lowest = constant("snnc.lowest", np.uint8(0))
            highest = constant(f"snnc.highest{high - low}",
                               np.uint8(high - low))
            last = f"{name}.clipped"
            nodes.append(helper.make_node("Clip", [name, lowest, highest],
                                          [last], name=f"{name}.clip"))
        nodes.append(helper.make_node(
            "DequantizeLinear", [last, scale, zero], node.output,
            name=f"{name}.dequantise"))
    # What computed the scales of the operators that are gone.
    read = {output.name for output in graph.output}
    alive: List[Any] = []
    for node in reversed(nodes):
        if read.intersection(node.output):
            alive.append(node)
            read.update(node.input)
    del graph.node[:]
    graph.node.extend(reversed(alive))
    opsets = [o for o in proto.opset_import if o.domain != "snnc"]
    del proto.opset_import[:]
    proto.opset_import.extend(opsets)
    kept = [i for i in graph.initializer if i.name in read]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _check_products(proto: Any) -> None:
    """Every product of two activations needs both quantised."""
    graph = proto.graph
    producer = {name: node for node in graph.node for name in node.output}
    varying = {i.name for i in graph.input}  # values that depend on inputs
    for node in graph.node:
        if varying.intersection(node.input):
            varying.update(node.output)

    def is_quantised(name: str) -> bool:
        node = producer.get(name)
        while node is not None and node.op_type in _MOVING:
            node = producer.get(node.input[0])
        return node is not None and node.op_type == "DequantizeLinear"

    for node in graph.node:
        if node.op_type not in _PRODUCTS:
            continue
        operands = [name for name in node.input[:2] if name in varying]
        if len(operands) < 2 or all(map(is_quantised, operands)):
            continue
        where = node.name.strip("/").rsplit("/", 1)[0].replace("/", ".")
        raise Error(f"the product '{node.name}' in the module '{where}' has "
                    "two activations and no quantisers for both: compute it "
                    "by snnc.qat.Products, or quantise its operands")


def _add_metadata(proto: Any, quantisers: Mapping[str, Quantiser]) -> None:
    """The dead zones that the model was trained with."""
    present = {node.output[0] for node in proto.graph.node
               if node.op_type == "QuantizeLinear"}
    radii = {}
    for name in present:
        site = quantisers.get(name) or quantisers[name.rsplit(".call", 1)[0]]
        radii[name] = (site.dead_zone, site.kind)
    spiking = {k for k, kind in radii.values() if kind != "kv"}
    resident = {k for k, kind in radii.values() if kind == "kv"}
    if spiking | resident == {0} or not radii:
        return
    if len(spiking) == 1 and not resident - {0}:
        text = str(spiking.pop())
    else:
        text = ",".join(f"{name}={k}" for name, (k, _) in sorted(radii.items())
                        if k)
    # Training silenced the levels around zero.
    for key, value in (("snnc.dead_zone", text), ("snnc.mask", "zero")):
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
