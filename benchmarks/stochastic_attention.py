# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Error rate of the MIMO detector with stochastic attention, over seeds.

    stochastic_attention.py steps [--steps 4,8,12,16] [--seeds 8] [--rows 1000]
                                  [--weight-bits 8] [--output RESULT.json]
    stochastic_attention.py drift [--seeds 8] [--rows 200] [--output RESULT.json]
    stochastic_attention.py table RESULT.json
    stochastic_attention.py plot RESULT.json --output PLOT.svg

steps: examples/mimo/mimo_ssa.onnx, written for every number of time steps: recognised
(spike.lif and spike.ssa, float weights) in the interpreter, compiled (W8A8) in the
simulator, and the PyTorch network (stochastic_model.py) with its own random numbers and the
weights of either, the float ones and those that quantisation.json describes, each with
every seed. Fails where the mean of either differs from its PyTorch network's by more than
two standard errors of their difference. Needs torch.

drift: the network on the chip xpikeformer-pcm, read out 1 s to 360 days after it was
programmed, with and without drift compensation; a seed is one chip and one sequence of
random spikes. It is compiled with --mask zero: the prompts' 8-bit levels are read bit by
bit, and any other silent level needs digits of 9 bits, whose top bit counts twice as much
behind a converter that rounds.

The tools are taken from the PATH; plot needs matplotlib. Prompts are those of seed
20260, the detection is the last one.
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

MIMO = pathlib.Path(__file__).resolve().parents[1] / "examples" / "mimo"
sys.path.insert(0, str(MIMO))

import export_spiking
import mimo_task

MODEL = MIMO / "mimo_ssa.onnx"
RECOGNITION = ["--canonicalize", "--cse", "--spike-recover-lif", "--canonicalize",
               "--cse", "--spike-recover-bernoulli", "--spike-match-ssa",
               "--canonicalize"]
# What computes the same: SNNC's network and PyTorch's.
PAIRS = [("float", "torch"), ("snnc", "torch_quantised")]
DAY = 86400
TIMES = {"1 s": 1, "1 min": 60, "1 h": 3600, "1 day": DAY, "30 days": 30 * DAY,
         "360 days": 360 * DAY}


def run(*command):
    result = subprocess.run([str(c) for c in command], capture_output=True,
                            text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stderr}")


def error_rate(logits, labels):
    return float(mimo_task.symbol_error_rate(logits[:, -1:].argmax(-1),
                                             labels[:, -1:])[0])


def summary(values):
    """Mean and standard error over the seeds."""
    error = statistics.stdev(values) / math.sqrt(len(values))
    return {"values": values, "mean": statistics.mean(values), "error": error}


def save_prompts(folder, rows):
    """Test prompts and their labels, calibration prompts of another seed."""
    prompt, labels = mimo_task.generate(20260, rows)
    np.savez(os.path.join(folder, "prompts.npz"), prompt=prompt)
    calibration, _ = mimo_task.generate(7, 64)
    np.savez(os.path.join(folder, "calibration.npz"), prompt=calibration)
    return prompt, labels


def torch_network(weights, steps):
    """The PyTorch model with weights whose norms have been folded."""
    import torch

    from stochastic_model import StochasticDetector

    torch.set_num_threads(1)
    network = StochasticDetector(steps=steps).eval()

    def fill(layer, name):
        n = layer.norm
        layer.w.copy_(torch.from_numpy(weights[f"{name}.weight"]))
        n.weight.fill_(1.0)
        n.bias.copy_(torch.from_numpy(weights[f"{name}.bias"]))
        n.running_mean.zero_()
        n.running_var.fill_(1.0 - n.eps)

    with torch.no_grad():
        fill(network.embed, "embed")
        network.position.copy_(torch.from_numpy(weights["position"]))
        for i, block in enumerate(network.blocks):
            for name in ("q", "k", "v", "o", "f1", "f2"):
                fill(getattr(block, name), f"blocks.{i}.{name}")
        network.head.weight.copy_(torch.from_numpy(weights["head.weight"].T))
        network.head.bias.copy_(torch.from_numpy(weights["head.bias"]))
    return network


