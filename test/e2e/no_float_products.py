# After the pipeline no product is left in float, except those that were asked for
# and those whose operands the model itself does not quantise; every one is listed.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import re
import sys

import onnx

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, Checks, collection, compile_model, load_json,
                 mimo_prompts, scratch)

PRODUCTS = ("MatMul", "Gemm", "Conv")


def products_left(path):
    """Names of the nodes of float products in a module."""
    with open(path) as file:
        text = file.read()
    names = dict(re.findall(r'^(#loc\d+) = loc\("([^"]*)"', text, re.M))
    found = []
    for line in text.splitlines():
        if re.search(r"= \"?onnx\.(matmul|gemm|conv|attention)\b", line):
            location = re.search(r"loc\((#loc\d+)\)\s*$", line)
            found.append(names.get(location.group(1), "?") if location else "?")
    return found


def calls_left(path):
    with open(path) as file:
        return re.findall(r"^\s*(matmul|gemm|conv|attention)\(", file.read(),
                          re.M)


def without_quantisers(path):
    """Products of a quantised model that have an operand without quantiser."""
    model = onnx.load(path)
    producer = {o: n for n in model.graph.node for o in n.output}

    def quantised(name):
        node = producer.get(name)
        while node is not None and node.op_type in ("Reshape", "Transpose"):
            node = producer.get(node.input[0])
        return node is not None and node.op_type == "DequantizeLinear"

    return {n.name for n in model.graph.node if n.op_type in PRODUCTS
            and not all(quantised(name) for name in n.input[:2])}


def check_model(checks, label, model, folder, flags, allowed, required):
    out = compile_model(model, folder, *flags)
    listed = load_json(os.path.join(out, "quantisation.json"))["float_products"]
    left = products_left(os.path.join(out, "model.mlir"))
    total = sum(n.op_type in PRODUCTS for n in onnx.load(model).graph.node)
    checks.check(sorted(left) == sorted(listed),
                 f"{label}: {len(left)} of {total} products stay in float and "
                 f"{len(listed)} are listed: {', '.join(listed) or 'none'}")
    checks.check(set(left) <= set(allowed) and set(required) <= set(left),
                 f"{label}: only those that may, and those that must")
    calls = calls_left(os.path.join(out, "sim.cpp"))
    checks.check(len(calls) == len(left),
                 f"{label}: sim.cpp calls {len(calls)} float products")


def main():
    checks = Checks()
    with scratch() as folder:
        calibration, _ = mimo_prompts(folder, 48, "calibration.npz", 7)
        to = lambda name: os.path.join(folder, name)
        for name in ("mimo_w1a4_k0", "mimo_w1a4_k1"):
            check_model(checks, name, os.path.join(MIMO, name + ".onnx"),
                        to(name), [], [], [])
        model = os.path.join(MIMO, "mimo_float.onnx")
        check_model(checks, "mimo_float", model, to("float"),
                    ["--calibrate", calibration], [], [])
        keep = ["bl0_f1_matmul_MatMul", "head_matmul_MatMul"]
        check_model(checks, "mimo_float --float-op", model, to("kept"),
                    ["--calibrate", calibration]
                    + ["--float-op=" + name for name in keep], keep, keep)
        if collection():
            for k in ("k0", "k1"):
                name = "sst2_bert_tiny_w1a4_" + k
                model = collection("models", name + ".onnx")
                own = without_quantisers(model)
                check_model(checks, name, model, to(name), [], own, own)
            model = collection("models", "sst2_bert_tiny.onnx")
            check_model(checks, "sst2_bert_tiny", model, to("sst2"),
                        ["--calibrate", "random:8"], [], [])
        else:
            print("skipped the SST-2 classifiers: no collection of models")
    return checks.finish()


sys.exit(main())
