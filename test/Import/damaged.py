# Damaged files give an error, never a crash.
#
# RUN: %python %s snn-opt %t.onnx

import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

SNN_OPT, PATH = sys.argv[1], sys.argv[2]
good = model([
    node("Shape", "x", "sh"),
    node("Gather", "sh i0", "d0"),
    node("Unsqueeze", "d0 ax", "u0"),
    node("Concat", "u0 rest", "target", axis=0),
    node("Reshape", "x target", "r"),
    node("Clip", "r lo hi", "c"),
    node("Softmax", "c", "y"),
], [value("x", ["batch", 6, 8])], ["y"],
    [const("i0", 0), const("ax", [0]), const("rest", [8, 6]),
     const("lo", 0.0), const("hi", 1.0)]).SerializeToString()


def check(data, what):
    with open(PATH, "wb") as file:
        file.write(data)
    result = subprocess.run([SNN_OPT, PATH], capture_output=True, text=True,
                            errors="replace", timeout=60)
    if result.returncode not in (0, 1):
        sys.exit(f"{what}: exit status {result.returncode}\n{result.stderr}")
    if result.returncode == 1 and "error:" not in result.stderr:
        sys.exit(f"{what}: no error message")
    return result.returncode


assert check(good, "the whole model") == 0
step = max(1, len(good) // int(os.environ.get("SNN_DAMAGE", "40")))
for length in range(0, len(good), step):
    if check(good[:length], f"cut to {length} bytes") == 0:
        sys.exit(f"cut to {length} bytes: accepted")
random.seed(1)
for trial in range(int(os.environ.get("SNN_DAMAGE", "40"))):
    data = bytearray(good)
    for _ in range(random.choice((1, 1, 2, 4))):
        data[random.randrange(len(data))] = random.randrange(256)
    check(bytes(data), f"trial {trial}")