def quantise(weights, prompt, path, weight_bits):
    """Weights and prompts as quantisation.json of a compilation has them."""
    record = json.loads(pathlib.Path(path).read_text())
    sites = {site["name"]: site for site in record["sites"]}
    result = dict(weights)
    for layer in record["products"]:
        name = layer["node"].split("/")[0]
        site, target = sites[layer["site"]], layer["consumers"][0]
        largest = 2 ** (weight_bits - 1) - 1
        levels = np.clip(np.rint(weights[f"{name}.weight"]
                                 / np.float32(layer["weight_scale"])),
                         -largest, largest)
        result[f"{name}.weight"] = np.float32(
            levels * np.float64(target["scale"]) / site["scale"])
        result[f"{name}.bias"] = np.float32(target["bias"])
        if name == "embed":
            levels = np.clip(np.rint(prompt / np.float32(site["scale"]))
                             + site["zero"], 0, 2 ** site["bits"] - 1)
            prompt = np.float32((levels - site["zero"]) * site["scale"])
    return result, prompt


def torch_error_rate(network, prompt, labels, seed):
    import torch

    torch.manual_seed(seed)
    with torch.no_grad():
        logits = [network(torch.from_numpy(prompt[i:i + 100])).numpy()
                  for i in range(0, len(prompt), 100)]
    return error_rate(np.concatenate(logits), labels)


def measure_rates(command, folder, labels, seeds):
    """Error rates of a command that takes --input, --output and --seed."""
    values = []
    output = os.path.join(folder, "y.npz")
    for seed in range(seeds):
        run(*command, "--input", os.path.join(folder, "prompts.npz"), "--output",
            output, "--seed", seed)
        with np.load(output) as arrays:
            values.append(error_rate(arrays["logits"], labels))
    return summary(values)


def recognise(model, folder):
    """The module of the recognised float network."""
    weights, module = "recognised.safetensors", os.path.join(folder, "r.mlir")
    run("snn-opt", model, *RECOGNITION, "--snn-externalize-weights=archive="
        f"{os.path.join(folder, weights)} name={weights}", "-o", module)
    return module


def distance(a, b):
    """How far two means are apart, in standard errors of their difference."""
    return (a["mean"] - b["mean"]) / math.hypot(a["error"], b["error"])


def measure_steps(options):
    weights, _ = export_spiking.read_weights(options.model)
    weights = {name: np.array(value) for name, value in weights.items()}
    result = {"kind": "steps", "rows": options.rows,
              "weight_bits": options.weight_bits, "steps": {}}
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        to = lambda name: os.path.join(folder, name)
        prompt, labels = save_prompts(folder, options.rows)
        for steps in map(int, options.steps.split(",")):
            export_spiking.export(weights, "ssa", to("model.onnx"), steps)
            run("snnc", to("model.onnx"), "-o", to("out"), "--calibrate",
                to("calibration.npz"), "--attention", "ssa", "--weight-bits",
                options.weight_bits)
            rounded, inputs = quantise(weights, prompt,
                                       to("out/quantisation.json"),
                                       options.weight_bits)

            def torch_rates(weights, prompt):
                network = torch_network(weights, steps)
                return summary([torch_error_rate(network, prompt, labels, seed)
                                for seed in range(options.seeds)])

            entry = {
                "float": measure_rates(
                    ["snn-run", recognise(to("model.onnx"), folder)], folder,
                    labels, options.seeds),
                "torch": torch_rates(weights, prompt),
                "snnc": measure_rates([to("out/sim")], folder, labels,
                                      options.seeds),
                "torch_quantised": torch_rates(rounded, inputs)}
            result["steps"][steps] = entry
            print(f"T = {steps}: " + ", ".join(
                f"{name} {e['mean']:.4f}" for name, e in entry.items()),
                flush=True)
            failed |= any(abs(distance(entry[a], entry[b])) > 2
                          for a, b in PAIRS)
    return result, failed


