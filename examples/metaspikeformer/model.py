# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Meta-SpikeFormer (Yao et al., ICLR 2024) in PyTorch.

The published architecture with its sizes as parameters: four convolutional
stages of LIF neurons and membrane shortcuts, two stages of transformer blocks
with spike-driven self-attention (SDSA-3) and re-parameterisable convolutions.
Tensors are [T, batch, channels, height, width]; convolutions see T * batch
images.

Neurons come in two forms that compute the same and export differently:
``unrolled`` writes every time step out, ``loop`` is scripted and becomes an
ONNX Loop.  ``merge`` replaces every RepConv by the one 3x3 convolution that it
equals.
"""

import torch
from torch import nn
from torch.nn import functional

TAU = 2.0
ATTENTION_THRESHOLD = 0.5
ATTENTION_SCALE = 0.125

# Channels of the stages 1a, 1b, 2, 3, 4 and the blocks of the last four.
SIZES = {
    "15M": dict(channels=(32, 64, 128, 256, 360), heads=8),
    "31M": dict(channels=(48, 96, 192, 384, 480), heads=8),
    "55M": dict(channels=(64, 128, 256, 512, 640), heads=8),
    "tiny": dict(channels=(8, 16, 24, 32, 40), heads=4,
                 blocks=(1, 1, 1, 1, 1)),
}


class _Spike(torch.autograd.Function):
    """Heaviside step with a sigmoid surrogate gradient (slope 4)."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        x, = ctx.saved_tensors
        s = torch.sigmoid(4.0 * x)
        return 4.0 * gradient * s * (1.0 - s)


@torch.jit.script
def _lif_loop(x: torch.Tensor, threshold: float) -> torch.Tensor:
    spikes = torch.zeros_like(x)
    v = torch.zeros_like(x[0])
    for t in range(x.shape[0]):
        h = v + (x[t] - v) / 2.0
        s = (h - threshold >= 0.0).to(x.dtype)
        v = (1.0 - s) * h
        spikes[t] = s
    return spikes


class LIF(nn.Module):
    """h = v + (x - v) / tau; a spike where h >= threshold; hard reset to 0."""

    def __init__(self, threshold=1.0):
        super().__init__()
        self.threshold, self.form = threshold, "unrolled"

    def forward(self, x):
        if self.form == "loop":
            return _lif_loop(x, self.threshold)
        spikes, v = [], None
        for t in range(x.shape[0]):
            h = x[t] / TAU if v is None else v + (x[t] - v) / TAU
            if torch.is_grad_enabled():
                s = _Spike.apply(h - self.threshold)
            else:
                s = (h - self.threshold >= 0.0).to(x.dtype)
            v = (1.0 - s) * h
            spikes.append(s)
        return torch.stack(spikes)


def per_step(module, x):
    """Applies a convolution or a norm to all steps as one batch."""
    y = module(x.flatten(0, 1))
    return y.view(x.shape[0], x.shape[1], *y.shape[1:])


def conv_norm(inputs, outputs, kernel, stride=1, padding=0, bias=True):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=bias),
        nn.BatchNorm2d(outputs))


class Downsampling(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, padding, first=False):
        super().__init__()
        self.neuron = None if first else LIF()
        self.conv = conv_norm(inputs, outputs, kernel, stride, padding)

    def forward(self, x):
        return per_step(self.conv, x if self.neuron is None
                        else self.neuron(x))


class SepConv(nn.Module):
    def __init__(self, channels):
        super().__init__()
        wide = 2 * channels
        self.neuron1, self.neuron2 = LIF(), LIF()
        self.expand = conv_norm(channels, wide, 1, bias=False)
        self.depthwise = nn.Conv2d(wide, wide, 7, padding=3, groups=wide,
                                   bias=False)
        self.project = conv_norm(wide, channels, 1, bias=False)

    def forward(self, x):
        x = self.neuron2(per_step(self.expand, self.neuron1(x)))
        return per_step(self.project, per_step(self.depthwise, x))


class ConvBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.separable = SepConv(channels)
        self.neuron1, self.neuron2 = LIF(), LIF()
        self.conv1 = conv_norm(channels, 4 * channels, 3, padding=1,
                               bias=False)
        self.conv2 = conv_norm(4 * channels, channels, 3, padding=1,
                               bias=False)

    def forward(self, x):
        x = x + self.separable(x)
        h = per_step(self.conv1, self.neuron1(x))
        return x + per_step(self.conv2, self.neuron2(h))


class NormAndPad(nn.Module):
    """Batch norm, then a border of what the norm makes of zero."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        n = self.norm
        border = n.bias - n.running_mean * n.weight / torch.sqrt(
            n.running_var + n.eps)
        border = border.detach().view(1, -1, 1, 1)
        y = functional.pad(n(x), [1, 1, 1, 1])
        y[:, :, 0:1, :] = border
        y[:, :, -1:, :] = border
        y[:, :, :, 0:1] = border
        y[:, :, :, -1:] = border
        return y


class RepConv(nn.Module):
    """1x1, norm, padded depthwise 3x3, 1x1, norm: one 3x3 when merged."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 1, bias=False),
            NormAndPad(channels),
            nn.Conv2d(channels, channels, 3, groups=channels, bias=False),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels))

    def forward(self, x):
        return self.body(x)


