# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Meta-SpikeFormer for tests: PyTorch's network and the compiler's, layer by layer."""

import os
import re
import sys

import numpy as np

from e2e import RECOVERY, SOURCE, interpret, must

EXAMPLE = os.path.join(SOURCE, "examples", "metaspikeformer")
# Meta-SpikeFormer's disagreement rule: how near to its threshold a membrane may
# be to fire or not.
NEAR = 1e-5


def cosine(a, b):
    a, b = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


class Layer:
    """What a layer of neurons of PyTorch got and fired: arrays [images, T, ...]."""

    def __init__(self, name, inputs, spikes, threshold):
        self.name, self.spikes = name, spikes
        self.inputs, self.threshold = inputs, np.float32(threshold)

    # Neurons behind an attention are inside spike.sdsa.
    inside = property(lambda self: self.name.endswith("attention.fire"))

    def near(self):
        """Where the membrane is so near to its threshold that rounding decides, or
        was in a former step; and whether numpy fires as PyTorch does."""
        membrane = np.zeros_like(self.inputs[:, 0])
        near, same = np.empty(self.inputs.shape, bool), True
        for t in range(self.inputs.shape[1]):
            h = membrane + (self.inputs[:, t] - membrane) / np.float32(2)
            near[:, t] = np.abs(h - self.threshold) <= NEAR * np.maximum(
                1, np.abs(h))
            fired = h >= self.threshold
            same = same and bool((fired == (self.spikes[:, t] > 0)).all())
            membrane = np.where(fired, np.float32(0), h)
        return np.logical_or.accumulate(near, axis=1), same


class Network:
    """PyTorch's network; weights are ``random``, ``exact`` or an ONNX file's."""

    def __init__(self, size, image, steps, weights="random", channels=1, classes=8,
                 merged=False, dense=False):
        import torch

        sys.path.insert(0, EXAMPLE)
        import model
        import weights as source

        self.torch, self.model = torch, model
        torch.manual_seed(1)
        torch.set_num_threads(1)
        self.net = model.MetaSpikeFormer(**model.SIZES[size], inputs=channels,
                                         classes=classes, steps=steps,
                                         dense=dense)
        self.shape, self.exact = (channels, image, image), weights == "exact"
        if weights == "random":
            source.randomise(self.net, 1)
            source.calibrate(self.net, self.images(4))
        elif weights == "exact":
            source.exact(self.net, self.images(4), 1)
        if merged:
            self.merge()
        if weights not in ("random", "exact"):
            source.from_onnx(self.net, weights)
        self.net.eval()

    def images(self, count):
        """Random images; of 8 bits for exact weights."""
        image = self.torch.rand(count, *self.shape)
        return (image * 256).floor() / 256 if self.exact else image

    def merge(self):
        self.model.merge(self.net)

    def export(self, path, form):
        self.net.set_form(form)
        with self.torch.no_grad():
            self.torch.onnx.export(
                self.net, (self.torch.zeros(1, *self.shape),), path,
                opset_version=13, input_names=["image"], output_names=["logits"])
        self.net.set_form("unrolled")

    def logits(self, image, batch=100):
        with self.torch.no_grad():
            return np.concatenate([
                self.net(self.torch.from_numpy(image[i:i + batch])).numpy()
                for i in range(0, len(image), batch)])

    def run(self, image):
        """Logits and the layers of neurons in the order of execution."""
        layers, hooks = [], []
        by_image = lambda tensor: tensor.numpy().swapaxes(0, 1).copy()
        for name, module in self.net.named_modules():
            if isinstance(module, self.model.LIF):
                hooks.append(module.register_forward_hook(
                    lambda m, x, y, name=name: layers.append(Layer(
                        name, by_image(x[0]), by_image(y), m.threshold))))
        logits = self.logits(image, len(image))
        for hook in hooks:
            hook.remove()
        return logits, layers

    def otherwise(self, image):
        """Logits of PyTorch with sums in other orders: {what: logits}."""
        torch, x = self.torch, self.torch.from_numpy(image)
        results = {}
        with torch.no_grad():
            with torch.backends.mkldnn.flags(enabled=False):
                results["without oneDNN"] = self.net(x).numpy()
            results["in float64"] = self.net.double()(x.double()).numpy()
            self.net.float()
            last = torch.channels_last
            results["channels last"] = self.net.to(memory_format=last)(
                x.to(memory_format=last)).numpy()
            self.net.to(memory_format=torch.contiguous_format)
        return results


LAYER = re.compile(r"^ *(%\S+) = spike\.lif %\S+ \"([^\"]*)\".* : tensor<(\S+?)xf32> "
                   r"-> (\S+)$", re.M)


def observed(text, forced=False):
    """The recognised network returning what each layer of neurons fires, in program
    order, as r0, r1, ... behind the logits; with ``forced``, instead of the logits,
    and with an input f0, f1, ... in the place of every train.

    Neurons behind an attention are inside spike.sdsa and stay as they are.
    """
    head = re.search(r"^  func\.func @main\((%arg0: tensor<\S+> \{[^}]*\})\)"
                     r" -> \(?(tensor<\S+> \{[^}]*\})\)?", text, re.M)
    body = text[text.index("\n", head.end()):]
    arguments, results = [head.group(1)], []
    for number, layer in enumerate(list(LAYER.finditer(body))):
        value, _, shape, train = layer.groups()
        real = f"tensor<{shape}xf32>"
        results.append((f"%fired{number}", real))
        line = re.search(r"^ *" + re.escape(value) + r" = .*$", body, re.M)
        convert = (f"\n    %fired{number} = spike.dequantize {value} : {train} "
                   f"-> {real}")
        rest = body[line.end():]
        if forced:
            arguments.append(
                f"%forced{number}: {real} {{onnx.name = \"f{number}\"}}")
            # Neurons without memory make a train of the input's zeros and ones.
            convert += (f"\n    %train{number} = spike.lif %forced{number} "
                        f"\"forced{number}\" {{tau = 1.0 : f64, threshold = 0.5 : "
                        f"f64, decay_input}} : {real} -> {train}")
            rest = re.sub(re.escape(value) + r"(?![\w#])", f"%train{number}", rest)
        body = body[:line.end()] + convert + rest
    named = [f"{real} {{onnx.name = \"r{number}\"}}"
             for number, (_, real) in enumerate(results)]
    returned = re.search(r"^ *return (\S+) : (\S+)$", body, re.M)
    if not forced:
        results.insert(0, returned.groups())
        named.insert(0, head.group(2))
    body = (body[:returned.start()] + "    return "
            + ", ".join(name for name, _ in results) + " : "
            + ", ".join(real for _, real in results) + body[returned.end():])
    return (text[:head.start()] + f"  func.func @main({', '.join(arguments)}) -> "
            f"({', '.join(named)}) {{" + body)


def recognise(model, folder):
    """Neurons, RepConvs and attentions of an ONNX file; returns the module's text."""
    recovered = os.path.join(folder, "recovered.mlir")
    must(["snn-opt", model, *RECOVERY, "--snn-externalize-weights="
          + f"archive={folder}/recovered.safetensors", "-o", recovered])
    with open(recovered) as file:
        return file.read()


def interpret_text(text, folder, arrays):
    """Runs a module's text on arrays of inputs; returns its outputs."""
    to = lambda name: os.path.join(folder, name)
    with open(to("run.mlir"), "w") as file:
        file.write(text)
    np.savez(to("run.npz"), **arrays)
    outputs = interpret(to("run.mlir"), to("run.npz"), to("run.out.npz"))
    for name in ("run.npz", "run.out.npz"):
        os.remove(to(name))
    return outputs
