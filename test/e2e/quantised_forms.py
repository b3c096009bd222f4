# Every form in which exporters write quantised networks ends in integer products:
# the values of the file, no product in float but those that the form leaves there,
# three modes equal bit for bit.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""quantised_forms.py [CASE...]

Every case is a model of a few nodes, its inputs, and what NumPy makes of them on
levels.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Import",
                                "Inputs"))

from e2e import Checks, compile_model, execute, interpret, load_json, scratch, \
    simulate
from model import *

MICROSOFT, QONNX = "com.microsoft", "qonnx.custom_op.general"
F = np.float32
RANGES = {np.int8: (-128, 127), np.uint8: (0, 255)}
random = np.random.default_rng(11)
checks = Checks()
FOLDER = None
WANTED = sys.argv[1:]


def floats(*shape):
    return random.normal(size=shape).astype(F)


def integers(type, *shape):
    low, high = RANGES[type]
    return random.integers(low, high + 1, shape).astype(type)


def quantise(x, scale, zero=0, type=np.int8, low=None, high=None):
    """QuantizeLinear, and Clip where there are bounds."""
    bounds = RANGES[type]
    q = np.rint(np.asarray(x, F) / F(scale)).astype(np.int64) + zero
    q = np.clip(q, *bounds)
    if low is not None:
        q = np.clip(q, low, high)
    return q


def dynamic_values(x):
    """What DynamicQuantizeLinear keeps of x."""
    low, high = min(0, x.min()), max(0, x.max())
    step = F((high - low) / 255)
    point = np.rint(-low / step)
    return (np.clip(np.rint(x / step) + point, 0, 255) - point) * step


def given(name, array):
    """A constant of the array's own type."""
    return const(name, array, np.asarray(array).dtype)


def packed(name, array, bits, data_type):
    """A tensor of integers of less than a byte."""
    tensor = TensorProto(name=name, data_type=data_type, dims=array.shape)
    flat = array.astype(np.int64).ravel() & (2 ** bits - 1)
    each = 8 // bits
    flat = np.concatenate([flat, np.zeros(-len(flat) % each, np.int64)])
    groups = flat.reshape(-1, each) << (np.arange(each) * bits)
    tensor.raw_data = groups.sum(1).astype(np.uint8).tobytes()
    return tensor


TYPES = {"float32": F32, "uint8": U8, "int8": I8, "int64": I64,
         "int32": TensorProto.INT32}


def write(name, nodes, inputs, constants, opset):
    path = os.path.join(FOLDER, name + ".onnx")
    declared = [value(key, list(x.shape), TYPES[x.dtype.name])
                for key, x in inputs.items()]
    proto = model(nodes, declared, ["y"], constants, opset=opset)
    for domain in {n.domain for n in nodes if n.domain}:
        proto.opset_import.append(helper.make_operatorsetid(domain, 1))
    onnx.save(proto, path)
    np.savez(os.path.join(FOLDER, name + ".npz"), **inputs)
    return path


def run(name, nodes, inputs, want, constants=(), opset=17, left=(), flags=(),
        near=1e-4, products=None):
    """`left`: the products that stay in float. `near`: how far the compiled network
    may be from the file, in parts of the range."""
    if WANTED and name not in WANTED:
        return
    path = write(name, nodes, inputs, constants, opset)
    data = os.path.join(FOLDER, name + ".npz")
    to = lambda suffix: os.path.join(FOLDER, name + suffix)
    want = np.asarray(want)
    span = max(1e-6, float(want.max()) - float(want.min()))
    have = interpret(path, data, to(".f.npz"))["y"]
    worst = np.abs(have.astype(np.float64) - want).max() / span
    checks.check(have.shape == want.shape and worst <= 1e-4,
                 f"{name}: the file's values within {worst:.1e} of the range")
    out = compile_model(path, to(".out"), *flags)
    report = load_json(os.path.join(out, "quantisation.json"))
    listed = report["float_products"]
    checks.check(sorted(listed) == sorted(left)
                 and sorted(report["float_reasons"]) == sorted(left),
                 f"{name}: stays in float: {report['float_reasons']}")
    count = len(report["products"]) + len(report["attention"])
    if products is not None:
        checks.check(count == products, f"{name}: {count} integer products")
    results = [simulate(out, data, to(f".{mode}.npz"), mode)
               for mode in ("fast", "event", "stepped")]
    checks.equal(results[0], results[1], f"{name}: fast and event")
    checks.equal(results[0], results[2], f"{name}: fast and stepped")
    have = results[0]["y"]
    worst = np.abs(have.astype(np.float64) - want).max() / span
    checks.check(worst <= near, f"{name}: compiled within {worst:.1e}")
    return report


