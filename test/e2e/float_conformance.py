# Runs every network of a model collection through snn-run and compares the
# results with the recorded ones.
#
# RUN: %python %s snn-run
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""float_conformance.py [SNN_RUN] [NAME...]

The collection is the folder in $SNNC_SHARED (or ../shared beside the repository):
models/manifest.json lists model, inputs and expected outputs of each network.
Prints a table; fails if a network whose operators are supported differs by more
than 1e-4 of the range of an output. Skips when there is no collection.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

TOLERANCE = 1e-4

# Networks whose mask inputs hold other numbers than 0 and 1. ONNX Runtime's
# attention fusion, on in the recording, reads every positive entry as 1 and so
# departs from the graph; with such a mask graph and recording agree.
MASKS = {
    "transform-fusion-attention_int32_mask": "input_2",
    "transform-fusion-attention_symbolic_batch": "input_2",
}

# Networks that were recorded through ONNX Runtime's fused kernels, which round in
# another order where it shows: scores to which -10000 is added for every key (masks below
# 0; float32's step is 2^-10 there), and the mean of a layer norm.
COARSE = {
    "gpt2_attention_add_opt_skiplayernorm": 1e-3,
    "gpt2_attention_opt_skiplayernorm": 1e-3,
    "transform-fusion-gpt2_past_mask_one_layer": 1e-3,
}


def shared_folder():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = os.environ.get("SNNC_SHARED") or os.path.join(
        here, "..", "..", "..", "shared")
    return os.path.abspath(folder)


def run(command):
    result = subprocess.run(command, capture_output=True, text=True)
    return result.returncode, result.stderr


def with_clean_mask(name, inputs_file, scratch):
    """The inputs with a mask of zeros and ones, if `MASKS` asks for it."""
    import numpy as np

    mask = next((m for key, m in MASKS.items() if name.endswith(key)), None)
    if mask is None:
        return inputs_file
    arrays = dict(np.load(inputs_file))
    arrays[mask] = np.minimum(arrays[mask], 1)
    path = os.path.join(scratch, "inputs.npz")
    np.savez(path, **arrays)
    return path


def accuracy(root, entry, actual):
    """The share of right predictions, or None without labels."""
    import numpy as np

    if "labels" not in entry:
        return None
    labels = np.load(os.path.join(root, entry["labels"]))
    labels = labels[labels.files[0]].ravel()
    logits = actual[actual.files[0]].reshape(len(labels), -1)
    return float((logits.argmax(-1) == labels).mean())


def first_error(text):
    for line in text.splitlines():
        if "error:" in line:
            return line.split("error:", 1)[1].strip()
    return text.strip().splitlines()[-1] if text.strip() else "no message"


def execute(snn_run, model, inputs_file, inputs, output):
    """Runs with a dynamic batch if the model has one, otherwise with all shapes
    bound to those of the inputs."""
    command = [snn_run, model, "--input", inputs_file, "--output", output]
    code, text = run(command)
    if code and "--shape" in first_error(text):
        for name in inputs.files:
            if inputs[name].ndim:
                shape = "x".join(str(d) for d in inputs[name].shape)
                command += ["--shape", f"{name}={shape}"]
        code, text = run(command)
    return code, text


def compare(expected, actual):
    """The worst error as a part of an output's range, and the share of rows on
    which the largest element of the first output is the same one."""
    import numpy as np

    worst = 0.0
    for name in expected.files:
        if name not in actual.files:
            return float("inf"), 0.0, f"no output '{name}'"
        want, got = expected[name], actual[name]
        if want.size != got.size:
            return (float("inf"), 0.0,
                    f"'{name}' has the shape {got.shape}, not {want.shape}")
        want = want.astype(np.float64)
        got = got.reshape(want.shape).astype(np.float64)
        if want.size == 0:
            continue
        extent = max(float(want.max() - want.min()), 1e-6)
        error = np.abs(want - got)
        error[np.isnan(want) & np.isnan(got)] = 0
        worst = max(worst, float(error.max()) / extent)
    name = expected.files[0]
    want = expected[name].reshape(-1, expected[name].shape[-1])
    got = actual[name].reshape(want.shape)
    same = float((want.argmax(-1) == got.argmax(-1)).mean())
    return worst, same, ""


def main():
    snn_run = sys.argv[1] if len(sys.argv) > 1 else "snn-run"
    wanted = sys.argv[2:]
    root = shared_folder()
    manifest = os.path.join(root, "models", "manifest.json")
    if not os.path.exists(manifest):
        print(f"skipped: no {manifest} (set SNNC_SHARED)")
        return 0
    try:
        import numpy as np
    except ImportError:
        print("skipped: python has no numpy")
        return 0

    failures = passed = unsupported = coarse = 0
    with open(manifest) as file:
        entries = json.load(file)
    with tempfile.TemporaryDirectory() as scratch:
        for entry in entries:
            name = entry["name"]
            if wanted and not any(w in name for w in wanted):
                continue
            inputs_file = with_clean_mask(
                name, os.path.join(root, entry["inputs"]), scratch)
            inputs = np.load(inputs_file)
            expected = np.load(os.path.join(root, entry["expected"]))
            output = os.path.join(scratch, "y.npz")
            begin = time.time()
            code, text = execute(snn_run, os.path.join(root, entry["model"]),
                                 inputs_file, inputs, output)
            seconds = time.time() - begin
            if code:
                message = first_error(text)
                if "unsupported operators" in message:
                    unsupported += 1
                    print(f"lacks  {name}: {message.split(': ', 1)[1]}")
                else:
                    failures += 1
                    print(f"FAILED {name}: {message}")
                continue
            worst, same, problem = compare(expected, np.load(output))
            # Outputs recorded with a dead zone, which is not in the graph, do not
            # bind the float graph; its accuracy is known.
            known = entry.get("accuracy_without_dead_zone")
            if known is not None and not problem:
                reached = accuracy(root, entry, np.load(output))
                good = abs(reached - known) < 0.005
                problem = f"(accuracy {reached:.4f}, recorded {known:.4f})"
            else:
                bound = next((t for key, t in COARSE.items() if name.endswith(key)),
                             TOLERANCE)
                good = not problem and worst < bound
                coarse += good and worst >= TOLERANCE
            passed += good
            failures += not good
            verdict = "passed" if good else "FAILED"
            if inputs_file.startswith(scratch):
                problem += " (mask as 0 and 1)"
            print(f"{verdict} {name}: error {worst:.1e} of the range, "
                  f"{same:.2%} of predictions, {seconds:.1f} s {problem}")
            sys.stdout.flush()
    print(f"{passed} passed, {coarse} of them within the step of their recording, "
          f"{failures} failed, {unsupported} lack operators")
    return 1 if failures else 0


sys.exit(main())