class Attention(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.neuron = LIF()
        self.neurons = nn.ModuleList(LIF() for _ in range(3))
        self.qkv = nn.ModuleList(
            nn.Sequential(RepConv(channels), nn.BatchNorm2d(channels))
            for _ in range(3))
        self.fire = LIF(ATTENTION_THRESHOLD)
        self.project = nn.Sequential(RepConv(channels),
                                     nn.BatchNorm2d(channels))

    def forward(self, x):
        steps, batch, channels, height, width = x.shape
        u = self.neuron(x)

        def heads(conv, neuron):
            y = neuron(per_step(conv, u)).flatten(3).transpose(-1, -2)
            y = y.reshape(steps, batch, height * width, self.heads,
                          channels // self.heads)
            return y.permute(0, 1, 3, 2, 4)

        q, k, v = (heads(c, n) for c, n in zip(self.qkv, self.neurons))
        y = q @ (k.transpose(-2, -1) @ v) * ATTENTION_SCALE
        y = y.transpose(3, 4).reshape(steps, batch, channels, height * width)
        y = self.fire(y).view(x.shape)
        return per_step(self.project, y)


class MLP(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.neuron1, self.neuron2 = LIF(), LIF()
        self.expand = nn.Sequential(nn.Conv1d(channels, 4 * channels, 1),
                                    nn.BatchNorm1d(4 * channels))
        self.reduce = nn.Sequential(nn.Conv1d(4 * channels, channels, 1),
                                    nn.BatchNorm1d(channels))

    def forward(self, x):
        h = per_step(self.expand, self.neuron1(x.flatten(3)))
        return per_step(self.reduce, self.neuron2(h)).view(x.shape)


class TransformerBlock(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.attention, self.mlp = Attention(channels, heads), MLP(channels)

    def forward(self, x):
        x = x + self.attention(x)
        return x + self.mlp(x)


class MetaSpikeFormer(nn.Module):
    """Images [batch, inputs, H, W] -> logits [batch, classes]; with ``dense`` a map
    of logits [batch, classes, H / 16, W / 16], as segmentation needs it."""

    def __init__(self, channels, heads, blocks=(1, 1, 2, 6, 2), inputs=3,
                 classes=1000, steps=1, dense=False):
        super().__init__()
        a, b, c, d, e = channels
        n = blocks
        self.steps, self.dense = steps, dense
        self.body = nn.Sequential(
            Downsampling(inputs, a, 7, 2, 3, first=True),
            *[ConvBlock(a) for _ in range(n[0])],
            Downsampling(a, b, 3, 2, 1),
            *[ConvBlock(b) for _ in range(n[1])],
            Downsampling(b, c, 3, 2, 1),
            *[ConvBlock(c) for _ in range(n[2])],
            Downsampling(c, d, 3, 2, 1),
            *[TransformerBlock(d, heads) for _ in range(n[3])],
            Downsampling(d, e, 3, 1, 1),
            *[TransformerBlock(e, heads) for _ in range(n[4])])
        self.neuron = LIF()
        self.head = (nn.Conv2d(e, classes, 1) if dense
                     else nn.Linear(e, classes))

    def forward(self, image):
        x = image.unsqueeze(0).repeat(self.steps, 1, 1, 1, 1)
        x = self.body(x)
        if self.dense:
            return per_step(self.head, self.neuron(x)).mean(0)
        return self.head(self.neuron(x.flatten(3).mean(3))).mean(0)

    def set_form(self, form):
        """``unrolled`` or ``loop`` neurons."""
        for module in self.modules():
            if isinstance(module, LIF):
                module.form = form
        return self


def _affine(norm):
    a = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return a, norm.bias - norm.running_mean * a


def merged(rep, norm):
    """The 3x3 convolution that a RepConv and the norm behind it equal."""
    first, pad, depthwise, last, inner = rep.body
    a1, o1 = _affine(pad.norm)
    a2, o2 = _affine(inner)
    a3, o3 = _affine(norm)
    w1, wd, w3 = (c.weight.double() for c in (first, depthwise, last))
    w1, w3, wd = w1[:, :, 0, 0], w3[:, :, 0, 0], wd[:, 0]
    weight = torch.einsum("om,myx,m,mi->oiyx", w3, wd, a1.double(), w1)
    weight = weight * (a3 * a2).double()[:, None, None, None]
    bias = a2 * (w3 @ (wd.sum((1, 2)) * o1)) + o2
    conv = nn.Conv2d(w1.shape[1], w3.shape[0], 3, padding=1)
    conv.weight.data.copy_(weight)
    conv.bias.data.copy_(a3 * bias + o3)
    return conv


def merge(model):
    """Replaces every RepConv and the norm behind it in place."""
    for module in list(model.modules()):
        if isinstance(module, Attention):
            for i, (rep, norm) in enumerate(list(module.qkv)):
                module.qkv[i] = merged(rep, norm)
            module.project = merged(*module.project)
    return model
