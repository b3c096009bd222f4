# Options of the scripts that build and run the bundled example; sets build, out
# and count. Sourced: needs root, and out with its default.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
build=$root/build
count=10000
while [[ $# -gt 0 ]]; do
  case $1 in
  --count) count=$2; shift 2 ;;
  --build) build=$2; shift 2 ;;
  --output) out=$2; shift 2 ;;
  *) echo "error: unknown option $1 (--count N, --build DIR, --output DIR)" >&2
     exit 2 ;;
  esac
done
