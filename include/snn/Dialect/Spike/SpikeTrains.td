//===- SpikeTrains.td - Trains made of trains ----------------*- tablegen -*-===//
//
// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What networks that are trained to spike compute with spikes outside of
// products: the result is a train again, so that the product behind it still
// integrates events. Included by SpikeNeurons.td.
//
//===----------------------------------------------------------------------===//

#ifndef SNN_DIALECT_SPIKE_SPIKETRAINS_TD
#define SNN_DIALECT_SPIKE_SPIKETRAINS_TD

// A kernel of the digital unit that makes a train of trains, element by element
// or window by window. `site` names the train that it makes in statistics.
class Spike_TrainOp<string mnemonic>
    : Spike_DigitalOp<mnemonic, [SiteOpInterface, Spike_KernelCall]>;

// Two trains of one number of time steps, whose shapes broadcast.
class Spike_TrainPairOp<string mnemonic> : Spike_TrainOp<mnemonic> {
  let cost = CostOfResult<1>;
  let samples = KeepsSamples;
  let arguments = (ins StepTensor:$a, StepTensor:$b, StrAttr:$site);
  let results = (outs StepTensor:$result);
  let assemblyFormat = [{
    $a `,` $b $site attr-dict `:` type($a) `,` type($b) `->` type($result)
  }];
}

def Spike_AndOp : Spike_TrainPairOp<"and"> {
  let summary = "Spikes that two trains have in common";
  let description = [{
    1 where both operands are 1, else 0: the product of two binary trains. Shapes
    broadcast as numpy's do.

    Constraints:
    * (C1) the operands are binary trains of as many steps as the result
    * (C2) the result has the shape that the operands' broadcast to

    ```mlir
    %1 = spike.and %q, %k "/attn/Mul" : tensor<4x2x8x!spike.binary<steps = 4>>, tensor<4x2x8x!spike.binary<steps = 4>>
        -> tensor<4x2x8x!spike.binary<steps = 4>>
    ```
  }];
}

def Spike_AndNotOp : Spike_TrainPairOp<"and_not"> {
  let summary = "Spikes of one train that another has not";
  let description = [{
    1 where `a` is 1 and `b` is 0, else 0: a * (1 - b) of binary trains (the IAND of
    SEW-ResNet). Shapes broadcast as numpy's do.

    Constraints:
    * (C1) the operands are binary trains of as many steps as the result
    * (C2) the result has the shape that the operands' broadcast to

    ```mlir
    %1 = spike.and_not %a, %b "/block/Mul" : tensor<4x2x8x!spike.binary<steps = 4>>, tensor<4x2x8x!spike.binary<steps = 4>>
        -> tensor<4x2x8x!spike.binary<steps = 4>>
    ```
  }];
}

def Spike_AddOp : Spike_TrainPairOp<"add"> {
  let summary = "Spikes of two trains, counted";
  let description = [{
    The sum of the counts of two trains (the shortcuts of SEW-ResNet and Spikformer). The largest counts add up, too. Shapes broadcast as numpy's do.

    Constraints:
    * (C1) operands and result have one number of steps
    * (C2) the result has the shape that the operands' broadcast to
    * (C3) the largest count of the result is the sum of the operands'

    ```mlir
    %1 = spike.add %a, %b "/block/Add" : tensor<4x2x8x!spike.binary<steps = 4>>, tensor<4x2x8x!spike.binary<steps = 4>>
        -> tensor<4x2x8x!spike.count<max = 2, steps = 4>>
    ```
  }];
}

def Spike_MaxPoolOp : Spike_TrainOp<"maxpool"> {
  let cost = CostOfOperand<1>;
  let samples = MixesFrom<"getX()", "2", "it pools the batch axis">;
  let summary = "The most spikes over windows";
  let description = [{
    `onnx.max_pool` of a train: of a binary one, whether a neuron of the window fires.
    Padding is silent, as every window has an element inside of the input.

    Constraints:
    * (C1) `x` is [N, C, spatial...] with one or two spatial axes; there is a kernel
      size, a stride and a dilation, all positive, for each, and two pads of 0 or more
    * (C2) the result has the shape that the windows give
    * (C3) the result has the elements of `x`

    ```mlir
    %1 = spike.maxpool %0 "/pool" {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>,
        pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
        : tensor<4x8x16x16x!spike.binary<steps = 4>> -> tensor<4x8x8x8x!spike.binary<steps = 4>>
    ```
  }];
  let arguments = (ins StepTensor:$x, StrAttr:$site, DenseI64ArrayAttr:$kernel,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations, UnitAttr:$ceil_mode);
  let results = (outs StepTensor:$result);
  let assemblyFormat = "$x $site attr-dict `:` type($x) `->` type($result)";
}

def Spike_SumOp : Spike_TrainOp<"sum"> {
  let cost = CostOfOperand<1>;
  let samples = MixesAlongEach<"getX()", "getAxes()", "it adds along">;
  let summary = "Spikes along some axes, counted";
  let description = [{
    The sums of counts along `axes`, which are positive and ascend. Axes of the sums stay
    with size 1 where `keepdims` is set. With a division by the number of summands behind
    it, in the unit of `spike.dequantize`, this is an average pool or the mean over
    tokens; over axis 0 of all time steps it is the sum over time, a train of one step.

    Constraints:
    * (C1) `axes` are axes of `x` of known size, each once, in ascending order, at least
      one
    * (C2) axis 0 is summed only where it holds the time steps and nothing else; the result
      then has one step, else as many as `x`
    * (C3) the largest count of the result is that of `x` times the number of summands
    * (C4) the result has the shape that the sums give

    ```mlir
    %1 = spike.sum %0 "/pool" {axes = array<i64: 2, 3>}
        : tensor<4x8x7x7x!spike.count<max = 4, steps = 4>> -> tensor<4x8x!spike.count<max = 196, steps = 4>>
    ```
  }];
  let arguments = (ins StepTensor:$x, StrAttr:$site, DenseI64ArrayAttr:$axes,
                       UnitAttr:$keepdims);
  let results = (outs StepTensor:$result);
  let assemblyFormat = "$x $site attr-dict `:` type($x) `->` type($result)";
}

def Spike_SlotsOp : Spike_TrainOp<"slots"> {
  let cost = CostOfResult<1>;
  let samples = KeepsSamples;
  let summary = "A count as a train, a spike in each of its first slots";
  let description = [{
    Time steps for what one step counted: a new axis 0, in whose step t an element fires
    where its count is at least `levels[t]`. With levels 1, 2, ..., m this is the
    thermometer code of a count up to m; levels that come again repeat its slots, as
    stochastic attention does that draws each of them more than once. A sum over the
    steps gives the count back, times the repetitions.

    Constraints:
    * (C1) `x` has one step
    * (C2) there is at least one level; all are from 1 to the largest count of `x`
    * (C3) the result is a binary train of as many steps as levels, of shape [steps, x]

    ```mlir
    %1 = spike.slots %0 "/attn/q" {levels = array<i64: 1, 2, 1, 2>}
        : tensor<?x8x!spike.count<max = 2, steps = 1>> -> tensor<4x?x8x!spike.binary<steps = 4>>
    ```
  }];
  let arguments = (ins StepTensor:$x, StrAttr:$site, DenseI64ArrayAttr:$levels);
  let results = (outs StepTensor:$result);
  let assemblyFormat = "$x $site attr-dict `:` type($x) `->` type($result)";
}

#endif // SNN_DIALECT_SPIKE_SPIKETRAINS_TD
