# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks the documentation's links, the files that it names and the flags that
it explains.

    check_links.py SOURCE BIN
"""

import pathlib
import re
import subprocess
import sys

FLAG = re.compile(r"`(--[a-z][a-z-]+)[^`]*`")
# The project's programs that take flags, and flags that none of them lists: of
# simulators and of MLIR's driver.
TOOLS = ("snnc", "snn-run", "snn-image", "snn-chip", "snn-sweep")
OTHER = {"--mlir-elide-elementsattrs-if-larger", "--dump-pass-pipeline",
         "--snn-pipeline", "--mode", "--stats", "--threads", "--weights",
         "--benchmark", "--profile", "--record", "--record-sites", "--record-samples"}
PATH = re.compile(
    r"`((?:docs|examples|include|lib|runtime|scripts|test|tools)/[\w./-]+)`")


def anchor(heading):
    """The anchor that a heading gets."""
    text = re.sub(r"[`*]", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def main():
    source, tools = map(pathlib.Path, sys.argv[1:3])
    pages = [source / "README.md", source / "examples/mimo/README.md",
             *sorted((source / "docs").rglob("*.md"))]
    known = "".join(
        subprocess.run([tools / tool, "--help"], capture_output=True,
                       text=True, check=True).stdout for tool in TOOLS)
    problems, links = [], 0
    for page in pages:
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith("http"):
                continue
            links += 1
            name, _, fragment = target.partition("#")
            path = (page.parent / name) if name else page
            if not path.exists():
                problems.append(f"{page}: no file {target}")
            elif fragment and fragment not in map(
                    anchor, re.findall(r"^#+ (.*)", path.read_text(), re.M)):
                problems.append(f"{page}: no heading {target}")
        if "reference" in page.parts:
            continue
        for name in PATH.findall(text):
            if not (source / name).exists():
                problems.append(f"{page}: no file {name}")
        for flag in FLAG.findall(text):
            if flag not in OTHER and flag + " " not in known \
                    and flag + "=" not in known and "examples" not in page.parts:
                problems.append(f"{page}: no tool has the option {flag}")
    if problems or not links:
        sys.exit("\n".join(problems) or "no links found")
    print(f"{len(pages)} pages, {links} links")


if __name__ == "__main__":
    main()
