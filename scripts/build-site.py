#!/usr/bin/env python3
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds the documentation as a site: build-site.py OUT.

OUT/site holds it; open OUT/site/index.html. Pages keep their places in the tree, and what
they link to (pictures, headers, descriptions of chips) goes with them, so that links hold.
Needs mkdocs; a link that leads nowhere is an error.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "examples/*/README.md")
LINK = re.compile(r"\]\(([^)#\s]+)")


def stage(folder):
    """Copies the pages and the files that they link to."""
    pages = sorted(p for pattern in PAGES for p in SOURCE.glob(pattern))
    wanted = set(pages)
    for page in pages:
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / link).resolve()
            if "://" not in link and target.is_file() and SOURCE in target.parents:
                wanted.add(target)
    for path in wanted:
        copy = folder / path.relative_to(SOURCE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    out = parser.parse_args().out
    if not shutil.which("mkdocs"):
        sys.exit("error: needs mkdocs (Debian: mkdocs)")
    shutil.rmtree(out / "source", ignore_errors=True)
    stage(out / "source")
    shutil.copyfile(SOURCE / "docs" / "mkdocs.yml", out / "mkdocs.yml")
    sys.exit(subprocess.run(["mkdocs", "build", "--strict", "--quiet", "-f",
                             str(out / "mkdocs.yml")]).returncode)


if __name__ == "__main__":
    main()
