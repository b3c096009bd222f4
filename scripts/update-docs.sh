#!/bin/bash
# Writes docs/reference from TableGen, the importer's table of operators and the options
# that the built snnc declares, and refreshes the outputs that docs/tutorial.md shows.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: scripts/update-docs.sh [--build DIR]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
if [[ ${1:-} == --build ]]; then build=$2; fi
export PYTHONDONTWRITEBYTECODE=1
if [[ ! -x $build/bin/snnc ]]; then
  echo "$build/bin/snnc is not built" >&2
  exit 1
fi
/usr/bin/python3 "$root/docs/generate_reference.py" --output "$root/docs/reference" \
  --snnc "$build/bin/snnc"
/usr/bin/python3 "$root/docs/draw_architecture.py" "$root"
/usr/bin/python3 "$root/docs/list_files.py" "$root"
echo "wrote $root/docs/reference and docs/architecture.svg"

# Rewrites numbers of values only.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 "$root/test/docs/run_tutorial.py" "$root/docs/tutorial.md" \
  --work "$work/tutorial" --path "$build/bin" --update
