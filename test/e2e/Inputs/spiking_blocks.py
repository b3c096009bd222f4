# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small networks of the architectures that are trained to spike, in PyTorch.

    spiking_blocks.py DIR

writes one NAME.onnx for each, with random weights: those of blocks/, which
spiking_blocks.py of the end-to-end tests reads. Weights are dyadic and norms scale by
powers of two, so that float32 rounds no sum, whatever its order.
"""

import os
import sys
import warnings

import torch
from torch import nn

STEPS, CHANNELS, SIZE, IMAGE = 2, 8, 8, [3, 8, 8]


class Lif(nn.Module):
    """Leaky integrate and fire over axis 0, as SpikingJelly writes it; tau of None: no
    leak."""

    def __init__(self, tau=2.0, threshold=1.0):
        super().__init__()
        self.tau, self.threshold = tau, threshold

    def forward(self, x):
        v, spikes = 0.0, []
        for t in range(STEPS):
            h = v + x[t] if self.tau is None else v + (x[t] - v) / self.tau
            s = (h - self.threshold >= 0).to(x.dtype)
            v = (1.0 - s) * h
            spikes.append(s)
        return torch.stack(spikes)


class IntegerLif(nn.Module):
    """Integer LIF of one step, 0 to 4, worth a quarter each."""

    def forward(self, x):
        return torch.round(torch.clamp(x, 0, 4)) / 4


class ConvNorm(nn.Module):
    """Convolution and batch normalisation of [T, B, C, H, W]."""

    def __init__(self, inputs, outputs, kernel=3, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=0)

    def forward(self, x):
        y = self.norm(self.conv(x.flatten(0, 1)))
        return y.reshape(x.shape[0], x.shape[1], *y.shape[1:])


class LinearNorm(nn.Module):
    """Linear and batch normalisation of [T, B, N, C]."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.norm = nn.BatchNorm1d(outputs, eps=0)

    def forward(self, x):
        y = self.linear(x.flatten(0, 1))
        return self.norm(y.transpose(1, 2)).transpose(1, 2).reshape(*x.shape[:3], -1)


def pool(x, kernel=3, stride=2, padding=1):
    y = nn.functional.max_pool2d(x.flatten(0, 1), kernel, stride, padding)
    return y.reshape(x.shape[0], x.shape[1], *y.shape[1:])


def heads(x, count):
    """[T, B, N, C] -> [T, B, heads, N, C / heads]."""
    return x.reshape(*x.shape[:3], count, -1).transpose(2, 3)


def joined(x):
    return x.transpose(2, 3).flatten(3)


def tokens(x):
    return x.flatten(3).transpose(2, 3)


class SpikeAttention(nn.Module):
    """Queries, keys and values that fire, their product without softmax, neurons."""

    def __init__(self, width, count=2, order="scores"):
        super().__init__()
        self.q, self.k, self.v = (LinearNorm(width, width) for _ in range(3))
        self.q_lif, self.k_lif, self.v_lif = Lif(), Lif(), Lif()
        self.lif, self.count, self.order = Lif(threshold=0.5), count, order

    def forward(self, x):
        q, k, v = (heads(lif(layer(x)), self.count) for layer, lif in (
            (self.q, self.q_lif), (self.k, self.k_lif), (self.v, self.v_lif)))
        if self.order == "scores":
            y = (q @ k.transpose(-2, -1)) @ v
        else:
            y = q @ (k.transpose(-2, -1) @ v)
        return self.lif(joined(y * 0.125))


class Repeated(nn.Module):
    """The image at every time step."""

    def forward(self, x):
        return x.unsqueeze(0).repeat(STEPS, 1, 1, 1, 1)


class Spikformer(nn.Module):
    """Patches with pools behind neurons, shortcuts of spikes (counts)."""

    def __init__(self, width=CHANNELS):
        super().__init__()
        self.steps = Repeated()
        self.stem, self.stem_lif = ConvNorm(3, width), Lif()
        self.position, self.position_lif = ConvNorm(width, width), Lif()
        self.attention = SpikeAttention(width)
        self.proj, self.proj_lif = LinearNorm(width, width), Lif()
        self.fc1, self.fc1_lif = LinearNorm(width, 2 * width), Lif()
        self.fc2, self.fc2_lif = LinearNorm(2 * width, width), Lif()
        self.head = nn.Linear(width, 4)

    def forward(self, x):
        x = pool(self.stem_lif(self.stem(self.steps(x))))
        x = tokens(self.position_lif(self.position(x)) + x)
        x = x + self.proj_lif(self.proj(self.attention(x)))
        x = x + self.fc2_lif(self.fc2(self.fc1_lif(self.fc1(x))))
        return self.head(x.mean(2)).mean(0)


