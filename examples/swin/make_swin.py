# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a Swin transformer with random weights as ONNX.

usage: make_swin.py MODEL.onnx [--size test|small|T] [--seed N]
                    [--inputs X.npz] [--samples N] [--outputs Y.npz]

The network is that of SpikedAttention: batch normalisation for layer
normalisation, one more between the MLP's ReLU and its second linear, and ReLU
for GELU. Nodes are written as PyTorch's exporter writes them. Running means and
variances are those of the network's own activations on random images, so that
signals neither die out nor grow.

Size T is Swin-T (image 224, window 7, 28 million parameters); test and small
are for tests. --inputs writes random images, --outputs the network's results on
them, computed here with numpy. Needs numpy and onnx.
"""

import argparse
import collections

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Size = collections.namedtuple(
    "Size", "image patch window embed depths heads classes")
SIZES = {
    "test": Size(16, 2, 4, 16, (2, 2), (2, 4), 10),
    "small": Size(32, 2, 4, 32, (2, 2, 2), (2, 4, 8), 10),
    "T": Size(224, 4, 7, 96, (2, 2, 6, 2), (3, 6, 12, 24), 1000),
}
MASKED = -100.0  # what a shifted window adds between regions
EPSILON = 1e-5


class Value:
    """A tensor of the graph: its name, and what it is for a batch of images.

    `array` has one more axis in front than the graph's tensor, the images.
    """

    def __init__(self, name, array):
        self.name, self.array = name, array


class Builder:
    """Emits nodes and evaluates them in the same call."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.initializers, self.count = [], [], 0

    def constant(self, array, hint):
        self.count += 1
        name = f"{hint}_{self.count}"
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op, inputs, arrays, hint, **attributes):
        self.count += 1
        outputs = [f"{hint}/{op}_{self.count}_out{i}"
                   for i in range(len(arrays))]
        self.nodes.append(helper.make_node(
            op, inputs, outputs, f"{hint}/{op}_{self.count}", **attributes))
        return [Value(name, array.astype(np.float32))
                for name, array in zip(outputs, arrays)]

    def one(self, op, inputs, array, hint, **attributes):
        return self.node(op, inputs, [array], hint, **attributes)[0]

    # Data movement; shapes and axes are those of one image.
    def reshape(self, x, shape, hint):
        target = self.constant(np.array(shape, np.int64), hint + "/shape")
        array = x.array.reshape((len(x.array),) + tuple(shape))
        return self.one("Reshape", [x.name, target], array, hint)

    def transpose(self, x, axes, hint):
        array = x.array.transpose([0] + [a + 1 for a in axes])
        return self.one("Transpose", [x.name], array, hint, perm=axes)

    def roll(self, x, shift, axis, hint):
        """Moves the first `shift` rows to the end, as torch.roll exports."""
        size = x.array.shape[axis + 1]
        shift %= size
        parts = []
        for start, end in ((shift, size), (0, shift)):
            bounds = [self.constant(np.array([v], np.int64), hint + "/bound")
                      for v in (start, end, axis)]
            array = np.take(x.array, range(start, end), axis + 1)
            parts.append(self.one("Slice", [x.name] + bounds, array, hint))
        array = np.concatenate([p.array for p in parts], axis + 1)
        return self.one("Concat", [p.name for p in parts], array, hint,
                        axis=axis)

    # Arithmetic.
    def add(self, x, y, hint):
        return self.one("Add", [x.name, y.name], x.array + y.array, hint)

    def add_constant(self, x, constant, hint):
        name = self.constant(constant.astype(np.float32), hint + "/constant")
        return self.one("Add", [x.name, name], x.array + constant, hint)

    def matmul(self, x, y, hint):
        return self.one("MatMul", [x.name, y.name], x.array @ y.array, hint)

    def relu(self, x, hint):
        return self.one("Relu", [x.name], np.maximum(x.array, 0), hint)

    def softmax(self, x, hint):
        e = np.exp(x.array - x.array.max(-1, keepdims=True))
        return self.one("Softmax", [x.name], e / e.sum(-1, keepdims=True),
                        hint, axis=-1)

    # Layers with weights.
    def linear(self, x, outputs, hint, bias=True, centred=False):
        """`centred`: the bias takes off the mean over the images."""
        inputs = x.array.shape[-1]
        w = self.random.normal(0, inputs ** -0.5, (inputs, outputs))
        w = w.astype(np.float32)
        name = self.constant(w, hint + "/weight")
        y = self.one("MatMul", [x.name, name], x.array @ w, hint)
        if not bias:
            return y
        constant = (-y.array.mean(0)[0] if centred else
                    self.random.normal(0, 0.1, outputs))
        return self.add_constant(y, constant.astype(np.float32), hint)

    def batch_norm(self, x, hint):
        """Channels are axis 1 of the graph's tensor."""
        channels = x.array.shape[2]
        shape = (channels,) + (1,) * (x.array.ndim - 3)
        axes = tuple(a for a in range(x.array.ndim) if a != 2)
        scale = self.random.uniform(0.8, 1.2, channels)
        bias = self.random.normal(0, 0.1, channels)
        mean, variance = x.array.mean(axes), x.array.var(axes)
        parameters = [p.astype(np.float32) for p in (scale, bias, mean, variance)]
        scale, bias, mean, variance = (p.reshape(shape) for p in parameters)
        y = (x.array - mean) / np.sqrt(variance + EPSILON) * scale + bias
        names = [self.constant(p, f"{hint}/{n}") for p, n in zip(
            parameters, ("scale", "bias", "mean", "variance"))]
        return self.one("BatchNormalization", [x.name] + names, y, hint,
                        epsilon=EPSILON)

    def batch_norm_last(self, x, hint):
        """Channels are the last axis: between two transposes."""
        rank = x.array.ndim - 1
        x = self.transpose(x, [0, rank - 1] + list(range(1, rank - 1)), hint)
        x = self.batch_norm(x, hint)
        return self.transpose(x, [0] + list(range(2, rank)) + [1], hint)


