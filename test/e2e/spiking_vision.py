# Meta-SpikeFormer as PyTorch exports it, against PyTorch: spikes per layer with
# inputs forced equal, logits end to end, both forms of neurons, merged and not.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""spiking_vision.py [--size tiny|15M] [--image N] [--images N] [--steps T,...]
[--no-simulator]

Needs PyTorch for the export; without it the test is skipped with a message.
"""

import argparse
import os
import re
import sys
import time

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (RECOVERY, SOURCE, Checks, compile_model, interpret, load_json, must,
                 scratch, simulate)

EXAMPLE = os.path.join(SOURCE, "examples", "metaspikeformer")
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
        self.image = torch.rand(options.images, options.channels, options.image,
                                options.image)
        export.randomise(self.net, 1)
        export.calibrate(self.net, torch.rand(4, *self.image.shape[1:]))
        self.net.eval()

    def merge(self):
        self.model.merge(self.net)

    def export(self, path, form):
        self.net.set_form(form)
        with self.torch.no_grad():
            self.torch.onnx.export(self.net, (self.image[:1],), path,
                                   opset_version=13, input_names=["image"],
                                   output_names=["logits"])
        self.net.set_form("unrolled")

    def run(self):
        """Logits and, in the order of execution, (name, x, spikes, threshold) with
        x and spikes [images, T, ...]."""
        layers, hooks = [], []
        by_image = lambda tensor: tensor.numpy().swapaxes(0, 1).copy()
        for name, module in self.net.named_modules():
            if isinstance(module, self.model.LIF):
                hooks.append(module.register_forward_hook(
                    lambda m, x, y, name=name: layers.append(
                        (name, by_image(x[0]), by_image(y), m.threshold))))
        with self.torch.no_grad():
            logits = self.net(self.image).numpy()
        for hook in hooks:
            hook.remove()
        return logits, layers


LAYER = re.compile(r"^ *(%\S+) = spike\.lif %\S+ \"([^\"]*)\".* : tensor<(\S+?)xf32> "
                   r"-> (\S+)$", re.M)


def forced(text):
    """The recognised network with an input in the place of every train: its
    function returns what each layer of neurons fires, in program order.

    Neurons behind an attention are inside spike.sdsa and get no input.
    """
    head = re.search(r"^  func\.func @main\((%arg0: tensor<\S+> \{[^}]*\})\).*$",
                     text, re.M)
    body = text[head.end():]
    arguments, results = [head.group(1)], []
    for number, layer in enumerate(list(LAYER.finditer(body))):
        value, _, shape, train = layer.groups()
        real = f"tensor<{shape}xf32>"
        arguments.append(f"%forced{number}: {real} {{onnx.name = \"f{number}\"}}")
        results.append((f"%fired{number}", real))
        line = re.search(r"^ *" + re.escape(value) + r" = .*$", body, re.M)
        # Neurons without memory make a train of the input's zeros and ones.
        convert = (f"\n    %train{number} = spike.lif %forced{number} "
                   f"\"forced{number}\" {{tau = 1.0 : f64, threshold = 0.5 : "
                   f"f64, decay_input}} : {real} -> {train}"
                   f"\n    %fired{number} = spike.dequantize {value} : {train} "
                   f"-> {real}")
        rest = re.sub(re.escape(value) + r"(?![\w#])", f"%train{number}",
                      body[line.end():])
        body = body[:line.end()] + convert + rest
    body = re.sub(r"^ *return .*$", "    return "
                  + ", ".join(name for name, _ in results) + " : "
                  + ", ".join(real for _, real in results), body, flags=re.M)
    named = ", ".join(f"{real} {{onnx.name = \"r{number}\"}}"
                      for number, (_, real) in enumerate(results))
    return (text[:head.start()] + f"  func.func @main({', '.join(arguments)}) -> "
            f"({named}) {{" + body, len(results))


def check_layers(checks, label, folder, text, image, layers):
    """Rule (c): every layer on PyTorch's own spikes."""
    module, count = forced(text)
    path = os.path.join(folder, "forced.mlir")
    with open(path, "w") as file:
        file.write(module)
    # Neurons behind an attention are inside spike.sdsa.
    own = [layer for layer in layers if not layer[0].endswith("attention.fire")]
    checks.check(len(own) == count and len(layers) > len(own),
                 f"{label}: {count} layers of neurons, "
                 f"{len(layers) - len(own)} in attentions")
    arrays = {"image": image}
    for number, (_, x, spikes, _) in enumerate(own):
        # A sample is [T, 1, ...]; samples follow each other on axis 0.
        arrays[f"f{number}"] = spikes.reshape(-1, 1, *spikes.shape[2:])
    inputs = os.path.join(folder, "forced.npz")
    np.savez(inputs, **arrays)
    got = interpret(path, inputs, os.path.join(folder, "forced.out.npz"))
    wrong = excess = neurons = 0
    for number, (name, x, spikes, threshold) in enumerate(own):
        fired = got[f"r{number}"].reshape(spikes.shape)
        before, again = (a.swapaxes(0, 1) for a in
                         lif_steps(x.swapaxes(0, 1), threshold))
        if not (again == spikes).all():
            checks.check(False, f"{label}: numpy disagrees with PyTorch in {name}")
        near = np.abs(before - np.float32(threshold)) <= (
            NEAR * np.maximum(1, np.abs(before)))
        # A neuron that fired near its threshold has another membrane after.
        near = np.logical_or.accumulate(near, axis=1)
        different = fired != spikes
        wrong += int((different & ~near).sum())
        excess += int(different.sum()) > SHARE * spikes.size
        neurons += spikes.size
    checks.check(wrong == 0, f"{label}: {wrong} of {neurons} spikes differ away "
                             "from a threshold")
    checks.check(excess == 0, f"{label}: {excess} layers disagree on more than "
                              f"{SHARE:g} of their neurons")


