#!/usr/bin/env python3
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Completion of snnc's flags for bash or zsh, from its own declaration.

    make-completion.py SNNC bash|zsh OUTPUT
"""

import argparse
import json
import pathlib
import subprocess


def flags(snnc):
    """Name, help, and the words that a value may be."""
    printed = json.loads(subprocess.run(
        [snnc, "--print-options=json"], stdout=subprocess.PIPE, check=True,
        text=True).stdout)
    chips = subprocess.run([str(pathlib.Path(snnc).with_name("snn-chip")),
                            "list"], stdout=subprocess.PIPE, check=True,
                           text=True).stdout.split()
    for option in printed["options"]:
        if not option["snnc"]:
            continue
        words = [c["name"] if isinstance(c, dict) else str(c)
                 for c in option.get("choices", ())]
        if option["type"] == "flag":
            words = ["true", "false"]
        if option["name"] == "chip":
            words = chips
        takes = "directory" if option.get("value") == "DIR" else \
            "file" if "." in option.get("value", "") and not words else ""
        yield option["name"], option["help"], words, takes


def bash(entries):
    cases = []
    names = []
    for name, _, words, takes in entries:
        dashes = "-" if len(name) == 1 else "--"
        names.append(dashes + name)
        if words:
            action = f'COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$value"))'
        elif takes == "directory":
            action = 'COMPREPLY=($(compgen -d -- "$value"))'
        else:
            action = 'COMPREPLY=($(compgen -f -- "$value"))'
        cases.append(f"    {dashes}{name}) {action}; return ;;")
    return f"""# bash completion of snnc; written by make-completion.py
_snnc() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} flag value
  # The shell splits at "=": FLAG, =, VALUE.
  if [[ $word == "=" ]]; then
    flag=${{COMP_WORDS[COMP_CWORD-1]}} value=
  elif [[ ${{COMP_WORDS[COMP_CWORD-1]}} == "=" ]]; then
    flag=${{COMP_WORDS[COMP_CWORD-2]}} value=$word
  else
    flag=${{COMP_WORDS[COMP_CWORD-1]}} value=$word
  fi
  case $flag in
{chr(10).join(cases)}
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "{' '.join(names)}" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -o filenames -F _snnc snnc
"""


def zsh(entries):
    lines = []
    for name, text, words, takes in entries:
        dashes = "-" if len(name) == 1 else "--"
        clean = text.replace("'", "’").replace("[", "(").replace("]", ")")
        clean = clean.replace(":", r"\:")
        action = f"({' '.join(words)})" if words else \
            "_files -/" if takes == "directory" else "_files"
        equals = "" if len(name) == 1 else "=-"
        lines.append(f"  '*{dashes}{name}{equals}[{clean}]:value:{action}' \\")
    return ("#compdef snnc\n# zsh completion; written by make-completion.py\n"
            "_arguments \\\n" + "\n".join(lines)
            + "\n  '*:model:_files -g \"*.(onnx|mlir)\"'\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("snnc")
    parser.add_argument("shell", choices=("bash", "zsh"))
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    entries = list(flags(options.snnc))
    text = (bash if options.shell == "bash" else zsh)(entries)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
