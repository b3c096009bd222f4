# Wrong flags, files and inputs end with status 1 and one clear message; nothing
# crashes and no output is left behind.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import re
import shutil
import sys

import numpy as np
import onnx

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, SOURCE, Checks, compile_model, execute, mimo_prompts,
                 scratch)


class Bench:
    def __init__(self, checks, folder):
        self.checks, self.folder = checks, folder
        self.number = 0

    def fails(self, label, command, words, outputs=()):
        """The command fails with one error that says `words` (a pattern); none
        of `outputs` exists afterwards, not even under another name beside it."""
        before = self.files()
        result = execute(command, timeout=120)
        text = result.stderr.strip()
        # The option parser says no "error", and adds what was perhaps meant.
        errors = [l for l in text.splitlines()
                  if re.search(r"\berror: ", l)] or text.splitlines()[:1]
        problems = []
        if result.returncode != 1:
            problems.append(f"status {result.returncode}")
        if len(errors) != 1:
            problems.append(f"{len(errors)} errors")
        if not re.search(words, text):
            problems.append(f"does not say '{words}'")
        if re.search(r"Stack dump|PLEASE submit|Assertion|terminate called|"
                     r"AddressSanitizer|Segmentation", text):
            problems.append("crash")
        left = [o for o in outputs if os.path.exists(o)]
        new = sorted(self.files() - before)
        if left or new:
            problems.append(f"leaves {', '.join(left + new)}")
        shown = errors[0] if errors else "no message"
        self.checks.check(not problems, f"{label}: {shown[:150]}"
                          + (f"  [{'; '.join(problems)}]\n{text}"
                             if problems else ""))

    def files(self):
        return {os.path.relpath(os.path.join(at, name), self.folder)
                for at, _, names in os.walk(self.folder) for name in names}


