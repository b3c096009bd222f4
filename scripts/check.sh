#!/bin/bash
# Builds SNNC with its tests, runs all of them and counts them.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: scripts/check.sh [--build DIR]
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
if [[ ${1:-} == --build ]]; then build=$2; fi
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1

SNN_BUILD_TESTS=ON "$root/scripts/build.sh" "$build" || exit 1

passed=0 failed=0 skipped=0
results=$build/check
mkdir -p "$results"

echo "== unit tests of the runtime, of images and of the virtual chip"
for program in "$build"/bin/snn_*_tests; do
  "$program" --gtest_brief=1 \
    --gtest_output="xml:$results/$(basename "$program").xml"
done
echo "== lit: dialects, passes, tools, whole compilations"
"$python" /usr/lib/llvm-22/bin/lit -sv -j2 --timeout 1200 \
  --xunit-xml-output "$results/lit.xml" "$build/test"

count() { # FILE: adds a JUnit file's tests to the totals
  if [[ ! -s $1 ]]; then
    echo "error: $1 was not written" >&2
    failed=$((failed + 1))
    return
  fi
  local p f s
  read -r p f s < <("$python" - "$1" <<'EOF'
import sys
import xml.etree.ElementTree as tree

cases = list(tree.parse(sys.argv[1]).iter("testcase"))
bad = sum(c.find("failure") is not None or c.find("error") is not None
          for c in cases)
left = sum(c.find("skipped") is not None or c.get("status") == "notrun"
           for c in cases)
print(len(cases) - bad - left, bad, left)
EOF
  )
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}
for program in "$build"/bin/snn_*_tests; do
  count "$results/$(basename "$program").xml"
done
count "$results/lit.xml"

echo
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 && $passed -gt 0 ]]
