# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# %% [markdown]
# # Training for spikes
# A small transformer is trained in PyTorch, then goes on learning with quantisers: once
# with a dead zone, in which values beside zero send no spike, and once without. Both are
# compiled, compared on the same samples, and the one with the dead zone becomes a
# programming image that is proven and executed. `python3 training.py [FOLDER [STEPS]]`;
# 800 steps (72 s of one core) give the figures in `examples/training/README.md`.

# %%
import pathlib
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "training"))

import chirps
import snnc
import torch
import train
from snnc import qat

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                      tempfile.mkdtemp(prefix="snnc-"))
folder.mkdir(parents=True, exist_ok=True)
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 800
torch.manual_seed(0)
torch.set_num_threads(1)

# %% [markdown]
# The task: which of eight chirps is in the noise. The model is an ordinary one, of
# `nn.TransformerEncoderLayer`.

# %%
plain = train.fit(train.Classifier(), steps, rate=2e-3, seed=0, log=print)
calibration = torch.from_numpy(chirps.generate(train.VALIDATION_SEED, 256)[0])
x, labels = chirps.generate(train.TEST_SEED, 2000)

# %% [markdown]
# `prepare` puts quantisers where spikes will be, `calibrate` chooses their scales, and
# training goes on as before. What is exported needs no flags: the file knows its bits
# and its dead zones.


# %%
def make_twin(dead_zone):
    model = qat.prepare(plain, qat.Config(weight_bits=4, act_bits=4,
                                          dead_zone=dead_zone))
    qat.calibrate(model, calibration)
    train.fit(model, steps // 2, rate=1e-3, seed=1, log=print)
    path = folder / f"chirps_k{dead_zone}.onnx"
    qat.export(model, calibration[:1], path)
    return model, path


twins = {k: make_twin(k) for k in (0, 1)}
nets = {k: snnc.compile(path) for k, (_, path) in twins.items()}

# %% [markdown]
# Does the spiking network predict what PyTorch predicts?

# %%
for k, (model, _) in twins.items():
    found = qat.verify(model, nets[k], torch.from_numpy(x))
    print(f"dead zone {k}: {found.predictions:.2%} of the predictions are PyTorch's")
    assert found.predictions >= 0.995

# %% [markdown]
# What the dead zone costs, and what it saves.

# %%
values = {k: snnc.evaluate(net, (x, labels), snnc.Accuracy())
          for k, net in nets.items()}
spikes = {k: net.stats(x).spikes_per_sample for k, net in nets.items()}
for k in nets:
    print(f"dead zone {k}: accuracy {values[k]}, {spikes[k]:.0f} spikes a sample")
print("difference of accuracy:", values[1].minus(values[0]))
print(f"spikes: {1 - spikes[1] / spikes[0]:.1%} fewer")

# %% [markdown]
# As a programming image: `verify_mapping` proves that every weight is in one place, and
# the virtual chip, which sees cells and thresholds only, gives the simulator's bits.

# %%
chip = snnc.compile(twins[1][1], chip="matterhorn-22nm", verify_mapping=True,
                    output=folder / "chip")
assert (chip.chip.run(x[:20]) == nets[1].run(x[:20])).all()
print(chip.energy(stats=chip.stats(x)))
chip.report(x[:100]).save(folder / "report.html")
print("wrote", folder / "report.html")
