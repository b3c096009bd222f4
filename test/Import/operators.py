# Operators that the importer writes as others, against NumPy.
#
# RUN: %python %s snn-run %t
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""operators.py SNN_RUN BASE [CASE...]

Every case is a model of a few nodes, its inputs with a dynamic batch where the
operator has one, and what NumPy makes of the inputs.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

SNN_RUN, BASE, WANTED = sys.argv[1], sys.argv[2], sys.argv[3:]
random = np.random.default_rng(7)
failures = []


def floats(*shape):
    return random.normal(size=shape).astype(np.float32)


def run(name, nodes, inputs, expected, constants=(), opset=17, dynamic=True):
    """`inputs` by name; `expected` by the name of the output."""
    if WANTED and name not in WANTED:
        return
    types = {"float32": F32, "int64": I64, "bool": BOOL, "uint8": U8,
             "int32": TensorProto.INT32}
    values = [value(key, ["n"] + list(x.shape[1:]) if dynamic and x.ndim else x.shape,
                    types[x.dtype.name]) for key, x in inputs.items()]
    path = f"{BASE}-{name}"
    save(path + ".onnx", nodes, values, list(expected), constants, opset=opset)
    np.savez(path + ".in.npz", **inputs)
    result = subprocess.run([SNN_RUN, path + ".onnx", "--input", path + ".in.npz",
                             "--output", path + ".out.npz"],
                            capture_output=True, text=True)
    if result.returncode:
        failures.append(f"{name}: {result.stderr.strip()}")
        return
    have = np.load(path + ".out.npz")
    for key, want in expected.items():
        want = np.asarray(want)
        got = have[key]
        if got.shape != want.shape and got.size != 1:
            failures.append(f"{name}: {key} has the shape {got.shape}, not {want.shape}")
        elif got.dtype.kind != want.dtype.kind:
            failures.append(f"{name}: {key} has the type {got.dtype}, not {want.dtype}")
        elif not np.allclose(got.reshape(want.shape), want, rtol=2e-5, atol=2e-6,
                             equal_nan=True):
            failures.append(f"{name}: {key} differs by "
                            f"{np.abs(got - want).max()}")


def unary(name, op, x, want, opset=17, **attributes):
    run(name, [node(op, "x", "y", **attributes)], {"x": x}, {"y": want}, opset=opset)


# Activations, far from 0 too.
x = np.concatenate([floats(4, 6) * 3, np.array([[-90, -20, 0, 1e-3, 20, 90]],
                                               np.float32)])
positive, negative = np.maximum(x, 0), np.minimum(x, 0)
softplus = np.log1p(np.exp(-np.abs(x))) + positive
sigmoid = 1 / (1 + np.exp(-x.astype(np.float64)))
unary("elu", "Elu", x, positive + 0.7 * np.expm1(negative), alpha=0.7)
unary("celu", "Celu", x, positive + 0.7 * np.expm1(negative / 0.7), alpha=0.7)
unary("selu", "Selu", x, 1.05070102 * (positive + 1.67326324 * np.expm1(negative)))
unary("leaky", "LeakyRelu", x, positive + 0.1 * negative, alpha=0.1)
unary("threshold", "ThresholdedRelu", x, np.where(x > 0.5, x, 0), alpha=0.5, opset=10)
unary("softplus", "Softplus", x, softplus)
unary("softsign", "Softsign", x, x / (1 + np.abs(x)))
unary("hardsigmoid", "HardSigmoid", x, np.clip(0.3 * x + 0.4, 0, 1), alpha=0.3, beta=0.4)
unary("hardswish", "HardSwish", x, x * np.clip(x / 6 + 0.5, 0, 1))
unary("mish", "Mish", x, x * np.tanh(softplus), opset=18)
unary("swish", "Swish", x, x * sigmoid, opset=24)
unary("swish2", "Swish", x, x / (1 + np.exp(-0.5 * x.astype(np.float64))), opset=24,
      alpha=0.5)
unary("shrink", "Shrink", x, np.where(x < -1.5, x + 0.5, np.where(x > 1.5, x - 0.5, 0)),
      lambd=1.5, bias=0.5)
slope = floats(6)
run("prelu", [node("PRelu", "x s", "y")], {"x": x}, {"y": positive + slope * negative},
    [const("s", slope)])
shifted = x - x.max(1, keepdims=True)
logsoftmax = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
unary("logsoftmax", "LogSoftmax", x, logsoftmax)
unary("logsoftmax11", "LogSoftmax", x, logsoftmax, opset=11)
unary("hardmax", "Hardmax", x, np.eye(6)[x.argmax(1)].astype(np.float32))

