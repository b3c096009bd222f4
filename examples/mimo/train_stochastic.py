# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the MIMO detector with stochastic attention (PyTorch; by hand, never in CI).

    PYTHONPATH=../../python python3 train_stochastic.py

trains stochastic_model.py's network from random weights; then it goes on on noisy
crossbars (--hardware-aware, snnc.qat.CrossbarNoise), so that it works on an analog chip.
--checkpoint starts with a trained network instead of random weights. --work-dir
receives checkpoints, mimo_ssa.onnx and, in training_ssa.json, the budget and the
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
from make_inputs import EVALUATION_SEED
from stochastic_model import StochasticDetector
from train import BATCH, EVALUATION_COUNT, VALIDATION_SEED, detect, draw

SEED, STEPS = 202, 3000
RATE = 4e-3
HARDWARE_RATE = 2e-3
HARDWARE_SEED = 100  # added to the network's seed
RAMP = 1000  # steps until the crossbars have their full noise


def evaluate(model, hardware, prompt, labels):
    """Symbol error rates by number of pilots, digital or on crossbars."""
    model.eval()
    model.set_hardware(float(hardware))
    return mimo_task.symbol_error_rate(detect(model, prompt), labels)


def validate(model, prompt, labels):
    """Mean divergence of the exact posterior from the model's, in nats, and the
    symbol error rate after all pilots (digital)."""
    model.eval()
    model.set_hardware(0.0)
    exact = torch.from_numpy(mimo_task.log_posterior(prompt))
    with torch.no_grad():
        own = torch.log_softmax(model(torch.from_numpy(prompt)).double(), -1)
    divergence = (exact.exp() * (exact - own)).sum(-1).mean().item()
    rates = mimo_task.symbol_error_rate(own.argmax(-1).numpy(), labels)
    return round(divergence, 4), round(rates[-1], 5)


def train(model, steps, rate, seed, hardware, checkpoint, resume=False):
    """Trains in place; returns the budget and the learning curve."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    prompt, labels = mimo_task.generate(VALIDATION_SEED, 1000)
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98),
                                  weight_decay=0.0, foreach=True)
    state = checkpoint.with_suffix(".state")
    first, spent, curve, plans = 0, 0.0, [], []
    if resume:
        saved = torch.load(state)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        rng.bit_generator.state = saved["rng"]
        first, spent, curve = saved["step"], saved["seconds"], saved["curve"]
        plans = saved["plans"]
    if first < steps and (not plans or plans[-1][1] != steps):
        plans.append([first, steps])
    start = time.process_time() - spent
    for step in range(first, steps):
        now = rate * min(1.0, (step + 1) / 200)
        now *= 0.5 + 0.5 * math.cos(math.pi * step / steps)
        for group in optimiser.param_groups:
            group["lr"] = now
        model.train()
        model.set_hardware(hardware * min(1.0, (step + 1) / RAMP))
        inputs, target = draw(rng)
        loss = -(target * torch.log_softmax(model(inputs), -1)).sum(-1).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 500 == 499 or step == 0 or step + 1 == steps:
            seconds = round(time.process_time() - start, 1)
            curve.append([step + 1, seconds, *validate(model, prompt, labels)])
            print(f"step {step + 1} {seconds:.0f} s loss {loss.item():.4f}; "
                  f"KL {curve[-1][2]}, SER {curve[-1][3]}", end="")
            if hardware:
                rates = evaluate(model, True, prompt, labels)
                print(" crossbars", rates[[0, 2, 8, 18]].round(4), end="")
            print(flush=True)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=STEPS,
                        help="(default: %(default)s)")
    parser.add_argument("--hardware-aware", type=int, metavar="STEPS",
                        default=STEPS, help="steps on noisy crossbars after "
                                            "--steps (default: %(default)s)")
    parser.add_argument("--checkpoint", type=pathlib.Path,
                        help="starts with this network and skips --steps")
    parser.add_argument("--resume", action="store_true",
                        help="goes on from the last state in --work-dir")
    parser.add_argument("--time-steps", type=int, default=4,
                        help="(default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work-dir", type=pathlib.Path,
                        default=pathlib.Path("/tmp/snnc_mimo"),
                        help="checkpoints (default: %(default)s)")
    options = parser.parse_args()
    work = options.work_dir
    torch.set_num_threads(options.threads)
    work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    model = StochasticDetector(options.time_steps)
    record = {"time_steps": options.time_steps}
    if options.checkpoint:
        model.load_state_dict(torch.load(options.checkpoint))
    else:
        record.update(train(model, options.steps, RATE, SEED, False,
                            work / "ssa.pt", options.resume))
    if options.hardware_aware:
        record["hardware_aware"] = train(
            model, options.hardware_aware, HARDWARE_RATE,
            SEED + HARDWARE_SEED, True, work / "ssa_hardware.pt")
    model.eval()
    export_spiking.export(model.weights(), "ssa", work / "mimo_ssa.onnx",
                          options.time_steps)
    torch.manual_seed(EVALUATION_SEED)
    prompt, labels = mimo_task.generate(EVALUATION_SEED, EVALUATION_COUNT)
    if options.hardware_aware:
        record["hardware_aware"]["ser_on_crossbars"] = evaluate(
            model, True, prompt, labels)[-1]
    rates = evaluate(model, False, prompt, labels)
    record.update(ser=rates[-1], ser_by_pilots=rates.tolist(),
                  parameters=sum(p.numel() for p in model.parameters()))
    print(record)
    (work / "training_ssa.json").write_text(
        json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
