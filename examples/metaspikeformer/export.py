# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Exports Meta-SpikeFormer to ONNX as PyTorch writes it (opset 13).

    python3 export.py --size 15M --image 224 --steps 1 --output net.onnx
    python3 export.py --weights shapes.pt --merge --output shapes_sdsa.onnx

--weights names a file that train.py wrote, or an unmerged ONNX file of this
script.  Without it, weights and running statistics are drawn from --seed; with
--exact, weights and images for which float32 rounds no sum.
--form chooses unrolled neurons or a Loop each; --merge replaces every RepConv
by its 3x3 convolution first.  --inputs and --outputs also write random inputs
and what PyTorch computes from them.
"""

import argparse

import numpy as np
import torch

import shapes_task
import weights
from model import SIZES, MetaSpikeFormer, merge


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", choices=list(SIZES), default="tiny")
    parser.add_argument("--image", type=int, default=shapes_task.SIZE)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--classes", type=int,
                        default=len(shapes_task.CLASSES))
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--form", choices=["unrolled", "loop"],
                        default="unrolled")
    parser.add_argument("--merge", action="store_true")
    parser.add_argument("--dense", action="store_true",
                        help="a map of logits instead of one vector")
    parser.add_argument("--weights")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", required=True)
    parser.add_argument("--inputs", help="npz of random inputs to write")
    parser.add_argument("--outputs", help="npz of PyTorch's outputs to write")
    parser.add_argument("--count", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    model = MetaSpikeFormer(**SIZES[options.size], inputs=options.channels,
                            classes=options.classes, steps=options.steps,
                            dense=options.dense)
    shape = (options.count, options.channels, options.image, options.image)
    image = torch.rand(shape)
    if options.exact:
        image = (image * 256).floor() / 256
        weights.exact(model, image, options.seed)
    elif not options.weights:
        weights.randomise(model, options.seed)
        weights.calibrate(model, image)
    elif options.weights.endswith(".onnx"):
        weights.from_onnx(model, options.weights)
    else:
        model.load_state_dict(torch.load(options.weights))
    model.eval()
    if options.merge:
        merge(model)
    with torch.no_grad():
        if options.outputs:
            np.savez(options.outputs, logits=model(image).numpy())
        if options.inputs:
            np.savez(options.inputs, image=image.numpy())
        model.set_form(options.form)
        torch.onnx.export(model, (image[:1],), options.output,
                          opset_version=13, input_names=["image"],
                          output_names=["logits"])


if __name__ == "__main__":
    main()
