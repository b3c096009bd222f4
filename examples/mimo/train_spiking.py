# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the MIMO detectors that spike (PyTorch; by hand, never in CI).

    python3 train_spiking.py sdsa
    python3 train_spiking.py ssa

trains one network of spiking_model.py from random weights.  --work-dir receives
the checkpoint, mimo_NAME.onnx and, in training_NAME.json, the budget and the
measured symbol error rates.  Data, loss and schedule are those of train.py.
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


def train(name, steps, time_steps, work):
    torch.manual_seed(SEEDS[name])
    rng = np.random.default_rng(SEEDS[name])
    model = SpikingDetector(name, time_steps)
    prompt, labels = mimo_task.generate(VALIDATION_SEED, 1000)
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98),
                                  weight_decay=0.0)
    start = time.process_time()
    for step in range(steps):
        now = RATE * min(1.0, (step + 1) / 200)
        now *= 0.5 + 0.5 * math.cos(math.pi * step / steps)
        for group in optimiser.param_groups:
            group["lr"] = now
        inputs, target = draw(rng)
        loss = -(target * torch.log_softmax(model(inputs), -1)).sum(-1).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 250 == 249 or step == 0:
            model.eval()
            rates = mimo_task.symbol_error_rate(detect(model, prompt), labels)
            model.train()
            print(f"{name} step {step + 1} {time.process_time() - start:.0f} s "
                  f"loss {loss.item():.4f} SER at 0/2/8/18 pilots",
                  rates[[0, 2, 8, 18]].round(4), flush=True)
            torch.save(model.state_dict(), work / f"{name}.pt")
    return model.eval(), {
        "steps": steps, "batch": BATCH, "prompts": steps * BATCH,
        "time_steps": time_steps, "learning_rate": RATE, "seed": SEEDS[name],
        "cpu_seconds": round(time.process_time() - start, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=list(SEEDS))
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--time-steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work-dir", type=pathlib.Path,
                        default=pathlib.Path("/tmp/snnc_mimo"),
                        help="checkpoints (default: %(default)s)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.work_dir.mkdir(parents=True, exist_ok=True)
    model, record = train(options.name, options.steps, options.time_steps,
                          options.work_dir)
    export_spiking.export(
        export_spiking.folded_weights(model), options.name,
        options.work_dir / f"mimo_{options.name}.onnx", options.time_steps)
    torch.manual_seed(EVALUATION_SEED)
    prompt, labels = mimo_task.generate(EVALUATION_SEED, EVALUATION_COUNT)
    rates = mimo_task.symbol_error_rate(detect(model, prompt), labels)
    record.update(ser=rates[-1], ser_by_pilots=rates.tolist(),
                  parameters=sum(p.numel() for p in model.parameters()))
    print(record)
    (options.work_dir / f"training_{options.name}.json").write_text(
        json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
