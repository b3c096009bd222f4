# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Changes fields of a programming image, with right checksums:
change.py PROTO IN OUT PATH=VALUE... PATH is SECTION.FIELD.INDEX.FIELD..., VALUE a number, a
text, a list of numbers, or nothing, which removes the field.
"""

import ast
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
from image_format import Image


def main():
    proto, source, target, *changes = sys.argv[1:]
    image = Image.read(source, proto)
    for change in changes:
        path, value = change.split("=", 1)
        *keys, last = [int(k) if k.isdigit() else k for k in path.split(".")]
        holder = image.messages
        for key in keys:
            holder = holder[key]
        if value == "":
            del holder[last]
            continue
        try:
            holder[last] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            holder[last] = value
    with open(target, "wb") as file:
        file.write(image.write())


main()
