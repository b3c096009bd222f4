# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains a small transformer, then two spiking twins, with and without a dead
zone, compiles both and compares accuracy and spikes.

    PYTHONPATH=python python3 examples/training/train.py --output out/training

Needs PyTorch. The results of one run are in README.md.
"""

import argparse
import json
import math
import pathlib
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import chirps
import snnc
from snnc import qat

TRAIN_SEED, VALIDATION_SEED, TEST_SEED = 1, 2, 3
BATCH = 128


class Classifier(nn.Module):
    """Tokens [batch, 16, 8] -> logits [batch, 8]."""

    def __init__(self, width=32, heads=4, depth=2):
        super().__init__()
        self.embed = nn.Linear(chirps.FEATURES, width)
        self.position = nn.Parameter(
            0.02 * torch.randn(chirps.TOKENS, width))
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, batch_first=True,
            norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, chirps.CLASSES)

    def forward(self, x):
        x = self.encoder(self.embed(x) + self.position)
        return self.head(self.norm(x).mean(1))


def fit(model, steps, rate, seed, log):
    """Trains on samples that are drawn anew for every step."""
    groups = qat.parameter_groups(model, rate)
    for group in groups:
        group["peak"] = group["lr"]
    optimiser = torch.optim.AdamW(groups)
    x, y = map(torch.from_numpy, chirps.generate(
        (TRAIN_SEED, seed), steps * BATCH))
    model.train()
    for step in range(steps):
        scale = min(1.0, (step + 1) / 50) * (
            0.5 + 0.5 * math.cos(math.pi * step / steps))
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * scale
        part = slice(step * BATCH, (step + 1) * BATCH)
        loss = functional.cross_entropy(model(x[part]), y[part])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 200 == 199:
            log(f"  step {step + 1}: loss {loss.item():.4f}")
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=800,
                        help="of the float model; the twins take half each")
    parser.add_argument("--test", type=int, default=4000,
                        help="samples of the test")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    start = time.process_time()

    def log(text):
        print(text, flush=True)

    log("float model")
    plain = fit(Classifier(), options.steps, 2e-3, 0, log)
    calibration = torch.from_numpy(chirps.generate(VALIDATION_SEED, 256)[0])
    x, labels = chirps.generate(TEST_SEED, options.test)
    with torch.no_grad():
        accuracy = float((plain(torch.from_numpy(x)).argmax(1).numpy()
                          == labels).mean())
    record = {"float": accuracy, "twins": {}}
    values = {}
    for k in (0, 1):
        log(f"W4A4, dead zone {k}")
        model = qat.prepare(plain, qat.Config(
            weight_bits=4, act_bits=4, dead_zone=k))
        qat.calibrate(model, calibration)
        fit(model, options.steps // 2, 1e-3, 1, log)
        path = options.output / f"chirps_k{k}.onnx"
        qat.export(model, calibration[:1], path)
        net = snnc.compile(path, output=options.output / f"k{k}")
        values[k] = snnc.evaluate(net, (x, labels), snnc.Accuracy())
        stats = net.stats(x)
        found = qat.verify(model, net, torch.from_numpy(x))
        log(f"  accuracy {values[k]}")
        log(f"  {stats.spikes_per_sample:.0f} spikes a sample, "
            f"{100 * stats.silent_fraction:.1f} % silent")
        log(f"  predictions equal to PyTorch's: {found.predictions:.4%}")
        record["twins"][k] = {
            "accuracy": values[k].to_dict(),
            "spikes_per_sample": stats.spikes_per_sample,
            "silent_fraction": stats.silent_fraction,
            "predictions": found.predictions}
    difference = values[1].minus(values[0])
    twins = record["twins"]
    saved = 1 - twins[1]["spikes_per_sample"] / twins[0]["spikes_per_sample"]
    record.update(difference=difference.to_dict(), fewer_spikes=saved,
                  processor_seconds=round(time.process_time() - start, 1))
    log(f"dead zone 1 less 0: accuracy {difference}")
    log(f"spikes: {100 * saved:.1f} % fewer; float accuracy {accuracy:.4f}; "
        f"{record['processor_seconds']} s of processor time")
    (options.output / "results.json").write_text(
        json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
