# All networks of test_read.py and test_write.py as simulators, in their three modes.
#
# REQUIRES: slow
# RUN: env SNNC_NIR_SIMULATORS=1 %python %S/test_read.py
# RUN: env SNNC_NIR_SIMULATORS=1 %python %S/test_write.py
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
