# Runs ONNX's own node tests through snn-run.
#
# RUN: %python %s snn-run
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""onnx_testdata.py [SNN_RUN] [-v] [CASE...]

The cases are those of Debian's libonnx-testdata ($ONNX_TESTDATA names another
folder of that form). A case is a model with its inputs and outputs: a single
operator, or what a function of ONNX expands to. Each must give the outputs of the
case, but for those that REFUSED lists with a reason: they must be refused by a
message, and never give another result. Shapes, axes and bounds that a case passes
as run-time inputs are made initialisers first, for the compiler wants them
constant. -v names every case.
"""

import collections
import concurrent.futures
import glob
import os
import subprocess
import sys
import tempfile

ROOT = os.environ.get("ONNX_TESTDATA", "/usr/share/libonnx-testdata/data/node")

# Inputs that must be constants, by operator.
CONSTANT_INPUTS = {
    "Clip": [1, 2], "Compress": [1], "ConstantOfShape": [0], "CumSum": [1],
    "Dropout": [1, 2], "Expand": [1], "If": [0], "Loop": [0, 1], "NonZero": [0],
    "OneHot": [1], "Pad": [1, 2, 3], "Range": [0, 1, 2], "ReduceL1": [1],
    "ReduceL2": [1], "ReduceLogSum": [1], "ReduceLogSumExp": [1], "ReduceMax": [1],
    "ReduceMean": [1], "ReduceMin": [1], "ReduceProd": [1], "ReduceSum": [1],
    "ReduceSumSquare": [1], "Reshape": [1], "Resize": [1, 2, 3],
    "Slice": [1, 2, 3, 4], "Split": [1], "Squeeze": [1], "Tile": [1], "TopK": [1],
    "Trilu": [1], "Unique": [0], "Unsqueeze": [1], "Upsample": [1],
    "BlackmanWindow": [0], "HammingWindow": [0], "HannWindow": [0],
}

# What is refused, by operator or by the beginning of the case's name.
REFUSED = {
    # By operator.
    "Adagrad": "training", "Adam": "training", "Momentum": "training",
    "BitShift": "bits of integers",
    "DFT": "spectra", "MelWeightMatrix": "spectra", "STFT": "spectra",
    "Det": "determinants",
    "GRU": "recurrent layers", "LSTM": "recurrent layers", "RNN": "recurrent layers",
    "Scan": "recurrent layers",
    "GridSample": "sampling of images", "RoiAlign": "sampling of images",
    "MaxUnpool": "the inverse of a pooling",
    "NonMaxSuppression": "a result whose size depends on the data",
    "OptionalGetElement": "values that are no tensors",
    "OptionalHasElement": "values that are no tensors",
    "SequenceInsert": "values that are no tensors",
    "SequenceMap": "values that are no tensors",
    "StringNormalizer": "strings", "TfIdfVectorizer": "texts",
    # By the beginning of the name, or ($) by the whole.
    "test_averagepool_3d": "three spatial axes",
    "test_convtranspose_3d": "three spatial axes",
    "test_maxpool_3d": "three spatial axes",
    "test_batchnorm_epsilon_training": "training",
    "test_batchnorm_example_training": "training",
    "test_training_dropout$": "training",
    "test_training_dropout_default": "training",
    "test_training_dropout_mask": "training",
    "test_cast_FLOAT_to_STRING": "strings", "test_cast_STRING": "strings",
    "test_castlike_FLOAT_to_STRING": "strings", "test_castlike_STRING": "strings",
    "test_castlike_BFLOAT16_to_FLOAT": "data of another shape than the model declares",
    "test_castlike_FLOAT_to_BFLOAT16": "data of another shape than the model declares",
    "test_bernoulli_double$": "random numbers of doubles",
    "test_bernoulli_expanded": "random numbers of doubles",
    "test_reshape_allowzero_reordered": "an input without elements",
    "test_split_zero_size_splits": "an input without elements",
    "test_triu_zero": "an input without elements",
    "test_identity_opt": "values that are no tensors",
    "test_identity_sequence": "values that are no tensors",
    "test_if_opt": "values that are no tensors",
    "test_if_seq": "values that are no tensors",
    "test_loop13_seq": "values that are no tensors",
    "test_loop16_seq": "values that are no tensors",
    "test_sequence_map": "values that are no tensors",
    "test_resize_downsample_scales_linear_align_corners":
        "a scale that gives no whole size, between corners",
    "test_resize_downsample_scales_cubic_align_corners":
        "a scale that gives no whole size, between corners",
}

# Cases whose outputs are random: ONNX leaves the generator open, so that only shape
# and type are compared.
RANDOM = ("test_bernoulli",)

# The element types that stand for others.
STANDS_FOR = {"float16": "float32", "float64": "float32", "uint16": "int32",
              "uint32": "int64", "uint64": "int64"}


def read_tensor(path):
    import onnx

    tensor = onnx.TensorProto()
    with open(path, "rb") as file:
        tensor.ParseFromString(file.read())
    return tensor


def to_array(tensor, value):
    """The values of a tensor of the graph's input or output `value`; of BFLOAT16, which
    the cases' files hold as UINT16, as float32."""
    import numpy as np
    import onnx
    from onnx import numpy_helper

    array = numpy_helper.to_array(tensor)
    if value.type.tensor_type.elem_type != onnx.TensorProto.BFLOAT16:
        return array
    return (array.astype(np.uint32) << 16).view(np.float32)