# Elementwise.
small = floats(3, 5) * 0.4
unary("sin", "Sin", x, np.sin(x.astype(np.float64)))
above = (1 + small ** 2).astype(np.float32)  # near 1, acosh magnifies rounding
unary("acosh", "Acosh", above, np.arccosh(above.astype(np.float64)))
unary("atanh", "Atanh", np.tanh(small), np.arctanh(np.tanh(small)))
unary("round", "Round", x, np.round(x))
unary("floor", "Floor", x, np.floor(x))
unary("sign", "Sign", x, np.sign(x))
special = np.array([[1, np.nan, np.inf], [-np.inf, 0, -2]], np.float32)
unary("isnan", "IsNaN", special, np.isnan(special))
unary("isinf", "IsInf", special, np.isinf(special))
unary("isneginf", "IsInf", special, np.isneginf(special), detect_positive=0)
flags = random.integers(0, 2, (3, 4)).astype(bool)
run("xor", [node("Xor", "a b", "y")], {"a": flags, "b": flags[::-1]},
    {"y": flags ^ flags[::-1]})
ints = random.integers(-9, 9, (3, 4))
run("mod", [node("Mod", "a b", "y")], {"a": ints}, {"y": np.mod(ints, [3, -3, 4, 5])},
    [const("b", [3, -3, 4, 5])])
run("mean", [node("Mean", "a b a", "y")], {"a": small, "b": small ** 2},
    {"y": (2 * small + small ** 2) / 3})
run("size", [node("Size", "a", "n"), node("Cast", "n", "f", to=F32),
             node("Mul", "a f", "y")], {"a": small}, {"y": small * 15}, dynamic=False)

# Reductions.
box = floats(2, 3, 4)
for op, f in {"ReduceL1": lambda v: np.abs(v).sum((1, 2)),
              "ReduceL2": lambda v: np.sqrt((v * v).sum((1, 2))),
              "ReduceLogSumExp": lambda v: np.log(np.exp(v).sum((1, 2))),
              "ReduceMin": lambda v: v.min((1, 2)),
              "ReduceProd": lambda v: v.prod((1, 2)),
              "ReduceSumSquare": lambda v: (v * v).sum((1, 2))}.items():
    unary(op, op, box, f(box), axes=[1, 2], keepdims=0)
    run(op + "18", [node(op, "x a", "y", keepdims=0)], {"x": box}, {"y": f(box)},
        [const("a", [1, 2])], opset=18)
unary("logsum", "ReduceLogSum", np.abs(box), np.log(np.abs(box).sum(2, keepdims=True)),
      axes=[-1])
unary("argmin", "ArgMin", box, box.argmin(2)[..., None], axis=2)
run("cumsum", [node("CumSum", "x a", "y", exclusive=1, reverse=1)], {"x": box},
    {"y": np.cumsum(box[:, ::-1], 1)[:, ::-1] - box}, [const("a", 1)])
order = np.argsort(-box, 2, kind="stable")[..., :2]
run("topk", [node("TopK", "x k", "v i")], {"x": box},
    {"v": np.take_along_axis(box, order, 2), "i": order}, [const("k", [2])])

# Normalisations.
image = floats(2, 6, 4, 5)


def normalised(v, axes, epsilon=1e-5):
    v = v.astype(np.float64)
    mean = v.mean(axes, keepdims=True)
    return (v - mean) / np.sqrt(((v - mean) ** 2).mean(axes, keepdims=True) + epsilon)


scale, bias = floats(6), floats(6)
channel = (slice(None), None, None)
run("instance", [node("InstanceNormalization", "x s b", "y")], {"x": image},
    {"y": normalised(image, (2, 3)) * scale[channel] + bias[channel]},
    [const("s", scale), const("b", bias)])
groups = normalised(image.reshape(2, 3, -1), 2).reshape(image.shape)
run("group21", [node("GroupNormalization", "x s b", "y", num_groups=3)], {"x": image},
    {"y": groups * scale[channel] + bias[channel]},
    [const("s", scale), const("b", bias)], opset=21)
run("group18", [node("GroupNormalization", "x s b", "y", num_groups=3)], {"x": image},
    {"y": groups * np.repeat(scale[:3], 2)[channel] + np.repeat(bias[:3], 2)[channel]},
    [const("s", scale[:3]), const("b", bias[:3])], opset=18)