def refuse(name, nodes, inputs, constants, message, opset=17):
    if WANTED and name not in WANTED:
        return
    path = write(name, nodes, inputs, constants, opset)
    for command in (["snnc", path, "-o", os.path.join(FOLDER, name)],
                    ["snn-run", path, "--input",
                     os.path.join(FOLDER, name + ".npz"), "--output",
                     os.path.join(FOLDER, "out.npz")]):
        result = execute(command)
        checks.check(result.returncode == 1 and message in result.stderr,
                     f"{name}: {command[0]} refuses: {result.stderr.strip()}")


def qdq(x, name, scale, zero=0, type=np.int8, domain="", clip=None):
    """Nodes and constants that quantise x; the result is `name`."""
    constants = [const(name + ".s", scale),
                 given(name + ".z", np.array(zero, type))]
    extra = {"domain": domain} if domain else {}
    nodes = [node("QuantizeLinear", [x, name + ".s", name + ".z"], name + ".q",
                  **extra)]
    levels = name + ".q"
    if clip:
        constants += [given(name + ".lo", np.array(clip[0], type)),
                      given(name + ".hi", np.array(clip[1], type))]
        nodes.append(node("Clip", [levels, name + ".lo", name + ".hi"],
                          name + ".c"))
        levels = name + ".c"
    nodes.append(node("DequantizeLinear", [levels, name + ".s", name + ".z"],
                      name, **extra))
    return nodes, constants


def biases():
    x = floats(3, 16)
    q = quantise(x, 0.05)
    for name, scale, attributes in (
            ("bias_scalar", np.array(0.0005, F), {}),
            ("bias_one", np.array([0.0005], F), {}),
            ("bias_axis", np.full(5, 0.0005, F) * np.arange(1, 6).astype(F),
             {"axis": 0})):
        w = integers(np.int8, 16, 5)
        b = random.integers(-3000, 3000, 5).astype(np.int32)
        nodes, constants = qdq("x", "xv", 0.05)
        nodes += [node("DequantizeLinear", "w ws", "wv"),
                  node("DequantizeLinear", "b bs", "bv", **attributes),
                  node("Gemm", "xv wv bv", "y")]
        constants += [given("w", w), const("ws", 0.01), given("b", b),
                      given("bs", scale)]
        want = (q @ w.astype(np.int64)) * (0.05 * 0.01) + b * scale
        run(name, nodes, {"x": x}, want, constants, products=1)


def weights():
    x = floats(3, 16)
    q = quantise(x, 0.05)
    nodes, constants = qdq("x", "xv", 0.05)
    scale = (0.01 * np.arange(1, 6)).astype(F)
    zero = np.array([120, 130, 128, 100, 0], np.uint8)
    w = integers(np.uint8, 5, 16)
    real = (w.astype(np.int64) - zero[:, None]) * scale[:, None]
    # Stored with zero points, an axis of outputs first.
    run("weight_transposed",
        nodes + [node("DequantizeLinear", "w ws wz", "wv", axis=0),
                 node("Transpose", "wv", "wt", perm=[1, 0]),
                 node("MatMul", "xv wt", "y")],
        {"x": x}, q * 0.05 @ real.T,
        constants + [given("w", w), given("ws", scale), given("wz", zero)],
        products=1)
    # The same behind a reshape that keeps the axis of the scales.
    run("weight_reshaped",
        nodes + [node("DequantizeLinear", "w ws wz", "wv", axis=0),
                 node("Reshape", "wv shape", "wr"),
                 node("Gemm", "xv wr", "y", transB=1)],
        {"x": x}, q * 0.05 @ real.T,
        constants + [given("w", w.reshape(5, 4, 2, 2)), given("ws", scale),
                     given("wz", zero), const("shape", [5, 16])], products=1)
    # Floats that their quantiser makes levels of, clipped, turned, shaped.
    f = floats(5, 16) * F(0.3)
    scale = (0.002 * np.arange(1, 6)).astype(F)
    levels = np.clip(np.rint(f / scale[:, None]), -127, 127)
    fake = [node("QuantizeLinear", "w ws wz", "wq", axis=0),
            node("Clip", "wq lo hi", "wc"),
            node("DequantizeLinear", "wc ws wz", "wv", axis=0)]
    stored = [given("w", f), given("ws", scale), given("wz", np.zeros(5, np.int8)),
              given("lo", np.array(-127, np.int8)),
              given("hi", np.array(127, np.int8))]
    run("weight_fake",
        nodes + fake + [node("Transpose", "wv", "wt", perm=[1, 0]),
                        node("Reshape", "wt shape", "wr"),
                        node("MatMul", "xv wr", "y")],
        {"x": x}, q * 0.05 @ (levels * scale[:, None]).T,
        constants + stored + [const("shape", [16, 5])], products=1)
    # A clip of the values, at a level.
    run("weight_clipped_values",
        nodes + [node("DequantizeLinear", "w ws", "wv"),
                 node("Clip", "wv lo hi", "wc"), node("MatMul", "xv wc", "y")],
        {"x": x}, q * 0.05 @ (np.clip(levels.T, -100, 100) * 0.5),
        constants + [given("w", levels.T.astype(np.int8)), const("ws", 0.5),
                     const("lo", -50.0), const("hi", 50.0)], products=1)
    # A pruned channel is its bias.
    scale = np.array([0.01, 0, 0.03, 0, 0.02], F)
    w = integers(np.int8, 16, 5)
    b = floats(5)
    run("weight_pruned",
        nodes + [node("DequantizeLinear", "w ws", "wv", axis=1),
                 node("MatMul", "xv wv", "p"), node("Add", "p b", "y")],
        {"x": x}, q * 0.05 @ (w * scale) + b,
        constants + [given("w", w), given("ws", scale), given("b", b)],
        products=1)
    # A Gemm that scales.
    c = floats(5)
    run("gemm_scaled",
        nodes + [node("DequantizeLinear", "w ws", "wv"),
                 node("Gemm", "xv wv c", "y", alpha=0.5, beta=2.0)],
        {"x": x}, 0.5 * (q * 0.05 @ (w * 0.01)) + 2 * c,
        constants + [given("w", w), const("ws", 0.01), given("c", c)],
        products=1)


