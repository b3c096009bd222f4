# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# %% [markdown]
# # A chip
# The same network as a programming image: devices with noise and drift, energy by
# component, and the report as a page. `python3 chip.py [FOLDER]` writes the page and
# the curves to FOLDER.

# %%
import pathlib
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "mimo"))

import mimo_task
import snnc

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                      tempfile.mkdtemp(prefix="snnc-"))
folder.mkdir(parents=True, exist_ok=True)
x, labels = mimo_task.generate(seed=0, count=20)
print(snnc.chips())

# %%
net = snnc.compile(snnc.example("mimo/mimo_w1a4_k1.onnx"), calibrate=x,
                   chip="xpikeformer-pcm", verify_mapping=True)
layers = net.image.layers
print(f"{len(layers)} layers; the first, '{layers[0]['node']}', has "
      f"{len(layers[0]['tiles'])} tiles")

# %% [markdown]
# Other devices and a later time change the outputs.

# %%
exact = net.chip.run(x[:4])
noisy = net.chip.run(x[:4], noise="all", seed=1)
print("largest difference by noise:", abs(noisy - exact).max())

# %% [markdown]
# Drift: the error rate over time, over devices, with intervals.

# %%
metric = snnc.ErrorRate(digits=4)
curves = snnc.sweep(
    lambda time: snnc.evaluate(net, (x[:8], labels[:8]), metric, on="chip",
                               noise="all", time=time, seeds=range(2)),
    time=[20, 86400])
print(curves)

# %% [markdown]
# Energy of measured spikes, and the report.

# %%
print(net.energy(stats=net.stats(x)))
report = net.report(x, curves=curves)
report.save(folder / "report.html")
curves.save(folder / "curves.json")
print("wrote", folder / "report.html")
