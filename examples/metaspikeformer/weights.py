# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Weights for Meta-SpikeFormer: random, random and exact, or of an ONNX file.

A network with random weights is chaotic: a spike that rounds the other way at
its threshold changes most later spikes, in PyTorch against itself as well.
``exact`` draws weights for which nothing is rounded, so that every correct
implementation fires the same spikes and computes the same bits.
"""

import statistics

import torch
from torch import nn

from model import ATTENTION_SCALE, ATTENTION_THRESHOLD, TAU, Attention, RepConv

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)


def norms(model):
    return [m for m in model.modules() if isinstance(m, NORMS)]


def randomise(model, seed):
    """Random norms, scaled so that neurons fire at plausible rates."""
    torch.manual_seed(seed)
    for norm in norms(model):
        norm.running_mean.normal_(0.0, 0.1)
        norm.running_var.uniform_(0.5, 1.5)
        norm.weight.data.uniform_(0.8, 1.6)
        norm.bias.data.normal_(0.3, 0.3)


def calibrate(model, image):
    """One pass in training mode sets the running statistics from ``image``."""
    for norm in norms(model):
        norm.momentum = 1.0
    model.train()
    with torch.no_grad():
        model(image)
    model.eval()


def set_identity(norm):
    """A norm that changes nothing, exactly: its epsilon is 0, too."""
    norm.eps = 0.0
    norm.running_mean.zero_()
    norm.running_var.fill_(1.0)
    norm.weight.data.fill_(1.0)
    norm.bias.data.zero_()


def exact(model, image, seed):
    """Random weights with which float32 rounds no sum of a convolution.

    Weights are small integers, norms have powers of two as factors and dyadic
    means and offsets, fitted to the activations of ``image``, whose pixels
    have to be multiples of 2^-8.  Every membrane is then a multiple of 2^-14
    or coarser and far below 2^10.  Inside a RepConv weights are -1, 0 and 1,
    so that the sums of its three stages and of the one 3x3 convolution that
    they equal stay below 2^24.
    """
    torch.manual_seed(seed)
    inside = {m for rep in model.modules() if isinstance(rep, RepConv)
              for m in rep.modules()}
    features = {norm: attention.project[1].num_features // attention.heads
                for attention in model.modules()
                if isinstance(attention, Attention)
                for norm in (conv[1] for conv in attention.qkv)}
    for module in model.modules():
        if isinstance(module, (*CONVOLUTIONS, nn.Linear)):
            depthwise = getattr(module, "groups", 1) > 1
            most = 1 if module in inside else 3 if depthwise else 7
            scale = 2.0 ** -8 if isinstance(module, nn.Linear) else 1.0
            module.weight.data = scale * torch.randint(
                -most, most + 1, module.weight.shape).float()
            if module.bias is not None:
                module.bias.data = scale * torch.randint(
                    -most, most + 1, module.bias.shape).float()

    def fit(norm, inputs):
        x = inputs[0].transpose(0, 1).flatten(1)
        set_identity(norm)
        norm.running_mean.copy_(x.mean(1).round())
        if norm in inside:
            norm.weight.data = 2.0 ** torch.randint(0, 2, norm.weight.shape)
            norm.bias.data = torch.randint(-2, 3, norm.bias.shape).float()
            return
        target = torch.empty_like(norm.weight).uniform_(0.8, 1.6)
        power = (target / x.std(1).clamp_min(1e-3)).log2().round()
        norm.weight.data = 2.0 ** power.clamp(-13, 0)
        mean = 0.3
        if norm in features:
            # As many queries, keys and values fire as make attention fire.
            sums = ATTENTION_THRESHOLD * TAU / ATTENTION_SCALE
            tokens = inputs[0][0, 0].numel()
            rate = (sums / (tokens * features[norm])) ** (1 / 3)
            mean = TAU + statistics.NormalDist().inv_cdf(rate)
        bias = torch.empty_like(norm.bias).normal_(mean, 0.3)
        norm.bias.data = bias.mul(64).round() / 64

    # In evaluation every norm sees what the fitted ones before it make.
    hooks = [norm.register_forward_pre_hook(fit) for norm in norms(model)]
    model.eval()
    with torch.no_grad():
        model(image)
    for hook in hooks:
        hook.remove()


def from_onnx(model, path):
    """The weights of an ONNX file that export.py wrote, for the same size.

    Exporters fold norms into the convolutions before them, so that norms
    become identities here.  A merged file needs a merged model.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor)
              for tensor in graph.initializer}
    values = lambda node: [torch.from_numpy(arrays[name].copy())
                           for name in node.input[1:] if name in arrays]
    files = [values(node) for node in graph.node if node.op_type == "Conv"]
    own = [m for m in model.modules() if isinstance(m, CONVOLUTIONS)]
    if len(files) != len(own):
        raise ValueError(f"{path} has {len(files)} convolutions, the model "
                         f"{len(own)}")
    for norm in norms(model):
        set_identity(norm)
    for conv, (weight, *bias) in zip(own, files):
        if conv.weight.shape != weight.shape:
            raise ValueError(f"{path} has a weight of {tuple(weight.shape)}, "
                             f"the model of {tuple(conv.weight.shape)}")
        conv.weight.data = weight
        conv.bias = nn.Parameter(bias[0]) if bias else None
    # What the norm makes of zero is the border behind it.
    for module in model.modules():
        if isinstance(module, RepConv):
            first, pad = module.body[:2]
            pad.norm.bias.data, first.bias = first.bias.data, None
    head, = (values(node)[0] for node in graph.node
             if node.op_type == "MatMul" and values(node))
    model.head.weight.data = head.T.contiguous()
    model.head.bias.data = torch.from_numpy(arrays["head.bias"].copy())
    model.eval()