def count_macs(channels, heads, image, inputs, classes,
               blocks=(1, 1, 2, 6, 2)):
    """Multiplications of one time step by part of the network, as published."""
    sides = [image // divisor for divisor in (2, 4, 8, 16, 16)]
    down = zip(channels, channels[1:], sides[1:])
    convolutional = list(zip(channels, sides, blocks))[:3]
    attentive = list(zip(channels, sides, blocks))[3:]
    return {
        "stem": 49 * inputs * channels[0] * sides[0] ** 2,
        "downs": sum(9 * a * b * side ** 2 for a, b, side in down),
        "SepConv": sum(n * (4 * c * c + 49 * 2 * c) * side ** 2
                       for c, side, n in convolutional),
        "channel conv": sum(n * 72 * c * c * side ** 2
                            for c, side, n in convolutional),
        "as written": sum(n * 4 * (2 * c * c + 9 * c) * side ** 2
                          for c, side, n in attentive),
        "merged": sum(n * 4 * 9 * c * c * side ** 2 for c, side, n in attentive),
        "SDSA": sum(n * 2 * c * (c // heads) * side ** 2
                    for c, side, n in attentive),
        "channel MLP": sum(n * 8 * c * c * side ** 2 for c, side, n in attentive),
        "head": channels[-1] * classes,
    }


# Meta-SpikeFormer at 224 x 224: millions of parameters, and billions of
# multiplications a time step.
PUBLISHED = {
    "15M": (15.11, ".059 .336 .284 3.699 1.039 4.603 .032 1.023"),
    "31M": (31.33, ".089 .715 .580 8.324 2.133 9.494 .066 2.110"),
    "55M": (55.35, ".118 1.272 .979 14.80 3.781 16.88 .117 3.751"),
}


def check_tables(checks):
    """The published sizes: parameters of the example, multiplications by part."""
    sys.path.insert(0, EXAMPLE)
    import model

    for size, (parameters, macs) in PUBLISHED.items():
        net = model.MetaSpikeFormer(**model.SIZES[size])
        count = sum(p.numel() for p in net.parameters()) / 1e6
        checks.check(abs(count - parameters) < 0.005 + 1e-9,
                     f"{size}: {count:.3f} M parameters, published {parameters}")
        counted = count_macs(**model.SIZES[size], image=224, inputs=3,
                             classes=1000)
        for (part, number), published in zip(counted.items(), macs.split()):
            unit = 10.0 ** -len(published.split(".")[1])
            checks.check(abs(number / 1e9 - float(published)) <= 0.51 * unit,
                         f"{size} {part}: {number / 1e9:.4f} G, published "
                         f"{published}")


def cosine(a, b):
    a, b = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="tiny")
    parser.add_argument("--image", type=int, default=32)
    parser.add_argument("--images", type=int, default=2)
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
    check_tables(checks)
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
        for form in ("unrolled",) if merged else ("unrolled", "loop"):
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
            check_simulator(checks, label, folder, options, network, steps,
                            model, image, inputs)


def check_simulator(checks, label, folder, options, network, steps, model, image,
                    inputs):
    calibration = os.path.join(folder, "calibration.npz")
    random = np.random.default_rng(5)
    np.savez(calibration, image=random.random((4, *image.shape[1:]), np.float32))
    out = compile_model(model, os.path.join(folder, "out"), "--calibrate",
                        calibration, phases=True)
    report = load_json(os.path.join(out, "quantisation.json"))
    left = report["float_products"]
    checks.check(left == [], f"{label}: no product is left in float: {left}")
    macs = count_macs(**network.model.SIZES[options.size], image=options.image,
                      inputs=options.channels, classes=options.classes)
    total = sum(macs.values()) - macs["as written"]
    counted = sum(product["macs"] for product in report["products"])
    checks.check(counted == steps * total,
                 f"{label}: {counted} multiplications, by formula "
                 f"{steps * total}")
    expected = interpret(os.path.join(out, "phases", "1.quantise.mlir"), inputs,
                         os.path.join(folder, "q.npz"))
    for mode in ("fast", "event", "stepped"):
        got = simulate(out, inputs, os.path.join(folder, mode + ".npz"), mode)
        checks.equal(expected, got, f"{label}: sim {mode} = quantised network")


if __name__ == "__main__":
    sys.exit(main())
