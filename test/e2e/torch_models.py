# Models of PyTorch and torchvision as PyTorch's exporter writes them, with random weights and
# a dynamic batch: the float network is held to PyTorch's own results, and three modes and the
# image of the compiled one to each other. Needs Debian's python3-torch (and python3-torchvision for all
# but the encoders).
#
#   torch_models.py [--keep DIR] [MODEL[:OPSET]...]     (default: the small encoders)
#
# REQUIRES: torch
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import argparse
import os
import sys
import time
import warnings

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "Inputs"))

from e2e import Checks, compile_model, interpret, load, scratch, simulate

OPSETS = (13, 17)
VISION = ("vit_b_16", "swin_t", "maxvit_t")
MODES = ("fast", "event", "stepped")
FLOAT_TOLERANCE = 1e-4  # of the range of an output
# Quantisation costs random networks 0.3 to 2.3 % of the range; a wrong one is far above.
QUANTISED_TOLERANCE = 0.05


class MaskedEncoder(torch.nn.Module):
    """PyTorch's encoder, whose padding a mask of booleans hides."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, x, hidden):
        return self.encoder(x, src_key_padding_mask=hidden)


def encoder(activation="relu", norm_first=False, batch_first=True):
    layer = torch.nn.TransformerEncoderLayer(
        d_model=64, nhead=4, dim_feedforward=128, activation=activation,
        norm_first=norm_first, batch_first=batch_first)
    return torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)


def make(name):
    """A model in evaluation mode and its inputs by name: four samples of an encoder, one
    image of a network for images."""
    torch.manual_seed(7)
    x = torch.randn(4, 12, 64)
    if name == "encoder":
        return encoder().eval(), {"x": x}
    if name == "encoder_tokens_first":
        return encoder(batch_first=False).eval(), {"x": x.transpose(0, 1).contiguous()}
    if name == "encoder_masked":
        hidden = torch.arange(12) >= torch.tensor([[12], [9], [5], [11]])
        return MaskedEncoder(encoder("gelu", norm_first=True)).eval(), {"x": x, "hidden": hidden}
    import torchvision
    model = getattr(torchvision.models, name)(weights=None).eval()
    # Fresh heads of zeros would hide everything before them.
    for parameter in model.parameters():
        if parameter.abs().max() == 0:
            torch.nn.init.normal_(parameter, std=0.02)
    return model, {"x": torch.randn(1, 3, 224, 224)}


def export(name, opset, path):
    """Writes the model, its inputs and PyTorch's outputs; returns the names of both files."""
    model, inputs = make(name)
    batch = 1 if name == "encoder_tokens_first" else 0
    # With gradients, as the fused path of inference cannot be exported.
    with torch.enable_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = model(*inputs.values())
        torch.onnx.export(model, tuple(inputs.values()), path + ".onnx", opset_version=opset,
                          input_names=list(inputs), output_names=["y"],
                          dynamic_axes={n: {batch: "batch"} for n in (*inputs, "y")})
    np.savez(path + ".npz", **{n: tensor.numpy() for n, tensor in inputs.items()})
    np.savez(path + ".wanted.npz", y=y.detach().numpy())


def error_of(wanted, have):
    if wanted.shape != have.shape:
        return float("inf")
    return float(np.abs(wanted - have).max() / np.ptp(wanted))


def write_calibration(inputs, path, samples):
    """Other inputs than those that are checked, or corrected biases would hide what
    quantisation costs."""
    random = np.random.default_rng(3)
    with np.load(inputs) as arrays:
        np.savez(path, **{
            name: random.normal(size=(samples or array.shape[0], *array.shape[1:]))
            .astype(np.float32) if array.dtype == np.float32 else array
            for name, array in arrays.items()})


def check(checks, name, opset, folder):
    base = os.path.join(folder, f"{name}_{opset}")
    start = time.time()
    export(name, opset, base)
    label = f"{name}, opset {opset}"
    wanted = load(base + ".wanted.npz")["y"]
    have = interpret(base + ".onnx", base + ".npz", base + ".float.npz")["y"]
    error = error_of(wanted, have)
    checks.check(error < FLOAT_TOLERANCE, f"{label}: float is {error:.2g} of the range off")
    large = name in VISION
    write_calibration(base + ".npz", base + ".calibration.npz", 2 if large else None)
    # The virtual chip takes minutes for an image of 224 x 224.
    chip = [] if large else ["--chip", "common-22nm"]
    out = compile_model(base + ".onnx", base + ".out", "--calibrate", base + ".calibration.npz",
                        *chip)
    results = {mode: simulate(out, base + ".npz", base + ".npz.out.npz", mode)
               for mode in MODES}
    if chip:
        results["image"] = interpret(os.path.join(out, "image.snnimg"), base + ".npz",
                                     base + ".image.npz")
    for mode in list(results)[1:]:
        checks.equal(results["fast"], results[mode], f"{label}: {mode} against fast")
    error = error_of(wanted, results["fast"]["y"])
    checks.check(error < QUANTISED_TOLERANCE, f"{label}: W8A8 is {error:.2g} of the range off")
    print(f"        {label}: {time.time() - start:.0f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL[:OPSET]")
    parser.add_argument("--keep", help="a folder for the files, which stay")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    checks = Checks()
    with scratch() as folder:
        if arguments.keep:
            folder = arguments.keep
            os.makedirs(folder, exist_ok=True)
        for name in arguments.models or ("encoder", "encoder_tokens_first", "encoder_masked"):
            name, _, opset = name.partition(":")
            for number in (int(opset),) if opset else OPSETS:
                check(checks, name, number, folder)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
