# Sizes that overflow, loops without end and constants beyond all memory are
# errors at the node, at once.
#
# RUN: %python %s %t
# RUN: not snn-opt %t-reshape.onnx 2>&1 | FileCheck %s --check-prefix=RESHAPE
# RUN: not snn-opt %t-wrap.onnx 2>&1 | FileCheck %s --check-prefix=WRAP
# RUN: not snn-opt %t-expand.onnx 2>&1 | FileCheck %s --check-prefix=EXPAND
# RUN: not snn-opt %t-tile.onnx 2>&1 | FileCheck %s --check-prefix=TILE
# RUN: not snn-opt %t-pad.onnx 2>&1 | FileCheck %s --check-prefix=PAD
# RUN: not snn-opt %t-outer.onnx 2>&1 | FileCheck %s --check-prefix=OUTER
# RUN: not snn-opt %t-input.onnx 2>&1 | FileCheck %s --check-prefix=INPUT
# RUN: not snn-opt %t-split.onnx 2>&1 | FileCheck %s --check-prefix=SPLIT
# RUN: not snn-opt %t-trips.onnx 2>&1 | FileCheck %s --check-prefix=TRIPS
# RUN: not snn-opt %t-nested.onnx 2>&1 | FileCheck %s --check-prefix=NESTED
# RUN: not snn-opt %t-nodes.onnx 2>&1 | FileCheck %s --check-prefix=NODES
# RUN: not snn-opt %t-blocks.onnx 2>&1 | FileCheck %s --check-prefix=BLOCKS
# RUN: not snn-opt %t-scale.onnx 2>&1 | FileCheck %s --check-prefix=SCALE
# RUN: not snn-opt %t-size.onnx 2>&1 | FileCheck %s --check-prefix=SIZE
# RUN: not snn-opt %t-depth.onnx 2>&1 | FileCheck %s --check-prefix=DEPTH
# RUN: not snn-opt %t-axes.onnx 2>&1 | FileCheck %s --check-prefix=AXES
# RUN: not snn-opt %t-lengths.onnx 2>&1 | FileCheck %s --check-prefix=AXES
# RUN: not snn-opt %t-strides.onnx 2>&1 | FileCheck %s --check-prefix=STRIDES
# RUN: not snn-opt %t-most.onnx 2>&1 | FileCheck %s --check-prefix=MOST
# RUN: snn-opt %t-splat.onnx | FileCheck %s --check-prefix=KEPT
# RUN: not snn-run %t-splat.onnx --input %t.npz 2>&1 | FileCheck %s --check-prefix=SPLAT
# RUN: not snn-run %t-reduced.onnx --input %t.npz 2>&1 | FileCheck %s --check-prefix=SPLAT
# RUN: not snnc %t-float.onnx -o %t.out --calibrate random:99999999 2>&1 | FileCheck %s --check-prefix=MANY
# RUN: not snnc %t-large.onnx -o %t.out --calibrate random:60000 2>&1 | FileCheck %s --check-prefix=LARGE

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *

BASE = sys.argv[1]
np.savez(BASE + ".npz", x=np.ones((2, 2), np.float32))


def case(name, *args, **kwargs):
    save(f"{BASE}-{name}.onnx", *args, **kwargs)


X = [value("x", [2, 2])]

# 5 times 0x3333333333333334 is 4 in 64 bits.
# RESHAPE: error: {{.*}}needs a shape with the elements of 2x2{{.*}}Reshape_y
case("reshape", [node("Reshape", "x s", "y")], X, ["y"],
     [const("s", [5, 0x3333333333333334])])
# WRAP: error: {{.*}}Reshape_h
case("wrap", [node("Reshape", "x s", "h"), node("Slice", "h b e", "y")], X,
     ["y"], [const("s", [5, 0x3333333333333334]), const("b", [0, 4]),
             const("e", [4, 1 << 20])])
# EXPAND: error: the result is too large{{.*}}Expand_y
case("expand", [node("Expand", "x s", "y")], X, ["y"],
     [const("s", [1 << 40, 1, 1, 1])])
# TILE: error: {{.*}}needs repeats of 2x2 whose sizes fit 64 bits{{.*}}Tile_y
case("tile", [node("Tile", "x r", "y")], X, ["y"],
     [const("r", [(1 << 63) - 1, 1])])
# PAD: error: {{.*}}needs pads of 2x2 whose sizes fit 64 bits{{.*}}Pad_y
case("pad", [node("Pad", "x p", "y")], X, ["y"],
     [const("p", [(1 << 63) - 1, 0, (1 << 63) - 1, 0])])
# OUTER: error: makes a tensor of more than 2^40 elements{{.*}}Add_y
case("outer", [node("Add", "a b", "y")],
     [value("a", [1 << 31, 1]), value("b", [1, 1 << 31])], ["y"])
# INPUT: error: {{.*}}needs at most 2^40 elements in 'x'{{.*}}Relu_y
case("input", [node("Relu", "x", "y")], [value("x", [1 << 40, 1 << 40])], ["y"])
# SPLIT: error: {{.*}}needs sizes that add up to 2{{.*}}Split_a
case("split", [node("Split", "x s", "a b c"), node("Add", "a b", "y")], X,
     ["y"], [const("s", [(1 << 63) - 1, (1 << 63) - 1, 4])])

