# The table of operators that are read: its opsets are those of ONNX's schemas, and what has a
# handler or a body is in it once.
#
# RUN: snn-opt --print-supported-ops > %t
# RUN: FileCheck %s --input-file %t
# RUN: %python %s %t
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import sys

import onnx

# CHECK: | domain | operator | opsets | refused |
# CHECK: | ai.onnx | `Add` | 7 to 25 | |
# CHECK: | ai.onnx | `Attention` | 23 to 25 | ranks other than 3 and 4 |
# CHECK: | ai.onnx | `MatMul` | 7 to 25 | |
# CHECK: | ai.onnx | `NegativeLogLikelihoodLoss`, by its body | 12 to 25 | |
# CHECK: | ai.onnx | `Resize` | 10 to 25 | a dynamic batch that is resized, align_corners
# CHECK: | ai.onnx | `Scatter` | 9 to 10 | |
# CHECK: | ai.onnx | `SimplifiedLayerNormalization` | 7 to 25 | |
# CHECK: | ai.onnx | `Swish` | 24 to 25 | |
# CHECK: | ai.onnx | `Upsample` | 7 to 9 | a dynamic batch
# CHECK: | com.microsoft | `QAttention` | all | |
# CHECK: | onnx.brevitas | `Quant` | all | activations of more than 8 bits
# CHECK: | qonnx.custom_op.general | `Quant` | all | activations of more than 8 bits

LAST_OF_LIBRARY = 17
versions, deprecated = {}, {}
for schema in onnx.defs.get_all_schemas_with_history():
    if schema.domain == "" and schema.since_version <= LAST_OF_LIBRARY:
        versions.setdefault(schema.name, []).append(schema.since_version)
        if schema.deprecated:
            deprecated[schema.name] = schema.since_version
rows = [[cell.strip() for cell in line.split("|")[1:5]]
        for line in open(sys.argv[1]).read().splitlines()[2:]]
names = [(domain, name.split("`")[1]) for domain, name, _, _ in rows]
assert len(set(names)) == len(names), "an operator is there twice"
assert names == sorted(names), "the operators are in no order"
for (domain, name), (_, _, opsets, _) in zip(names, rows):
    # Runtimes have LayerNormalization as an extension of older opsets.
    if domain != "ai.onnx" or name not in versions or name == "LayerNormalization":
        continue
    first = max(7, min(versions[name]))
    last = deprecated[name] - 1 if name in deprecated else 25
    wanted = f"{first} to {last}" if first != last else str(first)
    assert opsets == wanted, (name, opsets, wanted)
