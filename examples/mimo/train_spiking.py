# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the MIMO detectors that spike (PyTorch; by hand, never in CI).

    PYTHONPATH=../../python python3 train_spiking.py counts|sdsa

trains one network: counts (count_model.py) from random weights, or sdsa
(spiking_model.py) from mimo_counts.onnx beside this script. train_stochastic.py
trains the one with stochastic attention. --work-dir receives checkpoints,
mimo_NAME.onnx and, in training_NAME.json, the budget, the learning curve and the
measured symbol error rates. Data and loss are those of train.py. A training that
was interrupted goes on with --resume, also towards another number of --steps.
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
from count_model import CountDetector
from make_inputs import EVALUATION_SEED
from spiking_model import SpikingDetector
from train import BATCH, EVALUATION_COUNT, VALIDATION_SEED, detect, draw

HERE = pathlib.Path(__file__).resolve().parent
COUNTS = HERE / "mimo_counts.onnx"
# name: (steps, learning rate, seed)
PLANS = {"counts": (22000, 4e-3, 203), "sdsa": (10000, 2e-3, 204)}
PART = 16  # prompts at a time through a network of several steps


def validate(model, prompt, labels):
    """Mean divergence of the exact posterior from the model's, in nats, and the
    symbol error rate after all pilots (digital)."""
    model.eval()
    exact = torch.from_numpy(mimo_task.log_posterior(prompt))
    with torch.no_grad():
        own = torch.cat([torch.log_softmax(model(part).double(), -1)
                         for part in torch.from_numpy(prompt).split(100)])
    divergence = (exact.exp() * (exact - own)).sum(-1).mean().item()
    rates = mimo_task.symbol_error_rate(own.argmax(-1).numpy(), labels)
    return round(divergence, 4), round(rates[-1], 5)


def take_step(model, inputs, target):
    """Adds up the gradients of one batch; returns its loss.

    A network without statistics of its batch takes it in parts, which stay in
    the processor's caches.
    """
    size = PART if isinstance(model, SpikingDetector) else len(inputs)
    total = 0.0
    for x, y in zip(inputs.split(size), target.split(size)):
        loss = -(y * torch.log_softmax(model(x), -1)).sum(-1).mean()
        loss = loss * (len(x) / len(inputs))
        loss.backward()
        total += loss.item()
    return total


def train(model, steps, rate, seed, checkpoint, resume=False):
    """Trains in place; returns the budget and the learning curve."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    prompt, labels = mimo_task.generate(VALIDATION_SEED, 1000)
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98),
                                  weight_decay=0.0, foreach=True)
    state = checkpoint.with_suffix(".state")
    first, spent, curve, plans = 0, 0.0, [], []
    if resume and state.exists():
        saved = torch.load(state)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        rng.bit_generator.state = saved["rng"]
        first, spent, curve = saved["step"], saved["seconds"], saved["curve"]
        plans = saved["plans"]
    if first < steps and (not plans or plans[-1][1] != steps):
        plans.append([first, steps])
    if not first:
        curve.append([0, 0.0, *validate(model, prompt, labels)])
        print("step 0:", *curve[-1][2:], flush=True)
    start = time.process_time() - spent
    for step in range(first, steps):
        now = rate * min(1.0, (step + 1) / max(1, steps // 20))
        now *= 0.5 + 0.5 * math.cos(math.pi * step / steps)
        for group in optimiser.param_groups:
            group["lr"] = now
        model.train()
        inputs, target = draw(rng)
        optimiser.zero_grad(set_to_none=True)
        loss = take_step(model, inputs, target)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 250 == 249 or step + 1 == steps:
            seconds = round(time.process_time() - start, 1)
            curve.append([step + 1, seconds, *validate(model, prompt, labels)])
            print(f"step {step + 1} {seconds:.0f} s loss {loss:.4f}; "
                  f"KL {curve[-1][2]}, SER {curve[-1][3]}", flush=True)
            torch.save(model.state_dict(), checkpoint)
            torch.save({"model": model.state_dict(), "curve": curve,
                        "plans": plans,
                        "optimiser": optimiser.state_dict(), "step": step + 1,
                        "rng": rng.bit_generator.state, "seconds": seconds},
                       state)
    return {"steps": steps, "batch": BATCH, "prompts": steps * BATCH,
            "learning_rate": rate, "seed": seed,
            "cpu_seconds": round(time.process_time() - start, 1),
            "cosines": {"columns": ["from_step", "steps"], "rows": plans},
            "curve": {"columns": ["step", "cpu_seconds", "kl_to_posterior",
                                  "ser"], "rows": curve}}


def make_model(name):
    """A network to begin with: counts at random, sdsa as the trained counts."""
    torch.manual_seed(PLANS[name][2])
    if name == "counts":
        return CountDetector()
    weights, _ = export_spiking.read_weights(COUNTS)
    return SpikingDetector().load(export_spiking.in_steps(weights))


def finish(model, name, work, record):
    """Exports and measures a trained network."""
    model.eval()
    export_spiking.export(model.weights(), name, work / f"mimo_{name}.onnx",
                          record["time_steps"])
    prompt, labels = mimo_task.generate(EVALUATION_SEED, EVALUATION_COUNT)
    rates = mimo_task.symbol_error_rate(detect(model, prompt), labels)
    record.update(ser=rates[-1], ser_by_pilots=rates.tolist(),
                  parameters=sum(p.numel() for p in model.parameters()))
    print(record)
    (work / f"training_{name}.json").write_text(
        json.dumps(record, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=list(PLANS))
    parser.add_argument("--steps", type=int, help="(default: "
                        + ", ".join(f"{plan[0]} of {name}"
                                    for name, plan in PLANS.items()) + ")")
    parser.add_argument("--resume", action="store_true",
                        help="goes on from the last state in --work-dir")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work-dir", type=pathlib.Path,
                        default=pathlib.Path("/tmp/snnc_mimo"),
                        help="checkpoints (default: %(default)s)")
    options = parser.parse_args()
    name, work = options.name, options.work_dir
    torch.set_num_threads(options.threads)
    work.mkdir(parents=True, exist_ok=True)
    model = make_model(name)
    record = {"time_steps": 1} if name == "counts" else {
        "starts_from": COUNTS.name, "time_steps": model.steps}
    steps, rate, seed = PLANS[name]
    record.update(train(model, options.steps or steps, rate, seed,
                        work / f"{name}.pt", options.resume))
    finish(model, name, work, record)


if __name__ == "__main__":
    main()
