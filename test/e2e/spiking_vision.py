# Meta-SpikeFormer as PyTorch exports it, against PyTorch: spikes per layer with
# inputs forced equal, logits end to end, both forms of neurons, merged and not.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""spiking_vision.py [--size tiny|15M] [--image N] [--steps T,...] [--no-simulator]

Needs PyTorch for the export; without it the test is skipped with a message.
"""

import argparse
import os
import re
import sys
import time

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (SOURCE, Checks, compile_model, interpret, load, load_json,
                 must, scratch, simulate)

EXAMPLE = os.path.join(SOURCE, "examples", "metaspikeformer")
RECOVERY = ["--canonicalize", "--cse", "--spike-recover-lif", "--canonicalize",
            "--cse", "--spike-merge-repconv", "--spike-match-attention",
            "--canonicalize"]
IMPORT_SECONDS = 20
# Meta-SpikeFormer's disagreement rule: how near to its threshold a membrane may
# be to fire or not, and how many neurons of a layer may.
NEAR, SHARE = 1e-5, 1e-5


def lif_steps(x, threshold):
    """Membranes before firing and spikes [T, ...] for the input x, in float32."""
    membrane = np.zeros_like(x[0])
    before, spikes = np.empty_like(x), np.empty_like(x)
    for t, now in enumerate(x):
        h = membrane + (now - membrane) / np.float32(2)
        before[t] = h
        spikes[t] = h >= np.float32(threshold)
        membrane = np.where(spikes[t] > 0, np.float32(0), h)
    return before, spikes


class Network:
    """PyTorch's network, the inputs of its neurons and what they fire."""

    def __init__(self, options, steps):
        import torch

        sys.path.insert(0, EXAMPLE)
        import export
        import model

        self.torch, self.model = torch, model
        torch.manual_seed(1)
        torch.set_num_threads(1)
        self.net = model.MetaSpikeFormer(
            **model.SIZES[options.size], inputs=options.channels,
            classes=options.classes, steps=steps)
        self.image = torch.rand(1, options.channels, options.image,
                                options.image)
        export.randomise(self.net, 1)
        export.calibrate(self.net, torch.rand(4, *self.image.shape[1:]))
        self.net.eval()

    def merge(self):
        self.model.merge(self.net)

    def export(self, path, form):
        self.net.set_form(form)
        with self.torch.no_grad():
            self.torch.onnx.export(self.net, (self.image,), path,
                                   opset_version=13, input_names=["image"],
                                   output_names=["logits"])
        self.net.set_form("unrolled")

    def run(self):
        """Logits and, in the order of execution, (name, x, spikes, threshold)."""
        layers, hooks = [], []
        for name, module in self.net.named_modules():
            if isinstance(module, self.model.LIF):
                hooks.append(module.register_forward_hook(
                    lambda m, x, y, name=name: layers.append(
                        (name, x[0].numpy().copy(), y.numpy().copy(),
                         m.threshold))))
        with self.torch.no_grad():
            logits = self.net(self.image).numpy()
        for hook in hooks:
            hook.remove()
        return logits, layers


def forced(text):
    """The recognised network, with every train replaced by an input: its
    function returns what each layer of neurons fires. Layers in program order.

    Attention keeps its own trains: they are those of its query, key and value.
    """
    layers = re.findall(
        r"^ *(%\S+) = spike\.lif %\S+ \"([^\"]*)\".* : tensor<(\S+)xf32> -> "
        r"tensor<(\S+)x(!\S+)>", text, re.M)
    arguments, results = [], []
    lines = text.split("\n")
    head = next(i for i, line in enumerate(lines) if "func.func @main" in line)
    prefix, body = lines[:head + 1], "\n".join(lines[head + 1:])
    body = re.sub(r"^ *return .*$", "RETURN", body, flags=re.M)
    prologue = []
    for number, (value, name, shape, _, kind) in enumerate(layers):
        real, train = f"tensor<{shape}xf32>", f"tensor<{shape}x{kind}>"
        arguments.append(f"%forced{number}: {real} {{onnx.name = \"f{number}\"}}")
        # Spikes 0.0 and 1.0 fire as they are at threshold 0.5 without memory.
        steps = re.search(r"steps = (\d+)", text).group(1) if False else None
        prologue.append((number, value, real, train))
    for number, value, real, train in prologue:
        uses = re.compile(re.escape(value) + r"(?![\w#])")
        head_line = re.search(r"^ *" + re.escape(value) + r" = .*$", body, re.M)
        before, after = body[:head_line.end()], body[head_line.end():]
        after = uses.sub(f"%train{number}", after)
        convert = (f"\n    %train{number} = spike.lif %forced{number} "
                   f"\"forced{number}\" {{tau = 1.0 : f64, threshold = 0.5 : "
                   f"f64, decay_input}} : {real} -> {train}\n    %fired{number}"
                   f" = spike.dequantize {value} : {train} -> {real}")
        body = before + convert + after
        results.append((f"%fired{number}", real))
    values = ", ".join(name for name, _ in results)
    types = ", ".join(real for _, real in results)
    body = body.replace("RETURN", f"    return {values} : {types}")
    named = ", ".join(f"{real} {{onnx.name = \"r{number}\"}}"
                      for number, (_, real) in enumerate(results))
    image = re.search(r"%arg0: tensor<\S+> \{[^}]*\}", prefix[-1]).group(0)
    prefix[-1] = (f"  func.func @main({', '.join([image] + arguments)}) -> "
                  f"({named}) {{")
    return "\n".join(prefix) + "\n" + body, [name for _, name, *_ in layers]


