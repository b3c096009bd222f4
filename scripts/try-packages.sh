#!/bin/bash
# Installs the packages in a bare Debian 12 and uses them there, without a source tree.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: scripts/try-packages.sh DIR_OF_DEBS [ROOT]
#
# Needs root and debootstrap. ROOT is made by debootstrap unless it is there, and
# kept; without it a temporary one is removed at the end. $DEBIAN_MIRROR is
# http://deb.debian.org unless it is set. Prints one line a check, and fails at the
# first that does.
set -euo pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
[[ $# -ge 1 ]] || { echo "usage: try-packages.sh DIR_OF_DEBS [ROOT]" >&2; exit 2; }
[[ $(id -u) -eq 0 ]] || { echo "try-packages.sh: error: needs root" >&2; exit 1; }
command -v debootstrap >/dev/null ||
  { echo "try-packages.sh: error: needs debootstrap" >&2; exit 1; }
# Mounts of a name space of its own end with it.
if [[ -z ${SNNC_TRY_INSIDE:-} ]]; then
  SNNC_TRY_INSIDE=1 exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi
packages=("$1"/snnc_*.deb "$1"/python3-snnc_*.deb)
for package in "${packages[@]}"; do
  [[ -f $package ]] || { echo "try-packages.sh: error: no '$package'" >&2; exit 1; }
done
mirror=${DEBIAN_MIRROR:-http://deb.debian.org}

if [[ $# -gt 1 ]]; then
  mkdir -p "$2"
  root=$(cd "$2" && pwd)
else
  root=$(mktemp -d)
  trap 'umount "$root/proc" "$root/dev" 2>/dev/null; rm -rf --one-file-system "$root"' EXIT
fi
if [[ ! -x $root/usr/bin/apt-get ]]; then
  debootstrap --variant=minbase bookworm "$root" "$mirror/debian" >"$root.log" 2>&1 ||
    { tail -20 "$root.log" >&2; exit 1; }
  rm -f "$root.log"
fi
cat >"$root/etc/apt/sources.list" <<LIST
deb $mirror/debian bookworm main
deb $mirror/debian-security bookworm-security main
LIST
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"

inside() { # COMMAND...: as root, with nothing of this machine's environment
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
as_user() { # COMMAND...: as somebody who owns nothing but /home/user
  chroot --userspec=1000:1000 "$root" /usr/bin/env -i -C /home/user HOME=/home/user \
    PATH=/usr/bin:/bin LC_ALL=C.UTF-8 "$@"
}
check() { # NAME PATTERN COMMAND...: the output has a line with the pattern
  local name=$1 pattern=$2 output
  shift 2
  output=$("$@" 2>&1) || { echo "failed: $name"; echo "$output" | tail -20; exit 1; }
  grep -qE -- "$pattern" <<<"$output" ||
    { echo "failed: $name, no '$pattern' in"; echo "$output" | tail -20; exit 1; }
  echo "ok: $name: $(grep -E -m1 -- "$pattern" <<<"$output" | cut -c1-90)"
}

install -d -o 1000 -g 1000 "$root/home/user"
rm -rf "$root/packages" && mkdir "$root/packages"
cp "${packages[@]}" "$root/packages"
inside apt-get update -qq
# Only what the packages depend on: recommendations would hide what is missing.
# shellcheck disable=SC2016
inside sh -c 'apt-get install -y -qq --no-install-recommends --reinstall /packages/*.deb' \
  >"$root/home/install.log" 2>&1 || { tail -20 "$root/home/install.log" >&2; exit 1; }
# To read manual pages and to complete.
inside apt-get install -y -qq --no-install-recommends man-db bash-completion \
  >>"$root/home/install.log" 2>&1

for tool in snnc snn-run snn-opt snn-chip snn-image snn-report snn-sweep; do
  check "$tool --version" '[0-9]+\.[0-9]+\.[0-9]+' as_user "$tool" --version
done
check "snn-lsp-server" "LSP|language server|OVERVIEW" as_user snn-lsp-server --help
sed -n '/<!-- python-first -->/,/<!-- python-first -->/p' "$tree/README.md" |
  grep -v '<!--\|```' >"$root/home/user/first.py"
check "README's lines of Python" '\(100, 19, 16\).*matterhorn-22nm|matterhorn-22nm' \
  as_user python3 first.py
example=/usr/share/snnc/examples/mimo/mimo_w1a4_k1.onnx
check "snnc on the bundled model" '.' \
  as_user sh -c "rm -rf out && snnc $example -o out --chip matterhorn-22nm --verify-mapping && ls out/sim"
as_user python3 -c "
import numpy as np
x = np.random.default_rng(0).normal(size=(20, 19, 12)).astype('float32')
np.savez('x.npz', prompt=x)"
check "its simulator" '"spikes"' as_user sh -c \
  'out/sim --input x.npz --output y.npz --stats s.json --record r.npz --record-samples 0 && cat s.json'
check "the virtual chip, bit for bit" '^equal$' as_user sh -c \
  'snn-run out/image.snnimg --input x.npz --output z.npz && python3 -c "
import numpy as np
a, b = np.load(\"y.npz\"), np.load(\"z.npz\")
print(\"equal\" if all((a[n] == b[n]).all() for n in a.files) else \"other\")"'
check "the image" 'ok|matterhorn' as_user snn-image verify out/image.snnimg
check "the report" '<h1>' as_user sh -c \
  'snn-report out --stats s.json --spikes r.npz -o page.html && grep -o "<h1>[^<]*" page.html'
for tool in snnc snn-run snn-opt snn-chip snn-image snn-lsp-server snn-report snn-sweep; do
  check "man $tool" "$tool - " as_user man "$tool"
done
check "completion of flags" '--chip' as_user bash -c \
  '. /usr/share/bash-completion/bash_completion
   _comp_load snnc 2>/dev/null || __load_completion snnc
   COMP_WORDS=(snnc --ch) COMP_CWORD=1; _snnc; printf "%s\n" "${COMPREPLY[@]}"'
check "completion of chips" 'matterhorn-22nm' as_user bash -c \
  '. /usr/share/bash-completion/completions/snnc
   COMP_WORDS=(snnc --chip = mat) COMP_CWORD=3; _snnc; printf "%s\n" "${COMPREPLY[@]}"'
# Byte code that root's use leaves goes, too.
check "as root" 'matterhorn-22nm' inside python3 -c \
  'import snnc, snnc.report, snnc.explore; print(snnc.chips())'
inside apt-get remove -y -qq python3-snnc snnc >>"$root/home/install.log" 2>&1
check "nothing is left after removal" '^0$' inside sh -c \
  'ls -d /usr/share/snnc /usr/lib/snnc /usr/lib/python3/dist-packages/snnc 2>/dev/null | wc -l'
echo "all of it works"
