# The damaged files of test_hostile.py, two thousand of them.
#
# REQUIRES: slow
# RUN: env SNNC_NIR_MUTANTS=2000 %python %S/test_hostile.py Hostile.test_mutants
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
