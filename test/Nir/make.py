#!/usr/bin/env python3
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the .nir files of the tests: make.py FOLDER.

They have the structure of public ones (superblocks, types, names, shapes), and weights
that are drawn here. Those of layers behind spikes are multiples of 1/128 with a largest
one of 127/128 in every channel, so that eight bits hold them exactly and sums of float32
are exact in any order.
"""

import pathlib
import sys

import h5py
import numpy as np

TEXT = h5py.string_dtype()


def put(group, name, value, **storage):
    """One parameter: texts are of variable length, as h5py's are."""
    if isinstance(value, str):
        group.create_dataset(name, data=value, dtype=TEXT)
    else:
        group.create_dataset(name, data=np.asarray(value), **storage)


def put_graph(group, nodes, edges, **storage):
    put(group, "type", "NIRGraph")
    group.create_dataset("edges", data=np.array(edges, dtype=object).reshape(-1, 2),
                         dtype=TEXT)
    inside = group.create_group("nodes")
    for name, node in nodes.items():
        child = inside.create_group(name)
        if node["type"] == "NIRGraph":
            put_graph(child, node["nodes"], node["edges"], **storage)
            continue
        for key, value in node.items():
            kept = storage if np.ndim(value) else {}
            put(child, key, value, **kept)


def write(path, nodes, edges, version="1.0.4", libver=None, **storage):
    """A file of nodes (dicts of a type and parameters) and edges (pairs of names)."""
    with h5py.File(path, "w", libver=libver) as file:
        put(file, "version", version)
        put_graph(file.create_group("node"), nodes, edges, **storage)
    return str(path)


def chain(nodes):
    """Edges through nodes in their order."""
    names = list(nodes)
    return list(zip(names, names[1:]))


def grid(random, *shape):
    """Weights that eight bits for each output channel hold exactly."""
    weight = random.integers(-127, 128, shape).astype(np.float32)
    flat = weight.reshape(shape[0], -1)
    flat[:, 0] = 127
    return weight / 128


def end(kind, *shape):
    return {"type": kind, "shape": np.array(shape, np.int64)}


def lif(tau, threshold, r=1., leak=0., reset=None, dtype=np.float32, size=(1,)):
    full = lambda value: np.full(size, value, dtype)
    node = {"type": "LIF", "tau": full(tau), "r": full(r), "v_leak": full(leak),
            "v_threshold": np.broadcast_to(np.asarray(threshold, dtype), size).copy()}
    if reset is not None:
        node["v_reset"] = full(reset)
    return node


def integrate(size, threshold=1., r=1.):
    return {"type": "IF", "r": np.full(size, r, np.float32),
            "v_threshold": np.full(size, threshold, np.float32)}


def affine(weight, bias=None):
    node = {"type": "Linear" if bias is None else "Affine", "weight": weight}
    if bias is not None:
        node["bias"] = bias
    return node


def conv(weight, bias, stride=1, padding=0, dilation=1, groups=1):
    pair = lambda n: n if isinstance(n, str) else np.array([n, n], np.int64)
    return {"type": "Conv2d", "weight": weight, "bias": bias, "stride": pair(stride),
            "padding": pair(padding), "dilation": pair(dilation),
            "groups": np.int64(groups)}


def pool(kind, size, stride=None, padding=0):
    pair = lambda n: np.array([n, n], np.int64)
    return {"type": kind, "kernel_size": pair(size), "stride": pair(stride or size),
            "padding": pair(padding)}


def flatten(start=0, last=-1):
    return {"type": "Flatten", "start_dim": np.int64(start), "end_dim": np.int64(last)}


# The nodes of each file. The functions take nothing, so that tests read them, too.

def lif_nodes():
    one = np.ones((1, 1), np.float32)
    return {"input": end("Input", 1), "0": affine(one, np.zeros(1, np.float32)),
            "1": lif(.0025, .1), "output": end("Output", 1)}


def lif_linear_nodes():
    return {"input": end("Input", 1), "0_LinearTorch": affine(np.float32([[.04]])),
            "1_LIFBoxCell": lif(.0024019737, 1., 24.019737),
            "output": end("Output", 1, 1, 1)}


