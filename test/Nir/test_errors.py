# What is wrong with a .nir file, or has no place in a spiking network, is said at its
# node: exit status 1, and nothing else happens.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import numpy as np
from support import Case, F, main, make, snnc

STEPS = ("--nir-dt=1e-4", "--nir-steps=10")


def affine():
    return make.affine(np.ones((2, 2), F), np.zeros(2, F))


def two(**changes):
    """LIF neurons of two, with other parameters; None leaves one out."""
    node = make.lif(.002, 1., reset=0., size=(2,))
    node.update(changes)
    return {key: value for key, value in node.items() if value is not None}


def network(**nodes):
    return {"input": make.end("Input", 2), **nodes, "output": make.end("Output", 2)}


class Errors(Case):
    def fails(self, model, *texts, flags=STEPS):
        result = self.command(model, *flags)
        self.assertEqual(result.returncode, 1, result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)
        self.assertFalse((self.folder / "out").exists())
        return result.stderr

    def refuses(self, text, flags=STEPS, **nodes):
        return self.fails(self.write(network(**nodes)), text, flags=flags)

    def test_steps_are_the_users(self):
        model = self.folder / "lif.nir"
        self.fails(model, "needs --nir-dt SECONDS",
                   "'1' has tau / dt = 25 with 1e-4, 2.5 with 1e-3", flags=[])
        self.fails(model, "needs --nir-steps N", flags=["--nir-dt=1e-4"])
        self.fails(model, "--nir-steps needs 1 to 65536, has 0",
                   flags=["--nir-dt=1e-4", "--nir-steps=0"])
        self.fails(model, "--nir-dt needs a positive number of seconds",
                   flags=["--nir-dt=-1", "--nir-steps=5"])
        self.fails(model, "--shape has no effect on a .nir file",
                   flags=[*STEPS, "--shape=input=1x1"])
        self.fails(model, "--search needs an ONNX model, has the NIR graph",
                   flags=[*STEPS, "--search=dead-zones:error:0.1"])

    def test_other_models_have_no_such_flags(self):
        (self.folder / "a.onnx").write_bytes(b"")
        self.fails(self.folder / "a.onnx",
                   "--nir-dt has no effect: it is for .nir files")

    def test_all_unsupported_nodes_are_named(self):
        text = self.refuses("unsupported nodes: ", one={"type": "Delay",
                                                       "delay": np.ones(2)},
                            two={"type": "CubaLI"}, lif=two())
        self.assertIn("'one' (Delay: ", text)
        self.fails(self.folder / "recurrent.nir", "'back' (Affine: it is recurrent",
                   "'cuba' (CubaLIF: it is recurrent, by the edge 'cuba' -> 'back')")
        with self.assertRaises(snnc.UnsupportedError) as caught:
            self.compile("recurrent")
        self.assertEqual(caught.exception.operators, ["Affine", "CubaLIF"])
        self.assertEqual(caught.exception.nodes, ["back", "cuba"])

    def test_missing_nodes(self):
        self.fails(self.folder / "subgraph_missing.nir",
                   "the edge 'block/lif' -> 'block/nowhere' names the node "
                   "'block/nowhere', which is not there")

    def test_neurons(self):
        self.refuses("tau differs between neurons", lif=two(tau=np.float32([.1, .2])))
        self.refuses("v_reset differs between neurons",
                     lif=two(v_reset=np.float32([0, .5])))
        self.refuses("tau 5e-05 is below the time step 0.0001, and Euler's method "
                     "overshoots; --nir-dt of at most 5e-05 would do",
                     lif=two(tau=np.full(2, 5e-5)))
        self.refuses("v_threshold differs between neurons, and v_leak or v_reset is "
                     "not 0", lif=two(v_threshold=np.float32([1, 2]),
                                      v_leak=np.float32([.1, .1])))
        self.refuses("v_reset is not 0, from which --nir-reset subtract has no meaning",
                     flags=[*STEPS, "--nir-reset=subtract"],
                     lif=two(v_reset=np.float32([.5, .5])))
        self.refuses("'LIF' has no parameter 'tau' [node 'lif']", lif=two(tau=None))
        self.refuses("the parameter 'r' needs 1 or 2 numbers, has 3 [node 'lif']",
                     lif=two(r=np.ones(3)))
        self.refuses("the parameter 'r' holds a number that is not finite",
                     lif=two(r=np.float32([np.nan, 1])))
        self.refuses("the parameter 'tau' needs to be positive",
                     lif=two(tau=np.zeros(2)))
        self.refuses("the parameter 'tau' needs numbers", lif=two(tau="soon"))
        self.refuses("it has a current of its own", lif={
            "type": "CubaLIF", "tau_mem": np.full(2, .01), "tau_syn": np.full(2, .01),
            "r": np.ones(2), "v_leak": np.zeros(2), "v_threshold": np.ones(2)})
        self.refuses("its membrane is read by 'lif'", li={
            "type": "LI", "tau": np.full(2, .01), "r": np.ones(2),
            "v_leak": np.zeros(2)}, lif=two())

    def test_layers(self):
        wide = make.affine(np.ones((2, 3), F))
        self.refuses("its weight needs 3 features, its input has 2 [node 'fc']", fc=wide)
        nodes = {"input": make.end("Input", 2, 3, 4), "flat": make.flatten(1),
                 "fc": make.affine(np.ones((2, 24), F)), "output": make.end("Output", 2)}
        self.fails(self.write(nodes), "its weight needs 24 features, its input has 12; "
                   "start_dim 0 and end_dim -1 of 'flat' would give them")
        nodes["flat"] = make.flatten(5)
        self.fails(self.write(nodes), "needs start_dim and end_dim within its input's "
                   "3 axes")
        image = lambda layer: self.write({
            "input": make.end("Input", 2, 5, 5), "l": layer,
            "output": make.end("Output", 1)})
        conv = lambda channels, **kind: make.conv(np.ones((4, channels, 3, 3), F),
                                                  np.zeros(4, F), **kind)
        self.fails(image(conv(3)), "its weight needs 3 times 1 channels, its input has 2")
        self.fails(image(conv(2, padding="most")),
                   "the parameter 'padding' needs numbers, same or valid, has 'most'")
        self.fails(image(conv(2, padding="same", stride=2)),
                   "padding 'same' needs a stride of 1")
        self.fails(image(conv(2, dilation=4)), "its kernel is larger than its padded")
        self.fails(image(make.pool("SumPool2d", 9)), "do not fit its input")
        self.fails(image(two()), "the parameter 'tau' needs 1 or 50 numbers, has 2")

    def test_ends(self):
        nodes = network(fc=affine())
        del nodes["output"]
        self.fails(self.write(nodes), "the graph has no Output")
        nodes = network(fc=affine())
        edges = make.chain(nodes)
        self.fails(self.write(nodes, edges[1:]), "no edge ends at it [node 'fc']")
        self.fails(self.write(nodes, edges + [("fc", "input")]), "recurrent")
        nodes["input"]["shape"] = np.array([2, 0])
        self.fails(self.write(nodes), "up to six positive sizes")
        nodes["input"]["shape"] = np.array([1 << 32])
        self.fails(self.write(nodes), "elements")
        nodes = network(a=affine(), b=make.affine(np.ones((3, 2), F)), c=affine())
        self.fails(self.write(nodes, [("input", "a"), ("input", "b"), ("a", "c"),
                                      ("b", "c"), ("c", "output")]),
                   "'a' and 'b', whose sum it reads, have different shapes [node 'c']")

    def test_other_tools(self):
        result = self.command(self.folder / "nothing.nir", *STEPS)
        self.assertEqual(result.returncode, 1)
        self.assertIn("No such file", result.stderr)


if __name__ == "__main__":
    main()
