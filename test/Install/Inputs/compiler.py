# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A C++ compiler that adds its arguments to the file named first."""

import os
import subprocess
import sys

record, *arguments = sys.argv[1:]
with open(record, "a") as file:
    file.write("\n".join(arguments) + "\n")
compiler = os.environ["SNN_TEST_CXX"].split()
sys.exit(subprocess.run([*compiler, *arguments]).returncode)
