# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the end-to-end tests share: tools, folders, comparisons, a report."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
MIMO = os.path.join(SOURCE, "examples", "mimo")
# What snn-opt runs to recognise neurons and spike-driven attention.
RECOVERY = ["--canonicalize", "--cse", "--spike-recover-lif", "--canonicalize",
            "--cse", "--spike-merge-repconv", "--spike-match-attention",
            "--canonicalize"]


def tool(name):
    """A tool of the build: from PATH (lit sets it), else the default build."""
    return shutil.which(name) or os.path.join(SOURCE, "build", "bin", name)


def collection(*parts):
    """A file of the collection of public models, or None without it."""
    root = os.environ.get("SNNC_SHARED") or os.path.join(SOURCE, "..", "shared")
    root = os.path.abspath(root)
    if not os.path.exists(os.path.join(root, "models", "manifest.json")):
        return None
    return os.path.join(root, *parts)


def execute(command, timeout=1200):
    """Runs a command; the result has returncode, stdout and stderr."""
    command = [str(c) for c in command]
    command[0] = tool(command[0]) if "/" not in command[0] else command[0]
    return subprocess.run(command, capture_output=True, text=True,
                          timeout=timeout)


def must(command, timeout=1200):
    """Runs a command that has to succeed; returns its stdout."""
    result = execute(command, timeout)
    if result.returncode:
        sys.stdout.flush()
        raise SystemExit("command failed with status %d: %s\n%s" % (
            result.returncode, " ".join(map(str, command)), result.stderr))
    return result.stdout


def compile_model(model, folder, *flags, phases=False):
    """snnc MODEL -o FOLDER FLAGS; returns the folder (and dumps phases in it)."""
    command = ["snnc", model, "-o", folder, *flags]
    if phases:
        command += ["--dump-phases", os.path.join(folder, "phases")]
    must(command)
    return folder


def simulate(folder, inputs, output, mode="fast", stats=None, threads=2):
    """Runs FOLDER/sim and returns its outputs."""
    command = [os.path.join(folder, "sim"), "--input", inputs, "--output",
               output, "--mode", mode, "--threads", threads]
    if stats:
        command += ["--stats", stats]
    must(command)
    return load(output)


def interpret(module, inputs, output, limit=0):
    """Runs a module or an ONNX file through snn-run and returns its outputs."""
    command = ["snn-run", module, "--input", inputs, "--output", output]
    if limit:
        command += ["--limit", limit]
    must(command)
    return load(output)


def load(path):
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays.files}


def load_json(path):
    with open(path) as file:
        return json.load(file)


def different_bits(a, b):
    """How many elements of two sets of arrays differ in any bit."""
    if sorted(a) != sorted(b):
        return max(1, sum(x.size for x in a.values()))
    count = 0
    for name in a:
        x, y = np.ascontiguousarray(a[name]), np.ascontiguousarray(b[name])
        if x.dtype != y.dtype or x.shape != y.shape:
            count += max(1, x.size)
            continue
        width = x.dtype.itemsize
        raw = (x.view(np.uint8) != y.view(np.uint8)).reshape(x.size, width)
        count += int(raw.any(axis=1).sum())
    return count


def rows(arrays, count):
    """The first rows of every array."""
    return {name: value[:count] for name, value in arrays.items()}


def mimo_prompts(folder, count, name="prompts.npz", seed=20260):
    """Seeded MIMO prompts in FOLDER; returns the path and the labels."""
    sys.path.insert(0, MIMO)
    import mimo_task

    prompt, labels = mimo_task.generate(seed, count)
    path = os.path.join(folder, name)
    np.savez(path, prompt=prompt)
    return path, labels


@contextlib.contextmanager
def scratch():
    """A folder for what a test writes, removed at its end."""
    with tempfile.TemporaryDirectory(prefix="snn-e2e-") as folder:
        yield folder


class Checks:
    """Prints every check and remembers whether one failed."""

    def __init__(self):
        self.failures = self.count = 0
        self.begin = time.time()

    def check(self, good, text):
        self.count += 1
        self.failures += not good
        print(("ok      " if good else "FAILED  ") + text)
        sys.stdout.flush()
        return good

    def equal(self, a, b, text):
        """Bit equality of two sets of arrays."""
        count = different_bits(a, b)
        size = sum(x.size for x in a.values())
        return self.check(count == 0,
                          f"{text}: {count} of {size} elements differ")

    def finish(self):
        print(f"{self.count} checks, {self.failures} failed, "
              f"{time.time() - self.begin:.0f} s")
        return 1 if self.failures else 0
