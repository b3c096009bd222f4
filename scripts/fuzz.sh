#!/bin/bash
# Builds the fuzz targets with the address and undefined behaviour sanitizers and
# runs each for SECONDS/6, or on COUNT/6 mutants, of seeds that a script makes.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: scripts/fuzz.sh SECONDS [SEED] [--build DIR] [--tools DIR]
#        scripts/fuzz.sh --mutants COUNT [SEED] [--build DIR] [--tools DIR]
#
# With clang++-22 and its runtime (libclang-rt-22-dev) the targets are libFuzzer's,
# otherwise the driver of test/fuzz makes the mutants. Seeds are made with the tools of --tools (default: the release build's).
# An input that crashes, hangs for 10 s or takes 2 GiB stays in DIR/crashes.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build-fuzz tools=$root/build/bin
seconds= mutants= seed=1
while [[ $# -gt 0 ]]; do
  case $1 in
  --build) build=$(realpath -m "$2"); shift 2 ;;
  --tools) tools=$(realpath -m "$2"); shift 2 ;;
  --mutants) mutants=$2 seconds=0; shift 2 ;;
  *) if [[ -z $seconds ]]; then seconds=$1; else seed=$1; fi; shift ;;
  esac
done
[[ $seconds =~ ^[0-9]+$ && $mutants =~ ^[0-9]*$ ]] ||
  { echo "usage: scripts/fuzz.sh SECONDS|--mutants COUNT [SEED]" >&2; exit 2; }
targets=(onnx mlir arrays image yaml statistics)

compiler=() flags="-O1 -g1 -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
probe=$(mktemp)
if echo 'extern "C" int LLVMFuzzerTestOneInput(const char *, unsigned long) { return 0; }' |
  clang++-22 -x c++ - -fsanitize=fuzzer,address -o "$probe" 2>/dev/null; then
  compiler=(-DCMAKE_C_COMPILER=clang-22 -DCMAKE_CXX_COMPILER=clang++-22)
  flags+=" -fsanitize=fuzzer-no-link"
fi
rm -f "$probe"
mkdir -p "$build" "$build/crashes"
# MLIR's shared library has no sanitizer in it: containers that cross it look as if
# they overflowed, its bump allocators unpoison nothing that ours poisoned, and what
# it keeps to the end looks leaked.
export ASAN_OPTIONS=detect_container_overflow=0:allow_user_poisoning=0:detect_leaks=0:allocator_may_return_null=0:max_allocation_size_mb=2048
export UBSAN_OPTIONS=print_stacktrace=1
if [[ ! -f $build/build.ninja ]]; then
  cmake -G Ninja -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_FLAGS_DEBUG= -DCMAKE_CXX_FLAGS="$flags" -DSNN_BUILD_TESTS=ON \
    -DSNN_BUILD_FUZZERS=ON "${compiler[@]}" >"$build/configure.log" 2>&1 ||
    { cat "$build/configure.log" >&2; exit 1; }
fi
ninja -C "$build" snn-fuzzers >"$build/build.log" 2>&1 || { tail -n 40 "$build/build.log" >&2; exit 1; }
PATH=$tools:$PATH /usr/bin/python3 "$root/test/fuzz/make_seeds.py" "$build/seeds"

failed=0 inputs=0
for target in "${targets[@]}"; do
  program=$build/bin/fuzz-$target
  mkdir -p "$build/crashes/$target"
  share=$((seconds / ${#targets[@]})) count=()
  [[ -z $mutants ]] || count=("-runs=$(((mutants + ${#targets[@]} - 1) / ${#targets[@]}))")
  if [[ ${#compiler[@]} -gt 0 ]]; then
    run=("$program" -max_total_time="$share" "${count[@]}" -timeout=10 -rss_limit_mb=2048 -seed="$seed"
      -artifact_prefix="$build/crashes/$target/" "$build/corpus-$target" "$build/seeds/$target")
    # What an earlier run found would make other mutants of the same seed.
    [[ -z $mutants ]] || rm -rf "$build/corpus-$target"
    mkdir -p "$build/corpus-$target"
  else
    run=("$program" -seconds="$share" "${count[@]}" -seed="$seed" -crashes="$build/crashes/$target"
      "$build/seeds/$target")
  fi
  if "${run[@]}" >"$build/$target.log" 2>&1; then
    number=$(grep -oE '^fuzz-[a-z]+: [0-9]+|^Done [0-9]+' "$build/$target.log" | grep -oE '[0-9]+$' || echo 0)
    inputs=$((inputs + number))
    echo "$target: $number inputs, no failure"
  else
    failed=$((failed + 1))
    echo "$target: FAILED, see $build/$target.log and $build/crashes/$target"
    grep -m 3 -E 'ERROR|runtime error|takes more|terminate|Assert' "$build/$target.log" || tail -n 3 "$build/$target.log"
  fi
done
echo "$inputs inputs over ${#targets[@]} targets, $failed failed"
[[ $failed -eq 0 ]]