# Counts print as counts.
GOING = [node("Identity", "go", "going")]


def loop(trips, nodes, inner="v", result="w"):
    return node("Loop", f"{trips} yes x", "y", body=helper.make_graph(
        GOING + nodes, "body",
        [value("t", [], I64), value("go", [], BOOL), value("v", [2, 2])],
        [value("going", [], BOOL), value(result, [2, 2])]))


COUNTS = [const("yes", True, bool), const("hundred", 100),
          const("million", 1000000), const("most", 4096)]
# TRIPS: error: 'Loop' runs 1000000 times; 0 to 4096 are supported{{.*}}Loop_y
case("trips", [loop("million", [node("Relu", "v", "w")])], X, ["y"], COUNTS)
# NESTED: error: 'Loop' runs 100 times in each of 100 iterations around it; 0 to 4096 are supported in all{{.*}}Loop_w
INNER = node("Loop", "hundred yes v", "w", body=helper.make_graph(
    [node("Identity", "go2", "going2"), node("Relu", "v2", "w2")], "inner",
    [value("t2", [], I64), value("go2", [], BOOL), value("v2", [2, 2])],
    [value("going2", [], BOOL), value("w2", [2, 2])]))
case("nested", [loop("hundred", [INNER])], X, ["y"], COUNTS)
# NODES: error: the loops and functions of the model make more than 131072 nodes
case("nodes", [loop("most", [node("Shape", "v", f"s{i}") for i in range(300)]
                    + [node("Relu", "v", "w")])], X, ["y"], COUNTS)

# A splat stays one: it takes no memory until it is run.
# KEPT: onnx.constant dense<0.000000e+00> : tensor<1000000x1000000xf32>
# SPLAT: error: {{.*}} 1000000x1000000 needs 4000000000000 bytes, has {{.*}} of the memory limit of {{.*}}ConstantOfShape_c
BIG = [node("ConstantOfShape", "s", "c")]
SIZE = [const("s", [10**6, 10**6])]
case("splat", BIG + [node("ReduceSum", "x", "r", keepdims=0),
                     node("Add", "c r", "y")], X, ["y"], SIZE)
case("reduced", BIG + [node("ReduceSum", "c", "r", keepdims=0),
                       node("Add", "x r", "y")], X, ["y"], SIZE)

# MANY: error: needs random:N with an N of at most 65536, has 'random:99999999'
case("float", [node("MatMul", "x w", "y")], X, ["y"],
     [const("w", np.ones((2, 2)))])
# LARGE: error: needs random inputs of at most 4294967296 bytes, has 60000 samples
case("large", [node("MatMul", "x w", "y")], [value("x", [1 << 15, 2])], ["y"],
     [const("w", np.ones((2, 2)))])

# Attributes and constants that sizes are computed from.
IMAGE = [value("x", [1, 4, 2, 2])]
# The square of this block is 0 in 64 bits.
# BLOCKS: error: 'DepthToSpace' needs an image and a block size of 1 to 65536, {{.*}} and 4294967296{{.*}}DepthToSpace_y
case("blocks", [node("DepthToSpace", "x", "y", blocksize=1 << 32)], IMAGE, ["y"])
# SCALE: error: the scale {{.*}} makes more than 1099511627776 elements of axis 3{{.*}}Resize_y
case("scale", [node("Resize", "x _ s", "y")], IMAGE, ["y"],
     [const("s", [1.0, 1.0, 1.0, 1e30])])
# SIZE: error: the size -1 of axis 2 is not in [0, 1099511627776]{{.*}}Resize_y
case("size", [node("Resize", "x _ _ s", "y")], IMAGE, ["y"],
     [const("s", [1, 4, -1, 2])])
# DEPTH: error: the depth is 1000000000000; 0 to 16777216 are supported{{.*}}OneHot_y
case("depth", [node("OneHot", "x d v", "y")], X, ["y"],
     [const("d", 10 ** 12), const("v", [0.0, 1.0])])
# AXES: error: 'ReverseSequence' needs its time and batch on axes 0 and 1{{.*}}ReverseSequence_y
case("axes", [node("ReverseSequence", "x l", "y", time_axis=-1, batch_axis=2)],
     X, ["y"], [const("l", [1, 2])])
case("lengths", [node("ReverseSequence", "x l", "y", time_axis=1, batch_axis=0)],
     X, ["y"], [const("l", 1)])
# STRIDES: error: the window has an entry beyond 1048576, 1099511627776{{.*}}ConvTranspose_y
case("strides", [node("ConvTranspose", "x w", "y", strides=[1, 1 << 40])], IMAGE,
     ["y"], [const("w", np.ones((4, 1, 1, 1)))])
# MOST: error: {{.*}}needs a k from 0 to 2, has 1000000000000000{{.*}}TopK_v
case("most", [node("TopK", "x k", "v i")], X, ["v"], [const("k", [10 ** 15])])
