# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Programming images of the bundled example, read by a program of their own.

The reader below follows docs/image-format.md alone: it shares no code with the
compiler. On every chip that is shipped with crossbars, the cells of all tiles,
decoded to weights, must be the weights of the mapped module, replica by replica;
every section must be as small as it is claimed to be; equal runs give equal bytes.

# RUN: %python %s
"""

import importlib
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "Inputs"))
import e2e

CHIPS = ["matterhorn-22nm", "xpikeformer-pcm", "isaac-like"]


def load_schema(folder):
    """image.proto as a Python module."""
    protoc = shutil.which("protoc")
    if not protoc:
        raise SystemExit("needs protoc on the PATH")
    source = os.path.join(e2e.SOURCE, "runtime", "image")
    subprocess.run([protoc, f"--python_out={folder}", f"-I{source}",
                    "image.proto"], check=True)
    sys.path.insert(0, folder)
    return importlib.import_module("image_pb2")


def read_container(path):
    """The sections of a file by name, every checksum checked."""
    with open(path, "rb") as file:
        data = file.read()
    magic, version, count, length, crc, zero = struct.unpack_from("<8sIIQII",
                                                                  data)
    assert magic == b"\x89SNNIMG\n" and version == 8 and zero == 0
    assert length == len(data)
    head = 32 + 64 * count
    assert zlib.crc32(data[:24] + bytes(4) + data[28:head]) == crc
    sections, end = {}, head
    for i in range(count):
        name, offset, size, crc = struct.unpack_from("<32sQQI", data,
                                                     32 + 64 * i)
        assert not any(data[32 + 64 * i + 52:32 + 64 * i + 64])
        assert offset == -(-end // 64) * 64 and not any(data[end:offset])
        end = offset + size
        assert zlib.crc32(data[offset:end]) == crc
        sections[name.rstrip(b"\0").decode()] = data[offset:end]
    assert end == length
    return sections


def decode_weights(layer, chip, bits):
    """The weights [groups, K, N] that the cells hold."""
    tiling = layer.tiling
    levels_of = np.array(layer.code_levels, np.int64)
    factors = np.array(tiling.slice_factors, np.int64)
    weights = np.full((layer.groups, layer.inputs, layer.outputs), 1 << 40,
                      np.int64)
    width = 1 << np.arange(layer.code_bits)
    for tile in layer.tiles:
        count = tile.rows * tile.columns
        code = bits[tile.first_bit:tile.first_bit + count * layer.code_bits]
        level = levels_of[code.reshape(count, layer.code_bits) @ width]
        level = level.reshape(tile.rows, tile.columns)
        if chip.crossbar.encoding == 1:  # FLIP
            flips = np.unpackbits(np.frombuffer(tile.flips, np.uint8),
                                  bitorder="little")
            for row in range(tile.rows):
                at = row // tiling.active_rows * tile.columns
                flipped = flips[at:at + tile.columns].astype(bool)
                top = chip.device.cell_levels - 1
                level[row, flipped] = top - level[row, flipped]
        w = level.reshape(tile.rows, -1, len(factors)) @ factors - tiling.bias
        row = tile.row_block * tiling.rows
        column = tile.column_block * tiling.outputs_per_tile
        weights[tile.group, row:row + w.shape[0],
                column:column + w.shape[1]] = w
    return weights


def read_module_weights(folder):
    """The integer weights [K, N] of every layer of the mapped module."""
    with open(os.path.join(folder, "5.image.mlir")) as file:
        text = file.read()
    with open(os.path.join(folder, "5.image.safetensors"), "rb") as file:
        data = file.read()
    import json
    length = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:8 + length])
    layers = {}
    pattern = (r'xbar\.linear %\S+ layer "([^"]+)" \{.*?weight = '
               r'#onnx\.param<"5\.image\.safetensors", "([^"]+)">')
    for node, key in re.findall(pattern, text):
        entry = header[key]
        begin, end = (8 + length + o for o in entry["data_offsets"])
        dtype = {"I8": np.int8, "I16": np.int16}[entry["dtype"]]
        layers[node] = np.frombuffer(data[begin:end], dtype).reshape(
            entry["shape"]).astype(np.int64)
    assert len(layers) == text.count("xbar.linear")
    return layers


def check_sizes(checks, sections, layers, chip, name):
    """Conductances against used cells times bits of the chip's levels."""
    levels = chip.device.cell_levels
    if chip.crossbar.encoding == 0:  # DIFFERENTIAL
        levels = 2 * levels - 1
    need = 0
    for layer in layers.layers:
        cells = sum(t.rows * t.columns for t in layer.tiles)
        plus_minus = set(layer.code_levels) == {-1, 1}
        bits = 1 if plus_minus else (levels - 1).bit_length()
        need += cells * bits
    have = 8 * len(sections["conductances"])
    checks.check(have <= 1.05 * need,
                 f"{name}: conductances take {have} bits, "
                 f"{have / need:.3f} of used cells times level bits")


