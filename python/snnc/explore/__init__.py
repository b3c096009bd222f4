# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Design sweeps: many compilations of one model, and what each costs and gives.

`snn-sweep SWEEP.yaml -o DIR` is this package's `main`.
"""

from .main import main
from .plan import Plan, Point, read_plan
from .runner import run_plan

__all__ = ["Plan", "Point", "main", "read_plan", "run_plan"]
