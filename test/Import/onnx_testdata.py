# Runs ONNX's own node tests of the supported operators through snn-run.
#
# RUN: %python %s snn-run
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""onnx_testdata.py [SNN_RUN] [-v] [CASE...]

The cases are those of Debian's libonnx-testdata ($ONNX_TESTDATA names another
folder of that form). Every case is a model with one operator, its inputs and its
outputs. Shapes, axes and bounds that a case passes as run-time inputs are made
initialisers first, for the compiler wants them constant; outputs that it does
not compute (masks, indices, saved statistics) are taken out of the graph. Cases
of other operators and element types are skipped; -v lists them.
"""

import collections
import glob
import os
import subprocess
import sys
import tempfile

ROOT = os.environ.get("ONNX_TESTDATA", "/usr/share/libonnx-testdata/data/node")

SUPPORTED = set("""
    Abs Add And ArgMax AveragePool BatchNormalization Cast Clip Concat Constant
    ConstantOfShape Conv DequantizeLinear Div Dropout Equal Erf Exp Expand Flatten
    Gather Gelu Gemm GlobalAveragePool Greater GreaterOrEqual Identity
    LayerNormalization Less LessOrEqual Log MatMul Max MaxPool Min Mul Neg Not Or
    Pad Pow QuantizeLinear Range Reciprocal ReduceMax ReduceMean ReduceSum Relu
    Reshape Shape Sigmoid Slice Softmax Split Sqrt Squeeze Sub Sum Tanh Tile
    Transpose Unsqueeze Where