def check_layers(checks, label, folder, text, image, layers):
    """Rule (c): every layer on PyTorch's own spikes."""
    module, names = forced(text)
    path = os.path.join(folder, "forced.mlir")
    with open(path, "w") as file:
        file.write(module)
    # Neurons behind an attention are inside spike.sdsa.
    own = [layer for layer in layers if not layer[0].endswith("attention.fire")]
    checks.check(len(own) == len(names) and len(layers) > len(own),
                 f"{label}: {len(names)} layers of neurons, "
                 f"{len(layers) - len(own)} in attentions")
    arrays = {"image": image}
    for number, (_, x, spikes, _) in enumerate(own):
        arrays[f"f{number}"] = spikes
    inputs = os.path.join(folder, "forced.npz")
    np.savez(inputs, **arrays)
    got = interpret(path, inputs, os.path.join(folder, "forced.out.npz"))
    wrong = excess = neurons = 0
    for number, (name, x, spikes, threshold) in enumerate(own):
        fired = got[f"r{number}"].reshape(spikes.shape)
        before, again = lif_steps(x, threshold)
        if not (again == spikes).all():
            checks.check(False, f"{label}: numpy disagrees with PyTorch in {name}")
        near = np.abs(before - np.float32(threshold)) <= (
            NEAR * np.maximum(1, np.abs(before)))
        # A neuron that fired near its threshold has another membrane after.
        near = np.logical_or.accumulate(near, axis=0)
        different = fired != spikes
        wrong += int((different & ~near).sum())
        excess += int(different.sum()) > SHARE * spikes.size
        neurons += spikes.size
    checks.check(wrong == 0, f"{label}: {wrong} of {neurons} spikes differ away "
                             "from a threshold")
    checks.check(excess == 0, f"{label}: {excess} layers disagree on more than "
                              f"{SHARE:g} of their neurons")


def cosine(a, b):
    a, b = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="tiny")
    parser.add_argument("--image", type=int, default=32)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--classes", type=int, default=8)
    parser.add_argument("--steps", default="1,4")
    parser.add_argument("--no-simulator", action="store_true")
    options = parser.parse_args()
    try:
        import torch  # noqa: F401
    except ImportError:
        print("skipped: no PyTorch, which exports the networks")
        return 0
    checks = Checks()
    with scratch() as folder:
        for steps in map(int, options.steps.split(",")):
            check_network(checks, folder, options, steps)
    return checks.finish()


def check_network(checks, folder, options, steps):
    network = Network(options, steps)
    logits, layers = network.run()
    image = network.image.numpy()
    inputs = os.path.join(folder, "image.npz")
    np.savez(inputs, image=image)
    least = 0.999 if steps == 1 else 0.995
    for merged in (False, True):
        if merged:
            network.merge()
        for form in ("unrolled", "loop"):
            label = (f"{options.size} T = {steps} {form} "
                     + ("merged" if merged else "unmerged"))
            model = os.path.join(folder, "net.onnx")
            network.export(model, form)
            begin = time.time()
            must(["snn-opt", model, "-o", os.path.join(folder, "import.mlir")])
            seconds = time.time() - begin
            checks.check(seconds < IMPORT_SECONDS,
                         f"{label}: imported in {seconds:.1f} s")
            recovered = os.path.join(folder, "recovered.mlir")
            must(["snn-opt", model, *RECOVERY, "--snn-externalize-weights="
                  + f"archive={folder}/recovered.safetensors", "-o", recovered])
            with open(recovered) as file:
                text = file.read()
            convolutions = text.count("onnx.conv ")
            left = re.findall(r"onnx\.(matmul|pad|concat|greater_or_equal) ",
                              text)
            checks.check(len([op for op in left if op != "matmul"]) == 0
                         and left.count("matmul") <= 1,
                         f"{label}: {convolutions} convolutions, left: {left}")
            checks.check(text.count("spike.sdsa ") == sum(
                network.model.SIZES[options.size].get(
                    "blocks", (1, 1, 2, 6, 2))[3:]), f"{label}: attentions")
            got = interpret(recovered, inputs, os.path.join(folder, "r.npz"))
            similar = cosine(got["logits"], logits)
            checks.check(similar >= least,
                         f"{label}: cosine with PyTorch {similar:.6f}")
            if options.size == "tiny" or form == "unrolled":
                check_layers(checks, label, folder, text, image, layers)
            if options.no_simulator or form != "unrolled" or not merged:
                continue
            check_simulator(checks, label, folder, model, image, inputs)


def check_simulator(checks, label, folder, model, image, inputs):
    calibration = os.path.join(folder, "calibration.npz")
    random = np.random.default_rng(5)
    np.savez(calibration, image=random.random((4, *image.shape[1:]), np.float32))
    out = compile_model(model, os.path.join(folder, "out"), "--calibrate",
                        calibration, phases=True)
    left = load_json(os.path.join(out, "quantisation.json"))["float_products"]
    checks.check(left == [], f"{label}: no product is left in float: {left}")
    expected = interpret(os.path.join(out, "phases", "1.quantise.mlir"), inputs,
                         os.path.join(folder, "q.npz"))
    for mode in ("fast", "event", "stepped"):
        got = simulate(out, inputs, os.path.join(folder, mode + ".npz"), mode)
        checks.equal(expected, got, f"{label}: sim {mode} = quantised network")


if __name__ == "__main__":
    sys.exit(main())
