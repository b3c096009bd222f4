# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the commands of a documentation page and checks the outputs it shows.

    run_tutorial.py PAGE.md --work DIR [--path BIN] [--update]

Every ```bash block runs, in order, in DIR, where the repository's examples/ is
linked. A block after a line `<!-- check -->` must occur in the output of the
commands before it, line for line and in this order. In such a block

    ...      on a line of its own stands for any lines, and
    [...]    inside of a line for any characters.

With --update, the page is rewritten where only numbers of SSA values or aliases
have changed.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
NUMBER = re.compile(r"((?:%|!ttfs|!level|#loc)\d*)")


class Line:
    """A line of an excerpt as a pattern."""

    def __init__(self, text):
        text = text.strip()
        self.parts = [re.split(NUMBER, piece) for piece in text.split("[...]")]

    def pattern(self, anyNumber):
        def literal(part):
            if anyNumber and NUMBER.fullmatch(part):
                return "(" + re.match(r"\D+", part).group() + r"\d*)"
            # Spaces may come in any number.
            return r"\s+".join(map(re.escape, re.split(r"\s+", part)))
        return re.compile(r"\s*" + ".*?".join("".join(map(literal, piece))
                                     for piece in self.parts) + r"\s*$")

    def renumbered(self, match):
        numbers = iter(match.groups())
        return "[...]".join(
            "".join(next(numbers) if NUMBER.fullmatch(part) else part
                    for part in piece) for piece in self.parts)


def find(excerpt, output, anyNumber):
    """Matches an excerpt; returns its lines as the output has them, or the line
    that is missing."""
    runs, run = [], []
    for text in excerpt:
        if text.strip() == "...":
            runs.append(run)
            run = []
        else:
            run.append(text)
    runs.append(run)

    result, start = [], 0
    for number, run in enumerate(runs):
        if number:
            result.append("...")
        if not run:
            continue
        lines = [Line(text) for text in run]
        patterns = [line.pattern(anyNumber) for line in lines]
        best = 0
        for at in range(start, len(output) - len(run) + 1):
            matches = []
            for pattern, have in zip(patterns, output[at:]):
                match = pattern.match(have)
                if not match:
                    break
                matches.append(match)
            best = max(best, len(matches))
            if len(matches) == len(run):
                break
        else:
            return None, run[best]
        if anyNumber:
            result += [text[:len(text) - len(text.lstrip())] + line.renumbered(m)
                       for text, line, m in zip(run, lines, matches)]
        start = at + len(run)
    return result, None


def blocks(lines):
    """(language, checked, first line, line after the last) of every block."""
    inside, checked = None, False
    for number, line in enumerate(lines):
        if inside is None and line.startswith("```"):
            inside = (line[3:].strip(), checked, number + 1)
            checked = False
        elif inside is not None and line.startswith("```"):
            yield (*inside, number)
            inside = None
        elif inside is None and line.strip():
            checked = line.strip() == "<!-- check -->"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--path", help="directory of the tools")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()

    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    (options.work / "examples").symlink_to(SOURCE / "examples")
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    path = ["/usr/bin"]
    if options.path:
        path.insert(0, str(pathlib.Path(options.path).resolve()))
    environment["PATH"] = os.pathsep.join(path + [os.environ.get("PATH", "")])

    lines = options.page.read_text().splitlines()
    output, problems, ran, checked, changes = [], [], 0, 0, []
    for language, isChecked, first, last in blocks(lines):
        if language == "bash":
            command = "\n".join(lines[first:last])
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command], cwd=options.work,
                env=environment, text=True, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            output = done.stdout.splitlines()
            ran += 1
            if done.returncode:
                raise SystemExit(
                    f"{options.page}:{first + 1}: exit status "
                    f"{done.returncode} of\n{command}\n{done.stdout[-4000:]}")
        elif isChecked:
            checked += 1
            excerpt = lines[first:last]
            _, missing = find(excerpt, output, anyNumber=False)
            if missing is None:
                continue
            found, missing = find(excerpt, output, anyNumber=True)
            if missing is not None:
                shown = "\n".join(line[:160] for line in output[:60])
                problems.append(f"{options.page}:{first + 1}: not in the output:"
                                f"\n    {missing}\n  of\n{shown}")
            else:
                changes.append((first, last, found))
                if not options.update:
                    problems.append(
                        f"{options.page}:{first + 1}: numbers of values have "
                        "changed: run scripts/update-docs.sh")
    if options.update and changes:
        for first, last, found in reversed(changes):
            lines[first:last] = found
        options.page.write_text("\n".join(lines) + "\n")
        print(f"rewrote {len(changes)} blocks of {options.page}")
    if problems:
        raise SystemExit("\n".join(problems))
    if not ran or not checked:
        raise SystemExit(f"{options.page}: nothing ran or nothing was checked")
    print(f"{options.page}: {ran} command blocks ran, {checked} outputs checked")


if __name__ == "__main__":
    sys.exit(main())
