# Networks of .nir files: each fixture against a few lines of numpy, by the interpreter
# or in all modes of the simulator.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import html
import pathlib
import re
import subprocess

import numpy as np
from support import Case, F, convolve, main, make, neurons, pooled, snnc_tool


def steps_of(spikes):
    """The steps, counted from 1, in which the only neuron fires."""
    return [int(t) + 1 for t in np.flatnonzero(spikes.reshape(-1))]


class Fixtures(Case):
    def test_lif(self):
        ones = np.ones((12, 1, 1), F)
        for integration in ("euler", "exact"):
            net = self.compile("lif", steps=12, nir_integration=integration,
                               simulate=integration == "euler")
            for mode in net.modes:
                y = net.run(ones, mode=mode)
                self.assertEqual(y.shape, (12, 1, 1))
                self.assertEqual(steps_of(y), [3, 6, 9, 12], (integration, mode))
            self.assertEqual(self.labels(net)["1"]["label"], "faithful")
            # Several samples follow each other.
            x = np.concatenate([ones, np.zeros((12, 1, 1), F)])
            self.assertEqual(steps_of(net.run(x)), [3, 6, 9, 12])

    def test_resistance_is_in_the_weights(self):
        net = self.compile("lif_linear", steps=40)
        self.assertTrue(any("[1, 1, 1]" in d.message for d in net.diagnostics),
                        net.diagnostics)
        x = np.random.default_rng(0).random((40, 1, 1), F) * 8
        n = F(F(.0024019737) / 1e-4)
        # R is tau / dt: what is added is the input as it is.
        expected = neurons(x * F(.04), n, 1, decay=False)
        self.assertTrue(expected.any())
        self.check_modes(net, x, expected)

    def test_two_lif(self):
        x = np.zeros((600, 1, 1), F)
        for integration, wanted in (("euler", [179, 358, 537]),
                                    ("exact", [180, 360, 540])):
            net = self.compile("two_lif", steps=600, nir_integration=integration,
                               simulate=True)
            for mode in net.modes:
                spikes = net.spikes(x, sample=0, mode=mode)
                self.assertEqual(
                    [slot + 1 for slot, _ in spikes.events("n1")], wanted)
                self.assertEqual(len(spikes.events("n2")), 0)
                self.assertEqual(net.run(x, mode=mode).sum(), 0)
            # Compressed parameters are the same network.
            other = self.compile("gzip", steps=600, nir_integration=integration)
            self.assertEqual(self.operations(other), self.operations(net))

    @staticmethod
    def operations(net):
        """The network's IR without its places in files."""
        text = (net.directory / "model.mlir").read_bytes()
        if text.startswith(b"ML\xefR"):
            path = pathlib.Path(snnc_tool()).with_name("snn-opt")
            text = subprocess.run([str(path), str(net.directory / "model.mlir")],
                                  check=True, stdout=subprocess.PIPE).stdout
        return re.sub(rb"@nir_\w+|\w+\.nir|digest = \S+", b"", text)

    def test_cnn(self):
        net = self.compile("cnn", dt=1, steps=6, simulate=True)
        n = make.cnn_nodes()
        x = (np.random.default_rng(1).random((6, 2, 34, 34)) < .15).astype(F)
        fire = lambda current: neurons(current, np.inf, 1, decay=False)
        s = fire(convolve(x, n["0"]))
        s = pooled(fire(convolve(s, n["2"])), 2)
        s = pooled(fire(convolve(s, n["5"])), 2).reshape(6, -1)
        for key in ("9", "11"):
            s = fire((s.astype(float) @ n[key]["weight"].T.astype(float)
                      + n[key]["bias"]).astype(F))
        self.assertTrue(.01 < s.mean() < .99, s.mean())
        self.check_modes(net, x[:, None], s[:, None])
        labels = self.labels(net)
        for key in ("4", "7"):
            self.assertEqual(labels[key]["label"], "faithful")

    def test_names_and_doubled_edges(self):
        net = self.compile("dotted", steps=12)
        self.assertEqual(steps_of(net.run(np.ones((12, 1, 1), F))), [3, 6, 9, 12])

    def test_subgraph(self):
        net = self.compile("subgraph", dt=1e-3, steps=20)
        nodes, _ = make.subgraph_nodes(False)
        x = np.random.default_rng(2).random((20, 3), F).round(1) * 4
        s = neurons((x @ nodes["first"]["weight"].T).astype(F), 2, .5)
        inner = nodes["block"]["nodes"]["fc"]["weight"]
        s = neurons((s.astype(float) @ inner.T).astype(F), 2, .5)
        y = net.run(x[:, None])
        self.assertTrue(s.any())
        self.assertGreater((y[:, 0] == s).mean(), .99)  # floats in another order
        self.assertIn("block/lif", self.labels(net))


