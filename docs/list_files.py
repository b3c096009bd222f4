# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Keeps the lists of files in the guides true.

    list_files.py SOURCE [--check]

A guide has lists between `<!-- files: PATTERN -->` and `<!-- /files -->`: the sources (of
include, lib, runtime, tools) that match the regular expression, each with what its banner
says. Without --check the lists are written anew; with it, a list that is not what the tree
says is an error.
"""

import pathlib
import re
import sys

LIST = re.compile(r"(<!-- files: (.*?) -->\n)(.*?)(<!-- /files -->)", re.S)
SUFFIXES = {".h", ".cpp", ".td", ".def", ".inc", ".proto"}


def purpose(text):
    """The first line's text: `//===- Name - purpose ---===//`, which may be folded."""
    head = text.split("\n//\n")[0].replace("\n//", " ")
    found = re.match(r"//===- \S+ - (.*?)\s*(?:-{2,}|\*-|===//|$)", head.split("\n")[0] + " ")
    return found[1].strip(" -") if found else ""


def list_files(source, pattern):
    rows = []
    for folder in ("include", "lib", "runtime", "tools"):
        for file in sorted((source / folder).rglob("*")):
            path = file.relative_to(source).as_posix()
            if file.suffix not in SUFFIXES or re.search("unittests|benchmarks", path):
                continue
            text = file.read_text()
            if re.search(pattern, text):
                rows.append(f"| `{path}` | {purpose(text)} |\n")
    if not rows:
        raise SystemExit(f"no file matches {pattern}")
    return "\n| file | what it is |\n| --- | --- |\n" + "".join(rows) + "\n"


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    stale, lists = [], 0
    for page in sorted((source / "docs").glob("*.md")):
        text = page.read_text()
        lists += len(LIST.findall(text))
        new = LIST.sub(lambda m: m[1] + list_files(source, m[2]) + m[4], text)
        if new != text:
            stale.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(new)
    if "--check" in sys.argv:
        print(f"{lists} lists of files")
        for name in stale:
            print(f"error: docs/{name} lists other files than the tree has; run scripts/update-docs.sh")
        return 1 if stale or not lists else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
