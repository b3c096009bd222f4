# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# %% [markdown]
# # First steps
# A transformer that detects the symbols of a MIMO radio link is compiled to a
# spiking network, run, looked at, and compared with its quantised form. Cells begin
# with `# %%`: editors and Jupyter (jupytext) open this file as a notebook, and
# `python3 first.py` runs it.

# %%
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "mimo"))

import mimo_task
import snnc

x, labels = mimo_task.generate(seed=0, count=200)
net = snnc.compile(snnc.example("mimo/mimo_w1a4_k1.onnx"))
print(net)

# %% [markdown]
# `run` gives what the simulator `sim` writes, in all three executions.

# %%
y = net.run(x)
for mode in ("event", "stepped"):
    assert (net.run(x[:10], mode=mode) == y[:10]).all()
print(y.shape)

# %% [markdown]
# How many neurons fire? A dead zone of 1 silences the levels beside zero.

# %%
stats = net.stats(x)
print(stats)
plain = snnc.compile(snnc.example("mimo/mimo_w1a4_k1.onnx"), dead_zone=0)
print(f"{stats.spikes_per_sample:.0f} spikes a sample, "
      f"{plain.stats(x).spikes_per_sample:.0f} without the dead zone")

# %% [markdown]
# The spikes of one sample at one site: slot and neuron.

# %%
spikes = net.spikes(x, sample=3, sites=["bl0_in_q"])
print(spikes.events("bl0_in_q")[:5])
print(f"{len(spikes.events('bl0_in_q'))} spikes in "
      f"{spikes.slots('bl0_in_q')} slots")

# %% [markdown]
# The spiking network equals its quantised form bit for bit, op by op.

# %%
found = snnc.compare(net.at("quantise"), net, x[:20])
print(found)
assert found.equal

# %% [markdown]
# Its error rate on the task, with a confidence interval, and beside the same
# network without the dead zone on the same samples.

# %%
metric = snnc.ErrorRate(last_only=True, digits=4)
value = snnc.evaluate(net, (x, labels), metric)
other = snnc.evaluate(plain, (x, labels), metric)
print("symbol error rate", value)
print("less that without the dead zone:", value.minus(other))
