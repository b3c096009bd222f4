# Writes the weight archives that archives.mlir reads, byte by byte.
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import json
import os
import struct
import sys


def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, payload):
    if isinstance(payload, str):
        payload = payload.encode()
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def tensor(name, dtype, dims, body):
    head = b"".join(number(1, d) for d in dims)
    return head + number(2, dtype) + data(8, name) + body


def external(**entries):
    pairs = b"".join(
        data(13, data(1, key) + data(2, str(value))) for key, value in entries.items()
    )
    return pairs + number(14, 1)


FLOAT, UINT8, INT64, STRING, BOOL, FLOAT16, DOUBLE, BFLOAT16 = 1, 2, 7, 8, 9, 10, 11, 16
floats = lambda *values: struct.pack("<%df" % len(values), *values)

tensors = [
    # The same data at several offsets: some of them are not aligned to floats.
    tensor("raw", FLOAT, [2], data(9, floats(1, 2))),
    tensor("raw1", FLOAT, [2], data(9, floats(1, 2))),
    tensor("raw12", FLOAT, [2], data(9, floats(1, 2))),
    tensor("typed", FLOAT, [2], data(4, floats(3, 4))),
    # A writer that does not pack.
    tensor("single", FLOAT, [1], varint(4 << 3 | 5) + floats(5)),
    tensor("int64", INT64, [2], data(7, varint(6) + varint(-7))),
    tensor("uint8", UINT8, [2], data(5, varint(8) + varint(255))),
    tensor("bool", BOOL, [2], data(9, b"\1\0")),
    tensor("half", FLOAT16, [2], data(9, struct.pack("<2e", 0.5, -2))),
    tensor("typed_half", FLOAT16, [1], data(5, varint(0x3C00))),
    tensor("brain", BFLOAT16, [1], data(9, b"\x80\x3f")),
    tensor("double", DOUBLE, [1], data(10, struct.pack("<d", 0.25))),
    tensor("scalar", FLOAT, [], data(9, floats(9))),
    tensor("external", FLOAT, [2], external(location="data.bin", offset=4, length=8)),
    tensor("rest", FLOAT, [3], external(location="data.bin")),
    tensor("string", STRING, [1], data(6, "x")),
    tensor("short", FLOAT, [3], data(9, floats(1, 2))),
    tensor("few", FLOAT, [3], data(4, floats(1, 2))),
    tensor("huge", FLOAT, [1 << 40, 1 << 40], data(9, b"")),
    tensor("negative", FLOAT, [-1], data(9, b"")),
    tensor("beyond", FLOAT, [2], external(location="data.bin", offset=8)),
    tensor("outside", FLOAT, [2], external(location="../data.bin")),
    tensor("gone", FLOAT, [2], external(location="gone.bin")),
]
attribute = data(1, "value") + data(5, tensor("", FLOAT, [1], data(9, floats(10))))
node = data(2, "constant") + data(4, "Constant") + data(5, attribute)
graph = data(1, node) + b"".join(data(5, t) for t in tensors)

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)


def write(name, contents):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(contents)


model = number(1, 8) + data(7, graph)
write("m.onnx", model)
write("cut.onnx", model[:-5])
write("empty.onnx", number(1, 8))
write("data.bin", floats(11, 12, 13))
header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})
header += " " * (-len(header) % 8)
write("w.safetensors", struct.pack("<Q", len(header)) + header.encode() + floats(14, 15))
