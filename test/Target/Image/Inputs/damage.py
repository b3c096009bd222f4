# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Damages a programming image: damage.py IN OUT WHAT.

WHAT: version=N (with right checksums), length=N (truncates), flip=SECTION (one bit
of that section), header (one bit of the header).
"""

import struct
import sys
import zlib


def checksum(head):
    return zlib.crc32(head[:24] + bytes(4) + head[28:])


def main():
    source, target, what = sys.argv[1:]
    image = bytearray(open(source, "rb").read())
    count = struct.unpack_from("<I", image, 12)[0]
    key, _, value = what.partition("=")
    if key == "version":
        struct.pack_into("<I", image, 8, int(value))
        head = bytes(image[: 32 + 64 * count])
        struct.pack_into("<I", image, 24, checksum(head))
    elif key == "length":
        image = image[: int(value)]
    elif key == "header":
        image[33] ^= 4
    elif key == "flip":
        for i in range(count):
            name, offset, length = struct.unpack_from("<32sQQ", image, 32 + 64 * i)
            if name.rstrip(b"\0").decode() == value:
                image[offset + length // 2] ^= 1
    else:
        sys.exit(f"unknown damage {what}")
    open(target, "wb").write(image)


if __name__ == "__main__":
    main()
