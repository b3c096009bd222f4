# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""python3 -m snnc.explore is snn-sweep."""

import sys

from .main import main

if __name__ == "__main__":
    sys.exit(main())