def movement():
    x = floats(2, 6, 8)
    q = quantise(x, 0.04, 3)
    w = integers(np.int8, 6, 5)
    constants = [const("s", 0.04), given("z", np.array(3, np.int8)),
                 given("w", w), const("ws", 0.01)]
    weight = node("DequantizeLinear", "w ws", "wv")
    run("moved",
        [node("QuantizeLinear", "x s z", "q"),
         node("Transpose", "q", "t", perm=[0, 2, 1]),
         node("Reshape", "t shape", "r"), node("DequantizeLinear", "r s z", "v"),
         weight, node("MatMul", "v wv", "y")],
        {"x": x}, ((q - 3).transpose(0, 2, 1) * 0.04 @ (w * 0.01)).reshape(
            1, 16, 5), constants + [const("shape", [1, 16, 6])], products=1)
    # One quantised tensor, split before and behind its dequantiser.
    halves = np.split(q - 3, 2, 2)
    w4 = integers(np.int8, 4, 5)
    stored = constants[:2] + [given("w", w4), const("ws", 0.01)]
    want = sum((h * 0.04) @ (w4 * 0.01) for h in halves)
    run("split_levels",
        [node("QuantizeLinear", "x s z", "q"),
         node("Split", "q", "a b", axis=2),
         node("DequantizeLinear", "a s z", "av"),
         node("DequantizeLinear", "b s z", "bv"), weight,
         node("MatMul", "av wv", "p"), node("MatMul", "bv wv", "r"),
         node("Add", "p r", "y")], {"x": x}, want, stored, products=2)
    report = run("split_values",
        [node("QuantizeLinear", "x s z", "q"),
         node("DequantizeLinear", "q s z", "v"),
         node("Split", "v", "a b", axis=2), weight,
         node("MatMul", "a wv", "p"), node("MatMul", "b wv", "r"),
         node("Add", "p r", "y")], {"x": x}, want, stored, products=2)
    if report:
        names = sorted(site["name"] for site in report["sites"])
        checks.check(names == ["q", "q.1"], f"split_values: sites {names}")
    # Joined with a constant on the same levels.
    token = (np.arange(8).astype(F) * F(0.04)).reshape(1, 1, 8)
    joined = np.concatenate([np.broadcast_to(token, (2, 1, 8)),
                             (q - 3) * F(0.04)], 1)
    w8 = integers(np.int8, 8, 5)
    run("joined",
        [node("QuantizeLinear", "x s z", "q"),
         node("DequantizeLinear", "q s z", "v"),
         node("Concat", "token v", "c", axis=1), weight,
         node("MatMul", "c wv", "y")], {"x": x}, joined @ (w8 * 0.01),
        constants[:2] + [given("w", w8), const("ws", 0.01),
                         given("token", np.repeat(token, 2, 0))], products=1)
    # Pooled levels, and levels with a border.
    x = floats(2, 3, 8, 8)
    q = quantise(x, 0.04, 100, np.uint8) - 100
    pooled = q.reshape(2, 3, 4, 2, 4, 2).max((3, 5)) * F(0.04)
    w = integers(np.int8, 4, 3, 1, 1)
    conv = np.einsum("bchw,oc->bohw", pooled, w[:, :, 0, 0] * 0.01)
    stored = [const("s", 0.04), given("z", np.array(100, np.uint8)),
              given("w", w), const("ws", 0.01)]
    run("pooled",
        [node("QuantizeLinear", "x s z", "q"),
         node("MaxPool", "q", "m", kernel_shape=[2, 2], strides=[2, 2]),
         node("DequantizeLinear", "m s z", "v"), weight,
         node("Conv", "v wv", "y")], {"x": x}, conv, stored, products=1)
    # Levels of a table, picked.
    table = integers(np.int8, 20, 8)
    ids = random.integers(0, 20, (3, 4))
    run("table",
        [node("DequantizeLinear", "t s z", "tv"), node("Gather", "tv ids", "g"),
         weight, node("MatMul", "g wv", "y")], {"ids": ids},
        ((table.astype(np.int64) - 3) * 0.04)[ids] @ (w8 * 0.01),
        [constants[0], constants[1], given("t", table), given("w", w8),
         const("ws", 0.01)], products=1)