class QKFormer(nn.Module):
    """Patches with a pool in front of neurons; queries gate keys of their tokens."""

    def __init__(self, width=CHANNELS):
        super().__init__()
        self.steps = Repeated()
        self.stem, self.stem_lif = ConvNorm(3, width), Lif()
        self.patch, self.patch_lif = ConvNorm(width, width), Lif()
        self.shortcut, self.shortcut_lif = ConvNorm(width, width, 1, 2), Lif()
        self.q, self.q_lif = ConvNorm(width, width, 1), Lif()
        self.k, self.k_lif = ConvNorm(width, width, 1), Lif()
        self.gate = Lif(threshold=0.5)
        self.proj, self.proj_lif = ConvNorm(width, width, 1), Lif()
        self.fc1, self.fc1_lif = ConvNorm(width, 2 * width, 1), Lif()
        self.fc2, self.fc2_lif = ConvNorm(2 * width, width, 1), Lif()
        self.head = nn.Linear(width, 4)

    def forward(self, x):
        x = self.stem_lif(self.stem(self.steps(x)))
        x = self.patch_lif(pool(self.patch(x))) + self.shortcut_lif(self.shortcut(x))
        gate = self.gate(self.q_lif(self.q(x)).sum(2, keepdim=True))
        x = x + self.proj_lif(self.proj(gate * self.k_lif(self.k(x))))
        x = x + self.fc2_lif(self.fc2(self.fc1_lif(self.fc1(x))))
        return self.head(x.flatten(3).mean(3)).mean(0)


class Spikingformer(nn.Module):
    """Neurons in front of every layer, shortcuts of membranes."""

    def __init__(self, width=CHANNELS):
        super().__init__()
        self.steps = Repeated()
        self.stem, self.patch_lif = ConvNorm(3, width), Lif()
        self.patch = ConvNorm(width, width, stride=2)
        self.attention_lif, self.attention = Lif(), SpikeAttention(width, order="values")
        self.proj = LinearNorm(width, width)
        self.fc1_lif, self.fc1 = Lif(), LinearNorm(width, 2 * width)
        self.fc2_lif, self.fc2 = Lif(), LinearNorm(2 * width, width)
        self.head_lif, self.head = Lif(), nn.Linear(width, 4)

    def forward(self, x):
        x = tokens(self.patch(self.patch_lif(self.stem(self.steps(x)))))
        x = x + self.proj(self.attention(self.attention_lif(x)))
        x = x + self.fc2(self.fc2_lif(self.fc1(self.fc1_lif(x))))
        return self.head(self.head_lif(x).mean(2)).mean(0)


class SewResNet(nn.Module):
    """Integrate and fire; two blocks whose shortcuts add spikes, an average pool."""

    def __init__(self, width=CHANNELS):
        super().__init__()
        self.steps = Repeated()
        self.stem, self.stem_lif = ConvNorm(3, width), Lif(None)
        self.layers = nn.ModuleList(
            nn.ModuleList((ConvNorm(width, width), Lif(None))) for _ in range(4))
        self.head = nn.Linear(width, 4)

    def forward(self, x):
        x = pool(self.stem_lif(self.stem(self.steps(x))))
        for block in (0, 2):
            y = x
            for layer, lif in self.layers[block:block + 2]:
                y = lif(layer(y))
            x = x + y
        y = nn.functional.adaptive_avg_pool2d(x.flatten(0, 1), 1)
        return self.head(y.flatten(1)).reshape(STEPS, -1, 4).mean(0)


