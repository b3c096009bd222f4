# The chip from Python: the virtual chip, images, energy, phases, comparisons.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import subprocess
import unittest

import numpy as np
from support import MIMO, Case, main, mimo, prompts, snnc

CHIP = {"chip": "matterhorn-22nm"}


class Chip(Case):
    def test_ideal_devices_give_the_simulators_bytes(self):
        net, x = mimo(**CHIP), prompts(3)[0]
        self.assertEqual(net.chip.run(x).tobytes(), net.run(x).tobytes())
        self.assertEqual(net.chip.name, "matterhorn-22nm")

    def test_noise_is_that_of_the_program(self):
        net, x = mimo(**CHIP), prompts(3)[0]
        np.savez(self.folder / "x.npz", prompt=x)
        subprocess.run([snnc._tools.find_tool("snn-run"),
                        str(net.directory / "image.snnimg"), "--input",
                        str(self.folder / "x.npz"), "--output",
                        str(self.folder / "y.npz"), "--noise=all",
                        "--seed=3"], check=True)
        with np.load(self.folder / "y.npz") as arrays:
            want = arrays["logits"]
        have = net.chip.run(x, noise="all", seed=3)
        self.assertEqual(have.tobytes(), want.tobytes())
        other = net.chip.run(x, noise="all", seed=4)
        self.assertFalse(np.array_equal(have, other))
        some = net.chip.run(x, noise={"read": 0.5}, seed=1)
        self.assertFalse(np.array_equal(some, net.run(x)))
        self.assertEqual(net.chip.run(x, limit=2).shape, (2, 19, 16))

    def test_counters(self):
        stats = mimo(**CHIP).chip.stats(prompts(2)[0], noise="all")
        self.assertEqual(stats["samples"], 2)
        self.assertEqual(stats["layers"][0]["node"], "embed_matmul_MatMul")
        with self.assertRaises(TypeError):
            mimo(**CHIP).chip.stats(prompts(2)[0], nois="all")

    def test_errors(self):
        with self.assertRaisesRegex(snnc.RunError, "noise"):
            mimo(**CHIP).chip.run(prompts(1)[0], noise="cosmic")


class Image(Case):
    def test_layers_and_cells(self):
        image = mimo(**CHIP).image
        self.assertEqual(image.sections[0]["name"], "chip")
        first = image.layers[0]
        self.assertEqual(first["node"], "embed_matmul_MatMul")
        cells = image.conductances("embed_matmul_MatMul")
        self.assertEqual(len(cells), len(first["tiles"]))
        self.assertEqual(cells.keys(), image.conductances(0).keys())
        for values in cells.values():
            self.assertTrue(np.isin(values, (10, 100)).all())  # microsiemens
        with self.assertRaisesRegex(snnc.Error, "no layer 'x'"):
            image.conductances("x")

    def test_differences(self):
        image = mimo(**CHIP).image
        self.assertEqual(image.diff(image), "")
        other = snnc.compile(MIMO, dead_zone=0, **CHIP).image
        self.assertIn("layer", image.diff(other))


class Energy(Case):
    def test_totals_are_the_files(self):
        net = mimo(**CHIP)
        energy = net.energy()
        data = json.loads((net.directory / "energy.json").read_text())
        for accounting in snnc.energy.ACCOUNTINGS:
            self.assertAlmostEqual(
                energy.total(accounting) * 1e12 /
                data["totals"][accounting + "_pj"]["total"], 1, places=9)
            layers = sum(layer.total(accounting) for layer in energy.layers)
            self.assertAlmostEqual(layers / energy.total(accounting), 1,
                                   places=6)
        self.assertIn("J", str(energy))
        self.assertNotIn("0.000000", str(energy))
        self.assertIn("<table>", energy._repr_html_())

    def test_measured_spikes(self):
        net, x = mimo(**CHIP), prompts(20)[0]
        measured = net.energy(stats=net.stats(x))
        self.assertEqual(measured.rate_sources, ("measured",))
        self.assertLess(measured.total(), net.energy().total())


class Phases(Case):
    def test_every_phase_runs(self):
        net, x = mimo(), prompts(4)[0]
        want = net.run(x)
        for phase in ("quantise", "spike", "engines"):
            np.testing.assert_array_equal(net.at(phase).run(x), want)
        plain = net.at("import").run(x)
        self.assertEqual(plain.shape, want.shape)
        self.assertFalse(np.array_equal(plain, want))  # no dead zone there
        self.assertIs(net.at("spike"), net.at("spike"))
        with self.assertRaisesRegex(snnc.InputError, "phase needs"):
            net.at("sim")

    def test_a_chips_options_do_not_reach_earlier_phases(self):
        net = snnc.compile(MIMO, verify_mapping=True, max_replicas=2, **CHIP)
        x = prompts(2)[0]
        np.testing.assert_array_equal(net.at("quantise").run(x), net.run(x))


class Compare(Case):
    def test_equal_forms(self):
        net, x = mimo(**CHIP), prompts(3)[0]
        for a, b in ((net.at("quantise"), net), (net, net.chip)):
            found = snnc.compare(a, b, x)
            self.assertTrue(found.equal and found)
            self.assertGreater(found.compared, 20)
            self.assertIsNone(found.first)

    def test_the_first_difference(self):
        a, x = mimo(), prompts(3)[0]
        b = snnc.compile(MIMO, dead_zone={"bl1_in_q": 3})
        found = snnc.compare(a, b, x)
        self.assertFalse(found)
        self.assertEqual((found.first.op, found.first.node),
                         ("site", "bl1_in_q"))
        self.assertGreater(found.first.count, 0)

    def test_predictions_of_a_float_model(self):
        net, x = mimo(), prompts(10)[0]
        model = str(snnc.example("mimo/mimo_float.onnx"))
        found = snnc.compare(model, net, x, agreement=0.2)
        self.assertTrue(0.2 < found.agreement <= 1)
        self.assertTrue(found.equal)

    def test_errors(self):
        with self.assertRaises(snnc.RunError):
            snnc.compare(self.folder / "a.onnx", mimo(), prompts(1)[0])


if __name__ == "__main__":
    main()