def ranges():
    x = floats(4, 16) * 3
    w = integers(np.int8, 16, 5)
    product = [node("DequantizeLinear", "w ws", "wv"),
               node("MatMul", "v wv", "y")]
    for name, type, zero, low, high in (
            ("levels_255", np.int8, 0, -127, 127),
            ("levels_15", np.int8, 0, -7, 7), ("levels_3", np.int8, 0, -1, 1),
            ("levels_2", np.int8, 0, 0, 1), ("levels_100", np.uint8, 20, 0, 99),
            ("levels_200", np.int8, -10, -100, 99)):
        scale = F(2.5 / (high - low) * 2)
        q = quantise(x, scale, zero, type, low, high) - zero
        nodes, constants = qdq("x", "v", scale, zero, type, clip=(low, high))
        run(name, nodes + product, {"x": x}, q * scale @ (w * F(0.01)),
            constants + [given("w", w), const("ws", 0.01)], products=1)
    # An input of levels.
    x = integers(np.uint8, 4, 16)
    run("input_levels",
        [node("DequantizeLinear", "x s z", "v")] + product, {"x": x},
        (x.astype(np.int64) - 7) * F(0.02) @ (w * 0.01),
        [const("s", 0.02), given("z", np.array(7, np.uint8)), given("w", w),
         const("ws", 0.01)], products=1)


def operators():
    """QOperator: its results are levels, which have to be equal."""
    x = integers(np.uint8, 4, 16)
    w = integers(np.int8, 16, 5)
    scale = (0.002 * np.arange(1, 6)).astype(F)
    stored = [const("xs", 0.05), given("xz", np.array(120, np.uint8)),
              given("w", w), given("ws", scale),
              given("wz", np.zeros(5, np.int8)), const("ys", 0.25),
              given("yz", np.array(110, np.uint8))]
    acc = (x.astype(np.int64) - 120) @ w.astype(np.int64)
    levels = lambda real, s, z: np.clip(np.rint(real / F(s)) + z, 0, 255)
    want = levels(acc * (F(0.05) * scale), 0.25, 110)
    run("qlinear_matmul", [node("QLinearMatMul", "x xs xz w ws wz ys yz", "y")],
        {"x": x}, want, stored, products=1, near=0)
    b = random.integers(-5000, 5000, 5).astype(np.int32)
    run("qgemm", [node("QGemm", "x xs xz w ws wz b ys yz", "y",
                       domain=MICROSOFT)],
        {"x": x}, levels((acc + b) * (F(0.05) * scale), 0.25, 110),
        stored + [given("b", b)], products=1, near=0)
    run("qgemm_transposed", [node("QGemm", "x xs xz w ws wz b", "y", transB=1,
                                  domain=MICROSOFT)],
        {"x": x}, (acc + b) * (F(0.05) * scale),
        [given("w", w.T.copy()) if c.name == "w" else c for c in stored]
        + [given("b", b)], products=1)
    # Convolution with a bias, a product of its result, sums and pooling.
    x = integers(np.uint8, 2, 3, 6, 6)
    w = integers(np.int8, 4, 3, 1, 1)
    scale = (0.002 * np.arange(1, 5)).astype(F)
    b = random.integers(-2000, 2000, 4).astype(np.int32)
    acc = np.einsum("bchw,oc->bohw", x.astype(np.int64) - 120,
                    w[:, :, 0, 0].astype(np.int64)) + b[:, None, None]
    conv = levels(acc * (F(0.05) * scale)[:, None, None], 0.25, 110)
    v = integers(np.int8, 4, 7)
    mean = levels((conv - 110).mean((2, 3)) * 0.25, 0.1, 115)
    total = levels((mean - 115) * F(0.1) + (mean - 115) * F(0.1), 0.15, 90)
    out = (total - 90) * F(0.15) @ (v * 0.01)
    stored = [const("xs", 0.05), given("xz", np.array(120, np.uint8)),
              given("w", w), given("ws", scale),
              given("wz", np.zeros(4, np.int8)), const("ys", 0.25),
              given("yz", np.array(110, np.uint8)), given("b", b),
              const("ms", 0.1), given("mz", np.array(115, np.uint8)),
              const("ts", 0.15), given("tz", np.array(90, np.uint8)),
              given("v", v), const("vs", 0.01),
              given("vz", np.array(0, np.int8)), const("one", 0.5),
              given("oz", np.array(128, np.uint8)), const("shape", [2, 4])]
    run("qlinear_conv",
        [node("QLinearConv", "x xs xz w ws wz ys yz b", "y")], {"x": x}, conv,
        stored, products=1, near=0)
    run("qlinear_chain",
        [node("QLinearConv", "x xs xz w ws wz ys yz b", "c"),
         node("QLinearGlobalAveragePool", "c ys yz ms mz", "m",
              domain=MICROSOFT, channels_last=0),
         node("Reshape", "m shape", "r"),
         node("QLinearAdd", "r ms mz r ms mz ts tz", "t", domain=MICROSOFT),
         node("QLinearMatMul", "t ts tz v vs vz one oz", "y")],
        {"x": x}, levels(out, 0.5, 128), stored, products=2, near=0)


