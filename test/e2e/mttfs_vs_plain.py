# M-TTFS against plain TTFS at equal outputs: the silent level saves spikes.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, Checks, collection, compile_model, load_json,
                 mimo_prompts, scratch, simulate)


def compare(checks, label, model, calibration, inputs, folder):
    """Masks by mode, zero point and plain coding, on two sets of inputs."""
    runs = {}
    for mask in ("plain", "zero", "mode"):
        out = compile_model(model, os.path.join(folder, mask), "--mask", mask,
                            "--dead-zone", 0, "--calibrate", calibration)
        for data, path in (("calibration", calibration), ("test", inputs)):
            stats = os.path.join(out, data + ".json")
            y = simulate(out, path, os.path.join(out, data + ".npz"), "fast",
                         stats)
            runs[mask, data] = y, load_json(stats)
    print(f"\n{label}: spikes per inference, mask level in brackets")
    for data in ("calibration", "test"):
        sites = {m: runs[m, data][1]["sites"] for m in ("plain", "zero", "mode")}
        count = runs["mode", data][1]["samples"]
        print(f"{'site, ' + data + ' data':<34}{'plain':>16}{'zero':>16}"
              f"{'mode':>16}")
        for site in sites["mode"]:
            print(f"{site:<34}" + "".join(
                f"{sites[m][site]['spikes'] / count:>11.1f} "
                f"{'[%d]' % sites[m][site]['mask']:>4}" for m in sites))
        totals = {m: runs[m, data][1]["totals"]["spikes_per_sample"]
                  for m in sites}
        print(f"{'all':<34}" + "".join(f"{totals[m]:>11.1f}     "
                                       for m in sites))
        for mask in ("zero", "mode"):
            checks.equal(runs["plain", data][0], runs[mask, data][0],
                         f"{label}, {data} data: mask {mask} = plain")
        if data == "calibration":
            worse = [s for s in sites["mode"] if sites["mode"][s]["spikes"]
                     > sites["plain"][s]["spikes"]]
            checks.check(not worse, f"{label}, {data} data: the mode is never "
                         f"above plain on a site {worse if worse else ''}")
            checks.check(totals["mode"] < totals["plain"],
                         f"{label}, {data} data: mode saves "
                         f"{1 - totals['mode'] / totals['plain']:.1%} of all "
                         "spikes")
        else:
            checks.check(totals["zero"] < totals["plain"],
                         f"{label}, {data} data: mask zero saves "
                         f"{1 - totals['zero'] / totals['plain']:.1%} of all "
                         "spikes")


def main():
    checks = Checks()
    with scratch() as folder:
        calibration, _ = mimo_prompts(folder, 64, "calibration.npz", 7)
        inputs, _ = mimo_prompts(folder, 256)
        compare(checks, "mimo_w1a4_k0", os.path.join(MIMO, "mimo_w1a4_k0.onnx"),
                calibration, inputs, os.path.join(folder, "mimo"))
        if collection():
            compare(checks, "sst2_bert_tiny_w1a4_k0",
                    collection("models", "sst2_bert_tiny_w1a4_k0.onnx"),
                    collection("data", "sst2_calib.npz"),
                    collection("data", "sst2_dev.inputs.npz"),
                    os.path.join(folder, "sst2"))
        else:
            print("skipped the SST-2 classifier: no collection of models")
    return checks.finish()


sys.exit(main())
