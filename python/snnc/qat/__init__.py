# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Quantisation-aware training in PyTorch, with dead zones.

    from snnc import qat
    model = qat.prepare(model, qat.Config(weight_bits=1, act_bits=4,
                                          dead_zone=1))
    qat.calibrate(model, loader)
    optimiser = torch.optim.AdamW(qat.parameter_groups(model, lr=2e-3))
    ...
    qat.export(model, example, "model.onnx")
    print(qat.verify(model, "model.onnx", x))

A level within the dead zone of zero is silent on the chip: training with it
makes the network robust to what it removes.
"""

try:
    import torch as _torch
except ImportError as error:
    raise ImportError("snnc.qat needs PyTorch (python3-torch)") from error

from .attention import MultiheadAttention, Products, SelfAttention
from .crossbar import CrossbarNoise, Crossbars
from .export import export
from .prepare import Config, calibrate, parameter_groups, prepare, sites
from .quantiser import Conv2d, Linear, Quantiser
from .verify import Verification, verify

__all__ = ["Config", "Conv2d", "CrossbarNoise", "Crossbars", "Linear",
           "MultiheadAttention", "Products", "Quantiser", "SelfAttention",
           "Verification", "calibrate", "export", "parameter_groups",
           "prepare", "sites", "verify"]
