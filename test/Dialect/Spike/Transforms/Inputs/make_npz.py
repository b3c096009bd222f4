# Writes an .npz of one float32 array per argument: NAME=SHAPE=VALUES.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""usage: make_npz.py FILE NAME=2x3=1,2,3,4,5,6..."""

import sys

import numpy as np

arrays = {}
for argument in sys.argv[2:]:
    name, shape, values = argument.split("=")
    array = np.array([float(v) for v in values.split(",")], np.float32)
    arrays[name] = array.reshape([int(n) for n in shape.split("x")])
np.savez(sys.argv[1], **arrays)
