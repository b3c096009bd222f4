# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a BERT encoder with random weights in the forms of quantised ONNX.

    make_quantised_bert.py DIRECTORY [--layers 2 --hidden 128 --heads 2
                                      --feedforward 512 --sequence 64]

DIRECTORY gets one model for each form, and `inputs.npz`:

    float.onnx       standard float operators
    qdq_tensor.onnx  QuantizeLinear and DequantizeLinear, one scale for a weight
    qdq_axis.onnx    the same with a scale for each output of a weight
    qat.onnx         qdq_axis, its weights as floats before their quantisers
    qoperator.onnx   QLinearMatMul and com.microsoft QLinearAdd
    dynamic.onnx     DynamicQuantizeLinear and MatMulInteger; attention in float
    qonnx.onnx       Quant of QONNX; the levels of qdq_axis

Activations have 8 bits and ranges of the float network on the inputs: signed and
symmetric, but for probabilities, which are unsigned. Biases have 32 bits where the
form has them. Input `x` and output `y` are [batch, sequence, hidden].
"""

import argparse
import math
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FORMS = ("float", "qdq_tensor", "qdq_axis", "qat", "qoperator", "dynamic",
         "qonnx")
QONNX = "qonnx.custom_op.general"
MICROSOFT = "com.microsoft"
F = np.float32


class Network:
    """Weights, and the values of the float network on some inputs."""

    def __init__(self, options):
        self.options = options
        self.random = np.random.default_rng(options.seed)
        self.weights = {}
        o = options
        for layer in range(o.layers):
            p = f"layer{layer}."
            for name, rows, columns in (("q", o.hidden, o.hidden),
                                        ("k", o.hidden, o.hidden),
                                        ("v", o.hidden, o.hidden),
                                        ("out", o.hidden, o.hidden),
                                        ("up", o.hidden, o.feedforward),
                                        ("down", o.feedforward, o.hidden)):
                weight = self.random.standard_normal((rows, columns))
                bias = self.random.standard_normal(columns) * 0.1
                self.weights[p + name] = ((weight / np.sqrt(rows)).astype(F),
                                          bias.astype(F))
        self.inputs = self.random.standard_normal(
            (o.batch, o.sequence, o.hidden)).astype(F)
        self.ranges = {}
        self.run()

    def see(self, name, value):
        """Notes the range of a value that is quantised."""
        self.ranges[name] = float(np.abs(value).max())
        return value

    def linear(self, x, name):
        weight, bias = self.weights[name]
        return self.see(name, self.see(name + ".x", x) @ weight + bias)

    def run(self):
        o = self.options
        head = o.hidden // o.heads

        def split(x):
            return x.reshape(o.batch, o.sequence, o.heads, head)

        def norm(x):
            x = x - x.mean(-1, keepdims=True)
            return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12)

        erf = np.vectorize(math.erf)
        x = self.inputs
        for layer in range(o.layers):
            p = f"layer{layer}."
            q = self.see(p + "heads.q",
                         split(self.linear(x, p + "q")).transpose(0, 2, 1, 3))
            k = self.see(p + "heads.k",
                         split(self.linear(x, p + "k")).transpose(0, 2, 3, 1))
            v = self.see(p + "heads.v",
                         split(self.linear(x, p + "v")).transpose(0, 2, 1, 3))
            s = self.see(p + "scores", q @ k) / np.sqrt(head)
            e = np.exp(s - s.max(-1, keepdims=True))
            t = self.see(p + "context", e / e.sum(-1, keepdims=True) @ v)
            t = t.transpose(0, 2, 1, 3).reshape(x.shape)
            y = norm(self.linear(t, p + "out") + x)
            f = self.linear(y, p + "up")
            t = 0.5 * f * (1 + erf(f / np.sqrt(2)))
            x = norm(self.linear(t, p + "down") + y)


class Writer:
    """One model in one form."""

    def __init__(self, network, form):
        self.network, self.form = network, form
        self.options = network.options
        self.nodes, self.constants, self.known = [], [], {}

    def constant(self, name, value, dtype=F):
        if name not in self.known:
            self.known[name] = True
            self.constants.append(
                numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, op, inputs, output, **attributes):
        outputs = [output] if isinstance(output, str) else output
        self.nodes.append(helper.make_node(op, inputs, outputs,
                                           name=outputs[0], **attributes))
        return outputs[0]

    # Activations.

    @staticmethod
    def input_name(name):
        """Queries, keys and values are made of one quantised tensor."""
        head, _, last = name.rpartition(".")
        return f"{head}.{'q' if last in 'kv' else last}.x"

    def scale(self, name):
        """The step of the value `name`, and whether it is unsigned."""
        if name.endswith("probabilities"):
            return F(1 / 255), True
        return F(self.network.ranges[name] / 127), False

    def parameters(self, name):
        step, unsigned = self.scale(name)
        zero = 0
        if self.form == "qoperator" and name.endswith("context"):
            zero, unsigned = 128, True  # its type is that of probabilities
        return (self.constant(name + ".scale", step),
                self.constant(name + ".zero", zero,
                              np.uint8 if unsigned else np.int8))

    def levels(self, x, name):
        """x, quantised with the parameters of `name`."""
        if name + ".levels" in self.known:
            return name + ".levels"
        self.known[name + ".levels"] = True
        return self.node("QuantizeLinear", [x, *self.parameters(name)],
                         name + ".levels")

    def values(self, levels, name, output):
        return self.node("DequantizeLinear", [levels, *self.parameters(name)],
                         output)

    def quantised(self, x, name):
        """x as the form quantises it, in float."""
        if self.form in ("float", "dynamic"):
            return x
        if name + ".quant" in self.known:
            return name + ".quant"
        if self.form == "qonnx":
            self.known[name + ".quant"] = True
            step, unsigned = self.scale(name)
            return self.node(
                "Quant", [x, self.constant(name + ".scale", step),
                          self.constant("zero", 0), self.constant("bits", 8)],
                name + ".quant", domain=QONNX, signed=int(not unsigned),
                narrow=0, rounding_mode="ROUND")
        if name + ".values" in self.known:
            return name + ".values"
        self.known[name + ".values"] = True
        return self.values(self.levels(x, name), name, name + ".values")

    # Weights.

    def weight_levels(self, name, per_axis):
        weight, _ = self.network.weights[name]
        largest = np.abs(weight).max(axis=0 if per_axis else None)
        step = (largest / 127).astype(F)
        return np.rint(weight / step).astype(np.int8), step

    def weight(self, name, per_axis):
        """The dequantised weight of a QDQ form."""
        levels, step = self.weight_levels(name, per_axis)
        scale = self.constant(name + ".weight.scale", step)
        zero = self.constant(name + ".weight.zero", np.zeros(step.shape),
                             np.int8)
        axis = {"axis": 1} if per_axis else {}
        if self.form == "qat":
            # Floats that quantise to the levels of the stored form.
            floats = self.constant(name + ".weight",
                                   levels.astype(F) * step * F(1.0004))
            stored = self.node("QuantizeLinear", [floats, scale, zero],
                               name + ".weight.levels", **axis)
        else:
            stored = self.constant(name + ".weight", levels, np.int8)
        return self.node("DequantizeLinear", [stored, scale, zero],
                         name + ".weight.values", **axis)

    def bias_levels(self, name, per_axis):
        """Integers in the unit of the accumulator."""
        _, step = self.weight_levels(name, per_axis)
        unit = (self.scale(self.input_name(name))[0] * step).astype(F)
        bias = self.network.weights[name][1]
        return np.rint(bias / unit).astype(np.int32), unit

    def bias(self, name, per_axis):
        levels, unit = self.bias_levels(name, per_axis)
        scale = self.constant(name + ".bias.scale", unit)
        stored = self.constant(name + ".bias", levels, np.int32)
        axis = {"axis": 0} if per_axis else {}
        return self.node("DequantizeLinear", [stored, scale],
                         name + ".bias.values", **axis)

    # Layers.

    def linear(self, x, name):
        weight, bias = self.network.weights[name]
        if self.form == "float":
            product = self.node("MatMul",
                                [x, self.constant(name + ".weight", weight)],
                                name + ".product")
            return self.node("Add", [product,
                                     self.constant(name + ".bias", bias)], name)
        if self.form == "dynamic":
            return self.dynamic_linear(x, name)
        if self.form == "qoperator":
            return self.integer_linear(x, name)
        if self.form == "qonnx":
            levels, step = self.weight_levels(name, True)
            integers, unit = self.bias_levels(name, True)
            w = self.node(
                "Quant",
                [self.constant(name + ".weight", levels.astype(F) * step),
                 self.constant(name + ".weight.scale", step[None, :]),
                 self.constant("zero", 0), self.constant("bits", 8)],
                name + ".weight.quant", domain=QONNX, signed=1, narrow=1,
                rounding_mode="ROUND")
            b = self.constant(name + ".bias", integers.astype(F) * unit)
        else:
            per_axis = self.form != "qdq_tensor"
            w, b = self.weight(name, per_axis), self.bias(name, per_axis)
        product = self.node("MatMul", [self.quantised(x, self.input_name(name)), w],
                            name + ".product")
        return self.node("Add", [product, b], name)

    def dynamic_linear(self, x, name):
        levels, step = self.weight_levels(name, False)
        if x not in self.known:
            self.known[x] = [x + ".levels", x + ".scale", x + ".zero"]
            self.node("DynamicQuantizeLinear", [x], self.known[x])
        q, q_scale, q_zero = self.known[x]
        product = self.node(
            "MatMulInteger",
            [q, self.constant(name + ".weight", levels, np.int8), q_zero,
             self.constant(name + ".weight.zero", 0, np.int8)],
            name + ".integer")
        real = self.node("Cast", [product], name + ".real",
                         to=TensorProto.FLOAT)
        both = self.node(
            "Mul", [q_scale, self.constant(name + ".weight.scale", step)],
            name + ".both")
        product = self.node("Mul", [real, both], name + ".product")
        bias = self.constant(name + ".bias", self.network.weights[name][1])
        return self.node("Add", [product, bias], name)

    def integer_linear(self, x, name):
        levels, step = self.weight_levels(name, True)
        zeros = np.zeros(step.shape, np.int8)
        product = self.node(
            "QLinearMatMul",
            [self.levels(x, self.input_name(name)),
             *self.parameters(self.input_name(name)),
             self.constant(name + ".weight", levels, np.int8),
             self.constant(name + ".weight.scale", step),
             self.constant(name + ".weight.zero", zeros, np.int8),
             *self.parameters(name)],
            name + ".product")
        bias = self.network.weights[name][1]
        unit = F(np.abs(bias).max() / 127)
        total = self.node(
            "QLinearAdd",
            [product, *self.parameters(name),
             self.constant(name + ".bias", np.rint(bias / unit), np.int8),
             self.constant(name + ".bias.scale", unit),
             self.constant("zero.i8", 0, np.int8), *self.parameters(name)],
            name + ".sum", domain=MICROSOFT)
        return self.values(total, name, name)

    def product(self, a, a_name, b, b_name, result):
        """A product of two activations."""
        if self.form == "qoperator":
            levels = self.node(
                "QLinearMatMul",
                [self.levels(a, a_name), *self.parameters(a_name),
                 self.levels(b, b_name), *self.parameters(b_name),
                 *self.parameters(result)], result + ".product")
            return self.values(levels, result, result)
        return self.node("MatMul", [self.quantised(a, a_name),
                                    self.quantised(b, b_name)], result)

    def norm(self, x, name):
        hidden = self.options.hidden
        return self.node(
            "LayerNormalization",
            [x, self.constant(name + ".gamma", np.ones(hidden)),
             self.constant(name + ".beta", np.zeros(hidden))],
            name, axis=-1, epsilon=1e-12)

    def build(self):
        o = self.options
        head = o.hidden // o.heads
        split = self.constant("split", [-1, o.sequence, o.heads, head],
                              np.int64)
        joined = self.constant("joined", [-1, o.sequence, o.hidden], np.int64)
        root = self.constant("root", np.sqrt(head))
        sqrt2 = self.constant("sqrt2", np.sqrt(2))
        one, half = self.constant("one", 1), self.constant("half", 0.5)
        x = "x"
        for layer in range(o.layers):
            p = f"layer{layer}."
            heads = {}
            for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]),
                                ("v", [0, 2, 1, 3])):
                t = self.linear(x, p + part)
                t = self.node("Reshape", [t, split], p + part + ".split")
                heads[part] = self.node("Transpose", [t], p + part + ".heads",
                                        perm=order)
            t = self.product(heads["q"], p + "heads.q", heads["k"],
                             p + "heads.k", p + "scores")
            t = self.node("Div", [t, root], p + "scaled")
            t = self.node("Softmax", [t], p + "softmax", axis=-1)
            t = self.product(t, p + "probabilities", heads["v"], p + "heads.v",
                             p + "context")
            t = self.node("Transpose", [t], p + "tokens", perm=[0, 2, 1, 3])
            t = self.node("Reshape", [t, joined], p + "joined")
            t = self.linear(t, p + "out")
            y = self.norm(self.node("Add", [t, x], p + "sum1"), p + "norm1")
            f = self.linear(y, p + "up")
            t = self.node("Div", [f, sqrt2], p + "gelu.div")
            t = self.node("Erf", [t], p + "gelu.erf")
            t = self.node("Add", [t, one], p + "gelu.add")
            t = self.node("Mul", [f, t], p + "gelu.mul")
            t = self.node("Mul", [t, half], p + "gelu")
            t = self.linear(t, p + "down")
            x = self.norm(self.node("Add", [t, y], p + "sum2"), p + "norm2")
        self.node("Identity", [x], "y")
        shape = ["batch", o.sequence, o.hidden]
        graph = helper.make_graph(
            self.nodes, "bert",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
            self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17),
                                  helper.make_opsetid(QONNX, 1),
                                  helper.make_opsetid(MICROSOFT, 1)])
        model.ir_version = 8
        return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory")
    for name, value in (("layers", 2), ("hidden", 128), ("heads", 2),
                        ("feedforward", 512), ("sequence", 64), ("batch", 2),
                        ("seed", 0)):
        parser.add_argument("--" + name, type=int, default=value)
    options = parser.parse_args()
    os.makedirs(options.directory, exist_ok=True)
    network = Network(options)
    for form in FORMS:
        onnx.save(Writer(network, form).build(),
                  os.path.join(options.directory, form + ".onnx"))
    np.savez(os.path.join(options.directory, "inputs.npz"), x=network.inputs)


if __name__ == "__main__":
    main()
