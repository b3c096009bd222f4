# An independent executor of quantised networks, against which the compiler's
# levels of execution are checked. Run by itself, it checks its own arithmetic.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""reference.py [MODEL.onnx --input X.npz --output Y.npz [--dead-zone K]
                [--quantisation Q.json]]

numpy and the onnx package only; nothing of the compiler, and no IR. It reads

* a quantised model (QuantizeLinear, Clip, DequantizeLinear): products of two
  quantised operands are integer sums, the dead zone of the metadata (or of
  --dead-zone) is put behind every activation quantiser; or
* a float model and the quantisation.json of a compilation: scales and zero points
  of the sites, scales of the weights, scales and biases of the accumulators.

Float operations follow the runtime's documented arithmetic (Math.h, Kernels.h,
Coding.h), re-implemented here: sums in 16 lanes and a tree, products in ascending
order of the reduction index, own polynomials, no contraction. So the outputs are
to equal a simulator's bit for bit.
"""

import argparse
import json
import math
import sys

import numpy as np
import onnx
from onnx import numpy_helper

F = np.float32


# Elementary functions: Math.h.


def _polynomial(coefficients, x):
    p = np.full_like(x, F(coefficients[0]))
    for c in coefficients[1:]:
        p = p * x + F(c)
    return p


def _power_of_two(exponent):
    return ((exponent + 127) << 23).astype(np.int32).view(np.float32)


def exp(x):
    x = np.asarray(x, F)
    v = np.where(x < F(-104), F(-104), x)
    v = np.where(v > F(89), F(89), v)
    v = np.where(v == v, v, F(0))
    n = (v * F(1.44269504) + F(12582912)) - F(12582912)
    r = (v - n * F(0.693359375)) - n * F(-2.12194440e-4)
    p = _polynomial([1.392625083e-3, 8.363232884e-3, 4.166655421e-2,
                     1.666657667e-1, 5.000000000e-1], r)
    e = (p * (r * r) + r) + F(1)
    whole = n.astype(np.int32)
    half = whole >> 1
    with np.errstate(over="ignore", under="ignore"):
        e = e * _power_of_two(half) * _power_of_two(whole - half)
    return np.where(x == x, e, x)


def erf(x):
    x = np.asarray(x, F)
    a = np.where(x < 0, -x, x)
    u = np.where(a < 1, a * a, F(1))
    p = _polynomial([-9.667044413e-6, 1.126595894e-4, -8.484080391e-4,
                     5.221031807e-3, -2.686543073e-2, 1.128378250e-1,
                     -3.761263847e-1, 1.283791671e-1], u)
    small = x + x * p
    v = np.where(a > 4, F(4), a) - F(2.5)
    q = _polynomial([-1.637151417e-6, 1.331501440e-5, -7.729137615e-5,
                     4.201225235e-4, -2.165303549e-3, 1.085854164e-2,
                     9.438937036e-1, 5.352680674, 7.806815273], v)
    large = F(1) - exp(-q)
    large = np.where(x < 0, -large, large)
    return np.where(a < 1, small, np.where(x == x, large, x))


def tanh(x):
    x = np.asarray(x, F)
    a = np.where(x < 0, -x, x)
    u = np.where(a < F(0.625), x * x, F(0))
    p = _polynomial([2.269501660e-3, -8.323187027e-3, 2.176250289e-2,
                     -5.395846162e-2, 1.333330015e-1, -3.333333315e-1], u)
    small = x + x * (p * u)
    large = F(1) - F(2) / (exp(a + a) + F(1))
    large = np.where(x < 0, -large, large)
    return np.where(a < F(0.625), small, np.where(x == x, large, x))


def gelu(x):
    """0.5 x (1 + erf(x sqrt(1/2))), from left to right."""
    return F(0.5) * x * (F(1) + erf(x * F(0.70710678)))


# Sums and products: Kernels.h.


def lane_sum(x):
    """The sum over the last axis: 16 lanes in ascending order, then a tree."""
    n = x.shape[-1]
    lanes = np.zeros(x.shape[:-1] + (16,), F)
    for i in range(0, n, 16):
        width = min(16, n - i)
        lanes[..., :width] += x[..., i:i + width]
    for d in (8, 4, 2, 1):
        lanes = lanes[..., :d] + lanes[..., d:2 * d]
    return lanes[..., 0]


def mean(x):
    """Over the last axis, which stays with size 1."""
    return (lane_sum(x) / F(x.shape[-1]))[..., None]


def layer_norm(x, scale, bias, epsilon):
    m = mean(x)
    difference = x - m
    deviation = np.sqrt(mean(difference * difference) + F(epsilon))
    y = difference / deviation * scale
    return y if bias is None else y + bias


def softmax(x):
    e = exp(x - x.max(-1, keepdims=True))
    return e / lane_sum(e)[..., None]


def float_product(a, b):
    """Products added in ascending order of the reduction index."""
    total = np.zeros(np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
                     + (a.shape[-2], b.shape[-1]), F)
    for i in range(a.shape[-1]):
        total = total + a[..., :, i:i + 1] * b[..., i:i + 1, :]
    return total


def integer_product(a, b):
    """Exact: through floats only while every partial sum is representable."""
    bound = int(np.abs(a).max(initial=0)) * int(np.abs(b).max(initial=0))
    kind = np.float32 if bound * a.shape[-1] < 2**24 else np.float64
    return np.matmul(a.astype(kind), b.astype(kind)).astype(np.int64)


# Levels: Coding.h.


def quantise(x, scale, zero, low, high):
    r = np.rint(x / F(scale))
    r = np.where(r == r, r, F(0))
    r = np.clip(r, F(low - zero), F(high - zero))
    return r.astype(np.int32) + zero


def nearest(x, scale, table, zero):
    """The level whose integer is the nearest, of two the upper one."""
    steps = F(2) * (x / F(scale))
    middles = np.array([a + b for a, b in zip(table, table[1:])], F)
    levels = (steps[..., None] >= middles).sum(-1)
    return np.where(steps == steps, levels, zero).astype(np.int32)


def dead_zone(levels, middle, radius):
    return np.where(np.abs(levels - middle) <= radius, middle, levels)


class Quantised:
    """Levels less their zero point, the value of a step, and whose levels."""

    def __init__(self, digits, scale, site=None):
        self.digits, self.scale, self.site = digits, scale, site

    def moved(self, f):
        return Quantised(f(self.digits), self.scale, self.site)

    def real(self):
        return self.digits.astype(F) * self.scale


class Counts:
    """Spikes and neuron-windows on the tokens that count."""

    def __init__(self):
        self.spikes = self.neurons = 0


class Reference:
    """A network, ready to run.

    `dead_zone` overrides the metadata of the model; `masks` names the silent
    level of a site where it is not the zero point ("plain": level 0).
    """

    def __init__(self, path, quantisation=None, dead_zone=None, masks=None,
                 weight_bits=8):
        model = onnx.load(path)
        self.nodes = list(model.graph.node)
        self.constants = {i.name: numpy_helper.to_array(i)
                          for i in model.graph.initializer}
        self.outputs = [o.name for o in model.graph.output]
        metadata = {p.key: p.value for p in model.metadata_props}
        if dead_zone is None:
            dead_zone = int(metadata.get("snnc.dead_zone", 0))
        assert metadata.get("snnc.dead_zone_sites", "all") == "all"
        self.dead_zone, self.masks = dead_zone, masks or {}
        self.weight_bits = weight_bits
        self.producer = {o: n for n in self.nodes for o in n.output}
        self.consumers = {}
        for node in self.nodes:
            for name in node.input:
                self.consumers.setdefault(name, []).append(node)
        for node in self.nodes:
            if node.op_type == "Constant":
                self.constants[node.output[0]] = self._attribute(node, "value")
        self.gelus = self._find_gelus()
        self.counts, self.levels = {}, {}
        self.sites = self.products = None
        if quantisation:
            report = quantisation
            if isinstance(quantisation, str):
                with open(quantisation) as file:
                    report = json.load(file)
            self.sites = {s["name"]: s for s in report["sites"]}
            self.products = {p["node"]: p for p in report["products"]}
            self.factors = {p["site"]: p["consumers"][0]["scale"]
                            for p in report["attention"]}
            self.float_products = set(report["float_products"])
            self.attention = self._find_attention()

    # Structure.

    @staticmethod
    def _attribute(node, name, default=None):
        for a in node.attribute:
            if a.name == name:
                value = onnx.helper.get_attribute_value(a)
                if isinstance(value, onnx.TensorProto):
                    return numpy_helper.to_array(value)
                return value
        return default

    def _scalar(self, name):
        value = self.constants.get(name)
        return float(value) if value is not None and value.size == 1 else None

    def _find_gelus(self):
        """Output of x * (1 + erf(x / sqrt 2)) / 2 -> x, however it is nested."""
        found = {}
        for node in self.nodes:
            if node.op_type != "Erf":
                continue
            inner = self.producer.get(node.input[0])
            if inner is None or inner.op_type not in ("Div", "Mul"):
                continue
            x, factor = inner.input[0], self._scalar(inner.input[1])
            root = math.sqrt(2.0) if inner.op_type == "Div" else math.sqrt(0.5)
            if factor is None or abs(factor - root) > 1e-3:
                continue
            value, factors, plus = node.output[0], 1.0, False
            seen_x = False
            while not (plus and seen_x and abs(factors - 0.5) < 1e-6):
                users = self.consumers.get(value, [])
                if len(users) != 1:
                    break
                user = users[0]
                other = [n for n in user.input if n != value]
                other = other[0] if other else value
                if user.op_type == "Add" and self._scalar(other) == 1.0:
                    plus = True
                elif user.op_type == "Mul" and other == x:
                    seen_x = True
                elif user.op_type == "Mul" and self._scalar(other) is not None:
                    factors *= self._scalar(other)
                else:
                    halved = self.producer.get(other)
                    if (user.op_type == "Mul" and halved is not None
                            and halved.op_type == "Mul"
                            and x in halved.input):
                        rest = [n for n in halved.input if n != x]
                        factors *= self._scalar(rest[0])
                        seen_x = True
                    else:
                        break
                value = user.output[0]
            else:
                found[value] = x
        return found

    def _find_attention(self):
        """Product of scores or of values -> the name that its sites have."""
        found = {}
        for node in self.nodes:
            if node.op_type != "Softmax":
                continue
            values = [u for u in self.consumers[node.output[0]]
                      if u.op_type == "MatMul"]
            scores = self.producer[node.input[0]]
            while scores.op_type != "MatMul":
                scores = next(self.producer[n] for n in scores.input
                              if n in self.producer
                              and self._is_computed(n))
            name = values[0].name
            found[scores.name] = (name + "/query", name + "/key")
            found[name] = (name + "/probability", name + "/value")
        return found

    def _is_computed(self, name):
        """Whether a value comes from a product, through elementwise steps."""
        node = self.producer.get(name)
        while node is not None and node.op_type in ("Add", "Mul", "Div", "Sub"):
            inputs = [n for n in node.input if n in self.producer]
            if not inputs:
                return False
            node = self.producer[inputs[0]]
        return node is not None and node.op_type == "MatMul"

    # Execution.

    def run(self, inputs, batch=64):
        """Outputs for stacked inputs; counts spikes."""
        count = len(next(iter(inputs.values())))
        parts = [self._run({k: v[i:i + batch] for k, v in inputs.items()})
                 for i in range(0, count, batch)]
        return {name: np.concatenate([p[name] for p in parts])
                for name in self.outputs}

    def _run(self, inputs):
        self.valid = None
        if "attention_mask" in inputs:
            self.valid = inputs["attention_mask"] > 0
        elif "mask" in inputs: # added to the scores
            self.valid = inputs["mask"][:, 0, 0, :] > -1000
        self.values = dict(self.constants)
        self.values.update(inputs)
        self.encoded = {}
        for node in self.nodes:
            if node.op_type == "Constant":
                continue
            outputs = self._node(node)
            if not isinstance(outputs, tuple):
                outputs = (outputs,)
            for name, value in zip(node.output, outputs):
                self.values[name] = value
        return {name: self._real(name) for name in self.outputs}

    def _real(self, name):
        value = self.values[name]
        return value.real() if isinstance(value, Quantised) else value

    def _node(self, node):
        kind = node.op_type
        if node.output[0] in self.gelus:
            return gelu(self._real(self.gelus[node.output[0]]))
        if kind == "QuantizeLinear":
            return self._quantize(node)
        if kind == "DequantizeLinear":
            return self._dequantize(node)
        if kind in ("MatMul", "Gemm"):
            return self._product(node)
        x = self.values[node.input[0]]
        if kind == "Reshape":
            move = lambda t: t.reshape([
                d or t.shape[i] for i, d in enumerate(self._shape(node))])
            return x.moved(move) if isinstance(x, Quantised) else move(x)
        if kind == "Transpose":
            order = self._attribute(node, "perm")
            move = lambda t: t.transpose(order)
            return x.moved(move) if isinstance(x, Quantised) else move(x)
        x = [self._real(name) for name in node.input if name]
        if kind == "Add":
            if self.products and self._is_bias_of_product(node):
                return self._real(self._is_bias_of_product(node))
            return x[0] + x[1]
        if kind == "Sub":
            return x[0] - x[1]
        if kind == "Mul":
            return x[0] * x[1]
        if kind == "Div":
            if self.products is not None and self._is_scores(node.input[0]):
                return x[0] * F(1.0 / float(x[1]))
            return x[0] / x[1]
        if kind == "Pow":
            assert float(x[1]) == 2.0, "only squares"
            return x[0] * x[0]
        if kind == "Sqrt":
            return np.sqrt(x[0])
        if kind == "Erf":
            return erf(x[0])
        if kind == "Tanh":
            return tanh(x[0])
        if kind == "Relu":
            return np.maximum(x[0], F(0))
        if kind == "Clip":
            return np.clip(x[0], x[1], x[2])
        if kind == "Softmax":
            axis = self._attribute(node, "axis", -1)
            assert axis in (-1, x[0].ndim - 1)
            return softmax(x[0])
        if kind == "ReduceMean":
            assert self._attribute(node, "axes") in ([-1], [x[0].ndim - 1])
            return mean(x[0])
        if kind == "LayerNormalization":
            return layer_norm(x[0], x[1], x[2] if len(x) > 2 else None,
                              self._attribute(node, "epsilon", 1e-5))
        if kind == "Gather":
            return np.take(x[0], x[1], axis=self._attribute(node, "axis", 0))
        if kind == "Shape":
            return np.array(x[0].shape, np.int64)
        if kind == "Unsqueeze":
            y = x[0]
            for axis in sorted(int(a) for a in x[1]):
                y = np.expand_dims(y, axis)
            return y
        if kind == "Split":
            ends = np.cumsum(x[1])[:-1]
            return tuple(np.split(x[0], ends, self._attribute(node, "axis", 0)))
        if kind == "Concat":
            return np.concatenate(x, axis=self._attribute(node, "axis"))
        if kind == "Cast":
            to = self._attribute(node, "to")
            return x[0].astype(onnx.helper.tensor_dtype_to_np_dtype(to)
                               if hasattr(onnx.helper, "tensor_dtype_to_np_dtype")
                               else onnx.mapping.TENSOR_TYPE_TO_NP_TYPE[to])
        raise NotImplementedError(kind)

    def _shape(self, node):
        return [int(d) for d in self._real(node.input[1])]

    # Quantised models.

    def _quantize(self, node):
        x = self._real(node.input[0])
        scale = self.values[node.input[1]]
        zero = self.values[node.input[2]]
        limits = np.iinfo(zero.dtype)
        levels = quantise(x, scale.item(), int(zero), limits.min, limits.max)
        return levels.astype(zero.dtype)

    def _dequantize(self, node):
        levels = self.values[node.input[0]]
        scale = self.values[node.input[1]]
        zero = self.values[node.input[2]] if len(node.input) > 2 else np.uint8(0)
        digits = levels.astype(np.int32) - zero.astype(np.int32)
        if node.input[0] in self.constants:
            return Quantised(digits, scale)
        digits = dead_zone(digits, 0, self.dead_zone)
        source = self.producer[node.input[0]]
        if source.op_type == "Clip":
            source = self.producer[source.input[0]]
        return Quantised(digits, scale, (source.output[0], int(zero)))

    def _count(self, operand):
        """Counts an operand that is streamed as spikes, once a site."""
        site, zero = operand.site
        if site in self.encoded:
            return
        self.encoded[site] = True
        digits = operand.digits
        mask = 0 if self.masks == "plain" else self.masks.get(site, zero)
        table = self.sites[site].get("table") if self.sites else None
        fired = digits != table[mask] if table else digits + zero != mask
        counts = self.counts.setdefault(site, Counts())
        if self.valid is not None and digits.ndim >= 3:
            valid = self.valid
            tokens = valid.shape[1]
            if digits.ndim == 3:
                keep = valid[:, :, None]
            elif self._is_probability(site):
                keep = (valid[:, None, :, None] & valid[:, None, None, :])
            else:
                keep = valid[:, None, :, None]
                assert digits.shape[2] == tokens
            keep = np.broadcast_to(keep, digits.shape)
            counts.spikes += int((fired & keep).sum())
            counts.neurons += int(keep.sum())
        else:
            counts.spikes += int(fired.sum())
            counts.neurons += fired.size

    def _is_probability(self, site):
        if self.sites:
            return self.sites[site]["kind"] == "probability"
        source = self.producer[self.producer[site].input[0]]
        return source.op_type == "Softmax"

    # Products.

    def _product(self, node):
        if self.products is not None:
            return self._calibrated_product(node)
        a, b = (self.values[name] for name in node.input[:2])
        if isinstance(a, Quantised) and isinstance(b, Quantised):
            assert node.op_type == "MatMul"
            self._count(a)
            acc = integer_product(a.digits, b.digits)
            scale = np.asarray(a.scale, F) * np.asarray(b.scale, F)
            return acc.astype(F) * scale
        return self._float_product(node)

    def _float_product(self, node):
        a, b = (self._real(name) for name in node.input[:2])
        if node.op_type == "Gemm":
            a = a.T if self._attribute(node, "transA", 0) else a
            b = b.T if self._attribute(node, "transB", 0) else b
            assert self._attribute(node, "alpha", 1.0) == 1.0
            assert self._attribute(node, "beta", 1.0) == 1.0
        y = float_product(a, b)
        if len(node.input) > 2:
            y = y + self._real(node.input[2])
        return y

    # Float models and the choices of a calibration.

    def _encode(self, x, name):
        site = self.sites[name]
        zero = site["zero"]
        table = site.get("table")
        if table: # of integers less that of the zero point
            levels = nearest(x, site["scale"], table, zero)
        elif site["bits"] == 1: # the sign
            levels = np.where(x == x, x >= 0, zero).astype(np.int32)
        else:
            levels = quantise(x, F(site["scale"]), zero, 0,
                              2**site["bits"] - 1)
        levels = dead_zone(levels, site["mask"], site["radius"])
        digits = np.array(table)[levels] if table else levels - zero
        if site["bits"] == 1 and site["kind"] in ("key", "value"):
            digits = 2 * levels - 1
        return Quantised(digits, F(site["scale"]), (name, zero))

    def _calibrated_product(self, node):
        if node.name in self.attention:
            left, right = self.attention[node.name]
            a = self._encode(self._real(node.input[0]), left)
            b = self._encode(self._real(node.input[1]), right)
            self._count(a)
            acc = integer_product(a.digits, b.digits)
            factor = np.array(self.factors[left], F) # one, or one per head
            return acc.astype(F) * (factor if factor.size == 1
                                    else factor.reshape(-1, 1, 1))
        if node.name in self.float_products:
            return self._float_product(node)
        product = self.products[node.name]
        a = self._encode(self._real(node.input[0]), product["site"])
        self._count(a)
        weight = self._real(node.input[1])
        if node.op_type == "Gemm" and self._attribute(node, "transB", 0):
            weight = weight.T
        step = np.array(product["weight_scale"], F)
        if self.weight_bits == 1:
            wide = weight.astype(np.float64)
            integers = np.sign(wide - wide.mean(axis=0))
        else:
            bound = 2**(self.weight_bits - 1) - 1
            integers = np.clip(np.rint(weight / step), -bound, bound)
        acc = integer_product(a.digits, integers.astype(np.int32)).astype(F)
        # Consumers take all columns, or a range each.
        y = np.empty_like(acc)
        for consumer in product["consumers"]:
            scale = np.array(consumer["scale"], F)
            columns = slice(consumer["first"], None)
            if len(product["consumers"]) > 1:
                columns = slice(consumer["first"],
                                consumer["first"] + len(scale))
            part = acc[..., columns] * scale
            if "bias" in consumer:
                part = part + np.array(consumer["bias"], F)
            y[..., columns] = part
        return y

    def _is_scores(self, name):
        """Whether a value is the product of queries and keys: a recognised
        attention multiplies it by a scale."""
        source = self.producer.get(name)
        return (source is not None and source.name in self.attention
                and self.attention[source.name][1].endswith("/key"))

    def _is_bias_of_product(self, node):
        """The product whose bias this addition was, if it was one."""
        for at, other in ((0, 1), (1, 0)):
            source = self.producer.get(node.input[at])
            bias = self.constants.get(node.input[other])
            if (source is not None and bias is not None and bias.ndim == 1
                    and source.name in self.products
                    and "bias" in self.products[source.name]["consumers"][0]):
                return node.input[at]
        return None


def ulps(got, want):
    return np.abs(got.astype(np.float64) - want) / np.spacing(
        np.abs(want).astype(F)).astype(np.float64)


def self_test():
    x = np.linspace(-87, 88, 200001).astype(F)
    bad = 0

    def check(name, worst, bound):
        nonlocal bad
        bad += not worst <= bound
        print(f"{'ok' if worst <= bound else 'FAILED'}: {name}: {worst:.3g} "
              f"(at most {bound})")

    check("exp, ulp", ulps(exp(x), np.exp(x.astype(np.float64))).max(), 1.5)
    t = np.linspace(-12, 12, 200001).astype(F)
    check("tanh, ulp", ulps(tanh(t), np.tanh(t.astype(np.float64))).max(), 2)
    e = np.linspace(-6, 6, 20001).astype(F)
    exact = np.array([math.erf(float(v)) for v in e])
    check("erf, absolute", np.abs(erf(e) - exact).max(), 2e-7)
    rng = np.random.default_rng(1)
    for n in (1, 15, 16, 17, 33, 100):
        row = rng.standard_normal(n).astype(F)
        lanes = [F(0)] * 16
        for i in range(n):
            lanes[i % 16] = F(lanes[i % 16] + row[i])
        for d in (8, 4, 2, 1):
            lanes = [F(lanes[i] + lanes[i + d]) for i in range(d)]
        check(f"lanes of a sum of {n}, difference",
              float(abs(lane_sum(row[None])[0] - lanes[0])), 0)
    a = rng.integers(-15, 16, (3, 40, 50))
    b = rng.integers(-127, 128, (50, 20))
    check("integer product, difference",
          int(np.abs(integer_product(a, b) - np.einsum("bij,jk->bik", a, b))
              .max()), 0)
    # Section 4 of the coding's description.
    q, w = np.array([8, 11, 7, 2, 9]), np.array([1, -1, 1, 1, -1])
    check("worked example, k = 0", abs(int(((q - 8) * w).sum()) + 11), 0)
    check("worked example, k = 1",
          abs(int(((dead_zone(q, 8, 1) - 8) * w).sum()) + 9), 0)
    return 1 if bad else 0


def main():
    if len(sys.argv) == 1:
        return self_test()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--input", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--dead-zone", type=int)
    parser.add_argument("--quantisation")
    options = parser.parse_args()
    network = Reference(options.model, options.quantisation, options.dead_zone)
    with np.load(options.input) as arrays:
        inputs = {name: arrays[name] for name in arrays.files}
    np.savez(options.output, **network.run(inputs))
    for site, counts in network.counts.items():
        print(f"{site}: {counts.spikes} of {counts.neurons}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
