# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The small causal transformer of the MIMO example (PyTorch).

Pre-norm decoder blocks: LayerNorm, causal softmax attention, LayerNorm, ReLU
MLP (4x). `quantised` gives its W1A4 form: block weights of 1 bit (+1 where W >=
mean W, else -1, with one scale per tensor), block activations of 4 bits with
learned scales, the input embedding and the output head of 8 bits.
"""

import math

import torch
from torch import nn
from torch.nn import functional

import mimo_task
from snnc import qat


class Block(nn.Module):
    def __init__(self, width, heads, depth):
        super().__init__()
        self.l1, self.l2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.f1 = nn.Linear(width, 4 * width)
        self.f2 = nn.Linear(4 * width, width)
        for layer, gain in ((self.attention.out_proj, 1 / math.sqrt(depth)),
                            (self.f1, math.sqrt(2.0)),
                            (self.f2, 1 / math.sqrt(depth))):
            _start(layer, gain)
        nn.init.normal_(self.attention.in_proj_weight, 0,
                        1 / math.sqrt(width))

    def forward(self, x, mask):
        h = self.l1(x)
        x = x + self.attention(h, h, h, attn_mask=mask, need_weights=False)[0]
        return x + self.f2(functional.relu(self.f1(self.l2(x))))


def _start(layer, gain=1.0):
    nn.init.normal_(layer.weight, 0, gain / math.sqrt(layer.in_features))
    nn.init.zeros_(layer.bias)


class Detector(nn.Module):
    """prompt [batch, 19, 12] -> logits [batch, 19, 16]."""

    def __init__(self, width=64, heads=4, depth=3):
        super().__init__()
        tokens = mimo_task.TOKENS
        self.embed = nn.Linear(mimo_task.FEATURES, width)
        self.position = nn.Parameter(0.02 * torch.randn(tokens, width))
        self.blocks = nn.ModuleList(Block(width, heads, depth)
                                    for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, mimo_task.CLASSES)
        _start(self.embed)
        _start(self.head, 0.5)
        self.register_buffer(
            "mask", torch.full((tokens, tokens), -10000.0).triu(1))

    def forward(self, prompt):
        x = self.embed(prompt) + self.position
        for block in self.blocks:
            x = block(x, self.mask)
        return self.head(self.norm(x))


def quantised(model, dead_zone):
    """The W1A4 form; its sites are idle until qat.calibrate."""
    return qat.prepare(model, qat.Config(
        weight_bits=1, act_bits=4, kv_bits=4, per_channel=False,
        dead_zone={"*": dead_zone}))