def integer_products():
    x = floats(4, 16)
    w = integers(np.uint8, 16, 5)
    zero = np.array([120, 130, 128, 100, 0], np.uint8)
    scale = (0.002 * np.arange(1, 6)).astype(F)
    q = quantise(x, 0.03, 131, np.uint8) - 131
    acc = q @ (w.astype(np.int64) - zero)
    stored = [const("s", 0.03), given("z", np.array(131, np.uint8)),
              given("w", w), given("wz", zero),
              given("both", F(0.03) * scale)]
    run("matmul_integer",
        [node("QuantizeLinear", "x s z", "q"),
         node("MatMulInteger", "q w z wz", "i"), node("Cast", "i", "f", to=F32),
         node("Mul", "f both", "y")],
        {"x": x}, acc * (F(0.03) * scale), stored, products=1)
    run("matmul_integer_input",
        [node("MatMulInteger", "q w z wz", "i"), node("Cast", "i", "f", to=F32),
         node("Mul", "f both", "y")],
        {"q": (q + 131).astype(np.uint8)}, acc * (F(0.03) * scale), stored[1:],
        products=1)
    # A range for every call becomes one that is calibrated.
    dynamic = [node("DynamicQuantizeLinear", "x", "q s z"),
               node("MatMulInteger", "q w z wz", "i"),
               node("Cast", "i", "f", to=F32), node("Mul", "s ws", "both"),
               node("Mul", "f both", "p"), node("Add", "p b", "y")]
    b = floats(5)
    want = dynamic_values(x) @ ((w.astype(np.int64) - zero) * scale) + b
    data = os.path.join(FOLDER, "dynamic.calibration.npz")
    np.savez(data, x=np.concatenate([x] * 4))
    report = run("dynamic", dynamic, {"x": x}, want,
                 [stored[2], stored[3], given("ws", scale), given("b", b)],
                 flags=["--calibrate", data], products=1, near=0.02)
    if report:
        sites = [(s["name"], s.get("dynamic")) for s in report["sites"]]
        checks.check(sites == [("q", True)], f"dynamic: sites {sites}")
    if not WANTED or "dynamic" in WANTED:
        result = execute(["snnc", os.path.join(FOLDER, "dynamic.onnx"), "-o",
                          os.path.join(FOLDER, "dynamic.out")])
        checks.check(result.returncode == 1 and
                     "computes the ranges of its quantisers; give calibration "
                     "inputs with --calibrate" in result.stderr,
                     f"dynamic: without calibration: {result.stderr.strip()}")
    run("dynamic_matmul",
        [node("DynamicQuantizeMatMul", "x w ws wz b", "y", domain=MICROSOFT)],
        {"x": x}, want,
        [stored[2], stored[3], given("ws", scale), given("b", b)],
        flags=["--calibrate", data], products=1, near=0.02)
    # Both operands may be dynamic.
    keys = floats(16, 4)
    np.savez(data, x=np.concatenate([x] * 4), k=np.concatenate([keys] * 4))
    run("dynamic_both",
        [node("DynamicQuantizeLinear", "x", "q s z"),
         node("DynamicQuantizeLinear", "k", "kq ks kz"),
         node("MatMulInteger", "q kq z kz", "i"), node("Cast", "i", "f", to=F32),
         node("Mul", "s ks", "both"), node("Mul", "f both", "y")],
        {"x": x, "k": keys}, dynamic_values(x) @ dynamic_values(keys),
        flags=["--calibrate", data], products=1, near=0.03)
    # A convolution.
    x = integers(np.uint8, 2, 3, 6, 6)
    w = integers(np.int8, 4, 3, 1, 1)
    acc = np.einsum("bchw,oc->bohw", x.astype(np.int64) - 120,
                    w[:, :, 0, 0].astype(np.int64))
    run("conv_integer",
        [node("ConvInteger", "x w z", "i"), node("Cast", "i", "f", to=F32),
         node("Mul", "f s", "y")], {"x": x}, acc * F(0.001),
        [given("w", w), given("z", np.array(120, np.uint8)),
         const("s", 0.001)], products=1)