def network(*layers, size=4, output=None):
    """Input, a layer and neurons of spikes, then `layers`."""
    nodes = {"input": make.end("Input", *np.atleast_1d(size))}
    nodes.update((f"n{i}", layer) for i, layer in enumerate(layers))
    nodes["output"] = make.end("Output", *np.atleast_1d(output or size))
    return nodes


class Nodes(Case):
    """One node each, behind neurons that fire where the input is above 0.5."""

    random = np.random.default_rng(3)

    def spikes(self, *shape):
        return (self.random.random(shape) < .4).astype(F)

    def threshold(self):
        return {"type": "Threshold", "threshold": np.array([.5])}

    def test_threshold(self):
        net = self.compile(self.write(network(self.threshold())), steps=5)
        x = self.random.random((5, 1, 4)).astype(F)
        x[0, 0, 0] = .5  # not above it
        self.check_modes(net, x, (x > .5).astype(F))

    def test_scale_and_several_thresholds(self):
        weight = make.grid(self.random, 3, 4)
        scale = np.array([.5, 2, 1, .25])
        net = self.compile(self.write(network(
            self.threshold(), {"type": "Scale", "scale": scale},
            make.affine(weight), make.lif(2e-4, [1, .5, 2], size=(3,)), output=3)),
            steps=30)
        s = self.spikes(30, 4)
        current = s @ (weight * scale).T.astype(F)
        expected = np.stack([neurons(current[:, i] / F(t), 2, 1)
                             for i, t in enumerate((1, .5, 2))], -1)
        y = net.run(s[:, None])
        self.assertTrue(expected.any())
        # The scaled weights are no longer on the grid of eight bits.
        self.assertGreater((y[:, 0] == expected).mean(), .95)
        self.assertEqual({n["label"] for n in self.labels(net).values()}, {"faithful"})

    def test_leak_and_resistance(self):
        weight = np.float32([[127, -64, 32, 1]]) / 128
        net = self.compile(self.write(network(
            self.threshold(), make.affine(weight, np.float32([.25])),
            make.lif(4e-4, .75, r=2., leak=.5, reset=-.25), output=1)), steps=50)
        s = self.spikes(50, 4)
        current = (s @ weight.T + F(.25)) * F(2) + F(.5)
        expected = neurons(current, 4, .75, reset=-.25)
        self.assertTrue(0 < expected.mean() < 1)
        self.check_modes(net, s[:, None], expected[:, None])

    def test_soft_reset(self):
        weight = make.grid(self.random, 2, 4)
        path = self.write(network(self.threshold(), make.affine(weight),
                                  make.lif(2e-4, .25, r=2., size=(2,)), output=2))
        s = self.spikes(40, 4)
        hard = neurons(s @ weight.T, 2, .25, decay=False)
        soft = neurons(s @ weight.T, 2, .25, decay=False, subtract=True)
        self.assertTrue((hard != soft).any())
        self.check_modes(self.compile(path, steps=40), s[:, None], hard[:, None])
        self.check_modes(self.compile(path, steps=40, nir_reset="subtract",
                                      simulate=True), s[:, None], soft[:, None])

    def test_current_of_one_step(self):
        full = lambda value: np.full(2, value)
        cuba = {"type": "CubaLIF", "tau_mem": full(4e-4), "tau_syn": full(1e-4),
                "r": full(2.), "v_leak": full(0.), "w_in": full(.5),
                "v_threshold": full(.25)}
        weight = make.grid(self.random, 2, 4)
        net = self.compile(self.write(network(
            self.threshold(), make.affine(weight), cuba, output=2)), steps=40)
        s = self.spikes(40, 4)
        self.check_modes(net, s[:, None], neurons(s @ weight.T, 4, .25)[:, None])

    def test_sum_of_edges(self):
        a, c = make.grid(self.random, 3, 4), make.grid(self.random, 3, 4)
        nodes = {"input": make.end("Input", 4), "s": self.threshold(),
                 "a": make.affine(a), "c": make.affine(c, np.full(3, .5, F)),
                 "if": make.integrate((3,)), "output": make.end("Output", 3)}
        edges = [("input", "s"), ("s", "a"), ("s", "c"), ("a", "if"), ("c", "if"),
                 ("if", "output")]
        net = self.compile(self.write(nodes, edges), dt=1, steps=30)
        s = self.spikes(30, 4)
        expected = neurons(s @ a.T + (s @ c.T + F(.5)), np.inf, 1, decay=False)
        self.assertTrue(expected.any())
        self.check_modes(net, s[:, None], expected[:, None])

    def test_pools_merge_into_what_is_behind(self):
        """Sum pooling, then a convolution whose padding lies outside of the windows,
        and one of odd sizes that cannot be merged."""
        w = make.grid(self.random, 4, 2, 3, 3)
        for size, padding, label in ((8, 1, "faithful"), (9, 0, "faithful"),
                                     (9, 1, "approximate")):
            layer = make.conv(w, np.zeros(4, F), 1, padding)
            pooled_size = size // 2
            out = pooled_size + 2 * padding - 2
            net = self.compile(self.write(network(
                self.threshold(), make.pool("SumPool2d", 2), layer,
                make.integrate((4, out, out), 2.), size=(2, size, size),
                output=(4, out, out))), dt=1, steps=10,
                **({} if label == "faithful" else {"calibrate": "random:2"}))
            s = self.spikes(10, 2, size, size)
            expected = neurons(convolve(pooled(s, 2), layer), np.inf, 2, decay=False)
            self.assertTrue(0 < expected.mean() < 1)
            self.assertEqual(self.labels(net)["n1"]["label"], label)
            if label == "faithful":
                self.check_modes(net, s[:, None], expected[:, None])

    def test_mean_pool(self):
        w = make.grid(self.random, 5, 2 * 4 * 4)
        net = self.compile(self.write(network(
            self.threshold(), make.pool("AvgPool2d", 2), make.flatten(),
            make.affine(w), make.integrate((5,), .5), size=(2, 8, 8), output=5)),
            dt=1, steps=20)
        s = self.spikes(20, 2, 8, 8)
        current = (pooled(s, 2) / 4).reshape(20, -1) @ w.T
        expected = neurons(current.astype(F), np.inf, .5, decay=False)
        self.assertTrue(0 < expected.mean() < 1)
        self.check_modes(net, s[:, None], expected[:, None])

    def test_conv1d(self):
        w = make.grid(self.random, 3, 2, 3)
        node = {"type": "Conv1d", "weight": w, "bias": np.zeros(3, F),
                "stride": np.int64(2), "padding": np.int64(1), "dilation": np.int64(1),
                "groups": np.int64(1)}
        net = self.compile(self.write(network(
            self.threshold(), node, make.integrate((3, 5)), size=(2, 9),
            output=(3, 5))), dt=1, steps=20)
        s = self.spikes(20, 2, 9)
        x = np.pad(s, [(0, 0), (0, 0), (1, 1)])
        current = np.stack([np.tensordot(x[:, :, 2 * i:2 * i + 3], w, ([1, 2], [1, 2]))
                            for i in range(5)], -1)
        expected = neurons(current.astype(F), np.inf, 1, decay=False)
        self.check_modes(net, s[:, None], expected[:, None])

    def test_same_padding(self):
        w = make.grid(self.random, 3, 2, 3, 3)
        layer = make.conv(w, np.zeros(3, F), padding="same")
        net = self.compile(self.write(network(
            self.threshold(), layer, make.integrate((3, 6, 6)), size=(2, 6, 6),
            output=(3, 6, 6))), dt=1, steps=10)
        s = self.spikes(10, 2, 6, 6)
        expected = neurons(convolve(s, make.conv(w, np.zeros(3, F), 1, 1)), np.inf, 1,
                           decay=False)
        self.check_modes(net, s[:, None], expected[:, None])

    def test_read_out(self):
        weight = make.grid(self.random, 2, 4)
        li = {"type": "LI", "tau": np.full(2, 4e-4), "r": np.full(2, 1.),
              "v_leak": np.full(2, .5)}
        path = self.write(network(self.threshold(), make.affine(weight), li, output=2))
        net = self.compile(path, steps=30, simulate=True)
        s = self.spikes(60, 4)
        expected = np.zeros((2, 1, 2))
        for sample in range(2):
            v = np.zeros(2)
            for step in s[sample * 30:][:30]:
                v = v + (step @ weight.T.astype(float) + .5 - v) / 4
            expected[sample, 0] = v
        y = net.run(s[:, None])
        self.assertEqual(y.shape, (2, 1, 2))
        np.testing.assert_allclose(y, expected, rtol=1e-5)
        self.assertEqual(self.labels(net)["n2"]["label"], "approximate")
        page = net.report().html()
        self.assertIn('<strong class="warn">approximate</strong>', page)
        self.assertIn(html.escape(self.labels(net)["n2"]["reason"]), page)
        result = self.command(path, "--nir-dt=1e-4", "--nir-steps=30", "--nir-strict")
        self.assertEqual(result.returncode, 1)
        self.assertIn("approximate nodes, which --nir-strict refuses: 'n2' (LI:",
                      result.stderr)

    def test_chip(self):
        nodes = network(self.threshold(), make.affine(make.grid(self.random, 6, 4)),
                        make.integrate((6,)), output=6)
        net = self.compile(self.write(nodes), dt=1, steps=20, simulate=True,
                           chip="matterhorn-22nm", verify_mapping=True)
        s = self.spikes(20, 4)[:, None]
        np.testing.assert_array_equal(net.chip.run(s), net.run(s))
        self.assertGreater(net.energy().total(), 0)
        # The report says how nodes fared.
        report = net.report(s)
        self.assertEqual(report.data["fidelity"]["nodes"]["label"],
                         [n["label"] for n in self.labels(net).values()])
        self.assertEqual(report.data["fidelity"]["steps"], 20)
        self.assertIn("5 faithful (the spikes of the stated", report.html())


if __name__ == "__main__":
    main()
