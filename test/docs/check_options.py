# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Holds the options that pages of the repository show to their declaration.

    check_options.py SOURCE OPTIONS.json

In the table of options of README.md, a row's flags exist, the choices that it lists are
the declared ones, and so are defaults written `N (default)`.
"""

import json
import pathlib
import re
import sys

ROW = re.compile(r"^\| (`--.*?`.*?) \| (.*) \|$", re.M)
FLAG = re.compile(r"--([a-z][\w-]*)(?:[ =]([^`\s]+))?")


def choices_of(option):
    if option["type"] == "flag":
        return {"true", "false"}
    choices = option.get("choices", [])
    return {str(c["name"] if isinstance(c, dict) else c) for c in choices} or \
        set(option.get("value", "").split("|"))


def main():
    source = pathlib.Path(sys.argv[1])
    with open(sys.argv[2]) as file:
        declared = {o["name"]: o for o in json.load(file)["options"] if o["snnc"]}
    text = (source / "README.md").read_text()
    rows = ROW.findall(text)
    problems, seen = [], set()
    for flags, meaning in rows:
        for name, value in FLAG.findall(flags.replace("\\|", "|")):
            option = declared.get(name)
            if not option:
                problems.append(f"--{name} is not declared")
                continue
            seen.add(name)
            listed = set(value.split("|")) - {""}
            placeholders = {v for v in listed if v.upper() == v or ":" in v or "." in v or "=" in v}
            wrong = listed - placeholders - choices_of(option)
            if wrong:
                problems.append(f"--{name} has no choice {', '.join(sorted(wrong))}")
            if len(listed) > 1 and not placeholders and listed | {"auto"} != choices_of(option) | {"auto"}:
                problems.append(f"--{name} also has "
                                f"{', '.join(sorted(choices_of(option) - listed))}")
            stated = re.search(r"(\d+) \(default\)", meaning)
            if stated and stated.group(1) != str(option["default"]):
                problems.append(f"--{name}: the default is {option['default']}")
    if len(seen) < 20:
        problems.append(f"README.md shows only {len(seen)} options")
    for problem in problems:
        print(f"README.md: {problem}", file=sys.stderr)
    print(f"{len(rows)} rows, {len(seen)} options")
    sys.exit(bool(problems))


main()
