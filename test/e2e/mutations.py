# A wrong network is found: one wrong threshold, one wrong weight, one dropped
# spike or two swapped rows make every comparison fail.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import os
import shutil
import struct
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, Checks, compile_model, different_bits, execute, load,
                 load_json, mimo_prompts, scratch)

TYPES = {"F32": np.float32, "I8": np.int8, "U8": np.uint8, "I16": np.int16,
         "I32": np.int32, "I64": np.int64, "BOOL": np.bool_}


class Archive:
    """A safetensors file whose tensors can be changed in place."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = bytearray(file.read())
        size = struct.unpack("<Q", self.bytes[:8])[0]
        self.start = 8 + size
        self.header = json.loads(self.bytes[8:self.start])

    def tensor(self, key):
        entry = self.header[key]
        begin, end = entry["data_offsets"]
        raw = np.frombuffer(self.bytes, TYPES[entry["dtype"]],
                            (end - begin) // np.dtype(
                                TYPES[entry["dtype"]]).itemsize,
                            self.start + begin)
        return raw.reshape(entry["shape"])

    def keys(self, suffix="", kind=None):
        return [k for k, e in self.header.items() if k != "__metadata__"
                and k.endswith(suffix) and kind in (None, e["dtype"])]

    def write(self, path):
        with open(path, "wb") as file:
            file.write(self.bytes)


def key_of(archive, wanted, suffix, kind):
    """The key of a tensor in another archive of the same network."""
    keys = [k for k in archive.keys(suffix, kind) if k == wanted]
    if len(keys) != 1:
        raise SystemExit(f"no '{wanted}' among {archive.keys(suffix, kind)}")
    return keys[0]


class Bench:
    """A compiled network, its outputs, and copies of it with changes."""

    def __init__(self, checks, folder):
        self.checks, self.folder = checks, folder
        self.inputs, _ = mimo_prompts(folder, 32)
        self.out = compile_model(os.path.join(MIMO, "mimo_w1a4_k1.onnx"),
                                 os.path.join(folder, "out"), phases=True)
        self.good, self.stats = {}, None
        for mode in ("fast", "event", "stepped"):
            self.good[mode], self.stats = self.simulate(
                mode, os.path.join(self.out, "weights.safetensors"))

    def simulate(self, mode, weights):
        y, s = (os.path.join(self.folder, n) for n in ("y.npz", "s.json"))
        result = execute([os.path.join(self.out, "sim"), "--input", self.inputs,
                          "--output", y, "--mode", mode, "--stats", s,
                          "--weights", weights])
        if result.returncode:
            raise SystemExit(result.stderr)
        return load(y), load_json(s)

    def phase(self, phase):
        return os.path.join(self.out, "phases", phase)

    def compare(self, a, b):
        return execute(["snn-run", "--compare", a, b, "--input", self.inputs])

    def check(self, label, key, change, kind, modes=("fast", "event", "stepped")):
        """`change` edits one tensor; simulator and comparison have to notice. The
        fast mode computes levels by the re-quantiser whose staircase the thresholds
        are: wrong thresholds show in the other modes, and against it."""
        weights = os.path.join(self.folder, "weights.safetensors")
        archive = Archive(os.path.join(self.out, "weights.safetensors"))
        change(archive.tensor(key))
        archive.write(weights)
        for mode in modes:
            y, _ = self.simulate(mode, weights)
            count = different_bits(self.good[mode], y)
            self.checks.check(count > 0, f"{label}: {count} outputs of sim "
                              f"{mode} change")
        # The same change in a phase that the interpreter runs.
        phase = "3.engines"
        changed = os.path.join(self.folder, "changed")
        os.makedirs(changed, exist_ok=True)
        shutil.copy(self.phase(phase + ".mlir"), changed)
        archive = Archive(self.phase(phase + ".safetensors"))
        change(archive.tensor(key_of(archive, key, "", kind)))
        archive.write(os.path.join(changed, phase + ".safetensors"))
        module = os.path.join(changed, phase + ".mlir")
        for other in ("1.quantise", "2.spike"):
            result = self.compare(self.phase(other + ".mlir"), module)
            self.checks.check(
                result.returncode == 1
                and "differs first at" in result.stdout,
                f"{label}: --compare {other}, {phase}: status "
                f"{result.returncode}, "
                f"{(result.stdout + result.stderr).strip()}")


def wrong_threshold(bench, key):
    """A level that one channel never takes, because its threshold is that of the
    next level; a channel that the inputs bring to that level."""
    site = next(s for s in bench.stats["sites"] if key.startswith(s + "."))
    coding = bench.stats["sites"][site]
    level = coding["mask"] + coding["radius"] + 2
    weights = os.path.join(bench.folder, "w.safetensors")
    for channel in range(64):
        def change(table, channel=channel):
            table[channel, level - 1] = table[channel, level]

        archive = Archive(os.path.join(bench.out, "weights.safetensors"))
        change(archive.tensor(key))
        archive.write(weights)
        _, stats = bench.simulate("event", weights)
        if stats["sites"][site]["slots"] != coding["slots"]:
            return change
    raise SystemExit(f"no channel of {site} takes level {level}")


def drop_spikes(bench, site, key):
    """The channel and level whose threshold, raised by one, silences the fewest
    neurons, at least one: potentials on the threshold miss it."""
    coding = bench.stats["sites"][site]
    first = coding["mask"] + coding["radius"] + 1 # the lowest level that fires
    weights = os.path.join(bench.folder, "w.safetensors")
    best = None
    for channel in range(12):
        archive = Archive(os.path.join(bench.out, "weights.safetensors"))
        table = archive.tensor(key)
        if channel >= len(table):
            break
        table[channel, first - 1] += 1
        archive.write(weights)
        _, stats = bench.simulate("event", weights)
        lost = coding["spikes"] - stats["sites"][site]["spikes"]
        if lost > 0 and (best is None or lost < best[0]):
            best = lost, channel
        if lost == 1:
            break
    if best is None:
        raise SystemExit(f"no channel of {site} has a potential on a threshold")

    def change(table):
        table[best[1], first - 1] += 1

    return best[0], change


def main():
    checks = Checks()
    with scratch() as folder:
        bench = Bench(checks, folder)
        archive = Archive(os.path.join(bench.out, "weights.safetensors"))
        mapped = Archive(bench.phase("3.engines.safetensors"))
        result = bench.compare(bench.phase("1.quantise.mlir"),
                               bench.phase("3.engines.mlir"))
        checks.check(result.returncode == 0, "unchanged: equal")

        thresholds = [k for k in archive.keys("thresholds", "I32")
                      if k in mapped.header]
        tables = [k for k in thresholds
                  if archive.header[k]["shape"][0] > 1]
        matrices = [k for k in archive.keys("", "I8") if k in mapped.header
                    and len(archive.header[k]["shape"]) == 2]
        print(f"{len(thresholds)} threshold tables, {len(matrices)} matrices")

        for key in (tables[0], tables[-1]):
            bench.check(f"a wrong threshold in '{key}'", key,
                        wrong_threshold(bench, key), "I32", ("event", "stepped"))

        for key in (matrices[0], matrices[-1]):
            def wrong_weight(matrix):
                row = np.argmax(matrix[:, 1] != 0)
                matrix[row, 1] = -matrix[row, 1]
            bench.check(f"a wrong weight in '{key}'", key, wrong_weight, "I8")

            def swapped_rows(matrix):
                other = next(i for i in range(1, len(matrix))
                             if (matrix[i] != matrix[0]).any())
                matrix[[0, other]] = matrix[[other, 0]]
            bench.check(f"two swapped rows in '{key}'", key, swapped_rows, "I8")

        site = next(s for s in bench.stats["sites"]
                    if any(k.startswith(s + ".") for k in tables))
        key = next(k for k in tables if k.startswith(site + "."))
        lost, change = drop_spikes(bench, site, key)
        bench.check(f"{lost} dropped spike{'s' if lost > 1 else ''} at '{site}'",
                    key, change, "I32", ("event", "stepped"))
    return checks.finish()


sys.exit(main())