def two_lif_nodes():
    one = np.ones((1, 1))
    return {"input": end("Input", 1), "l1": affine(one),
            "n1": lif(.01, 1., leak=1.2, reset=0., dtype=np.float64), "l2": affine(one),
            "n2": lif(.01, 20., reset=0., dtype=np.float64), "output": end("Output", 1)}


def cnn_nodes():
    random = np.random.default_rng(5)
    bias = lambda n: random.integers(-16, 17, n).astype(np.float32) / 128
    return {
        "input": end("Input", 2, 34, 34),
        "0": conv(grid(random, 16, 2, 5, 5), bias(16), 2, 1), "1": integrate((16, 16, 16)),
        "2": conv(grid(random, 16, 16, 3, 3), bias(16), 1, 1), "3": integrate((16, 16, 16)),
        "4": pool("SumPool2d", 2),
        "5": conv(grid(random, 8, 16, 3, 3), bias(8), 1, 1), "6": integrate((8, 8, 8)),
        "7": pool("SumPool2d", 2), "8": flatten(),
        "9": affine(grid(random, 256, 128), bias(256)), "10": integrate((256,)),
        "11": affine(grid(random, 10, 256), bias(10)), "12": integrate((10,)),
        "output": end("Output", 10)}


def recurrent_nodes():
    random = np.random.default_rng(6)
    full = lambda value: np.full(4, value, np.float32)
    nodes = {"input": end("Input", 3), "fc": affine(grid(random, 4, 3)),
             "cuba": {"type": "CubaLIF", "tau_mem": full(.02), "tau_syn": full(.005),
                      "r": full(1), "v_leak": full(0), "w_in": full(1),
                      "v_threshold": full(1)},
             "back": affine(grid(random, 4, 4), np.zeros(4, np.float32)),
             "output": end("Output", 4)}
    edges = [("input", "fc"), ("fc", "cuba"), ("cuba", "back"), ("back", "cuba"),
             ("cuba", "output")]
    return nodes, edges


def subgraph_nodes(missing):
    random = np.random.default_rng(7)
    inner = {"input": end("Input", 3), "fc": affine(grid(random, 4, 3)),
             "lif": lif(.002, .5, size=(4,)), "output": end("Output", 4)}
    edges = chain(inner) + ([("lif", "nowhere")] if missing else [])
    nodes = {"input": end("Input", 3), "first": affine(grid(random, 3, 3)),
             "lif": lif(.002, .5, size=(3,)),
             "block": {"type": "NIRGraph", "nodes": inner, "edges": edges},
             "output": end("Output", 4)}
    return nodes, chain(nodes)


def shuffled(nodes):
    """The same nodes under names whose order is another, and their edges."""
    edges = chain(nodes)
    random = np.random.default_rng(8)
    random.shuffle(edges)
    names = list(nodes)
    random.shuffle(names)
    return {name: nodes[name] for name in names}, [tuple(edge) for edge in edges]


def make(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    to = lambda name: folder / (name + ".nir")
    nodes = lif_nodes()
    write(to("lif"), nodes, chain(nodes), "0.1.1")
    nodes = lif_linear_nodes()
    write(to("lif_linear"), nodes, chain(nodes))
    nodes = two_lif_nodes()
    write(to("two_lif"), nodes, chain(nodes))
    write(to("cnn"), *shuffled(cnn_nodes()), libver="latest")
    write(to("recurrent"), *recurrent_nodes())
    write(to("subgraph"), *subgraph_nodes(missing=False))
    write(to("subgraph_missing"), *subgraph_nodes(missing=True))
    nodes = two_lif_nodes()
    write(to("gzip"), nodes, chain(nodes), chunks=True, compression="gzip")
    nodes = {"input": end("Input", 1), "a.b": affine(np.ones((1, 1))),
             "c.d": {key: np.float64(value[0]) if key != "type" else value
                     for key, value in lif(.0025, .1).items()},
             "output": end("Output", 1)}
    write(to("dotted"), nodes, chain(nodes) * 2, "1.0.7")


if __name__ == "__main__":
    make(sys.argv[1])