def qonnx():
    x = floats(4, 16)
    w = floats(16, 5) * F(0.3)
    scale = (0.01 * np.arange(1, 6)).astype(F)[None, :]
    stored = [const("xs", 0.2), const("zero", 0.0), const("four", 4.0),
              const("three", 3.0), given("w", w), given("ws", scale)]
    activation = quantise(x, 0.2, low=-8, high=7)
    weight = np.clip(np.rint(w / scale), -3, 3)
    weigh = node("Quant", "w ws zero three", "wv", domain=QONNX, signed=1,
                 narrow=1, rounding_mode="ROUND")
    quant = lambda **a: node("Quant", "x xs zero four", "v", domain=QONNX,
                             **dict(dict(signed=1, narrow=0,
                                         rounding_mode="ROUND"), **a))
    product = node("MatMul", "v wv", "y")
    real = weight * scale
    run("qonnx", [quant(), weigh, product], {"x": x},
        activation * F(0.2) @ real, stored, products=1)
    # An input of other widths, signs and roundings.
    for name, levels, attributes in (
            ("qonnx_narrow", quantise(x, 0.2, low=-7, high=7), {"narrow": 1}),
            ("qonnx_unsigned", quantise(x, 0.2, low=0, high=15), {"signed": 0}),
            ("qonnx_floor", np.clip(np.floor(x / F(0.2)), -8, 7),
             {"rounding_mode": "FLOOR"}),
            ("qonnx_half_up",
             np.clip(np.sign(x) * np.floor(np.abs(x / F(0.2)) + 0.5), -8, 7),
             {"rounding_mode": "HALF_UP"})):
        run(name, [quant(**attributes), weigh, product], {"x": x},
            levels * F(0.2) @ real, stored, products=1)
    run("qonnx_bipolar",
        [node("BipolarQuant", "x xs", "v", domain=QONNX),
         node("BipolarQuant", "w xs", "wv", domain=QONNX), product], {"x": x},
        np.where(x < 0, F(-0.2), F(0.2)) @ np.where(w < 0, F(-0.2), F(0.2)),
        stored, products=1)
    # Sums of 6 bits cut to 4.
    cut = np.floor(quantise(x, 0.2, low=-8, high=7) / 4)
    run("qonnx_trunc",
        [quant(), node("Trunc", "v xs zero four two", "t", domain=QONNX,
                       rounding_mode="FLOOR"), weigh,
         node("MatMul", "t wv", "y")], {"x": x}, cut * F(0.2) @ real,
        stored + [const("two", 2.0)], products=1)
    refuse("qonnx_wide",
           [node("Quant", "x xs zero wide", "v", domain=QONNX, signed=1),
            weigh, product], {"x": x}, stored + [const("wide", 12.0)],
           "quantises an activation to 12 bits, but sites have at most 8")


