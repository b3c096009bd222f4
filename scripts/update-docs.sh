#!/bin/bash
# Writes docs/reference from TableGen and the importer's table of operators, and
# refreshes the outputs that docs/tutorial.md shows.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: scripts/update-docs.sh [--build DIR]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
if [[ ${1:-} == --build ]]; then build=$2; fi
export PYTHONDONTWRITEBYTECODE=1
/usr/bin/python3 "$root/docs/generate_reference.py" --output "$root/docs/reference"
/usr/bin/python3 "$root/docs/draw_architecture.py" "$root"
/usr/bin/python3 "$root/docs/list_files.py" "$root"
echo "wrote $root/docs/reference and docs/architecture.svg"

# Needs the built tools; rewrites numbers of values only.
if [[ -x $build/bin/snnc ]]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  /usr/bin/python3 "$root/test/docs/run_tutorial.py" "$root/docs/tutorial.md" \
    --work "$work/tutorial" --path "$build/bin" --update
else
  echo "$build/bin/snnc is not built: the tutorial was left as it is"
fi