""".split())

# Inputs that must be constants.
CONSTANT_INPUTS = {
    "Clip": [1, 2], "ConstantOfShape": [0], "Dropout": [1, 2], "Expand": [1],
    "Pad": [1, 2, 3], "Range": [0, 1, 2], "ReduceMax": [1], "ReduceMean": [1],
    "ReduceSum": [1], "Reshape": [1], "Slice": [1, 2, 3, 4], "Split": [1],
    "Squeeze": [1], "Tile": [1], "Unsqueeze": [1],
}

# Operators of which only the first output is computed.
FIRST_OUTPUT_ONLY = {"Dropout", "LayerNormalization", "MaxPool"}

# float32, uint8, int8, int32, int64, bool.
ELEMENT_TYPES = {1, 2, 3, 6, 7, 9}

# What else is refused, by the beginning of the case's name.
REFUSED = {
    "test_averagepool_3d": "three spatial axes",
    "test_maxpool_3d": "three spatial axes",
    "test_batchnorm_epsilon_training": "training mode",
    "test_batchnorm_example_training": "training mode",
    "test_training_dropout": "training mode",
    "test_reshape_allowzero_reordered": "an input without elements",
    "test_split_zero_size_splits": "an input without elements",
    "test_maxpool_2d_uint8": "pooling of integers",
    "test_identity_opt": "not a tensor",
    "test_identity_sequence": "not a tensor",
    "test_add_uint8": "arithmetic on uint8",
    "test_sub_uint8": "arithmetic on uint8",
    "test_mul_uint8": "arithmetic on uint8",
    "test_div_uint8": "arithmetic on uint8",
    "test_max_int8": "arithmetic on int8",
    "test_max_uint8": "arithmetic on uint8",
    "test_min_int8": "arithmetic on int8",
    "test_min_uint8": "arithmetic on uint8",
}


def read_tensor(path):
    import onnx

    tensor = onnx.TensorProto()
    with open(path, "rb") as file:
        tensor.ParseFromString(file.read())
    return tensor


def reason_to_skip(case, model):
    for prefix, reason in REFUSED.items():
        if case.startswith(prefix):
            return reason
    for node in model.graph.node:
        if node.domain not in ("", "ai.onnx") or node.op_type not in SUPPORTED:
            return f"operator {node.op_type}"
    opset = next(o.version for o in model.opset_import
                 if o.domain in ("", "ai.onnx"))
    if not 9 <= opset <= 23:
        return f"opset {opset}"
    for value in list(model.graph.input) + list(model.graph.output):
        if not value.type.HasField("tensor_type"):
            return "not a tensor"
        if value.type.tensor_type.elem_type not in ELEMENT_TYPES:
            return "element type"
    return None


def prepare(model, folder, scratch):
    """Makes inputs constants, drops outputs; gives the model's path and the
    arguments for the inputs that remain."""
    import numpy as np
    import onnx
    from onnx import numpy_helper

    constants = set()
    for node in model.graph.node:
        for i in CONSTANT_INPUTS.get(node.op_type, []):
            if i < len(node.input):
                constants.add(node.input[i])
        if node.op_type in FIRST_OUTPUT_ONLY:
            dropped = set(node.output[1:])
            kept = [o for o in model.graph.output if o.name not in dropped]
            del model.graph.output[:]
            model.graph.output.extend(kept)
    arguments, kept = [], []
    for i, value in enumerate(model.graph.input):
        path = os.path.join(folder, f"input_{i}.pb")
        tensor = read_tensor(path)
        if value.name in constants:
            tensor.name = value.name
            model.graph.initializer.append(tensor)
            continue
        kept.append(value)
        if tensor.name != value.name:
            path = os.path.join(scratch, f"input_{i}.npz")
            np.savez(path, **{value.name: numpy_helper.to_array(tensor)})
        arguments += ["--input", path]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    path = os.path.join(scratch, "model.onnx")
    onnx.save(model, path)
    return path, arguments


def check(snn_run, model, folder, scratch):
    """The error of one case; empty if it passes."""
    import numpy as np
    from onnx import numpy_helper

    path, arguments = prepare(model, folder, scratch)
    if not arguments: # snn-run wants an input, even if the model has none
        empty = os.path.join(scratch, "empty.npz")
        np.savez(empty, unused=np.zeros(1, np.float32))
        arguments = ["--input", empty]
    output = os.path.join(scratch, "y.npz")
    result = subprocess.run([snn_run, path, *arguments, "--output", output],
                            capture_output=True, text=True)
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["no message"]
        return next((l for l in lines if "error:" in l), lines[-1])
    actual = np.load(output)
    for i, value in enumerate(model.graph.output):
        want = numpy_helper.to_array(
            read_tensor(os.path.join(folder, f"output_{i}.pb")))
        got = actual[value.name]
        if want.shape != got.shape and not (want.size == 1 and got.size == 1):
            return f"'{value.name}' has the shape {got.shape}, not {want.shape}"
        if want.dtype != got.dtype:
            return f"'{value.name}' has the type {got.dtype}, not {want.dtype}"
        if not np.allclose(got.reshape(want.shape), want, rtol=1e-3, atol=1e-5,
                           equal_nan=True):
            error = np.abs(got.astype(np.float64) - want).max()
            return f"'{value.name}' differs by up to {error:.3g}"
    return ""


def main():
    arguments = sys.argv[1:]
    verbose = "-v" in arguments
    arguments = [a for a in arguments if a != "-v"]
    snn_run = arguments[0] if arguments else "snn-run"
    wanted = arguments[1:]
    if not os.path.isdir(ROOT):
        print(f"skipped: no {ROOT} (Debian: libonnx-testdata)")
        return 0
    try:
        import numpy
        import onnx
    except ImportError as error:
        print(f"skipped: {error}")
        return 0
    skipped = collections.Counter()
    passed, failures = 0, []
    for folder in sorted(glob.glob(os.path.join(ROOT, "*"))):
        case = os.path.basename(folder)
        if wanted and case not in wanted:
            continue
        model = onnx.load(os.path.join(folder, "model.onnx"))
        reason = reason_to_skip(case, model)
        if reason:
            skipped[reason] += 1
            if verbose:
                print(f"skipped {case}: {reason}")
            continue
        with tempfile.TemporaryDirectory() as scratch:
            error = check(snn_run, model,
                          os.path.join(folder, "test_data_set_0"), scratch)
        if error:
            failures.append(case)
            print(f"FAILED {case}: {error}")
        else:
            passed += 1
            if verbose:
                print(f"passed {case}")
        sys.stdout.flush()
    print("skipped: " + ", ".join(f"{reason} ({count})" for reason, count
                                  in skipped.most_common()))
    print(f"{passed} passed, {len(failures)} failed, "
          f"{sum(skipped.values())} skipped")
    return 1 if failures else 0


sys.exit(main())
