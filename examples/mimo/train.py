# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the MIMO models (PyTorch; run once by hand, never in CI).

    PYTHONPATH=../../python python3 train.py --all

trains the float model, then the two W1A4 models (dead zone k = 0 and k = 1)
from it, writes the three ONNX files beside this script and records the budget
and the measured symbol error rates in training.json.  A single stage can be
run with --stage; checkpoints go to --work-dir.

Every batch is made of fresh prompts.  The loss is the cross-entropy against
the exact Bayesian posterior of the symbols given the prompt (a soft target
that the known channel model provides), averaged over the 19 query positions.
"""

import argparse
import json
import math
import pathlib
import time

import numpy as np
import torch

import mimo_task
from make_inputs import CALIBRATION_SEED, EVALUATION_SEED
from model import Detector, quantised
from snnc import qat

HERE = pathlib.Path(__file__).resolve().parent
# name: (starts from, dead zone or None for float, steps, learning rate, seed)
STAGES = {
    "float": (None, None, 4000, 2e-3, 101),
    "w1a4_k0": ("float", 0, 12000, 2e-3, 102),
    "w1a4_k1": ("float", 1, 12000, 2e-3, 103),
}
TITLES = {"float": "float", "w1a4_k0": "W1A4, k = 0",
          "w1a4_k1": "W1A4, k = 1"}
BATCH = 64
VALIDATION_SEED = 104
EVALUATION_COUNT = 10000
SCALE_SEED = 105


def detect(model, prompt, batch=500):
    """Classes [count, 19] that the model decides for."""
    with torch.no_grad():
        parts = [model(torch.from_numpy(prompt[i:i + batch])).argmax(-1)
                 for i in range(0, len(prompt), batch)]
    return torch.cat(parts).numpy()


def draw(rng):
    """One training batch: prompts and soft targets."""
    prompt = mimo_task.encode(*mimo_task.simulate(rng, BATCH))
    target = np.exp(mimo_task.log_posterior(prompt)).astype(np.float32)
    return torch.from_numpy(prompt), torch.from_numpy(target)


def train(name, work, steps=None):
    """Runs one stage; returns its record and writes its checkpoint."""
    source, dead_zone, planned, rate, seed = STAGES[name]
    steps = steps or planned
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Detector()
    if source:
        model.load_state_dict(torch.load(work / f"{source}.pt"))
    if dead_zone is not None:
        model = quantised(model, dead_zone)
        qat.calibrate(model, torch.from_numpy(
            mimo_task.generate(SCALE_SEED, 200)[0]))
    prompt, labels = mimo_task.generate(VALIDATION_SEED, 2000)
    optimiser = torch.optim.AdamW(qat.parameter_groups(model, rate),
                                  betas=(0.9, 0.98))
    peaks = [group["lr"] for group in optimiser.param_groups]
    start = time.time()
    for step in range(steps):
        now = min(1.0, (step + 1) / 200)
        now *= 0.5 + 0.5 * math.cos(math.pi * step / steps)
        for group, peak in zip(optimiser.param_groups, peaks):
            group["lr"] = now * peak
        inputs, target = draw(rng)
        loss = -(target * torch.log_softmax(model(inputs), -1)).sum(-1).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 250 == 249 or step == 0:
            rates = mimo_task.symbol_error_rate(detect(model, prompt), labels)
            print(f"{name} step {step + 1} {time.time() - start:.0f} s "
                  f"loss {loss.item():.4f} SER at 0/2/8/18 pilots",
                  rates[[0, 2, 8, 18]].round(4), flush=True)
            torch.save(model.state_dict(), work / f"{name}.pt")
    torch.save(model.state_dict(), work / f"{name}.pt")
    return {"steps": steps, "batch": BATCH, "prompts": steps * BATCH,
            "learning_rate": rate, "seed": seed, "starts_from": source,
            "seconds": round(time.time() - start, 1)}


def load(name, work):
    """The trained model of one stage, quantisers switched on as trained."""
    dead_zone = STAGES[name][1]
    model = Detector()
    if dead_zone is not None:
        model = quantised(model, dead_zone)
    model.load_state_dict(torch.load(work / f"{name}.pt"))
    return model.eval()


def verify(name, work, count=500):
    """How far the compiled network agrees with a trained model."""
    prompt = torch.from_numpy(mimo_task.generate(VALIDATION_SEED, count)[0])
    model = load(name, work)
    path = work / f"{name}.onnx"
    qat.export(model, prompt[:1], path, output_names=["logits"])
    return qat.verify(model, path, prompt)


def finish(work):
    """Exports and measures every trained model; writes training.json."""
    prompt, labels = mimo_task.generate(EVALUATION_SEED, EVALUATION_COUNT)
    lmmse = mimo_task.symbol_error_rate(
        mimo_task.lmmse_detect(prompt), labels)
    exact = mimo_task.symbol_error_rate(
        mimo_task.log_posterior(prompt).argmax(-1), labels)
    report = {
        "torch": torch.__version__,
        "parameters": sum(p.numel() for p in Detector().parameters()),
        "evaluation": {"seed": EVALUATION_SEED, "prompts": EVALUATION_COUNT,
                       "lmmse": lmmse[-1], "exact_posterior": exact[-1]},
        "seeds_not_trained_on": {"evaluation": EVALUATION_SEED,
                                 "calibration": CALIBRATION_SEED,
                                 "validation": VALIDATION_SEED},
        "models": {},
    }
    series = {"LMMSE": lmmse.tolist(), "exact posterior": exact.tolist()}
    for name, (_, dead_zone, *_) in STAGES.items():
        model = load(name, work)
        path = HERE / f"mimo_{name}.onnx"
        qat.export(model, torch.from_numpy(prompt[:1]), path,
                   dynamic_batch=True, output_names=["logits"])
        rates = mimo_task.symbol_error_rate(detect(model, prompt), labels)
        record = json.loads((work / f"{name}.json").read_text())
        record.update(dead_zone=dead_zone, ser=rates[-1],
                      ratio_to_lmmse=rates[-1] / lmmse[-1],
                      onnx_bytes=path.stat().st_size)
        if dead_zone:
            # What the exported graph gives when nothing applies D(q).
            for site in qat.sites(model).values():
                site.dead_zone = 0
            plain = mimo_task.symbol_error_rate(detect(model, prompt), labels)
            record.update(ser_dead_zone_not_applied=plain[-1])
        report["models"][name] = record
        series[TITLES[name]] = rates.tolist()
        print(name, record, flush=True)
    report["curves"] = {"pilots": list(range(mimo_task.TOKENS)),
                        "series": series}
    (HERE / "training.json").write_text(json.dumps(report, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--all", action="store_true",
                        help="train every stage, then export and measure")
    parser.add_argument("--stage", choices=list(STAGES),
                        help="train one stage only")
    parser.add_argument("--steps", type=int,
                        help="of every stage (default: as recorded)")
    parser.add_argument("--verify", action="store_true",
                        help="compile the stage's model and compare it with "
                             "PyTorch")
    parser.add_argument("--finish", action="store_true",
                        help="export and measure what --work-dir holds")
    parser.add_argument("--work-dir", type=pathlib.Path,
                        default=pathlib.Path("/tmp/snnc_mimo"),
                        help="checkpoints (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if not (options.all or options.stage or options.finish):
        parser.error("give --all, --stage or --finish")
    torch.set_num_threads(options.threads)
    options.work_dir.mkdir(parents=True, exist_ok=True)
    names = list(STAGES) if options.all else [options.stage]
    for name in filter(None, names):
        record = train(name, options.work_dir, options.steps)
        (options.work_dir / f"{name}.json").write_text(json.dumps(record))
        if options.verify:
            print(verify(name, options.work_dir))
    if options.all or options.finish:
        finish(options.work_dir)


if __name__ == "__main__":
    main()
