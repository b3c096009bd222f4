# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The page of all options, from what `snnc --print-options=json` declares."""

import json
import subprocess

HEAD = """# Options

Every option is declared once, in `include/snn/Pipeline/Options.def`. `snnc` has each
as a flag (`--weight-bits 4`), `snn-opt --snn-pipeline` those of the pipeline
(`weight-bits=4`), a task of `--compare-systems` gives them to its systems, and
`snnc --print-options=json` prints them for other programs.

An option that is given and has no effect is an error: in another coding than those
named, or without what it needs. A hyphen and an underscore in the name of a choice are
the same.

"""


def values(option):
    """The values that an option takes, in one cell."""
    if option["type"] == "flag":
        return "`true`, `false`"
    if option["type"] == "choice":
        return ", ".join(f"`{choice['name']}`" for choice in option["choices"])
    if option.get("value"):
        form = option["value"].replace("|", "`, `")
        return f"`{form}`" + (", ..." if option["list"] else "")
    return option["type"]


def default(option):
    value = option["default"]
    if value is None or value == [] or value == "":
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"


def codings(option, all_codings):
    if option["codings"] == all_codings:
        return "all"
    if option["codings"] == [c for c in all_codings if c != "none"]:
        return "all but `none`"
    return ", ".join(f"`{coding}`" for coding in option["codings"])


def needs(option):
    words = {"calibrate": "`--calibrate`", "correct-bias": "`--correct-bias`",
             "no phase-search": "no `--phase-search`", "chip": "`--chip`",
             "chip with crossbars": "a chip with crossbars"}
    return ", ".join(words.get(need, need) for need in option["needs"])


def table(options, all_codings, prefix):
    text = ("| option | values | default | phase | codings | needs | meaning |\n"
            "| --- | --- | --- | --- | --- | --- | --- |\n")
    for option in options:
        name = option["name"]
        cells = [f"`{prefix if len(name) > 1 else prefix[:1]}{name}`", values(option), default(option),
                 option["phase"], codings(option, all_codings), needs(option),
                 option["help"]]
        text += "| " + " | ".join(cells).replace("  ", " ") + " |\n"
    return text + "\n"


def options_page(snnc):
    """The page, without a banner."""
    ran = subprocess.run([snnc, "--print-options=json"], capture_output=True,
                         text=True, check=True)
    options = json.loads(ran.stdout)["options"]
    all_codings = next(o["codings"] for o in options if o["name"] == "coding")
    text = HEAD
    text += "## Of a compilation\n\n"
    text += table([o for o in options if o["snnc"] and o["pipeline"]],
                  all_codings, "--")
    text += "## Of snnc alone\n\n"
    text += table([o for o in options if not o["pipeline"]], all_codings, "--")
    text += "## Of the pipeline alone\n\n"
    text += table([o for o in options if not o["snnc"]], all_codings, "")
    text += "## Choices\n\n"
    told = []
    for option in options:
        if option["type"] != "choice" or option["choices"] in told:
            continue
        told.append(option["choices"])
        names = [f"`--{o['name']}`" if o["snnc"] else f"`{o['name']}`"
                 for o in options if o.get("choices") == option["choices"]]
        text += f"{', '.join(names)}:\n\n"
        for choice in option["choices"]:
            text += f"* `{choice['name']}`: {choice['help']}.\n"
        for old, new in option.get("old_names", {}).items():
            text += f"* `{old}`: an old name of `{new}`, still read.\n"
        text += "\n"
    return text.rstrip() + "\n"
