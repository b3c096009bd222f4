# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a trained Detector (model.py) as a plain ONNX graph (opset 17).

In the quantised models every block weight is an int8 tensor of +1/-1 codes
with a DequantizeLinear, and every activation quantiser is

    QuantizeLinear (uint8) -> Clip 0..15 -> DequantizeLinear

with one scale per tensor.  The 8-bit sites (embedding and head) have no Clip:
QuantizeLinear itself saturates at 0..255.  The dead zone of training is not in
the graph; the metadata ``snnc.dead_zone`` says what the weights were trained
for.
"""

import math

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import mimo_task


class _Graph:
    """Collects nodes and initialisers."""

    def __init__(self, quantised):
        self.quantised = quantised
        self.nodes, self.weights = [], []

    def constant(self, name, value, dtype):
        self.weights.append(
            numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def op(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(
            kind, inputs, [name], name=f"{name}_{kind}", **attributes))
        return name

    def site(self, x, site, name):
        """Quantise and dequantise one activation."""
        if not self.quantised:
            return x
        scale = self.constant(f"{name}_scale", site.scale.item(), np.float32)
        zero = self.constant(f"{name}_zp", site.zero, np.uint8)
        x = self.op("QuantizeLinear", [x, scale, zero], f"{name}_q")
        if site.top < 255:
            low = self.constant(f"{name}_lo", 0, np.uint8)
            high = self.constant(f"{name}_hi", site.top, np.uint8)
            x = self.op("Clip", [x, low, high], f"{name}_c")
        return self.op("DequantizeLinear", [x, scale, zero], f"{name}_dq")

    def linear(self, x, layer, name):
        """x @ w + b."""
        if self.quantised:
            codes, scale = layer.codes()
            codes = self.constant(f"{name}_w_q", codes.detach().numpy(),
                                  np.int8)
            scale = self.constant(f"{name}_w_scale", scale.item(), np.float32)
            zero = self.constant(f"{name}_w_zp", 0, np.int8)
            weight = self.op("DequantizeLinear", [codes, scale, zero],
                             f"{name}_w")
        else:
            weight = self.constant(f"{name}_w", layer.w.detach().numpy(),
                                   np.float32)
        bias = self.constant(f"{name}_b", layer.b.detach().numpy(), np.float32)
        x = self.op("MatMul", [x, weight], f"{name}_matmul")
        return self.op("Add", [x, bias], f"{name}_add")

    def norm(self, x, layer, name):
        scale = self.constant(f"{name}_weight", layer.weight.detach().numpy(),
                              np.float32)
        bias = self.constant(f"{name}_bias", layer.bias.detach().numpy(),
                             np.float32)
        return self.op("LayerNormalization", [x, scale, bias], f"{name}_out",
                       axis=-1, epsilon=layer.eps)


def _block(g, x, block, n):
    width = block.q.w.shape[0]
    size = width // block.heads
    split = [0, mimo_task.TOKENS, block.heads, size]
    h = g.site(g.norm(x, block.l1, f"{n}_l1"), block.site_in, f"{n}_in")

    def heads(layer, site, name, order):
        y = g.site(g.linear(h, layer, f"{n}_{name}"), site, f"{n}_{name}s")
        shape = g.constant(f"{n}_{name}_shape", split, np.int64)
        y = g.op("Reshape", [y, shape], f"{n}_{name}_split")
        return g.op("Transpose", [y], f"{n}_{name}_heads", perm=order)

    q = heads(block.q, block.site_q, "q", [0, 2, 1, 3])
    k = heads(block.k, block.site_k, "k", [0, 2, 3, 1])
    v = heads(block.v, block.site_v, "v", [0, 2, 1, 3])
    scores = g.op("MatMul", [q, k], f"{n}_scores")
    root = g.constant(f"{n}_root", math.sqrt(size), np.float32)
    scores = g.op("Div", [scores, root], f"{n}_scaled")
    scores = g.op("Add", [scores, "mask"], f"{n}_masked")
    p = g.op("Softmax", [scores], f"{n}_softmax", axis=-1)
    p = g.site(p, block.site_p, f"{n}_p")
    h = g.op("MatMul", [p, v], f"{n}_context")
    h = g.op("Transpose", [h], f"{n}_context_t", perm=[0, 2, 1, 3])
    shape = g.constant(f"{n}_join_shape", [0, mimo_task.TOKENS, width],
                       np.int64)
    h = g.op("Reshape", [h, shape], f"{n}_joined")
    h = g.linear(g.site(h, block.site_o, f"{n}_os"), block.o, f"{n}_o")
    x = g.op("Add", [x, h], f"{n}_res1")
    h = g.site(g.norm(x, block.l2, f"{n}_l2"), block.site_f1, f"{n}_f1s")
    h = g.op("Relu", [g.linear(h, block.f1, f"{n}_f1")], f"{n}_relu")
    h = g.linear(g.site(h, block.site_f2, f"{n}_f2s"), block.f2, f"{n}_f2")
    return g.op("Add", [x, h], f"{n}_res2")


def export(model, path, dead_zone=None):
    """Writes ``model``; ``dead_zone`` None means the float model."""
    g = _Graph(dead_zone is not None)
    g.constant("mask", model.mask.numpy(), np.float32)
    position = g.constant("position", model.position.detach().numpy(),
                          np.float32)
    x = g.linear(g.site("prompt", model.site_embed, "embed_s"), model.embed,
                 "embed")
    x = g.op("Add", [x, position], "embedded")
    for index, block in enumerate(model.blocks):
        x = _block(g, x, block, f"bl{index}")
    x = g.site(g.norm(x, model.norm, "norm"), model.site_head, "head_s")
    x = g.linear(x, model.head, "head")
    g.nodes[-1].output[0] = "logits"

    tokens = mimo_task.TOKENS
    prompt = helper.make_tensor_value_info(
        "prompt", TensorProto.FLOAT, ["batch", tokens, mimo_task.FEATURES])
    logits = helper.make_tensor_value_info(
        "logits", TensorProto.FLOAT, ["batch", tokens, mimo_task.CLASSES])
    graph = helper.make_graph(g.nodes, "mimo", [prompt], [logits], g.weights)
    proto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)],
        producer_name="snnc-mimo-example")
    proto.ir_version = 8
    if dead_zone is not None:
        helper.set_model_props(proto, {
            "snnc.dead_zone": str(dead_zone),
            "snnc.dead_zone_sites": "all",
            "snnc.mask": "zero",
        })
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, str(path))
