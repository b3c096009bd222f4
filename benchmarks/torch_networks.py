# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks of run.py that PyTorch runs as a peer, and exports.

    torch_networks.py export NETWORK MODEL.onnx SAMPLE.npz
    torch_networks.py time NETWORK ROUNDS [--cpu]

    metaspikeformer   Meta-SpikeFormer 15M of the example, 224 x 224, T = 4, merged
    lif-4, lif-16     12 layers of BERT-base's size of LIF neurons, with spike-driven
                      attention (SDSA-3), 128 tokens, T = 4 or 16
    ttfs              one linear layer of 768 inputs and 3072 outputs, 128 tokens; to
                      be timed, its window of 16 slots runs slot by slot

`time` prints the median of ROUNDS runs after one that is not counted, in ms, on one
thread.
"""

import argparse
import pathlib
import statistics
import sys
import time

import numpy as np
import torch
from torch import nn

EXAMPLE = pathlib.Path(__file__).resolve().parent.parent / "examples"
sys.path.insert(0, str(EXAMPLE / "metaspikeformer"))

from model import (ATTENTION_SCALE, ATTENTION_THRESHOLD, LIF, SIZES,  # noqa: E402
                   MetaSpikeFormer, merge)
import weights  # noqa: E402

TOKENS, WIDTH, FEEDFORWARD, HEADS, LAYERS = 128, 768, 3072, 12, 12


class LifLayer(nn.Module):
    """A transformer layer with membrane shortcuts over [T, batch, tokens, width]."""

    def __init__(self):
        super().__init__()
        self.neurons = nn.ModuleList(LIF() for _ in range(6))
        self.fire = LIF(ATTENTION_THRESHOLD)
        self.qkv = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.project = nn.Linear(WIDTH, WIDTH)
        self.expand = nn.Linear(WIDTH, FEEDFORWARD)
        self.reduce = nn.Linear(FEEDFORWARD, WIDTH)

    def attention(self, x):
        steps, batch = x.shape[:2]
        u = self.neurons[0](x)
        q, k, v = (
            neuron(linear(u)).reshape(steps, batch, TOKENS, HEADS,
                                      WIDTH // HEADS).transpose(2, 3)
            for linear, neuron in zip(self.qkv, self.neurons[1:4]))
        y = q @ (k.transpose(-2, -1) @ v) * ATTENTION_SCALE
        y = y.transpose(2, 3).reshape(steps, batch, TOKENS, WIDTH)
        return self.project(self.fire(y))

    def forward(self, x):
        x = x + self.attention(x)
        return x + self.reduce(self.neurons[5](
            self.expand(self.neurons[4](x))))


class LifNetwork(nn.Module):
    def __init__(self, steps):
        super().__init__()
        self.steps = steps
        self.layers = nn.Sequential(*[LifLayer() for _ in range(LAYERS)])

    def forward(self, x):
        return self.layers(x.unsqueeze(0).repeat(self.steps, 1, 1, 1)).mean(0)


class TtfsLoop:
    """The layer as a window of slots: level 15 - t fires in slot t, whose spikes
    deliver their weights times the level."""

    def __init__(self):
        self.levels = torch.randint(0, 16, (TOKENS, WIDTH)).float()
        self.matrix = torch.randint(-127, 128, (WIDTH, FEEDFORWARD)).float()

    def __call__(self):
        membrane = torch.zeros((TOKENS, FEEDFORWARD))
        for slot in range(16):
            spikes = (self.levels == 15 - slot).float()
            membrane += (15 - slot) * (spikes @ self.matrix)
        return membrane

    def check(self):
        # Sums stay below 2^24, where floats are exact.
        assert torch.equal(self(), self.levels @ self.matrix)


def build(name):
    """The network and its input."""
    torch.manual_seed(1)
    if name == "metaspikeformer":
        model = MetaSpikeFormer(**SIZES["15M"], inputs=3, classes=1000, steps=4)
        x = torch.rand((1, 3, 224, 224))
        weights.randomise(model, 1)
        weights.calibrate(model, x)
        model.eval()
        merge(model)
        model.set_form("unrolled")
        return model, x
    x = torch.randn((1, TOKENS, WIDTH))
    if name == "ttfs":
        return nn.Linear(WIDTH, FEEDFORWARD).eval(), x
    model = LifNetwork(int(name.split("-")[1]))
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                # Inputs are binary and sparse.
                layer.weight.mul_(6)
    return model.eval(), x


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=("export", "time"))
    parser.add_argument("network")
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, x = build(options.network)
    with torch.no_grad():
        if options.action == "export":
            file, sample = options.rest
            np.savez(sample, x=x.numpy())
            torch.onnx.export(model, (x,), file, opset_version=13,
                              input_names=["x"], output_names=["y"])
            return
        run = lambda: model(x)  # noqa: E731
        if options.network == "ttfs":
            run = TtfsLoop()
            run.check()
        clock = time.process_time if options.cpu else time.monotonic
        times = []
        for _ in range(int(options.rest[0]) + 1):
            start = clock()
            run()
            times.append((clock() - start) * 1e3)
        print(statistics.median(times[1:]))


if __name__ == "__main__":
    main()