class SpikeDrivenV1(nn.Module):
    """Spike-driven Transformer: sums over tokens of K and V mask the channels of Q."""

    def __init__(self, width=CHANNELS):
        super().__init__()
        self.steps = Repeated()
        self.stem, self.stem_lif = ConvNorm(3, width), Lif()
        self.patch = ConvNorm(width, width)
        self.shortcut_lif = Lif()
        self.q, self.k, self.v = (LinearNorm(width, width) for _ in range(3))
        self.q_lif, self.k_lif, self.v_lif = Lif(), Lif(), Lif()
        self.talking = Lif(threshold=0.5)
        self.proj = LinearNorm(width, width)
        self.fc1_lif, self.fc1 = Lif(), LinearNorm(width, 2 * width)
        self.fc2_lif, self.fc2 = Lif(), LinearNorm(2 * width, width)
        self.head_lif, self.head = Lif(), nn.Linear(width, 4)

    def forward(self, x):
        x = tokens(self.patch(pool(self.stem_lif(self.stem(self.steps(x))))))
        s = self.shortcut_lif(x)
        q, k, v = (heads(lif(layer(s)), 2) for layer, lif in (
            (self.q, self.q_lif), (self.k, self.k_lif), (self.v, self.v_lif)))
        y = q * self.talking((k * v).sum(-2, keepdim=True))
        x = x + self.proj(joined(y))
        x = x + self.fc2(self.fc2_lif(self.fc1(self.fc1_lif(x))))
        return self.head(self.head_lif(x).mean(2)).mean(0)


class SpikeDrivenV3(nn.Module):
    """Integer LIF of one step in front of every layer; attention on counts, with values
    four times as wide."""

    def __init__(self, width=CHANNELS, expansion=4):
        super().__init__()
        self.count = 2
        self.stem, self.patch_lif = ConvNorm(3, width), IntegerLif()
        self.patch = ConvNorm(width, width, stride=2)
        self.attention_lif = IntegerLif()
        self.q, self.k = LinearNorm(width, width), LinearNorm(width, width)
        self.v = LinearNorm(width, expansion * width)
        self.q_lif, self.k_lif, self.v_lif = IntegerLif(), IntegerLif(), IntegerLif()
        self.lif = IntegerLif()
        self.proj = LinearNorm(expansion * width, width)
        self.fc1_lif, self.fc1 = IntegerLif(), LinearNorm(width, 2 * width)
        self.fc2_lif, self.fc2 = IntegerLif(), LinearNorm(2 * width, width)
        self.head_lif, self.head = IntegerLif(), nn.Linear(width, 4)

    def forward(self, x):
        x = tokens(self.patch(self.patch_lif(self.stem(x.unsqueeze(0)))))
        s = self.attention_lif(x)
        q, k, v = (heads(lif(layer(s)), self.count) for layer, lif in (
            (self.q, self.q_lif), (self.k, self.k_lif), (self.v, self.v_lif)))
        # Twice the inverse root of 4 channels a head.
        x = x + self.proj(self.lif(joined((q @ k.transpose(-2, -1)) @ v * (2 * 0.5))))
        x = x + self.fc2(self.fc2_lif(self.fc1(self.fc1_lif(x))))
        return self.head(self.head_lif(x).mean(2)).mean(0)


NETWORKS = {"spikformer": Spikformer, "qkformer": QKFormer, "spikingformer": Spikingformer,
            "sew_resnet": SewResNet, "spike_driven_v1": SpikeDrivenV1,
            "spike_driven_v3": SpikeDrivenV3}


def make(name, seed=11):
    """A network with dyadic weights that fires."""
    torch.manual_seed(seed)
    model = NETWORKS[name]().eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                w = module.weight
                parts = 16 if w[0].numel() > 16 else 8
                w.copy_(torch.randint(-5, 8, w.shape) / parts)
                if module.bias is not None:
                    module.bias.copy_(torch.randint(-8, 9, module.bias.shape) / 16)
            elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                n = module.weight.shape
                module.weight.copy_(2.0 ** torch.randint(0, 2, n))
                module.bias.copy_(torch.randint(-2, 7, n) / 8)
                module.running_mean.copy_(torch.randint(-4, 5, n) / 16)
    return model


def export(model, path):
    """Writes the model in evaluation mode, for one image."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, torch.zeros(1, *IMAGE), path, input_names=["x"],
                          output_names=["y"], opset_version=13)


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for name in NETWORKS:
        path = os.path.join(sys.argv[1], name + ".onnx")
        export(make(name), path)
        print(path, os.path.getsize(path))


if __name__ == "__main__":
    main()
