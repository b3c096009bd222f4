# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks what `snnc --print-options=json` wrote, and that `snnc --help` and
`snn-opt --help-hidden` have the options that it names."""

import json
import re
import subprocess
import sys


def names_in_help(*command):
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^ +--?([a-z][\w-]*)", text, re.M)), text


def main():
    with open(sys.argv[1]) as file:
        declared = {o["name"]: o for o in json.load(file)["options"]}
    for name, option in declared.items():
        assert option["type"] in ("flag", "integer", "real", "text", "choice"), name
        assert option["snnc"] or option["pipeline"], name
        assert option["help"] and not option["help"].endswith("."), name
        assert set(option["codings"]) <= {"auto", "mttfs", "phase", "lif", "none"}, name
        if option["type"] == "choice":
            choices = [c["name"] for c in option["choices"]]
            assert choices and (option["default"] in (None, []) or option["default"] in choices), name

    def expect(name, **fields):
        for key, value in fields.items():
            assert declared[name].get(key) == value, f"{name}: {key} is {declared[name].get(key)}"

    expect("weight-bits", type="integer", default=8, choices=[8, 4, 2, 1], phase="quantise",
           pipeline=True, snnc=True)
    expect("act-bits", type="text", default="8", codings=["auto", "mttfs", "lif"], needs=["calibrate"])
    expect("phase-base", type="real", default=1.15, codings=["phase"])
    expect("correct-bias", type="flag", default=True, needs=[])
    expect("adc-policy", needs=["chip"], default="chip")
    expect("max-replicas", needs=["chip with crossbars"])
    expect("float-op", list=True, default=[])
    expect("compile-to", default=None, pipeline=False, old_names={"mapped": "engines"})
    expect("to", default="sim", snnc=False)
    expect("attention", default="auto")
    assert [c["name"] for c in declared["attention"]["choices"]] == [
        "auto", "mttfs", "trace_woss", "ssa", "sdsa"]

    listed, text = names_in_help("snnc", "--help")
    generic = {"help", "help-hidden", "help-list", "help-list-hidden", "print-all-options",
               "print-options", "version"}
    wanted = {name for name, o in declared.items() if o["snnc"]}
    assert listed - generic == wanted - generic, sorted(listed ^ wanted)
    # A line for each flag and each of its choices, and nothing of LLVM's or of passes.
    most = sum(1 + len(o.get("choices", ())) for o in declared.values() if o["snnc"])
    most += 2 * len(generic)
    assert len(text.splitlines()) < most, \
        f"snnc --help has {len(text.splitlines())} lines, its flags and choices take {most}"
    _, text = names_in_help("snn-opt", "--help-hidden")
    block = text[text.index("--snn-pipeline"):]
    for name, option in declared.items():
        if option["pipeline"]:
            assert re.search(rf"--{name}[ =]", block), f"snn-opt lacks {name}"


main()
