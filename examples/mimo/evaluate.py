# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Symbol error rate of a detector beside LMMSE.

    evaluate.py --labels labels.npz --outputs logits.npz          (numpy only)
    evaluate.py --network FILE.onnx|DIR [--on chip --seeds 10]   (package snnc)

Reads the ``labels.npz`` of make_inputs.py and an .npz with an array ``logits``
[count, 19, 16] (or [count, 16]: the last detection only), for the same
prompts in the same order.  Fewer outputs than labels are compared with the
first labels.
"""

import argparse
import json
import pathlib

import numpy as np

import mimo_task


def table(logits, labels, lmmse):
    """The comparison as a plain dictionary."""
    count = len(logits)
    if count > len(labels):
        raise SystemExit(f"{count} outputs but only {len(labels)} labels")
    labels, lmmse = labels[:count], lmmse[:count]
    if logits.ndim == 2:
        labels, lmmse = labels[:, -1:], lmmse[:, -1:]
        logits = logits[:, None]
    pilots = list(range(mimo_task.TOKENS))[-labels.shape[1]:]
    rates = mimo_task.symbol_error_rate(logits.argmax(-1), labels)
    base = mimo_task.symbol_error_rate(lmmse, labels)
    return {
        "count": count,
        "pilots": pilots,
        "ser": rates.tolist(),
        "lmmse": base.tolist(),
        "ser_last": float(rates[-1]),
        "lmmse_last": float(base[-1]),
        "ratio_last": float(rates[-1] / base[-1]) if base[-1] else None,
    }


def run(options):
    """Compiles or opens a network, and prints its error rate with an interval:
    the definition is that of snnc --compare-systems."""
    import snnc
    from make_inputs import EVALUATION_SEED
    prompt, labels = mimo_task.generate(EVALUATION_SEED, options.count)
    if options.network.is_dir():
        net = snnc.load(options.network)
    else:
        net = snnc.compile(options.network,
                           chip=options.chip if options.on == "chip" else None,
                           calibrate=mimo_task.generate(EVALUATION_SEED + 1,
                                                        100)[0]
                           if options.on == "chip" else None)
    device = {"noise": "all", "time": options.time} \
        if options.on == "chip" else {}
    value = snnc.evaluate(
        net, (prompt, labels), snnc.ErrorRate(last_only=True, digits=4),
        on=options.on, seeds=range(options.seeds) if options.seeds else None,
        **device)
    lmmse = mimo_task.symbol_error_rate(mimo_task.lmmse_detect(prompt), labels)
    print(f"{options.network} on {options.on}: {value}; LMMSE {lmmse[-1]:.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent
                        / "mimo_w1a4_k1.onnx",
                        help="an ONNX file, or what snnc wrote "
                             "(default: mimo_w1a4_k1.onnx)")
    parser.add_argument("--on", default="simulator",
                        help="simulator, chip, or a phase")
    parser.add_argument("--chip", default="matterhorn-22nm")
    parser.add_argument("--seeds", type=int,
                        help="so many devices (--on chip)")
    parser.add_argument("--time", type=float, default=0,
                        help="seconds after programming (--on chip)")
    parser.add_argument("--count", type=int, default=1000,
                        help="prompts (default: %(default)s)")
    parser.add_argument("--labels", type=pathlib.Path)
    parser.add_argument("--outputs", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path,
                        help="also write the table to this file")
    parser.add_argument("--max-ratio", type=float,
                        help="fail if SER / LMMSE after all pilots is above")
    options = parser.parse_args()
    if options.outputs is None:
        return run(options)
    if options.labels is None:
        parser.error("--outputs needs --labels")
    known = np.load(options.labels)
    result = table(np.load(options.outputs)["logits"], known["labels"],
                   known["lmmse"])
    print("pilots     SER   LMMSE")
    for row in zip(result["pilots"], result["ser"], result["lmmse"]):
        print("%6d  %.4f  %.4f" % row)
    print(f"{result['count']} prompts, {result['pilots'][-1]} pilots: "
          f"SER {result['ser_last']:.4f}, LMMSE {result['lmmse_last']:.4f}, "
          f"ratio {result['ratio_last']:.3f}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    if options.max_ratio and result["ratio_last"] > options.max_ratio:
        raise SystemExit(f"ratio above {options.max_ratio}")


if __name__ == "__main__":
    main()
