#!/bin/bash
# Opens a page of snn-report in headless Chromium and checks it.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: scripts/check-report.sh PAGE.html [DIR] [MOST_BYTES]
#
# The browser has no message about it, the page asks for nothing, every chart is a
# table too, it prints as a PDF, and its totals are those of DIR/energy.json (what
# snnc -o wrote). $CHROMIUM is the browser.
set -euo pipefail
[[ $# -ge 1 && -f $1 ]] ||
  { echo "usage: check-report.sh PAGE.html [DIR] [MOST_BYTES]" >&2; exit 2; }
page=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A browser of its own, which asks nobody for updates.
HOME=$work timeout 120 "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu \
  --user-data-dir="$work/profile" --no-first-run --disable-sync \
  --disable-background-networking --disable-component-update --disable-extensions \
  --enable-logging=stderr --log-net-log="$work/net.json" \
  --print-to-pdf="$work/page.pdf" "file://$page" >/dev/null 2>"$work/log" ||
  { echo "check-report.sh: error: the browser failed" >&2; tail -5 "$work/log" >&2; exit 1; }

python3 - "$page" "$work" "${2:-}" "${3:-5000000}" <<'PYTHON'
import html.parser
import json
import pathlib
import re
import sys

page, work, folder = (pathlib.Path(a) for a in sys.argv[1:4])
most = int(sys.argv[4])
text = page.read_text(encoding="utf-8")
problems = []

messages = [line for line in (work / "log").read_text(errors="replace").splitlines()
            if "CONSOLE" in line]
problems += [f"the browser says: {line.split(']', 1)[-1].strip()}"
             for line in messages]

log = (work / "net.json").read_text(errors="replace")
try:
    net = json.loads(log)
except ValueError:  # the browser ended while it wrote
    net = json.loads(log.rstrip().rstrip(",") + "]}")
for event in net["events"]:
    values = event.get("params", {})
    url = str(values.get("url", ""))
    # What the browser asks for by itself has no origin.
    if url.startswith("http") and \
            values.get("initiator", "not an origin") != "not an origin":
        problems.append(f"the page asks for {url}")

size = len(text.encode())
if size > most:
    problems.append(f"the page has {size:,} bytes, {most:,} are allowed")


class Elements(html.parser.HTMLParser):
    """Sections with charts and whether they have a table."""

    def __init__(self):
        super().__init__()
        self.section, self.charts, self.tables = "", {}, set()

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "h2":
            self.section = values.get("id", "")
        elif tag == "svg" and values.get("role") == "img":
            self.charts[self.section] = self.charts.get(self.section, 0) + 1
            if not values.get("aria-label"):
                problems.append(f"a chart of '{self.section}' has no name")
        elif tag == "table":
            self.tables.add(self.section)


elements = Elements()
elements.feed(text)
# The floor plan's table is that of the layers, which it leads to.
for section in set(elements.charts) - elements.tables - {"floor"}:
    problems.append(f"the charts of '{section}' have no table")

pdf = (work / "page.pdf").read_bytes()
sheets = len(re.findall(rb"/Type\s*/Page\b", pdf))
if not pdf.startswith(b"%PDF") or sheets == 0:
    problems.append("it does not print")

if sys.argv[3]:
    inside = json.loads(re.search(
        r'<script type="application/json" id="report">(.*?)</script>', text,
        re.S).group(1))
    energy = json.loads((folder / "energy.json").read_text(encoding="utf-8"))
    for accounting, total in inside["totals_pj"].items():
        want = energy["totals"][accounting + "_pj"]["total"]
        if abs(total["total"] - want) > 1e-5 * abs(want):
            problems.append(f"{accounting}: {total['total']} pJ, energy.json "
                            f"has {want}")

for problem in problems:
    print(f"check-report.sh: error: {problem}", file=sys.stderr)
if problems:
    sys.exit(1)
print(f"{page.name}: {size:,} bytes, {sum(elements.charts.values())} charts, "
      f"{sheets} sheets of paper")
PYTHON