def find_reason(case, model):
    for node in model.graph.node:
        if "_expanded" not in case and node.op_type in REFUSED:
            return REFUSED[node.op_type]
    for prefix, reason in REFUSED.items():
        if case.startswith(prefix) or case + "$" == prefix:
            return reason
    return None


def prepare(model, case, folder, scratch):
    """Makes inputs constants; gives the model's path and the arguments for the
    inputs that remain."""
    import numpy as np
    import onnx

    # An expanded function has the inputs of the operator that it was.
    origin = model
    if "_expanded" in case:
        base = case[:case.index("_expanded")]
        path = os.path.join(ROOT, base, "model.onnx")
        if os.path.exists(path):
            origin = onnx.load(path)
    constants = set()
    for node in origin.graph.node:
        for i in CONSTANT_INPUTS.get(node.op_type, []):
            if i < len(node.input):
                constants.add(node.input[i])
    arguments, kept = [], []
    for i, value in enumerate(model.graph.input):
        path = os.path.join(folder, f"input_{i}.pb")
        if not value.type.HasField("tensor_type"):
            kept.append(value)
            continue
        tensor = read_tensor(path)
        if value.name in constants:
            tensor.name = value.name
            model.graph.initializer.append(tensor)
            continue
        kept.append(value)
        is_bfloat = value.type.tensor_type.elem_type == onnx.TensorProto.BFLOAT16
        if tensor.name != value.name or is_bfloat:
            path = os.path.join(scratch, f"input_{i}.npz")
            np.savez(path, **{value.name: to_array(tensor, value)})
        arguments += ["--input", path]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    path = os.path.join(scratch, "model.onnx")
    onnx.save(model, path)
    return path, arguments


def check(snn_run, model, case, folder, scratch):
    """(whether it was refused, the error) of one case; no error if it passes."""
    import numpy as np
    import onnx

    path, arguments = prepare(model, case, folder, scratch)
    if not arguments: # snn-run wants an input, even if the model has none
        empty = os.path.join(scratch, "empty.npz")
        np.savez(empty, unused=np.zeros(1, np.float32))
        arguments = ["--input", empty]
    output = os.path.join(scratch, "y.npz")
    result = subprocess.run([snn_run, path, *arguments, "--output", output],
                            capture_output=True, text=True)
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["no message"]
        said = next((l for l in lines if "error:" in l), None)
        return said is not None and result.returncode == 1, said or lines[-1]
    actual = np.load(output)
    for i, value in enumerate(model.graph.output):
        if not value.type.HasField("tensor_type"):
            return False, f"'{value.name}' is not a tensor"
        tensor = read_tensor(os.path.join(folder, f"output_{i}.pb"))
        want = to_array(tensor, value)
        got = actual[value.name]
        if want.shape != got.shape and not (want.size == 1 and got.size == 1):
            return False, (f"'{value.name}' has the shape {got.shape}, not "
                           f"{want.shape}")
        wanted = STANDS_FOR.get(want.dtype.name, want.dtype.name)
        if wanted != got.dtype.name:
            return False, f"'{value.name}' has the type {got.dtype}, not {wanted}"
        if case.startswith(RANDOM):
            continue
        if value.type.tensor_type.elem_type == onnx.TensorProto.BFLOAT16:
            # The cases cut the lower half of a float off.
            got = (got.view(np.uint32) >> 16 << 16).view(np.float32)
        if not np.allclose(got.reshape(want.shape), want, rtol=1e-3,
                           atol=1e-5, equal_nan=True):
            error = np.abs(got.astype(np.float64) - want).max()
            return False, f"'{value.name}' differs by up to {error:.3g}"
    return False, ""


def run_case(snn_run, folder):
    """(kind of case, outcome, text): passed, refused as it should be, failed."""
    import onnx

    case = os.path.basename(folder)
    kind = "expanded" if "_expanded" in case else "single"
    model = onnx.load(os.path.join(folder, "model.onnx"))
    reason = find_reason(case, model)
    with tempfile.TemporaryDirectory() as scratch:
        refused, error = check(snn_run, model, case,
                               os.path.join(folder, "test_data_set_0"), scratch)
    if reason and refused:
        return kind, "refused", reason
    if reason:
        return kind, "failed", error or f"passes, but is listed as '{reason}'"
    return kind, "failed" if error else "passed", error


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
    folders = [f for f in sorted(glob.glob(os.path.join(ROOT, "*")))
               if not wanted or os.path.basename(f) in wanted]
    counts = collections.Counter()
    reasons = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda f: run_case(snn_run, f), folders)
        for folder, (kind, outcome, text) in zip(folders, results):
            counts[kind] += 1
            counts[kind, outcome] += 1
            if outcome == "refused":
                reasons[text] += 1
            if outcome == "failed" or verbose:
                print(f"{outcome} {os.path.basename(folder)}"
                      + (f": {text}" if text else ""))
                sys.stdout.flush()
    print("refused: " + ", ".join(f"{reason} ({count})" for reason, count
                                  in reasons.most_common()))
    print(f"passed {counts['single', 'passed']} of {counts['single']} single-op "
          f"cases and {counts['expanded', 'passed']} of {counts['expanded']} "
          "expanded functions")
    failed = counts["single", "failed"] + counts["expanded", "failed"]
    print(f"{failed} failed")
    return 1 if failed else 0


sys.exit(main())
