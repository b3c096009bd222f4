#!/bin/bash
# Writes the tools' manual pages from their --help.
# Usage: make-man-pages.sh VERSION DIR TOOL...
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
set -euo pipefail
version=$1
output=$2
shift 2
mkdir -p "$output"

summary() { # TOOL
  case $1 in
  snnc) echo "compile an ONNX transformer to a spiking network" ;;
  snn-run) echo "execute a network of any phase, or a programming image" ;;
  snn-opt) echo "run the compiler's passes" ;;
  snn-chip) echo "check and print descriptions of chips" ;;
  snn-image) echo "look into programming images" ;;
  snn-lsp-server) echo "language server of SNNC's MLIR dialects" ;;
  snn-report) echo "show what snnc wrote as a page" ;;
  snn-sweep) echo "compile a model in many ways and compare the designs" ;;
  *) echo "make-man-pages.sh: no summary of '$1'" >&2; return 1 ;;
  esac
}

for tool in "$@"; do
  name=${tool##*/}
  title=$(summary "$name")
  # LLVM's headings are not those of help2man.
  help=$(PYTHONDONTWRITEBYTECODE=1 COLUMNS=79 "$tool" --help)
  {
    printf '.TH %s 1 "" "SNNC %s" "User Commands"\n' "${name^^}" "$version"
    printf '.SH NAME\n%s \\- %s\n' "$name" "$title"
    # Text as it is: a leading dot or quote would be a request.
    printf '.SH DESCRIPTION\n.nf\n'
    sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\([.']\)/\\\\\&\1/" <<<"$help"
    printf '.fi\n.SH SEE ALSO\nThe pages in /usr/share/doc/snnc.\n'
  } | gzip -9n >"$output/$name.1.gz"
done
