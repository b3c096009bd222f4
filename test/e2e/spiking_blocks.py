# Small networks of Spikformer, QKFormer, Spikingformer, SEW-ResNet and Spike-driven
# Transformer V1 and V3 as PyTorch exports them (Inputs/spiking_blocks.py; its files are in
# Inputs/blocks): the recognised network has the bits of the exported one, no product behind
# spikes has a site of 8 bits, the simulator's modes and the programming image agree.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import shutil
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "Inputs")]

from e2e import Checks, scratch
from spiking_structures import check_network

# What has to be in the spiking form of each network, and what must not.
FORMS = {
    "spikformer": (["spike.maxpool", "spike.sdsa", "spike.add", "spike.sum", "max = 64"], []),
    "qkformer": (["spike.and ", "spike.add", "spike.sum", "max = 64"], []),
    "spikingformer": (["spike.sdsa", "spike.sum"], ["spike.add"]),
    "sew_resnet": (["spike.maxpool", "spike.add", "spike.sum", "max = 48"], []),
    "spike_driven_v1": (["spike.maxpool", "variant = 1", "spike.sum"], ["spike.add"]),
    # Values are four times as wide as queries and keys.
    "spike_driven_v3": (["spike.sdsa", "max = 4", "x2x16x16x!spike.count", "spike.sum"], ["spike.add"]),
}


def main():
    checks = Checks()
    with scratch() as folder:
        to = lambda name: os.path.join(folder, name)
        for seed, (name, forms) in enumerate(FORMS.items()):
            shutil.copy(os.path.join(HERE, "Inputs", "blocks", name + ".onnx"),
                        to("net.onnx"))
            x = np.random.default_rng(seed).integers(0, 17, [4, 3, 8, 8])
            check_network(checks, to, name, x.astype(np.float32) / 16, *forms)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