squares = np.pad(image.astype(np.float64) ** 2, ((0, 0), (1, 2), (0, 0), (0, 0)))
window = sum(squares[:, i:i + 6] for i in range(4))
unary("lrn", "LRN", image, image / (1.5 + 0.2 / 4 * window) ** 0.6, size=4, alpha=0.2,
      beta=0.6, bias=1.5)
rms = box / np.sqrt((box.astype(np.float64) ** 2).mean(2, keepdims=True) + 1e-5)
run("rms", [node("RMSNormalization", "x s", "y")], {"x": box}, {"y": rms * scale[:4]},
    [const("s", scale[:4])], opset=23)
mean = box.mean(2, keepdims=True)
run("layer", [node("LayerNormalization", "x s", "y m i")], {"x": box},
    {"y": normalised(box, 2) * scale[:4], "m": mean,
     "i": 1 / np.sqrt(box.var(2, keepdims=True) + 1e-5)}, [const("s", scale[:4])])

# Picking and reordering.
pick = random.integers(-4, 4, (2, 3, 2))
run("gatherelements", [node("GatherElements", "x i", "y", axis=2)],
    {"x": box, "i": pick}, {"y": np.take_along_axis(box, pick % 4, 2)})
tuples = np.stack([random.integers(0, 3, (2, 5)), random.integers(0, 4, (2, 5))], 2)
run("gathernd", [node("GatherND", "x i", "y", batch_dims=1)], {"x": box, "i": tuples},
    {"y": box[np.arange(2)[:, None], tuples[..., 0], tuples[..., 1]]})
written = box.copy()
np.put_along_axis(written, pick[:, :, :1] % 4, 9, 2)
run("scatterelements", [node("ScatterElements", "x i u", "y", axis=2)],
    {"x": box, "i": pick[:, :, :1], "u": np.full((2, 3, 1), 9, np.float32)},
    {"y": written})
added = box.copy()
np.add.at(added, ([1, 0, 1], [2, 0, 2]), floats(3, 4) * 0 + 1)
run("scatternd", [node("ScatterND", "x i u", "y", reduction="add")],
    {"x": box, "u": np.ones((3, 4), np.float32)}, {"y": added},
    [const("i", [[1, 2], [0, 0], [1, 2]])], dynamic=False)
run("onehot", [node("OneHot", "x d v", "y", axis=1)],
    {"x": np.array([[0, 2, -1], [1, 5, 0]])},
    {"y": np.stack([np.eye(4)[[0, 2, 3]].T * 3 - 1,
                    np.array([[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]]) * 3 - 1])},
    [const("d", 4), const("v", [-1.0, 2.0])])
run("compress", [node("Compress", "x c", "y", axis=1)], {"x": box}, {"y": box[:, [0, 2]]},
    [const("c", [True, False, True], bool)])
lengths = np.array([1, 3])
reversed_ = box.copy()
for i, length in enumerate(lengths):
    reversed_[i, :length] = box[i, :length][::-1]
run("reversesequence", [node("ReverseSequence", "x l", "y", batch_axis=0, time_axis=1)],
    {"x": box, "l": lengths}, {"y": reversed_})
run("trilu", [node("Trilu", "x k", "y", upper=0)], {"x": box}, {"y": np.tril(box, 1)},
    [const("k", 1)])
run("eyelike", [node("EyeLike", "x", "e", k=1), node("Add", "x e", "y")],
    {"x": small}, {"y": small + np.eye(3, 5, 1)}, dynamic=False)
run("nonzero", [node("NonZero", "c", "i"), node("Gather", "x j", "y", axis=1),
                node("Squeeze", "i a", "j")], {"x": box}, {"y": box[:, [1, 2]]},
    [const("c", [0.0, 2.0, -1.0]), const("a", [0])])
four = floats(2, 4)
run("unique", [node("Unique", "c", "u f r n"), node("Mul", "u n", "w"),
               node("Cast", "w", "v", to=F32), node("Mul", "x v", "y")],
    {"x": four}, {"y": four * np.array([-2, 3, 12, 9], np.float32)},
    [const("c", [4, 9, 3, 4, -2, 4])])
blocks = floats(2, 8, 2, 3)
dcr = blocks.reshape(2, 2, 2, 2, 2, 3).transpose(0, 3, 4, 1, 5, 2).reshape(2, 2, 4, 6)
crd = blocks.reshape(2, 2, 2, 2, 2, 3).transpose(0, 1, 4, 2, 5, 3).reshape(2, 2, 4, 6)
unary("dcr", "DepthToSpace", blocks, dcr, blocksize=2)
unary("crd", "DepthToSpace", blocks, crd, blocksize=2, mode="CRD")
unary("s2d", "SpaceToDepth", dcr, blocks, blocksize=2)

