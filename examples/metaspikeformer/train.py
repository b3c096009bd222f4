# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains the tiny Meta-SpikeFormer on the drawn figures (PyTorch; by hand).

    python3 train.py

Every batch is freshly drawn.  Writes shapes.pt to --work-dir, and the budget
and the accuracy on the seeded test set to training.json there; export.py makes
the ONNX files.
"""

import argparse
import json
import math
import pathlib
import time

import numpy as np
import torch
from torch.nn import functional

import shapes_task
from model import SIZES, MetaSpikeFormer

SEED, TEST_SEED, TEST_COUNT = 301, 30260, 1000
BATCH, RATE = 32, 3e-3


def network(steps):
    return MetaSpikeFormer(**SIZES["tiny"], inputs=1,
                           classes=len(shapes_task.CLASSES), steps=steps)


def classify(model, images, batch=100):
    with torch.no_grad():
        return torch.cat([model(torch.from_numpy(images[i:i + batch]))
                          .argmax(-1) for i in range(0, len(images), batch)]
                         ).numpy()


def draw(rng):
    labels = rng.integers(0, len(shapes_task.CLASSES), BATCH)
    images = np.stack([shapes_task.draw(rng, kind) for kind in labels])
    return (torch.from_numpy(images[:, None].astype(np.float32)),
            torch.from_numpy(labels))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--time-steps", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work-dir", type=pathlib.Path,
                        default=pathlib.Path("/tmp/snnc_shapes"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.work_dir.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    model = network(options.time_steps)
    images, labels = shapes_task.generate(SEED + 1, 300)
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    start = time.process_time()
    for step in range(options.steps):
        now = RATE * min(1.0, (step + 1) / 100)
        now *= 0.5 + 0.5 * math.cos(math.pi * step / options.steps)
        optimiser.param_groups[0]["lr"] = now
        inputs, target = draw(rng)
        loss = functional.cross_entropy(model(inputs), target)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 200 == 199:
            model.eval()
            right = (classify(model, images) == labels).mean()
            model.train()
            print(f"step {step + 1} {time.process_time() - start:.0f} s loss "
                  f"{loss.item():.4f} accuracy {right:.3f}", flush=True)
            torch.save(model.state_dict(), options.work_dir / "shapes.pt")
    torch.save(model.state_dict(), options.work_dir / "shapes.pt")
    model.eval()
    images, labels = shapes_task.generate(TEST_SEED, TEST_COUNT)
    record = {"steps": options.steps, "batch": BATCH, "learning_rate": RATE,
              "time_steps": options.time_steps, "seed": SEED,
              "test": {"seed": TEST_SEED, "images": TEST_COUNT},
              "accuracy": float((classify(model, images) == labels).mean()),
              "parameters": sum(p.numel() for p in model.parameters()),
              "cpu_seconds": round(time.process_time() - start, 1)}
    print(record)
    (options.work_dir / "training.json").write_text(
        json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
