# A graph of 16,000 nodes, most of them shape arithmetic that is evaluated in the import: the
# whole run takes less than two seconds of processor time, and four times the nodes take
# about four times as long.
#
# UNSUPPORTED: sanitized
# RUN: %python %s snn-run %t
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

SNN_RUN, BASE = sys.argv[1:]


def write(count):
    """Blocks of 18 nodes that take a tensor apart into heads and together, by its shape."""
    nodes, x = [], "x"

    def add(op, inputs, **attributes):
        name = f"v{len(nodes)}"
        nodes.append(node(op, inputs, name, **attributes))
        return name

    def size(value, axis):
        shape = add("Shape", [value])
        return add("Unsqueeze", [add("Gather", [shape, axis], axis=0), "front"])

    while len(nodes) < count:
        shape = add("Concat", [size(x, "i0"), size(x, "i1"), "rest", "four"], axis=0)
        heads = add("Transpose", [add("Reshape", [x, shape])], perm=[0, 2, 1, 3])
        back = add("Transpose", [heads], perm=[0, 2, 1, 3])
        shape = add("Concat", [size(back, "i0"), size(back, "i1"), "rest"], axis=0)
        x = add("Mul", [add("Add", [x, add("Reshape", [back, shape])]), "half"])
    save(f"{BASE}-{count}.onnx", nodes, [value("x", ["n", "seq", 16])], [x],
         [const("i0", 0), const("i1", 1), const("front", [0]), const("rest", [-1]),
          const("four", [4]), const("half", 0.5)], opset=13)
    return x


def run(count):
    """Seconds of processor time."""
    output = write(count)
    x = np.random.default_rng(1).normal(size=(2, 8, 16)).astype(np.float32)
    np.savez(f"{BASE}.npz", x=x)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([SNN_RUN, f"{BASE}-{count}.onnx", "--input", f"{BASE}.npz", "--output",
                    f"{BASE}.out.npz"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert np.array_equal(np.load(f"{BASE}.out.npz")[output], x)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


small, large = run(4000), run(16000)
print(f"{small:.2f} s for 4,000 nodes, {large:.2f} s for 16,000")
assert large < 2 and large < 8 * small