def check_image(checks, schema, path, phases, name):
    sections = read_container(path)
    chip = schema.ChipSection.FromString(sections["chip"])
    layers = schema.LayersSection.FromString(sections["layers"])
    bits = np.unpackbits(np.frombuffer(sections["conductances"], np.uint8),
                         bitorder="little").astype(np.int64)
    expected = read_module_weights(phases)
    wrong = [layer.node for layer in layers.layers
             if not np.array_equal(decode_weights(layer, chip, bits)[0],
                                   expected[layer.node])]
    count = sum(w.size for w in expected.values())
    checks.check(len(layers.layers) == len(expected) and not wrong,
                 f"{name}: {count} weights of {len(expected)} layers decode "
                 f"from the cells; wrong: {wrong}")
    check_sizes(checks, sections, layers, chip, name)
    # Thresholds: the smaller form.
    requantisers = schema.RequantisersSection.FromString(
        sections["requantisers"])
    constants = schema.ConstantsSection.FromString(
        sections["constants"]).constants
    small = all(
        r.thresholds >= 0 or
        sum(constants[i].bytes for i in (r.scale, r.bias, r.lowest, r.highest)
            if i >= 0) <
        constants[r.lowest].bytes * ((1 << r.coding.bits) - 1)
        for r in requantisers.requantisers)
    checks.check(small, f"{name}: requantisers are stored in the smaller form")
    # The exported conductances say the same as the bits.
    folder = os.path.join(os.path.dirname(path), "export")
    e2e.must(["snn-image", "export", path, "-o", folder, "--format", "npy"])
    files = [f for f in os.listdir(folder) if f.endswith(".npy")]
    tiles = sum(len(layer.tiles) for layer in layers.layers)
    device = chip.device
    good = len(files) == tiles
    for index, layer in enumerate(layers.layers):
        tile = layer.tiles[0]
        # The highest conductance is that of a slice's largest level.
        top = np.full(tile.columns, device.cell_levels - 1)
        if chip.crossbar.encoding == 0:
            top = np.resize(layer.tiling.slice_levels, tile.columns)
        step = (device.g_on_us - device.g_off_us) / top
        name_part = f"layer{index}_"
        first = sorted(f for f in files if f.startswith(name_part)
                       and f.endswith("_g0_c0_r0.npy"))
        cells = np.load(os.path.join(folder, first[0]))
        if chip.crossbar.encoding == 0:
            cells = cells[:, 0::2] - cells[:, 1::2]
        else:
            cells = cells - device.g_off_us
        levels = np.rint(cells / step).astype(np.int64)
        count = tile.rows * tile.columns
        code = bits[tile.first_bit:tile.first_bit + count * layer.code_bits]
        code = code.reshape(count, -1) @ (1 << np.arange(layer.code_bits))
        good &= np.array_equal(levels.ravel(),
                               np.array(layer.code_levels)[code])
    checks.check(good, f"{name}: exported conductances of {tiles} tiles")


def check_report(checks, out, name):
    """energy.json and the page list every section with its bytes."""
    path = os.path.join(out, "image.snnimg")
    sections = read_container(path)
    image = e2e.load_json(os.path.join(out, "energy.json"))["image"]
    checks.check(
        image["bytes"] == os.path.getsize(path) and
        [(s["name"], s["bytes"]) for s in image["sections"]] ==
        [(n, len(b)) for n, b in sections.items()],
        f"{name}: energy.json lists {len(sections)} sections, "
        f"{image['bytes']} bytes")
    with open(os.path.join(out, "report.html")) as file:
        page = file.read()
    checks.check(all(f"<tr><td>{n}</td><td class=n>{len(b)}</td>" in page
                     for n, b in sections.items()),
                 f"{name}: report.html lists them")


def check_damage(checks, path, name):
    """Single bits anywhere in a real image; a unit test tries thousands."""
    with open(path, "rb") as file:
        data = file.read()
    random = np.random.default_rng(5)
    damaged = path + ".damaged"
    missed = []
    for bit in random.integers(0, 8 * len(data), 64):
        byte = bytes([data[bit // 8] ^ (1 << bit % 8)])
        with open(damaged, "wb") as file:
            file.write(data[:bit // 8] + byte + data[bit // 8 + 1:])
        result = e2e.execute(["snn-image", "verify", damaged])
        if result.returncode != 1 or damaged not in result.stderr:
            missed.append(int(bit))
    checks.check(not missed, f"{name}: 64 flipped bits are found; "
                 f"missed: {missed}")


def main():
    checks = e2e.Checks()
    model = os.path.join(e2e.MIMO, "mimo_w1a4_k1.onnx")
    with e2e.scratch() as folder:
        schema = load_schema(folder)
        for chip in CHIPS:
            out = os.path.join(folder, chip)
            calibration = os.path.join(folder, "prompts.npz")
            if not os.path.exists(calibration):
                e2e.mimo_prompts(folder, 8)
            flags = ["--chip", chip, "--compile-to", "image", "--calibrate",
                     calibration]
            e2e.compile_model(model, out, *flags, phases=True)
            path = os.path.join(out, "image.snnimg")
            print(e2e.must(["snn-image", "verify", path, "--chip", chip]),
                  end="")
            check_image(checks, schema, path, os.path.join(out, "phases"),
                        chip)
            check_report(checks, out, chip)
            check_damage(checks, path, chip)
            again = os.path.join(folder, chip + "-again")
            e2e.compile_model(model, again, *flags)
            with open(path, "rb") as a, \
                    open(os.path.join(again, "image.snnimg"), "rb") as b:
                checks.check(a.read() == b.read(),
                             f"{chip}: a second run gives the same bytes")
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
