#!/usr/bin/env python3
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes snnc/_options.py: `compile` with a keyword for every flag of snnc.

    generate_options.py SNNC [--check]

The flags are those that `SNNC --print-options=json` prints. With --check the
file is compared, not written.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import textwrap

PATH = pathlib.Path(__file__).resolve().parent / "snnc" / "_options.py"

#: Flags that the package sets itself.
OWN = ("o", "print-options", "diagnostics", "compare-systems")

HEAD = '''\
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Written by generate_options.py from `snnc --print-options=json`.
"""The options of a compilation."""

import os
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Sequence, Union

from . import _compile

if TYPE_CHECKING:
    from .compiled import Compiled

#: What `snnc --print-options=json` says of every flag: its type, default,
#: choices, and the phase that reads it first.
TABLE: Dict[str, Dict[str, Any]] = {table}


def compile(model: Any, *,
            example_inputs: Any = None,
            output: Optional[Union[str, "os.PathLike[str]"]] = None,
            flags: Sequence[str] = (),
{parameters}
            **unknown: Any) -> "Compiled":
    """Compiles a model to a spiking network.

    Args:
        model: a path, the bytes of a file, an `onnx.ModelProto`, or a
            `torch.nn.Module` (with `example_inputs`, which it is traced with).
        example_inputs: a tensor, or a tuple of tensors.
        output: the folder for the artefacts; a temporary one without it.
        flags: further arguments of snnc, as they are.
{documentation}

    What is None is left to the compiler. Raises `CompileError`, whose
    `diagnostics` have the nodes, or `UnsupportedError`.
    """
    return _compile.compile_model(model, example_inputs, output, flags, {{
{arguments}
    }}, unknown)
'''


def choices_of(option):
    """The names or numbers that a flag takes; none where it takes others."""
    return [c["name"] if isinstance(c, dict) else c
            for c in option.get("choices", ())]


def annotate(option):
    """The type of a keyword."""
    name = option["name"]
    if name == "calibrate":
        return "Any"
    if name == "dead-zone":
        return "Union[int, str, Mapping[str, int], None]"
    if name == "assume":
        return "Union[Mapping[str, float], Sequence[str], None]"
    if name == "shape":
        return "Union[Mapping[str, Any], Sequence[str], None]"
    kind = {"flag": "bool", "integer": "int", "real": "float"}.get(
        option["type"], "str")
    if option["list"]:
        return f"Union[{kind}, Sequence[{kind}], None]"
    if name in ("dump-phases", "measured", "chip"):
        return 'Union[str, "os.PathLike[str]", None]'
    return f"Optional[{kind}]"


def describe(option):
    """The lines of a keyword's documentation."""
    text = option["help"]
    if option["name"] == "calibrate":
        text += (": an array or arrays by input, a file, batches of either, "
                 "or random:N")
    choices = [str(c) for c in choices_of(option)]
    if choices:
        text += ": " + ", ".join(choices)
    elif option.get("value"):
        text += f" ({option['value']})"
    default = option.get("default")
    if default not in (None, [], ""):
        text += f"; default {default}"
    return textwrap.fill(f"{option['name'].replace('-', '_')}: {text}.", 79,
                         initial_indent=" " * 8, subsequent_indent=" " * 12,
                         break_long_words=False, break_on_hyphens=False)


def generate(snnc):
    printed = json.loads(subprocess.run(
        [snnc, "--print-options=json"], stdout=subprocess.PIPE, check=True,
        text=True).stdout)
    options = [o for o in printed["options"]
               if o["snnc"] and o["name"] not in OWN]
    table = ["{"]
    for o in options:
        entry = {"type": o["type"], "list": o["list"],
                 "default": o.get("default"), "phase": o["phase"],
                 "choices": choices_of(o),
                 "help": o["help"]}
        table.append(f"    {o['name'].replace('-', '_')!r}: {{")
        table += [f"        {k!r}: {v!r}," for k, v in entry.items()]
        table.append("    },")
    table.append("}")
    names = [o["name"].replace("-", "_") for o in options]
    return HEAD.format(
        table="\n".join(table),
        parameters="\n".join(f"            {n}: {annotate(o)} = None,"
                             for n, o in zip(names, options)),
        documentation="\n".join(map(describe, options)),
        arguments="\n".join(f'        "{n}": {n},' for n in names))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("snnc")
    parser.add_argument("--check", action="store_true",
                        help="fail if the file is not up to date")
    options = parser.parse_args()
    text = generate(options.snnc)
    if not options.check:
        PATH.write_text(text, encoding="utf-8")
    elif PATH.read_text(encoding="utf-8") != text:
        sys.exit(f"{PATH.name} is not what the compiler declares: run "
                 "generate_options.py")


if __name__ == "__main__":
    main()
