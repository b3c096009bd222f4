# Artefacts of different compilations refuse each other, by name; those of one can
# be moved.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, Checks, compile_model, different_bits, execute, load,
                 load_json, mimo_prompts, must, scratch, tool)

CHIP = ["--chip", "common-22nm"]


class Bench:
    def __init__(self, checks, folder):
        self.checks, self.folder = checks, folder
        self.inputs, _ = mimo_prompts(folder, 16)

    def to(self, *parts):
        return os.path.join(self.folder, *parts)

    def refused(self, label, command, *words):
        """One error with all words, status 1 and no output."""
        y = self.to("y.npz")
        if os.path.exists(y):
            os.remove(y)
        result = execute(command)
        text = result.stderr.strip()
        good = (result.returncode == 1 and text.count("error: ") == 1
                and all(w in text for w in words) and not os.path.exists(y))
        self.checks.check(good, f"{label}: status {result.returncode}: {text}")

    def sim(self, folder, *more):
        return [os.path.join(folder, "sim"), "--input", self.inputs, "--output",
                self.to("y.npz"), *more]

    def run(self, path):
        return ["snn-run", path, "--input", self.inputs, "--output",
                self.to("y.npz")]


def digest_of(folder, name):
    """The digest that an artefact carries."""
    path = os.path.join(folder, name)
    if name.endswith(".safetensors"):
        with open(path, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            return json.loads(file.read(size))["__metadata__"]["snnc.digest"]
    if name == "trace.json":
        return load_json(path)["otherData"]["digest"]
    if name.endswith(".json"):
        return load_json(path)["digest"]
    if name == "image.snnimg":
        shown = must(["snn-image", "dump", path, "--json", "--section",
                      "interface"])
        return re.search(r'"digest": *"([0-9a-f]+)"', shown)[1]
    with open(path, "rb") as file:
        text = file.read()
    pattern = {"model.mlir": rb'onnx.digest = "([0-9a-f]{32})"',
               "sim.cpp": rb"// Compilation ([0-9a-f]{32})\.",
               "report.html": rb'"snnc-digest" content="([0-9a-f]{32})"'}
    if name in pattern:
        return re.search(pattern[name], text)[1].decode()
    digest = load_json(os.path.join(folder, "artefacts.json"))["digest"]
    return digest if digest.encode() in text else None


def check_digests(bench, a, b, moved):
    checks = bench.checks
    names = sorted(load_json(os.path.join(a, "artefacts.json"))["files"])
    wanted = ["energy.json", "image.snnimg", "model.mlir", "model.safetensors",
              "quantisation.json", "report.html", "sim", "sim.cpp", "sim.so",
              "trace.json", "weights.safetensors"]
    checks.check(names == wanted, f"the manifest lists {', '.join(names)}")
    digests = {digest_of(a, name) for name in [*names, "artefacts.json"]}
    checks.check(len(digests) == 1, f"all carry one digest: {digests}")
    others = {digest_of(b, name) for name in [*names, "artefacts.json"]}
    checks.check(len(others) == 1 and others.isdisjoint(digests),
                 f"other options, another digest: {others}")
    checks.check(digest_of(moved, "artefacts.json") in digests,
                 "the same model elsewhere, the same digest")


def check_mixtures(bench, a, b):
    """One file of b among those of a."""
    mixed = bench.to("mixed")

    def mix(name, *without):
        shutil.rmtree(mixed, ignore_errors=True)
        shutil.copytree(a, mixed)
        shutil.copy(os.path.join(b, name), mixed)
        for other in without:
            os.remove(os.path.join(mixed, other))

    for without in ([], ["artefacts.json"]):
        label = "without the manifest, " if without else ""
        mix("weights.safetensors", *without)
        bench.refused(label + "other weights", bench.sim(mixed), "sim'",
                      "weights.safetensors'", "do not belong together")
        mix("sim", *without)
        bench.refused(label + "another sim", bench.sim(mixed), "sim'",
                      "do not belong together")
        mix("model.safetensors", *without)
        bench.refused(label + "other weights of the module",
                      bench.run(os.path.join(mixed, "model.mlir")),
                      "model.mlir'", "model.safetensors'",
                      "do not belong together")
        mix("model.mlir", *without)
        bench.refused(label + "another module",
                      bench.run(os.path.join(mixed, "model.mlir")),
                      "model.mlir'", "do not belong together")
    image = os.path.join(mixed, "image.snnimg")
    mix("image.snnimg")
    for command in (bench.run(image), ["snn-image", "verify", image],
                    ["snn-image", "dump", image]):
        bench.refused("another image, " + " ".join(command[:2]), command,
                      "image.snnimg'", "artefacts.json'",
                      "do not belong together")
    bench.refused("weights by name", bench.sim(
        a, "--weights", os.path.join(b, "weights.safetensors")), "sim'",
        "weights.safetensors'")
    # A copy with other bytes, which is no other compilation.
    shutil.rmtree(mixed)
    shutil.copytree(a, mixed)
    with open(os.path.join(mixed, "weights.safetensors"), "r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    bench.refused("damaged weights", bench.sim(mixed),
                  "is not the file that", "weights.safetensors'")


def check_measured(bench, model, a, flags):
    checks = bench.checks
    stats = bench.to("stats.json")
    must(bench.sim(a, "--stats", stats))
    again = ["snnc", model, "-o", bench.to("measured"), *flags, "--measured",
             stats]
    checks.check(execute(again + CHIP).returncode == 0,
                 "statistics of the same network serve")
    checks.check(execute(again + ["--chip", "matterhorn-22nm"]).returncode == 0,
                 "also for another chip")
    bench.refused("statistics of another network",
                  again + CHIP + ["--weight-bits=4"], "stats.json'",
                  "do not belong together")
    chip_stats = bench.to("chip.json")
    must(bench.run(os.path.join(a, "image.snnimg")) + ["--stats", chip_stats])
    checks.check(load_json(chip_stats)["digest"] == load_json(stats)["digest"],
                 "simulator and chip give the same digest")


def check_moved(bench, model, a, flags):
    """A directory runs after it was moved and its model is gone."""
    checks = bench.checks
    own = bench.to("own")
    os.makedirs(own)
    copy = os.path.join(own, "model.onnx")
    shutil.copy(model, copy)
    out = compile_model(copy, os.path.join(own, "out"), *flags, *CHIP,
                        phases=True)
    wanted = {}
    phases = sorted(f for f in os.listdir(os.path.join(out, "phases"))
                    if f.endswith(".mlir"))
    runs = ["model.mlir", "image.snnimg"] + [
        os.path.join("phases", name) for name in phases]
    for name in runs:
        must(bench.run(os.path.join(out, name)))
        wanted[name] = load(bench.to("y.npz"))
    moved = bench.to("moved")
    shutil.copytree(out, moved)
    shutil.rmtree(own)
    elsewhere = bench.to("elsewhere")
    os.makedirs(elsewhere)
    must(bench.sim(moved))
    checks.equal(wanted["model.mlir"], load(bench.to("y.npz")), "moved sim")
    for name in runs:
        result = subprocess.run([tool("snn-run"), os.path.join(moved, name),
                                 *bench.run("")[2:]], cwd=elsewhere,
                                capture_output=True, text=True)
        if checks.check(result.returncode == 0,
                        f"moved {name} runs {result.stderr.strip()}"):
            checks.equal(wanted[name], load(bench.to("y.npz")), "moved " + name)


def check_directory(bench, model, a, flags):
    """What a directory holds after a second compilation to it."""
    checks = bench.checks
    out = bench.to("again")
    shutil.copytree(a, out)
    with open(os.path.join(out, "notes.txt"), "w") as file:
        file.write("mine")
    compile_model(model, out, *flags, *CHIP, "--emit=ir")
    checks.check(os.path.exists(os.path.join(out, "sim")),
                 "the same options: the other artefacts stay")
    compile_model(model, out, *flags, "--mask=zero", "--emit=ir")
    checks.check(sorted(os.listdir(out)) == [
        "artefacts.json", "model.mlir", "model.safetensors", "notes.txt"],
        f"other options: they go: {sorted(os.listdir(out))}")
    # A step that fails leaves what there was.
    before = {f: open(os.path.join(out, f), "rb").read()
              for f in os.listdir(out)}
    result = subprocess.run([tool("snnc"), model, "-o", out, *flags],
                            env={**os.environ, "CXX": "/bin/false"},
                            capture_output=True, text=True)
    after = {f: open(os.path.join(out, f), "rb").read()
             for f in os.listdir(out)}
    checks.check(result.returncode == 1 and before == after,
                 "a failing step changes nothing")
    new = bench.to("new", "out")
    result = subprocess.run([tool("snnc"), model, "-o", new, *flags],
                            env={**os.environ, "CXX": "/bin/false"},
                            capture_output=True, text=True)
    checks.check(result.returncode == 1 and not os.path.exists(new),
                 "a failing step makes no directory")
    # Messages have the names that the files would have had.
    os.makedirs(bench.to("taken", "sim"))
    bench.refused("a directory is in the way",
                  ["snnc", model, "-o", bench.to("taken"), *flags],
                  f"cannot write '{bench.to('taken', 'sim')}': is a directory")


def main():
    checks = Checks()
    with scratch() as folder:
        bench = Bench(checks, folder)
        model = os.path.join(MIMO, "mimo_float.onnx")
        flags = ["--calibrate", bench.inputs]
        a = compile_model(model, bench.to("a"), *flags, *CHIP)
        b = compile_model(model, bench.to("b"), *flags, *CHIP, "--range=max",
                          "--weight-bits=4")
        other = bench.to("copy.onnx")
        shutil.copy(model, other)
        moved = compile_model(other, bench.to("c"), *flags, "--compile-to",
                              "import")
        check_digests(bench, a, b, moved)
        check_mixtures(bench, a, b)
        check_measured(bench, model, a, flags)
        check_moved(bench, model, a, flags)
        check_directory(bench, model, a, flags)
    return checks.finish()


sys.exit(main())