def relative_position_bias(random, window, heads):
    """[1, heads, N, N], a table entry for every offset of two tokens."""
    table = random.normal(0, 0.3, ((2 * window - 1) ** 2, heads))
    rows, columns = np.divmod(np.arange(window * window), window)
    dy = rows[:, None] - rows[None, :] + window - 1
    dx = columns[:, None] - columns[None, :] + window - 1
    bias = table[dy * (2 * window - 1) + dx]
    return bias.transpose(2, 0, 1)[None].astype(np.float32)


def shift_mask(resolution, window, shift):
    """[1, windows, 1, N, N]: pairs of different regions are masked."""
    bounds = [(0, resolution - window), (resolution - window, resolution - shift),
              (resolution - shift, resolution)]
    regions = np.zeros((resolution, resolution))
    for i, (y0, y1) in enumerate(bounds):
        for j, (x0, x1) in enumerate(bounds):
            regions[y0:y1, x0:x1] = 3 * i + j
    n = resolution // window
    regions = regions.reshape(n, window, n, window).transpose(0, 2, 1, 3)
    regions = regions.reshape(n * n, window * window)
    differ = regions[:, None, :] != regions[:, :, None]
    return np.where(differ, MASKED, 0).astype(np.float32)[None, :, None]


def window_attention(b, x, window, heads, mask, hint):
    """x [windows, N, C]."""
    windows, tokens, channels = x.array.shape[1:]
    size = channels // heads
    qkv = b.linear(x, 3 * channels, hint + "/qkv")
    qkv = b.reshape(qkv, [windows, tokens, 3, heads, size], hint)
    qkv = b.transpose(qkv, [2, 0, 3, 1, 4], hint)
    parts = b.node("Split", [qkv.name], np.split(qkv.array, 3, 1), hint, axis=0)
    axis = b.constant(np.array([0], np.int64), hint + "/axis")
    q, k, v = (b.one("Squeeze", [p.name, axis], p.array[:, 0], hint)
               for p in parts)
    scale = np.float32(size ** -0.5)
    q = b.one("Mul", [q.name, b.constant(np.array(scale), hint + "/scale")],
              q.array * scale, hint)
    scores = b.matmul(q, b.transpose(k, [0, 1, 3, 2], hint), hint)
    scores = b.add_constant(
        scores, relative_position_bias(b.random, window, heads), hint)
    if mask is not None:
        scores = b.reshape(scores, [1, windows, heads, tokens, tokens], hint)
        scores = b.add_constant(scores, mask, hint + "/mask")
        scores = b.reshape(scores, [windows, heads, tokens, tokens], hint)
    y = b.matmul(b.softmax(scores, hint), v, hint)
    y = b.transpose(y, [0, 2, 1, 3], hint)
    y = b.reshape(y, [windows, tokens, channels], hint)
    return b.linear(y, channels, hint + "/proj")