# Einstein sums.
a, b = floats(2, 3, 4), floats(2, 4, 5)
for name, equation, operands in [
        ("bmm", "bij,bjk->bik", (a, b)), ("bmmt", "bij,bjk->bki", (a, b)),
        ("outer", "bij,bkl->bijkl", (a, b)), ("dots", "...ij,...jk->...ik", (a, b)),
        ("trace", "bii->b", (floats(2, 4, 4),)), ("swap", "bij->bji", (a,)),
        ("three", "bij,bjk,bk->bi", (a, b, floats(2, 5))),
        ("alone", "bij,bjk->bj", (a, b)), ("implicit", "bij,bjk", (a, b))]:
    names = "xyz"[:len(operands)]
    run("einsum-" + name, [node("Einsum", list(names), "out", equation=equation)],
        dict(zip(names, operands)), {"out": np.einsum(equation, *operands)},
        dynamic=name not in ("implicit",))

# Layers.
weight = floats(6, 2, 3, 2)


def transposed(v, w, strides, groups):
    n, c, height, width = v.shape
    out = np.zeros((n, w.shape[1] * groups, (height - 1) * strides[0] + w.shape[2],
                    (width - 1) * strides[1] + w.shape[3]))
    per = c // groups
    for i in range(c):
        for y in range(height):
            for x in range(width):
                first = i // per * w.shape[1]
                out[:, first:first + w.shape[1],
                    y * strides[0]:y * strides[0] + w.shape[2],
                    x * strides[1]:x * strides[1] + w.shape[3]] += (
                        v[:, i, y, x][:, None, None, None] * w[i])
    return out


for groups in (1, 2):
    full = transposed(image, weight, (2, 3), groups)
    run(f"convtranspose{groups}", [node("ConvTranspose", "x w", "y", strides=[2, 3],
                                        group=groups)],
        {"x": image}, {"y": full}, [const("w", weight)])
    run(f"convtransposepads{groups}",
        [node("ConvTranspose", "x w", "y", strides=[2, 3], group=groups,
              pads=[1, 0, 2, 1])],
        {"x": image}, {"y": full[:, :, 1:-2, :-1]}, [const("w", weight)])
flat = image.reshape(2, 6, 20)
run("globalmax", [node("GlobalMaxPool", "x", "y")], {"x": image},
    {"y": image.max((2, 3), keepdims=True)})
run("maxpool", [node("MaxPool", "x", "y i", kernel_shape=[2], strides=[2])],
    {"x": flat}, {"y": flat.reshape(2, 6, 10, 2).max(3),
                  "i": flat.reshape(12, 10, 2).argmax(2).reshape(2, 6, 10)
                  + 2 * np.arange(10) + 20 * np.arange(12).reshape(2, 6, 1)},
    dynamic=False)
run("resize", [node("Resize", "x _ s", "y", mode="nearest",
                    coordinate_transformation_mode="asymmetric", nearest_mode="floor")],
    {"x": image}, {"y": image.repeat(2, 2).repeat(3, 3)},
    [const("s", [1.0, 1.0, 2.0, 3.0])])
run("upsample", [node("Upsample", "x s", "y")], {"x": image},
    {"y": image.repeat(2, 2)}, [const("s", [1.0, 1.0, 2.0, 1.0])], opset=9)
corners = np.stack([np.stack([[np.interp(np.linspace(0, 4, 9), np.arange(5), row)
                               for row in plane] for plane in one]) for one in image])
run("corners", [node("Resize", "x _ _ z", "y", mode="linear",
                     coordinate_transformation_mode="align_corners")],
    {"x": image}, {"y": corners}, [const("z", [2, 6, 4, 9])], dynamic=False)

# Functions: ONNX's own bodies where there is no handler.
scores, labels = floats(3, 4), np.array([1, 3, 0])
shifted = scores - scores.max(1, keepdims=True)
loss = -(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)))[np.arange(3), labels]
run("loss", [node("SoftmaxCrossEntropyLoss", "s l", "y", reduction="none")],
    {"s": scores, "l": labels}, {"y": loss}, dynamic=False)
run("window", [node("HannWindow", "n", "w"), node("Mul", "x w", "y")], {"x": small},
    {"y": small * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(5) / 5))},
    [const("n", 5)])

print("\n".join(failures) or "all agree")
sys.exit(1 if failures else 0)
