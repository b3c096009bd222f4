# The bundled networks in the module that trains their like: the same sites, the
# same predictions; and some steps of training through to a compiled network.
#
# REQUIRES: torch
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import unittest

import numpy as np
import onnx
from onnx import numpy_helper
from support import SOURCE, Case, main, prompts, snnc

try:
    import torch
except ImportError:
    raise unittest.SkipTest("no PyTorch")

import model as mimo_model
from snnc import qat

torch.set_num_threads(1)

#: Sites of a block, as the bundled files name them.
SITES = {"attention.input": "in", "attention.query": "qs",
         "attention.key": "ks", "attention.value": "vs",
         "attention.probability": "p", "attention.out_proj": "os",
         "f1": "f1s", "f2": "f2s"}
LINEARS = {"attention.q_proj": "q", "attention.k_proj": "k",
           "attention.v_proj": "v", "attention.out_proj": "o", "f1": "f1",
           "f2": "f2"}


def load(path, dead_zone):
    """A bundled file's codes and scales in the module."""
    values = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy())
              for i in onnx.load(path).graph.initializer}
    model = mimo_model.quantised(mimo_model.Detector(), dead_zone).eval()
    sites = qat.sites(model)
    modules = dict(model.named_modules())

    def site(name, theirs):
        sites[name].scale.data.copy_(values[theirs + "_scale"])
        sites[name]._signed.fill_(bool(values[theirs + "_zp"] > 0))
        sites[name].is_active.fill_(True)

    def linear(name, theirs):
        weight = values[theirs + "_w_q"].float() * values[theirs + "_w_scale"]
        modules[name].weight.data.copy_(weight.T)
        modules[name].bias.data.copy_(values[theirs + "_b"])
        modules[name].is_quantised.fill_(True)

    def norm(name, theirs):
        modules[name].weight.data.copy_(values[theirs + "_weight"])
        modules[name].bias.data.copy_(values[theirs + "_bias"])

    model.position.data.copy_(values["position"])
    for name, theirs in (("embed", "embed"), ("head", "head")):
        linear(name, theirs)
        site(name, theirs + "_s")
    norm("norm", "norm")
    for i in range(3):
        for ours, theirs in SITES.items():
            site(f"blocks.{i}.{ours}", f"bl{i}_{theirs}")
        for ours, theirs in LINEARS.items():
            linear(f"blocks.{i}.{ours}", f"bl{i}_{theirs}")
        for name in ("l1", "l2"):
            norm(f"blocks.{i}.{name}", f"bl{i}_{name}")
    return model


class Mimo(Case):
    def test_the_bundled_networks(self):
        x = prompts(300)[0]
        for k in (0, 1):
            path = str(SOURCE / "examples" / "mimo" / f"mimo_w1a4_k{k}.onnx")
            model = load(path, k)
            net = snnc.compile(path)
            active = [name for name, site in qat.sites(model).items()
                      if bool(site.is_active)]
            self.assertEqual(len(active), 26)
            self.assertEqual(len(net.quantisation["sites"]), 26)
            with torch.no_grad():
                want = model(torch.from_numpy(x)).numpy()
            have = net.run(x)
            same = (want.argmax(-1) == have.argmax(-1)).mean()
            self.assertGreaterEqual(same, 0.995)
            exported = self.folder / f"k{k}.onnx"
            qat.export(model, torch.from_numpy(x[:1]), exported)
            again = snnc.compile(exported)
            self.assertEqual(len(again.quantisation["sites"]), 26)
            self.assertGreaterEqual(
                (again.run(x).argmax(-1) == have.argmax(-1)).mean(), 0.995)
            self.assertLess(abs(again.stats(x).spikes_per_sample
                                / net.stats(x).spikes_per_sample - 1), 0.01)

    def test_training(self):
        import train
        work = self.folder
        train.train("float", work, steps=20)
        train.train("w1a4_k1", work, steps=5)
        found = train.verify("w1a4_k1", work, count=100)
        self.assertGreaterEqual(found.predictions, 0.995, str(found))


if __name__ == "__main__":
    main()
