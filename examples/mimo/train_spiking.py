# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the MIMO detectors that spike (PyTorch; by hand, never in CI).

    python3 train_spiking.py sdsa
    python3 train_spiking.py ssa

trains one network of spiking_model.py from random weights; ssa then goes on on
noisy crossbars (--hardware-aware, crossbar.py), so that it works on an analog
chip.  --checkpoint starts with a trained network instead of random weights.
--work-dir receives checkpoints, mimo_NAME.onnx and, in training_NAME.json, the
budget and the measured symbol error rates.  Data, loss and schedule are those of
train.py.
"""

import argparse
import json
import math
import pathlib
import time

import numpy as np
import torch

import export_spiking
import mimo_task
from make_inputs import EVALUATION_SEED
from spiking_model import SpikingDetector
from train import BATCH, EVALUATION_COUNT, VALIDATION_SEED, detect, draw

SEEDS = {"sdsa": 201, "ssa": 202}
RATE = 4e-3
HARDWARE_RATE = 2e-3
HARDWARE_SEED = 100  # added to the network's seed
RAMP = 1000  # steps until the crossbars have their full noise


def evaluate(model, hardware, prompt, labels):
    """Symbol error rates by number of pilots, digital or on crossbars."""
    model.eval()
    model.set_hardware(float(hardware))
    return mimo_task.symbol_error_rate(detect(model, prompt), labels)


def train(model, steps, rate, seed, hardware, checkpoint):
    """Trains in place; returns the budget."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    prompt, labels = mimo_task.generate(VALIDATION_SEED, 1000)
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98),
                                  weight_decay=0.0)
    start = time.process_time()
    for step in range(steps):
        now = rate * min(1.0, (step + 1) / 200)
        now *= 0.5 + 0.5 * math.cos(math.pi * step / steps)
        for group in optimiser.param_groups:
            group["lr"] = now
        model.train()
        model.set_hardware(hardware * min(1.0, (step + 1) / RAMP))
        inputs, target = draw(rng)
        loss = -(target * torch.log_softmax(model(inputs), -1)).sum(-1).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 500 == 499 or step == 0:
            print(f"step {step + 1} {time.process_time() - start:.0f} s "
                  f"loss {loss.item():.4f}; SER at 0/2/8/18 pilots", end="")
            for on_chip in {False, hardware}:
                rates = evaluate(model, on_chip, prompt, labels)
                print(" crossbars" if on_chip else " digital",
                      rates[[0, 2, 8, 18]].round(4), end="")
            print(flush=True)
            torch.save(model.state_dict(), checkpoint)
    return {"steps": steps, "batch": BATCH, "prompts": steps * BATCH,
            "learning_rate": rate, "seed": seed,
            "cpu_seconds": round(time.process_time() - start, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=list(SEEDS))
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--hardware-aware", type=int, metavar="STEPS",
                        help="steps on noisy crossbars after --steps (default: "
                             "3000 for ssa, else 0)")
    parser.add_argument("--checkpoint", type=pathlib.Path,
                        help="starts with this network and skips --steps")
    parser.add_argument("--time-steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work-dir", type=pathlib.Path,
                        default=pathlib.Path("/tmp/snnc_mimo"),
                        help="checkpoints (default: %(default)s)")
    options = parser.parse_args()
    name, work = options.name, options.work_dir
    if options.hardware_aware is None:
        options.hardware_aware = 3000 if name == "ssa" else 0
    torch.set_num_threads(options.threads)
    work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEEDS[name])
    model = SpikingDetector(name, options.time_steps)
    record = {"time_steps": options.time_steps}
    if options.checkpoint:
        model.load_state_dict(torch.load(options.checkpoint))
    else:
        record.update(train(model, options.steps, RATE, SEEDS[name], False,
                            work / f"{name}.pt"))
    if options.hardware_aware:
        record["hardware_aware"] = train(
            model, options.hardware_aware, HARDWARE_RATE,
            SEEDS[name] + HARDWARE_SEED, True, work / f"{name}_hardware.pt")
    model.eval()
    export_spiking.export(
        export_spiking.folded_weights(model), name,
        work / f"mimo_{name}.onnx", options.time_steps)
    torch.manual_seed(EVALUATION_SEED)
    prompt, labels = mimo_task.generate(EVALUATION_SEED, EVALUATION_COUNT)
    if options.hardware_aware:
        record["hardware_aware"]["ser_on_crossbars"] = evaluate(
            model, True, prompt, labels)[-1]
    rates = evaluate(model, False, prompt, labels)
    record.update(ser=rates[-1], ser_by_pilots=rates.tolist(),
                  parameters=sum(p.numel() for p in model.parameters()))
    print(record)
    (work / f"training_{name}.json").write_text(
        json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
