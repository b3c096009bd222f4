# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Programming images by the words of docs/image-format.md and image.proto, without
any code of the project: sections and their checksums, messages, cells, weights.

    image = Image.read(path, "runtime/image/image.proto")
    image.messages["layers"]["layers"][0]["node"]
    open(path, "wb").write(image.write())

A message is a dict from field names to values; absent fields are not in it. Repeated
fields are lists. `get` gives the default of an absent field.
"""

import re
import struct
import zlib

MAGIC = b"\x89SNNIMG\n"
SECTIONS = {"chip": "ChipSection", "interface": "InterfaceSection",
            "layers": "LayersSection", "requantisers": "RequantisersSection",
            "engines": "EnginesSection", "program": "ProgramSection",
            "constants": "ConstantsSection", "routing": "RoutingSection",
            "statistics": "StatisticsSection"}


class Schema:
    """The messages and enumerations of a .proto file."""

    def __init__(self, text):
        self.messages, self.enums = {}, {}
        text = re.sub(r"//.*", "", text)
        tokens = re.findall(r'"[^"]*"|[\w.]+|[{}=;\[\]]', text)
        self._read(tokens, 0, "")

    def _read(self, tokens, at, scope):
        fields = self.messages.setdefault(scope, {}) if scope else {}
        while at < len(tokens) and tokens[at] != "}":
            word = tokens[at]
            if word == "message":
                at = self._read(tokens, at + 3, f"{scope}.{tokens[at + 1]}".strip("."))
            elif word == "enum":
                name = f"{scope}.{tokens[at + 1]}".strip(".")
                at += 3
                values = self.enums.setdefault(name, {})
                while tokens[at] != "}":
                    values[tokens[at]] = int(tokens[at + 2])
                    at += 4
            elif word == "oneof":
                at += 3
                while tokens[at] != "}":
                    fields[int(tokens[at + 3])] = (tokens[at + 1], tokens[at], False)
                    at += 5
            elif word in ("syntax", "package", "option"):
                while tokens[at] != ";":
                    at += 1
            elif word == "repeated":
                fields[int(tokens[at + 4])] = (tokens[at + 2], tokens[at + 1], True)
                at += 5
            else:
                at += word == "optional"
                fields[int(tokens[at + 3])] = (tokens[at + 1], tokens[at], False)
                at += 4
            at += 1
        return at

    def resolve(self, kind, scope):
        """The full name of a message or enumeration that `scope` mentions."""
        parts = scope.split(".")
        for n in range(len(parts), -1, -1):
            name = ".".join(parts[:n] + [kind])
            if name in self.messages or name in self.enums:
                return name
        raise KeyError(kind)

    def is_message(self, kind, scope):
        return kind not in SCALARS and self.resolve(kind, scope) in self.messages


def zigzag(value):
    return (value << 1) ^ (value >> 63) if value >= 0 else ((-value) << 1) - 1


def unzigzag(value):
    return (value >> 1) ^ -(value & 1)


SCALARS = {"uint32": 0, "uint64": 0, "sint32": 0, "sint64": 0, "bool": 0,
           "fixed64": 1, "double": 1, "float": 5, "string": 2, "bytes": 2}


def wire_type(kind, schema, scope):
    if kind in SCALARS:
        return SCALARS[kind]
    return 2 if schema.is_message(kind, scope) else 0


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def write_varint(value):
    out = bytearray()
    value &= (1 << 64) - 1
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_scalar(kind, wire, data, at):
    if wire == 0:
        value, at = read_varint(data, at)
        if kind.startswith("sint"):
            value = unzigzag(value)
        return (bool(value) if kind == "bool" else value), at
    if wire == 1:
        return struct.unpack_from("<d" if kind == "double" else "<Q", data, at)[0], at + 8
    return struct.unpack_from("<f", data, at)[0], at + 4


def write_scalar(kind, value):
    if kind == "double":
        return struct.pack("<d", value)
    if kind == "fixed64":
        return struct.pack("<Q", value & (1 << 64) - 1)
    if kind == "float":
        return struct.pack("<f", value)
    if kind.startswith("sint"):
        return write_varint(zigzag(value))
    return write_varint(int(value))


def decode(schema, name, data):
    """A message from its bytes."""
    message, at = {}, 0
    fields = schema.messages[name]
    while at < len(data):
        key, at = read_varint(data, at)
        number, wire = key >> 3, key & 7
        field, kind, repeated = fields[number]
        if wire == 2:
            length, at = read_varint(data, at)
            part, at = data[at:at + length], at + length
            if kind in ("string", "bytes"):
                value = part.decode() if kind == "string" else bytes(part)
            elif schema.is_message(kind, name) if kind not in SCALARS else False:
                value = decode(schema, schema.resolve(kind, name), part)
            else:  # packed numbers
                values, inner = message.setdefault(field, []), 0
                while inner < len(part):
                    value, inner = read_scalar(kind, wire_type(kind, schema, name), part, inner)
                    values.append(value)
                continue
        else:
            value, at = read_scalar(kind, wire, data, at)
        if repeated:
            message.setdefault(field, []).append(value)
        else:
            message[field] = value
    return message


def encode(schema, name, message):
    """The bytes of a message, fields in the order of their numbers."""
    out = bytearray()
    for number, (field, kind, repeated) in sorted(schema.messages[name].items()):
        if field not in message:
            continue
        wire = wire_type(kind, schema, name)
        values = message[field] if repeated else [message[field]]
        if repeated and wire != 2:
            packed = b"".join(write_scalar(kind, v) for v in values)
            if values:
                out += write_varint(number << 3 | 2) + write_varint(len(packed)) + packed
            continue
        for value in values:
            out += write_varint(number << 3 | wire)
            if wire == 2:
                if kind == "string":
                    value = value.encode()
                elif kind != "bytes":
                    value = encode(schema, schema.resolve(kind, name), value)
                out += write_varint(len(value)) + value
            else:
                out += write_scalar(kind, value)
    return bytes(out)


def get(message, path, default=0):
    for key in path.split("."):
        if key not in message:
            return default
        message = message[key]
    return message


class Image:
    """The sections of an image in file order: messages, and raw bytes."""

    def __init__(self, schema, version, order, messages, raw):
        self.schema, self.version, self.order = schema, version, order
        self.messages, self.raw = messages, raw

    @staticmethod
    def read(path, proto):
        schema = Schema(open(proto).read())
        data = open(path, "rb").read()
        assert data[:8] == MAGIC, "magic"
        version, count, length, crc, zero = struct.unpack_from("<IIQII", data, 8)
        head = data[:32 + 64 * count]
        assert length == len(data) and zero == 0
        assert crc == zlib.crc32(head[:24] + bytes(4) + head[28:]), "header"
        order, messages, raw = [], {}, {}
        for i in range(count):
            at = 32 + 64 * i
            name = data[at:at + 32].rstrip(b"\0").decode()
            begin, size, crc = struct.unpack_from("<QQI", data, at + 32)
            part = data[begin:begin + size]
            assert begin % 64 == 0 and zlib.crc32(part) == crc, name
            order.append(name)
            if name in SECTIONS:
                messages[name] = decode(schema, SECTIONS[name], part)
            else:
                raw[name] = part
        return Image(schema, version, order, messages, raw)

    def network_checksum(self):
        """CRC-32 of the sections that say what the network is."""
        crc = 0
        for name in ("chip", "interface", "layers", "requantisers", "engines", "program",
                     "constants"):
            message = dict(self.messages[name])
            message.pop("network_checksum", None)
            crc = zlib.crc32(encode(self.schema, SECTIONS[name], message), crc)
        return crc

    def write(self, stamp=True):
        """The file; `stamp` sets the network's checksum to what the sections have."""
        if stamp:
            self.messages["interface"]["network_checksum"] = self.network_checksum()
        parts = [encode(self.schema, SECTIONS[n], self.messages[n])
                 if n in SECTIONS else bytes(self.raw[n]) for n in self.order]
        table, body = b"", b""
        end = 32 + 64 * len(parts)
        for name, part in zip(self.order, parts):
            begin = -(-end // 64) * 64
            table += struct.pack("<32sQQI12x", name.encode(), begin, len(part),
                                 zlib.crc32(part))
            body += bytes(begin - end) + part
            end = begin + len(part)
        fields = struct.pack("<IIQ", self.version, len(parts), end)
        crc = zlib.crc32(MAGIC + fields + bytes(8) + table)
        return MAGIC + fields + struct.pack("<II", crc, 0) + table + body

    # --- What the page says of cells ------------------------------------------

    def is_pair(self):
        return get(self.messages["chip"], "crossbar.encoding") == 0

    def codes(self, layer, tile):
        """Codes of a tile, row by row."""
        bits = layer["code_bits"]
        stream = int.from_bytes(self.raw["conductances"], "little")
        stream >>= get(tile, "first_bit")
        mask = (1 << bits) - 1
        columns = tile["columns"]
        return [[stream >> (r * columns + c) * bits & mask for c in range(columns)]
                for r in range(tile["rows"])]

    def levels(self, layer, tile):
        """Levels as they are stored."""
        return [[layer["code_levels"][code] for code in row]
                for row in self.codes(layer, tile)]

    def cut_levels(self, layer, tile):
        """Levels as the weights were cut: complements undone."""
        levels = self.levels(layer, tile)
        flips = int.from_bytes(tile.get("flips", b""), "little")
        active = layer["tiling"]["active_rows"]
        top = self.messages["chip"]["device"]["cell_levels"] - 1
        for r, row in enumerate(levels):
            for c in range(len(row)):
                if flips >> (r // active * tile["columns"] + c) & 1:
                    row[c] = top - row[c]
        return levels

    def weights(self, layer, tile):
        """w[row][output] of a tile."""
        factors = layer["tiling"]["slice_factors"]
        bias, slices = get(layer, "tiling.bias"), len(factors)
        return [[sum(f * level for f, level in zip(factors, row[at:at + slices])) - bias
                 for at in range(0, len(row), slices)]
                for row in self.cut_levels(layer, tile)]

    def conductances(self, layer, tile):
        """Microsiemens of the physical cells, [rows][physical columns]."""
        device = self.messages["chip"]["device"]
        low, high = device.get("g_off_us", 0.0), device["g_on_us"]
        tops = layer["tiling"]["slice_levels"]

        def g(level, top):
            return low + (high - low) * level / top

        cells = []
        for row in self.levels(layer, tile):
            cells.append([])
            for column, level in enumerate(row):
                if self.is_pair():
                    top = tops[column % len(tops)]
                    cells[-1] += [g(max(level, 0), top), g(max(-level, 0), top)]
                else:
                    cells[-1].append(g(level, device["cell_levels"] - 1))
        return cells
