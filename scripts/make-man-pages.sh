#!/bin/bash
# Writes the tools' manual pages from their --help. Usage: make-man-pages.sh BIN DIR
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
set -euo pipefail
bin=$1
output=$2
mkdir -p "$output"

page() { # TOOL SUMMARY
  # LLVM's headings are not those of help2man.
  local help version
  help=$("$bin/$1" --help)
  version=$("$bin/$1" --version | grep -om1 '[0-9][0-9.]*' | head -1)
  {
    printf '.TH %s 1 "" "SNNC %s" "User Commands"\n' "${1^^}" "$version"
    printf '.SH NAME\n%s \\- %s\n' "$1" "$2"
    # Text as it is: a leading dot or quote would be a request.
    printf '.SH DESCRIPTION\n.nf\n'
    sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\([.']\)/\\\\\&\1/" <<<"$help"
    printf '.fi\n.SH SEE ALSO\nThe pages in /usr/share/doc/snnc.\n'
  } | gzip -9n >"$output/$1.1.gz"
}

page snnc "compile an ONNX transformer to a spiking network"
page snn-run "execute a network of any phase, or a programming image"
page snn-opt "run the compiler's passes"
page snn-chip "check and print descriptions of chips"
page snn-image "look into programming images"