def other():
    x = floats(4, 16)
    w = integers(np.int8, 16, 5)
    q = quantise(x, 0.05)
    nodes, constants = qdq("x", "v", 0.05, domain=MICROSOFT)
    run("microsoft_qdq",
        nodes + [node("DequantizeLinear", "w ws wz", "wv", domain=MICROSOFT),
                 node("MatMul", "v wv", "y")], {"x": x},
        q * F(0.05) @ (w * 0.01),
        constants + [given("w", w), const("ws", 0.01),
                     given("wz", np.array(0, np.int8))], products=1)
    # Equal scales along an axis.
    run("equal_scales",
        [node("QuantizeLinear", "x s z", "q", axis=1),
         node("DequantizeLinear", "q s z", "v", axis=1),
         node("DequantizeLinear", "w ws", "wv"), node("MatMul", "v wv", "y")],
        {"x": x}, q * F(0.05) @ (w * 0.01),
        [given("s", np.full(16, 0.05, F)), given("z", np.zeros(16, np.int8)),
         given("w", w), const("ws", 0.01)], products=1)
    # Elements of 4 bits.
    nodes, constants = qdq("x", "v", 0.05)
    w4 = random.integers(-8, 8, (16, 5))
    run("int4_weight",
        nodes + [node("DequantizeLinear", "w ws", "wv", axis=1),
                 node("MatMul", "v wv", "y")], {"x": x},
        q * F(0.05) @ (w4 * 0.1),
        constants + [packed("w", w4, 4, 22), given("ws", np.full(5, 0.1, F))],
        opset=21, products=1)
    run("uint4_activation",
        [node("QuantizeLinear", "x s z", "q"),
         node("DequantizeLinear", "q s z", "v"),
         node("DequantizeLinear", "w ws", "wv"), node("MatMul", "v wv", "y")],
        {"x": x}, (quantise(x, 0.3, 7, np.uint8, 0, 15) - 7) * F(0.3)
        @ (w * 0.01),
        [const("s", 0.3), packed("z", np.array(7), 4, 21), given("w", w),
         const("ws", 0.01)], opset=21, products=1)
    # A scale for each block of the axis that is summed over.
    x = floats(4, 64)
    q = quantise(x, 0.05) * F(0.05)
    nodes, constants = qdq("x", "v", 0.05)
    w = random.integers(-8, 8, (64, 5))
    scale = random.uniform(0.01, 0.1, (4, 5)).astype(F)
    zero = random.integers(-8, 8, (4, 5))
    real = (w - np.repeat(zero, 16, 0)) * np.repeat(scale, 16, 0)
    run("blocked",
        nodes + [node("DequantizeLinear", "w ws wz", "wv", axis=0,
                      block_size=16), node("MatMul", "v wv", "y")], {"x": x},
        q @ real, constants + [packed("w", w, 4, 22), given("ws", scale),
                               packed("wz", zero, 4, 22)], opset=21, products=1)
    run("blocked_transposed",
        nodes + [node("DequantizeLinear", "w ws", "wv", axis=1, block_size=16),
                 node("Transpose", "wv", "wt"), node("MatMul", "v wt", "y")],
        {"x": x}, q @ (w * np.repeat(scale, 16, 0)),
        constants + [packed("w", w.T.copy(), 4, 22),
                     given("ws", scale.T.copy())], opset=21, products=1)
    nodes, constants = qdq("x", "v", 0.05)
    for name, bits, count in (("matmul_nbits", 4, 64), ("matmul_nbits_8", 8, 64),
                              ("matmul_nbits_short", 4, 56)):
        levels = random.integers(0, 2 ** bits, (5, 64))
        zero = random.integers(0, 2 ** bits, (5, 4))
        real = (levels - np.repeat(zero, 16, 1)) * np.repeat(scale.T, 16, 1)
        blobs = packed("w", levels, bits, 21) if bits == 4 else None
        blobs = np.frombuffer(blobs.raw_data, np.uint8) if blobs \
            else levels.astype(np.uint8)
        points = np.frombuffer(packed("z", zero, bits, 21).raw_data, np.uint8) \
            if bits == 4 else zero.astype(np.uint8)
        run(name,
            nodes + [node("MatMulNBits", "v w ws wz", "y", domain=MICROSOFT,
                          K=count, N=5, bits=bits, block_size=16)],
            {"x": x[:, :count]}, q[:, :count] @ real[:, :count].T,
            constants + [given("w", blobs.reshape(5, 4, -1)),
                         given("ws", scale.T.reshape(-1).copy()),
                         given("wz", points.reshape(-1))], products=1)
    # 16 bits.
    for name, type, code in (("int16", np.int16, ""), ("uint16", np.uint16, ""),
                             ("int16_microsoft", np.int16, MICROSOFT)):
        extra = {"domain": code} if code else {}
        refuse(name, [node("QuantizeLinear", "x s z", "q", **extra),
                      node("DequantizeLinear", "q s z", "y", **extra)],
               {"x": x}, [const("s", 0.001), given("z", np.array(0, type))],
               "quantises to 16 bits, but sites have at most 8", opset=21)


def left_weights():
    """Weights on the left of their products."""
    x = floats(4, 16, 3)
    q = quantise(x, 0.05)
    w = integers(np.int8, 5, 16)
    b = floats(5, 1)
    scale = (0.002 * np.arange(1, 6)).astype(F)
    nodes, constants = qdq("x", "v", 0.05)
    real = w * scale[:, None]
    weigh = node("DequantizeLinear", "w ws", "wv", axis=0)
    stored = constants + [given("w", w), given("ws", scale), given("b", b)]
    run("left", nodes + [weigh, node("MatMul", "wv v", "p"), node("Add", "p b", "y")],
        {"x": x}, real @ (q * F(0.05)) + b, stored, products=1)
    # Floats that their quantiser makes levels of, and a bias in front.
    f = floats(5, 16) * F(0.3)
    levels = np.clip(np.rint(f / F(0.01)), -128, 127)
    run("left_fake",
        nodes + [node("QuantizeLinear", "w ws wz", "wq"),
                 node("DequantizeLinear", "wq ws wz", "wv"),
                 node("MatMul", "wv v", "p"), node("Add", "b p", "y")],
        {"x": x}, levels * F(0.01) @ (q * F(0.05)) + b,
        constants + [given("w", f), const("ws", 0.01), given("wz", np.array(0, np.int8)),
                     given("b", b)], products=1)
    # Integers, whose scale and bias stand behind the product.
    acc = w.astype(np.int64) @ quantise(x, 0.05, 3)
    run("left_integer",
        [node("QuantizeLinear", "x s z", "q"), node("MatMulInteger", "w q wz zz", "i"),
         node("Cast", "i", "f", to=F32), node("Mul", "f both", "m"), node("Add", "m b", "y")],
        {"x": x}, acc * F(0.0005) + b,
        [const("s", 0.05), given("z", np.array(3, np.int8)), given("w", w),
         given("wz", np.array(0, np.int8)), given("zz", np.array(0, np.int8)),
         const("both", 0.0005), given("b", b)], products=1)
    # A network without quantisers.
    data = os.path.join(FOLDER, "left_float.calibration.npz")
    np.savez(data, x=np.concatenate([x] * 4))
    run("left_float", [node("MatMul", "w x", "p"), node("Add", "p b", "y")], {"x": x},
        f @ x + b, [given("w", f), given("b", b)], products=1, near=0.02,
        flags=["--calibrate", data])