def measure_drift(options):
    result = {"kind": "drift", "rows": options.rows, "times": {}}
    with tempfile.TemporaryDirectory() as folder:
        to = lambda name: os.path.join(folder, name)
        _, labels = save_prompts(folder, options.rows)
        run("snnc", options.model, "-o", to("out"), "--calibrate",
            to("calibration.npz"), "--attention", "ssa", "--mask", "zero",
            "--chip", "xpikeformer-pcm")

        def rates(command):
            return measure_rates(command, folder, labels, options.seeds)

        result["digital"] = rates([to("out/sim")])
        chip = ["snn-run", to("out/image.snnimg"), "--noise", "all"]
        for label, seconds in TIMES.items():
            result["times"][label] = {
                "none": rates([*chip, "--time", seconds,
                               "--compensate=false"]),
                "compensated": rates([*chip, "--time", seconds, "--compensate"])}
            entry = result["times"][label]
            print(f"{label}: {entry['none']['mean']:.4f}, compensated "
                  f"{entry['compensated']['mean']:.4f}", flush=True)
    return result, False


def text(entry):
    return f"{entry['mean']:.4f} ± {entry['error']:.4f}"


def table(result):
    if result["kind"] == "steps":
        print("| T | PyTorch | recognised, float | distance | PyTorch, W8A8 | "
              "simulator, W8A8 | distance |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for steps, e in result["steps"].items():
            print(f"| {steps} | " + " | ".join(
                f"{text(e[b])} | {text(e[a])} | {distance(e[a], e[b]):+.1f}"
                for a, b in PAIRS) + " |")
        return
    print("| time after programming | not compensated | compensated |")
    print("| --- | --- | --- |")
    for label, entry in result["times"].items():
        print(f"| {label} | {text(entry['none'])} | "
              f"{text(entry['compensated'])} |")
    print(f"\nDigital: {text(result['digital'])}.")


def plot(result, output):
    import matplotlib
    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = "stochastic"
    figure, axes = plt.subplots(figsize=(6.4, 4.2))
    if result["kind"] == "steps":
        curves = {"PyTorch": "torch", "recognised, float": "float",
                  "PyTorch, W8A8": "torch_quantised", "simulator, W8A8": "snnc"}
        points = result["steps"]
        axes.set_xlabel("time steps T")
        x = [int(steps) for steps in points]
    else:
        curves = {"no compensation": "none", "compensated": "compensated"}
        points = result["times"]
        axes.set_xlabel("time after programming, s")
        axes.set_xscale("log")
        x = list(TIMES.values())
        axes.axhline(result["digital"]["mean"], linestyle="--", label="digital")
    for marker, (label, key) in zip("osv^", curves.items()):
        entries = [entry[key] for entry in points.values()]
        axes.errorbar(x, [e["mean"] for e in entries],
                      [2 * e["error"] for e in entries], marker=marker,
                      capsize=3, label=label)
    axes.set_ylabel("symbol error rate")
    axes.grid(True, alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(output, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["steps", "drift", "table", "plot"])
    parser.add_argument("result", nargs="?", help="of table and plot")
    parser.add_argument("--model", default=MODEL, help="default: mimo_ssa.onnx")
    parser.add_argument("--steps", default="4,8,12,16")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--weight-bits", type=int, default=8)
    parser.add_argument("--output")
    options = parser.parse_args()
    if options.action in ("table", "plot"):
        if not options.result:
            parser.error(f"{options.action} needs a RESULT.json")
        result = json.loads(pathlib.Path(options.result).read_text())
        if options.action == "table":
            table(result)
        else:
            plot(result, options.output or "stochastic.svg")
        return 0
    if options.seeds < 2:
        parser.error("needs two seeds or more")
    options.rows = options.rows or (1000 if options.action == "steps" else 200)
    measure = measure_steps if options.action == "steps" else measure_drift
    result, failed = measure(options)
    if options.output:
        pathlib.Path(options.output).write_text(json.dumps(result, indent=1) + "\n")
    table(result)
    if failed:
        print("the means differ by more than two standard errors")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
