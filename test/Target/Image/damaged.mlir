// Damaged, foreign and older images are refused by file and section.
// RUN: rm -rf %t && mkdir -p %t
// RUN: snn-opt %s --spike-to-xbar=chip=%S/../../Dialect/Xbar/Inputs/toy.yaml --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --snn-write-image=output=%t/a.snnimg -o /dev/null
// RUN: %python %S/Inputs/damage.py %t/a.snnimg %t/older.snnimg version=1
// RUN: not snn-image dump %t/older.snnimg 2>&1 | FileCheck %s --check-prefix=OLDER
// OLDER: error: {{.*}}older.snnimg: has schema version 1 (older), needs version 8; compile the model again with the snnc of this installation
// RUN: %python %S/Inputs/damage.py %t/a.snnimg %t/newer.snnimg version=9
// RUN: not snn-image verify %t/newer.snnimg 2>&1 | FileCheck %s --check-prefix=NEWER
// NEWER: error: {{.*}}newer.snnimg: has schema version 9 (newer), needs version 8
// RUN: %python %S/Inputs/damage.py %t/a.snnimg %t/header.snnimg header
// RUN: not snn-image dump %t/header.snnimg 2>&1 | FileCheck %s --check-prefix=HEADER
// HEADER: error: {{.*}}header.snnimg: its header is corrupted: the checksum of header and table does not match
// RUN: %python %S/Inputs/damage.py %t/a.snnimg %t/layers.snnimg flip=layers
// RUN: not snn-image export %t/layers.snnimg -o %t/export 2>&1 | FileCheck %s --check-prefix=LAYERS
// RUN: not ls %t/export
// LAYERS: error: {{.*}}layers.snnimg: its section 'layers' is corrupted: the checksum does not match
// RUN: %python %S/Inputs/damage.py %t/a.snnimg %t/data.snnimg flip=conductances
// RUN: not snn-image diff %t/a.snnimg %t/data.snnimg 2>&1 | FileCheck %s --check-prefix=CELLS
// CELLS: error: {{.*}}data.snnimg: its section 'conductances' is corrupted
// RUN: %python %S/Inputs/damage.py %t/a.snnimg %t/short.snnimg length=2000
// RUN: not snn-image verify %t/a.snnimg %t/short.snnimg 2>&1 | FileCheck %s --check-prefix=SHORT
// SHORT: error: {{.*}}short.snnimg: is truncated in section '{{[a-z]+}}': needs {{[0-9]+}} bytes, has 2000
// RUN: not snn-image verify %t/a.snnimg --chip=matterhorn-22nm 2>&1 | FileCheck %s --check-prefix=CHIP
// CHIP: error: {{.*}}a.snnimg: section 'chip': the image was made for 'toy' (fingerprint {{[0-9a-f]+}}), not for 'matterhorn-22nm' ({{[0-9a-f]+}}); compile the model for that chip
// RUN: not snn-image verify %t/a.snnimg --chip=no-such-chip 2>&1 | FileCheck %s --check-prefix=NOCHIP
// NOCHIP: error: {{.*}}no-such-chip
// RUN: not snn-image dump %s 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: error: {{.*}}damaged.mlir: is no programming image: it does not begin with the magic number
// RUN: not snn-image dump %t/none.snnimg 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: {{.*}}none.snnimg: cannot be opened: No such file or directory
// RUN: not snn-image dump %t/a.snnimg --section=wrong 2>&1 | FileCheck %s --check-prefix=SECTION
// SECTION: error: {{.*}}a.snnimg: has no section 'wrong'; there are chip, interface, layers, conductances, requantisers, engines, program, constants, data, routing, statistics
// RUN: not snn-image diff %t/a.snnimg 2>&1 | FileCheck %s --check-prefix=TWO
// TWO: error: diff needs two images, has 1
// RUN: not snn-image export %t/a.snnimg -o %t/export --format=xml 2>&1 | FileCheck %s --check-prefix=FORMAT
// FORMAT: error: cannot write the format 'xml'; there are npy and csv
// RUN: not snn-image 2>&1 | FileCheck %s --check-prefix=COMMAND
// COMMAND: error: needs a command: dump, diff, verify or export
//
// Two images that differ in one weight, one constant and a name.
// RUN: sed -e 's/\[-2, 1\]/[-2, -1]/' -e 's/dense<0.5> : tensor<1xf32>/dense<0.25> : tensor<1xf32>/' -e 's/onnx.name = "y"/onnx.name = "z"/' %s \
// RUN:   | snn-opt --spike-to-xbar=chip=%S/../../Dialect/Xbar/Inputs/toy.yaml --xbar-tile --xbar-place --xbar-schedule \
// RUN:   --snn-write-image=output=%t/b.snnimg -o /dev/null
// RUN: snn-image diff %t/a.snnimg %t/a.snnimg | FileCheck %s --check-prefix=SAME
// SAME: the images are equal
// RUN: not snn-image diff %t/a.snnimg %t/b.snnimg | FileCheck %s --check-prefix=DIFF
// DIFF: interface: modified: outputs[0].name: "y" -> "z"
// DIFF: conductances: layer 'a' tile 1: 2 of 6 cells differ
// DIFF: data: constant {{.*}} 1 of 1 elements differ
// DIFF-NOT: program

!t = !spike.ttfs<bits = 2, zero = 0, mask = 0, scale = 0.5>
module {
func.func @main(%x: tensor<1x2xf32>) -> (tensor<1x2xf32> {onnx.name = "y"}) {
  %0 = spike.encode %x "e1" kind activation : tensor<1x2xf32> -> tensor<1x2x!t>
  %1 = spike.linear %0 {weight = dense<[[1, 2], [-2, 1]]> : tensor<2x2xi8>} : tensor<1x2x!t> -> tensor<1x2xi32> loc("a")
  %2 = spike.rescale %1 {scale = dense<0.5> : tensor<1xf32>, axis = -1 : i64} : tensor<1x2xi32> -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
}