def main():
    checks = Checks()
    with scratch() as folder:
        to = lambda *parts: os.path.join(folder, *parts)
        quantised = os.path.join(MIMO, "mimo_w1a4_k1.onnx")
        plain = os.path.join(MIMO, "mimo_float.onnx")
        inputs, _ = mimo_prompts(folder, 8, "inputs.npz")
        good = compile_model(quantised, to("good"), phases=True)
        sim = os.path.join(good, "sim")
        mapped = os.path.join(good, "phases", "3.engines.mlir")

        prompt = np.load(inputs)["prompt"]
        np.savez(to("name.npz"), other=prompt)
        np.savez(to("shape.npz"), prompt=prompt[:, :5])
        np.savez(to("rank.npz"), prompt=prompt[0])
        np.savez(to("dtype.npz"), prompt=prompt.astype(np.float64))
        np.savez(to("empty.npz"), prompt=prompt[:0])
        with open(to("broken.npz"), "wb") as file:
            file.write(open(inputs, "rb").read()[:900])
        with open(to("text.npz"), "w") as file:
            file.write("no archive\n")
        with open(to("broken.onnx"), "wb") as file:
            file.write(open(quantised, "rb").read()[:5000])
        with open(to("empty.onnx"), "wb"):
            pass
        with open(to("broken.mlir"), "w") as file:
            file.write("module { func.func @main( }\n")
        model = onnx.load(quantised)
        model.graph.node[5].op_type = "Frobnicate"
        onnx.save(model, to("unknown-op.onnx"))
        os.makedirs(to("folder.npz"))
        with open(to("a-file"), "w"):
            pass
        with open(os.path.join(SOURCE, "chips", "matterhorn-22nm.yaml")) as file:
            text = file.read()
        # No core's buffer holds the partial sums of one tile.
        for key, value in (("buffer_kib", 1), ("cols", 4096)):
            text = re.sub(rf"(\b{key}: {{value: )[^,]*", rf"\g<1>{value}", text,
                          count=1)
        with open(to("tiny.yaml"), "w") as file:
            file.write(text)
        bench = Bench(checks, folder)
        out, y = to("new"), to("y.npz")
        sys.stdout.flush()

        # snnc: flags.
        snnc = lambda *flags: ["snnc", quantised, "-o", out, *flags]
        for label, command, words in (
            ("unknown flag", snnc("--frobnicate"), "[Uu]nknown.*frobnicate"),
            ("no model", ["snnc", "-o", out], "(?i)positional|not enough"),
            ("no -o", ["snnc", quantised], "-o"),
            ("phase", snnc("--compile-to=frob"), "frob"),
            ("emit", snnc("--emit=frob"), "frob"),
            ("attention", snnc("--attention=frob"), "frob"),
            ("coding", snnc("--coding=frob"), "frob"),
            ("range", ["snnc", plain, "-o", out, "--calibrate", inputs,
                       "--range=frob"], "frob"),
            ("mask word", snnc("--mask=frob"), "frob"),
            ("mask level not a number", snnc("--mask=level:x"), "level"),
            ("mask level too large", snnc("--mask=level:99"), "99"),
            ("mask level negative", snnc("--mask=level:-1"), "level"),
            ("dead zone word", snnc("--dead-zone=x"), "dead-zone"),
            ("dead zone negative", snnc("--dead-zone=-1"), "dead-zone"),
            ("dead zone too large", snnc("--dead-zone=999"), "999"),
            ("dead zone of an unknown site", snnc("--dead-zone=frob=1"),
             "frob"),
            ("dead zone of a site, no number",
             snnc("--dead-zone=bl0_in_q=x"), "x"),
            ("shape without size", snnc("--shape", "prompt"), "prompt"),
            ("shape not a number", snnc("--shape", "prompt=axb"), "axb|prompt"),
            ("shape of an unknown input", snnc("--shape", "frob=1x2"), "frob"),
            ("shape that does not fit", snnc("--shape", "prompt=1x7x12"),
             "prompt"),
            ("weight bits", ["snnc", plain, "-o", out, "--calibrate", inputs,
                             "--weight-bits=3"], "bits, has 3"),
            ("weight bits not a number", snnc("--weight-bits=x"),
             "weight-bits"),
            ("activation bits", ["snnc", plain, "-o", out, "--calibrate",
                                 inputs, "--act-bits=9"], "has 9 and"),
            ("key bits", ["snnc", plain, "-o", out, "--calibrate", inputs,
                          "--kv-bits=3"], "and 3"),
            ("unknown float op", ["snnc", plain, "-o", out, "--calibrate",
                                  inputs, "--float-op=frob"], "frob"),
            ("float model without calibration", ["snnc", plain, "-o", out],
             "--calibrate"),
            ("calibration file absent", ["snnc", plain, "-o", out,
                                         "--calibrate", to("absent.npz")],
             "absent.npz"),
            ("calibration random, no number", ["snnc", plain, "-o", out,
                                               "--calibrate", "random:x"],
             "random"),
            ("calibration random, none", ["snnc", plain, "-o", out,
                                          "--calibrate", "random:0"],
             "random"),
            ("calibration input name", ["snnc", plain, "-o", out,
                                        "--calibrate", to("name.npz")],
             "prompt"),
            ("calibration shape", ["snnc", plain, "-o", out, "--calibrate",
                                   to("shape.npz")], "prompt"),
            ("calibration type", ["snnc", plain, "-o", out, "--calibrate",
                                  to("dtype.npz")], "prompt"),
            ("calibration of no rows", ["snnc", plain, "-o", out,
                                        "--calibrate", to("empty.npz")],
             "prompt|sample|row"),
            ("unknown chip", snnc("--chip=frob"), "frob"),
            ("chip's file absent", snnc("--chip", to("absent.yaml")),
             "absent.yaml"),
            ("ADC policy", snnc("--chip=matterhorn-22nm",
                                "--adc-policy=frob"), "frob"),
            ("assumption", snnc("--chip=matterhorn-22nm", "--assume=frob=1"),
             "frob"),
            ("assumed rate", snnc("--chip=matterhorn-22nm",
                                  "--assume=rate=1.5"), "rate=1.5"),
            ("assumed rate of an unknown site",
             snnc("--chip=matterhorn-22nm", "--assume=rate.frob=0.5"), "frob"),
            ("statistics absent", snnc("--chip=matterhorn-22nm", "--measured",
                                       to("absent.json")), "absent.json"),
            ("chip too small", snnc("--chip", to("tiny.yaml")),
             "layer '.*' needs a core buffer of [0-9]+ bytes .*; use a chip with"),
            ("model absent", ["snnc", to("absent.onnx"), "-o", out],
             "absent.onnx"),
            ("model cut off", ["snnc", to("broken.onnx"), "-o", out],
             "broken.onnx"),
            ("model empty", ["snnc", to("empty.onnx"), "-o", out],
             "empty.onnx"),
            ("model is a folder", ["snnc", folder, "-o", out], ""),
            ("unknown operator", ["snnc", to("unknown-op.onnx"), "-o", out],
             "Frobnicate"),
            ("output folder is a file", ["snnc", quantised, "-o", to("a-file")],
             "a-file"),
            ("output folder below a file",
             ["snnc", quantised, "-o", to("a-file", "x")], "a-file"),
            ("output folder not writable", ["snnc", quantised, "-o",
                                            "/proc/self/snn"], "/proc/self"),
        ):
            bench.fails("snnc, " + label, command, words)

        # snn-run.
        run = lambda *rest: ["snn-run", quantised, "--output", y, *rest]
        for label, command, words in (
            ("unknown flag", run("--frobnicate"), "[Uu]nknown.*frobnicate"),
            ("no input", run(), "--input"),
            ("input absent", run("--input", to("absent.npz")), "absent.npz"),
            ("input cut off", run("--input", to("broken.npz")), "broken.npz"),
            ("input is text", run("--input", to("text.npz")), "text.npz"),
            ("input is a folder", run("--input", to("folder.npz")),
             "folder.npz"),
            ("input name", run("--input", to("name.npz")), "prompt"),
            ("input shape", run("--input", to("shape.npz")), "prompt"),
            ("input rank", run("--input", to("rank.npz")), "prompt"),
            ("input type", run("--input", to("dtype.npz")), "prompt"),
            ("limit", run("--input", inputs, "--limit", "x"), "limit"),
            ("shape", run("--input", inputs, "--shape", "prompt=x"), "prompt"),
            ("output folder absent", ["snn-run", quantised, "--input", inputs,
                                      "--output", to("absent", "y.npz")],
             "absent"),
            ("output name", ["snn-run", quantised, "--input", inputs,
                             "--output", to("y.txt")], "y.txt"),
            ("module absent", ["snn-run", to("absent.mlir"), "--input",
                               inputs], "absent.mlir"),
            ("module broken", ["snn-run", to("broken.mlir"), "--input",
                               inputs], "broken.mlir"),
            ("two modules", ["snn-run", quantised, mapped, "--input", inputs],
             "one module"),
            ("compare one", ["snn-run", "--compare", quantised, "--input",
                             inputs], "two"),
            ("compare with an absent one",
             ["snn-run", "--compare", quantised, to("absent.mlir"), "--input",
              inputs], "absent.mlir"),
        ):
            bench.fails("snn-run, " + label, command, words, [y])

        # The simulator.
        simulate = lambda *rest: [sim, "--output", y, *rest]
        for label, command, words in (
            ("unknown flag", simulate("--frobnicate"), "frobnicate"),
            ("no input", simulate(), "--input"),
            ("no output", [sim, "--input", inputs], "--output"),
            ("mode", simulate("--input", inputs, "--mode", "frob"), "frob"),
            ("threads", simulate("--input", inputs, "--threads", "0"),
             "threads"),
            ("value missing", simulate("--input"), "--input"),
            ("input absent", simulate("--input", to("absent.npz")),
             "absent.npz"),
            ("input cut off", simulate("--input", to("broken.npz")),
             "broken.npz"),
            ("input is text", simulate("--input", to("text.npz")), "text.npz"),
            ("input is a folder", simulate("--input", to("folder.npz")),
             "folder.npz"),
            ("input name", simulate("--input", to("name.npz")), "prompt"),
            ("input shape", simulate("--input", to("shape.npz")), "prompt"),
            ("input rank", simulate("--input", to("rank.npz")), "prompt"),
            ("input type", simulate("--input", to("dtype.npz")), "prompt"),
            ("no rows", simulate("--input", to("empty.npz")), "prompt"),
            ("output folder absent", [sim, "--input", inputs, "--output",
                                      to("absent", "y.npz")], "absent"),
            ("output name", [sim, "--input", inputs, "--output", to("y.txt")],
             "y.txt"),
            ("statistics not writable", simulate(
                "--input", inputs, "--stats", to("absent", "s.json")),
             "absent"),
            ("weights absent", simulate("--input", inputs, "--weights",
                                        to("absent.safetensors")),
             "absent.safetensors"),
        ):
            bench.fails("sim, " + label, command, words, [y])

        # Damaged weights.
        with open(os.path.join(good, "weights.safetensors"), "rb") as file:
            whole = file.read()
        size = int.from_bytes(whole[:8], "little")
        header = whole[8:8 + size]
        damaged = {
            "empty": b"", "cut off in its length": whole[:5],
            "cut off in its header": whole[:8 + size // 2],
            "cut off in its data": whole[:-1000],
            "with an absurd length": b"\xff" * 8 + whole[8:],
            "with a broken header": whole[:8] + header.replace(b":", b";", 1)
            + whole[8 + size:],
            "with an absent tensor": whole[:8]
            + header.replace(b"bl0_f1_w_q", b"bl0_f1_w_r") + whole[8 + size:],
            "with offsets outside": whole[:8]
            + re.sub(rb"\[(\d+),(\d)(\d+)\]", rb"[\1,9\3]", header, count=1)
            + whole[8 + size:],
        }
        for label, content in damaged.items():
            path = to("damaged.safetensors")
            with open(path, "wb") as file:
                file.write(content)
            bench.fails("sim, weights " + label,
                        [sim, "--input", inputs, "--output", y, "--weights",
                         path], "damaged.safetensors|bl0_f1", [y])
        # The archive beside a module.
        os.makedirs(to("beside"))
        shutil.copy(mapped, to("beside"))
        module = to("beside", "3.engines.mlir")
        bench.fails("snn-run, archive absent",
                    ["snn-run", module, "--input", inputs, "--output", y],
                    "3.engines.safetensors", [y])
        for cut in (5, 3000, -1000):
            with open(os.path.join(good, "phases", "3.engines.safetensors"),
                      "rb") as file, open(to("beside", "3.engines.safetensors"),
                                          "wb") as other:
                other.write(file.read()[:cut])
            bench.fails(f"snn-run, archive cut at {cut}",
                        ["snn-run", module, "--input", inputs, "--output", y],
                        "3.engines.safetensors", [y])

        # snn-opt.
        module = to("o.mlir")
        for label, command, words in (
            ("unknown flag", ["snn-opt", quantised, "--frobnicate"],
             "[Uu]nknown.*frobnicate"),
            ("absent file", ["snn-opt", to("absent.mlir")], "absent.mlir"),
            ("absent model", ["snn-opt", to("absent.onnx")], "absent.onnx"),
            ("broken module", ["snn-opt", to("broken.mlir")], "broken.mlir"),
            ("broken model", ["snn-opt", to("broken.onnx")], "broken.onnx"),
            ("pipeline option", ["snn-opt", quantised,
                                 "--snn-pipeline=frob=1"], "frob"),
            ("pipeline phase", ["snn-opt", quantised,
                                "--snn-pipeline=to=frob"], "frob"),
            ("shape", ["snn-opt", quantised, "--shape", "prompt=x"], "prompt"),
            ("pipeline without calibration",
             ["snn-opt", plain, "--snn-pipeline=to=quantise"], "calibrat"),
        ):
            bench.fails("snn-opt, " + label, command + ["-o", module], words,
                        [module])
        bench.fails("snn-opt, output folder absent",
                    ["snn-opt", quantised, "-o", to("absent", "o.mlir")],
                    "absent")
        checks.check(execute([sim, "--input", inputs, "--output", y]
                             ).returncode == 0, "what is right still works")
    return checks.finish()


sys.exit(main())