def microsoft_attention():
    """ONNX Runtime's quantised attention and embeddings."""
    width, heads = 16, 2
    x = floats(2, 5, width)
    w = integers(np.int8, width, 3 * width)
    b = floats(3 * width)
    scale = (0.0005 * np.arange(1, 3 * width + 1)).astype(F)
    keep = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32)

    def attend(real, rows):
        q, k, v = (p.reshape(2, 5, heads, -1).transpose(0, 2, 1, 3)
                   for p in np.split(rows @ real + b, 3, -1))
        scores = q @ k.swapaxes(-1, -2) / F((width // heads) ** .5)
        scores = scores + np.where(keep, 0, -10000)[:, None, None]
        e = np.exp(scores - scores.max(-1, keepdims=True))
        y = e / e.sum(-1, keepdims=True) @ v
        return y.transpose(0, 2, 1, 3).reshape(2, 5, width)

    zero = 120
    q = quantise(x, 0.03, zero, np.uint8) - zero
    stored = [const("s", 0.03), given("z", np.array(zero, np.uint8)), given("w", w),
              given("b", b), given("keep", keep)]
    attention = lambda inputs: [node("QuantizeLinear", "x s z", "q"),
                                node("QAttention", inputs, "y", domain=MICROSOFT,
                                     num_heads=heads)]
    for name, factor, point, real in (
            ("qattention", np.array(0.01, F), np.array(3, np.int8), (w - F(3)) * F(0.01)),
            ("qattention_columns", scale, np.zeros(3 * width, np.int8), w * scale)):
        run(name, attention("q w b s ws keep z wz"), {"x": x}, attend(real, q * F(0.03)),
            stored + [given("ws", factor), given("wz", point)], products=1,
            left=("QAttention_y",))
    # Tables, gamma and beta as levels with a scale and a zero point each.
    ids = random.integers(0, 20, (2, 5)).astype(np.int32)
    segments = random.integers(0, 2, (2, 5)).astype(np.int32)
    parts = {}
    for i, (name, shape) in enumerate((("word", (20, width)), ("position", (8, width)),
                                       ("segment", (2, width)), ("gamma", (width,)),
                                       ("beta", (width,)))):
        parts[name] = (integers(np.uint8, *shape), F(0.01 * (i + 1)), 100 + i)
    real = {name: (levels.astype(F) - zero) * scale
            for name, (levels, scale, zero) in parts.items()}
    total = real["word"][ids] + real["position"][:5] + real["segment"][segments]
    total = total - total.mean(-1, keepdims=True)
    want = total / np.sqrt((total ** 2).mean(-1, keepdims=True) + F(1e-12)) \
        * real["gamma"] + real["beta"]
    constants = []
    for name, (levels, scale, zero) in parts.items():
        constants += [given(name, levels), const(name + ".s", scale),
                      given(name + ".z", np.array(zero, np.uint8))]
    names = " ".join(parts)
    path = write("qembed", [node("QEmbedLayerNormalization",
                                 f"ids segments {names} _ "
                                 + " ".join(n + ".s" for n in parts) + " "
                                 + " ".join(n + ".z" for n in parts), "y count",
                                 domain=MICROSOFT)],
                 {"ids": ids, "segments": segments}, constants, 17)
    have = interpret(path, os.path.join(FOLDER, "qembed.npz"),
                     os.path.join(FOLDER, "qembed.f.npz"))["y"]
    worst = np.abs(have - want).max() / np.ptp(want)
    checks.check(worst <= 1e-5, f"qembed: the file's values within {worst:.1e} of the range")


def main():
    global FOLDER
    with scratch() as FOLDER:
        for part in (biases, weights, movement, ranges, operators,
                     integer_products, qonnx, other, left_weights,
                     microsoft_attention):
            part()
    return checks.finish()


sys.exit(main())
