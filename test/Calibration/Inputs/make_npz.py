# Writes an .npz of one float32 array per argument.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""usage: make_npz.py FILE NAME=SHAPE=VALUES...

SHAPE is 2x3; VALUES is 1,2,3,4,5,6 (repeated if they are fewer) or normal:SEED.
"""

import sys

import numpy as np

arrays = {}
for argument in sys.argv[2:]:
    name, shape, values = argument.split("=")
    shape = [int(n) for n in shape.split("x")]
    if values.startswith("normal:"):
        array = np.random.RandomState(int(values[7:])).normal(size=shape)
    else:
        array = np.array([float(v) for v in values.split(",")])
    arrays[name] = np.resize(array.astype(np.float32), shape)
np.savez(sys.argv[1], **arrays)
