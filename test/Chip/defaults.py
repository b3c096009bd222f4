"""Every key that has a default is in the table of docs/chips.md with that default."""

import re
import subprocess
import sys

with open(sys.argv[1]) as file:
    page = file.read()
section = page[page.index("\n## Defaults\n"):]
section = section[:section.index("\n## ", 5)]
table = dict(re.findall(r"^\| `([\w.\[\]]+)` \| (.*?) \|", section, re.MULTILINE))
keys = subprocess.run(["snn-chip", "keys"], check=True, text=True,
                      stdout=subprocess.PIPE).stdout
checked = 0
for line in keys.splitlines():
    key, text = line.split(": ", 1)
    default = re.search(r"default (.*)", text)
    absent = re.search(r"; 0 without ([\w ]+)", text)
    if not default and not absent:
        continue
    said = table.get(key)
    assert said is not None, f"'{key}' is not in the table of defaults"
    wanted = ([f"0 without {absent[1]}"] if absent else []) + (
        [default[1]] if default else [])
    assert said == "; ".join(wanted), f"'{key}': {said}, not {wanted}"
    checked += 1
assert checked > 20, checked