def block(b, x, size, heads, shifted, hint):
    """x [1, H, W, C]."""
    resolution, channels = x.array.shape[2], x.array.shape[4]
    window = min(size.window, resolution)
    shift = window // 2 if shifted and resolution > window else 0
    n = resolution // window
    y = b.batch_norm_last(x, hint + "/norm1")
    if shift:
        y = b.roll(y, shift, 1, hint + "/roll")
        y = b.roll(y, shift, 2, hint + "/roll")
    y = b.reshape(y, [1, n, window, n, window, channels], hint)
    y = b.transpose(y, [0, 1, 3, 2, 4, 5], hint)
    y = b.reshape(y, [n * n, window * window, channels], hint)
    mask = shift_mask(resolution, window, shift) if shift else None
    y = window_attention(b, y, window, heads, mask, hint + "/attn")
    y = b.reshape(y, [1, n, n, window, window, channels], hint)
    y = b.transpose(y, [0, 1, 3, 2, 4, 5], hint)
    y = b.reshape(y, [1, resolution, resolution, channels], hint)
    if shift:
        y = b.roll(y, -shift, 1, hint + "/roll")
        y = b.roll(y, -shift, 2, hint + "/roll")
    x = b.add(x, y, hint)
    x = b.reshape(x, [1, resolution * resolution, channels], hint)
    y = b.batch_norm_last(x, hint + "/norm2")
    y = b.relu(b.linear(y, 4 * channels, hint + "/mlp/fc1"), hint + "/mlp")
    y = b.batch_norm_last(y, hint + "/mlp/norm")
    y = b.linear(y, channels, hint + "/mlp/fc2")
    x = b.add(x, y, hint)
    return b.reshape(x, [1, resolution, resolution, channels], hint)


def patch_merging(b, x, hint):
    """[1, H, W, C] to [1, H/2, W/2, 2C]."""
    resolution, channels = x.array.shape[2], x.array.shape[4]
    half = resolution // 2
    x = b.reshape(x, [1, half, 2, half, 2, channels], hint)
    x = b.transpose(x, [0, 1, 3, 4, 2, 5], hint)
    x = b.reshape(x, [1, half, half, 4 * channels], hint)
    x = b.batch_norm_last(x, hint + "/norm")
    return b.linear(x, 2 * channels, hint + "/reduction", bias=False)


def patch_embedding(b, images, size):
    """Convolution of disjoint patches, normalised; [1, H, W, C]."""
    p, n = size.patch, size.image // size.patch
    fan_in = 3 * p * p
    w = b.random.normal(0, fan_in ** -0.5, (size.embed, 3, p, p))
    w = w.astype(np.float32)
    bias = b.random.normal(0, 0.1, size.embed).astype(np.float32)
    patches = images.reshape(-1, 3, n, p, n, p).transpose(0, 2, 4, 1, 3, 5)
    y = patches.reshape(-1, 1, n, n, fan_in) @ w.reshape(size.embed, -1).T + bias
    hint = "/patch_embed"
    x = b.one("Conv", ["image", b.constant(w, hint + "/weight"),
                       b.constant(bias, hint + "/bias")],
              y.transpose(0, 1, 4, 2, 3), hint, kernel_shape=[p, p],
              strides=[p, p], pads=[0, 0, 0, 0])
    return b.transpose(b.batch_norm(x, hint), [0, 2, 3, 1], hint)


def make_swin(size, seed, images):
    """The model, and its logits for `images` [samples, 3, H, W]."""
    b = Builder(seed)
    x = patch_embedding(b, images, size)
    for stage, (depth, heads) in enumerate(zip(size.depths, size.heads)):
        hint = f"/layers.{stage}"
        if stage:
            x = patch_merging(b, x, hint + "/downsample")
        for i in range(depth):
            x = block(b, x, size, heads, i % 2 == 1, f"{hint}/blocks.{i}")
    x = b.batch_norm_last(x, "/norm")
    x = b.one("ReduceMean", [x.name], x.array.mean((2, 3)), "/pool",
              axes=[1, 2], keepdims=0)
    # Centred, so that the predicted class depends on the image.
    x = b.linear(x, size.classes, "/head", centred=True)
    b.nodes[-1].output[0] = "logits"
    graph = helper.make_graph(
        b.nodes, "swin",
        [helper.make_tensor_value_info(
            "image", TensorProto.FLOAT, [1, 3, size.image, size.image])],
        [helper.make_tensor_value_info(
            "logits", TensorProto.FLOAT, [1, size.classes])],
        b.initializers)
    model = helper.make_model(
        graph, producer_name="make_swin",
        opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    onnx.checker.check_model(model)
    return model, x.array.reshape(len(images), size.classes)


def random_images(random, samples, resolution):
    """Blurred noise, which has structure at several widths."""
    images = np.zeros((samples, 3, resolution, resolution))
    width = 1
    while width <= resolution:
        coarse = random.normal(
            0, 1, (samples, 3, -(-resolution // width), -(-resolution // width)))
        fine = coarse.repeat(width, 2).repeat(width, 3)
        images += fine[:, :, :resolution, :resolution] * 0.5
        width *= 2
    return images.astype(np.float32)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--inputs")
    parser.add_argument("--outputs")
    arguments = parser.parse_args()
    size = SIZES[arguments.size]
    images = random_images(np.random.default_rng(arguments.seed + 1),
                           arguments.samples, size.image)
    model, logits = make_swin(size, arguments.seed, images)
    onnx.save(model, arguments.model)
    if arguments.inputs:
        np.savez(arguments.inputs, image=images)
    if arguments.outputs:
        np.savez(arguments.outputs, logits=logits)


if __name__ == "__main__":
    main()
