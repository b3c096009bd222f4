# Compiling from Python: options, models in memory, errors with nodes, versions.
#
# RUN: %python %s
# RUN: %python %source/python/generate_options.py %build/bin/snnc --check
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import pathlib
import stat
import unittest
from unittest import mock

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from support import MIMO, SOURCE, Case, main, mimo, prompts, snnc, write_model

from snnc import _tools, errors


def linear(path, name="x", width=6):
    """y = x W: a float model of one product."""
    w = np.random.default_rng(1).normal(size=(width, 4)).astype(np.float32)
    return write_model(
        path, [helper.make_node("MatMul", [name, "w"], ["y"], name="/fc")],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
        [numpy_helper.from_array(w, "w")])


class Compile(Case):
    def test_models_in_memory(self):
        path = pathlib.Path(linear(self.folder / "m.onnx"))
        x = np.random.default_rng(2).normal(size=(16, 6)).astype(np.float32)
        want = snnc.compile(path, calibrate=x).run(x)
        for model in (path.read_bytes(), onnx.load(str(path))):
            np.testing.assert_array_equal(
                snnc.compile(model, calibrate=x).run(x), want)
        for data in ({"x": x}, [x[:8], x[8:]], [{"x": x}],
                     [(x, np.zeros(16))]):
            np.testing.assert_array_equal(
                snnc.compile(path, calibrate=data).run(x), want)
        with self.assertRaisesRegex(snnc.InputError, "needs a path, bytes"):
            snnc.compile(3)
        with self.assertRaisesRegex(snnc.InputError, "no file"):
            snnc.compile(self.folder / "none.onnx")

    def test_options_reach_the_compiler(self):
        net = snnc.compile(
            MIMO, dead_zone={"bl0_in_q": 3, "bl0_qs_q": 2}, mask="zero")
        radii = {s["name"]: s["radius"] for s in net.quantisation["sites"]}
        self.assertEqual((radii["bl0_in_q"], radii["bl0_qs_q"]), (3, 2))
        self.assertEqual(net.options["mask"], "zero")
        chip = snnc.compile(MIMO, chip="matterhorn-22nm",
                            assume={"rate": 0.25, "rate.bl0_in_q": 0.5},
                            emit=["report", "image"])
        self.assertEqual(set(chip.energy().rate_sources), {"assumed"})

    def test_defaults_are_the_compilers(self):
        options = snnc.options()
        self.assertEqual(options["weight_bits"]["default"], 8)
        self.assertEqual(options["mask"]["default"], "auto")
        self.assertIn("chip", options)

    def test_unknown_options(self):
        for name, near in (("weightbits", "weight_bits"),
                           ("deadzone", "dead_zone"), ("outptu", "output")):
            with self.assertRaisesRegex(TypeError, f"did you mean '{near}'"):
                snnc.compile(MIMO, **{name: 1})

    def test_wrong_values(self):
        with self.assertRaises(snnc.CompileError) as caught:
            snnc.compile(MIMO, chip="no-such-chip")
        self.assertIn("no-such-chip", str(caught.exception))
        self.assertIn("snnc", caught.exception.command[0])
        with self.assertRaises(snnc.CompileError):
            snnc.compile(MIMO, weight_bits=3)

    def test_errors_have_nodes(self):
        bad = onnx.load(MIMO)
        node = next(n for n in bad.graph.node if n.op_type == "MatMul")
        node.op_type = "Add"
        with self.assertRaises(snnc.CompileError) as caught:
            snnc.compile(bad)
        error = caught.exception
        self.assertIn(node.name, error.nodes)
        first = error.diagnostics[0]
        self.assertEqual(first.severity, "error")
        self.assertNotIn("[node", first.message)
        self.assertTrue(first.file.endswith("model.onnx"))
        self.assertNotIsInstance(error, snnc.UnsupportedError)

    def test_unsupported_operators(self):
        path = write_model(
            self.folder / "m.onnx",
            [helper.make_node("Einsum", ["x", "x"], ["a"], name="e",
                              equation="ij,ij->ij"),
             helper.make_node("Det", ["a"], ["y"], name="d")],
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 4])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
        with self.assertRaises(snnc.UnsupportedError) as caught:
            snnc.compile(path)
        self.assertEqual(caught.exception.operators, ["Det"])

    def test_artefacts_stay_where_they_are_asked_for(self):
        net = snnc.compile(MIMO, output=self.folder / "out")
        self.assertEqual(net.directory, (self.folder / "out").resolve())
        self.assertTrue((net.directory / "sim.so").exists())
        temporary = snnc.compile(MIMO)
        folder = temporary.directory
        self.assertTrue(folder.exists())
        del temporary
        self.assertFalse(folder.exists())

    def test_no_chip(self):
        net = mimo()
        for ask in (lambda: net.chip, lambda: net.image, net.energy):
            with self.assertRaisesRegex(snnc.Error,
                                        r"compile\(\.\.\., chip=\.\.\.\)"):
                ask()


class Tools(Case):
    def fake(self, version):
        """A folder with an snnc that only says a version."""
        place = self.folder / "bin"
        place.mkdir()
        tool = place / "snnc"
        tool.write_text(f"#!/bin/sh\necho '{version}'\n")
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
        return mock.patch.dict(os.environ, SNNC_HOME=str(self.folder))

    def test_another_version(self):
        with self.fake("snnc 7.3.0 (abc), LLVM 22.1.8"):
            with self.assertRaisesRegex(snnc.VersionError,
                                        "is version 7.3.0, the package"):
                snnc.compile(MIMO)

    def test_no_version(self):
        with self.fake("hello"):
            with self.assertRaisesRegex(snnc.VersionError, "does not say"):
                snnc.compile(MIMO)

    def test_no_tool(self):
        with mock.patch.dict(os.environ, PATH="/nowhere", SNNC_HOME=""), \
                mock.patch.object(_tools, "_places", lambda: iter(())):
            with self.assertRaisesRegex(snnc.Error, "SNNC_HOME"):
                snnc.compile(MIMO)

    def test_another_schema(self):
        (self.folder / "artefacts.json").write_text(
            '{"schema_version": 99, "complete": true}')
        with self.assertRaisesRegex(snnc.VersionError, "schema version 99"):
            snnc.load(self.folder)
        (self.folder / "artefacts.json").write_text(
            '{"schema_version": 1, "complete": false}')
        with self.assertRaisesRegex(snnc.Error, "parts of two"):
            snnc.load(self.folder)

    def test_diagnostics_of_text(self):
        found, rest = errors.parse_diagnostics(
            "a.onnx:3:4: error: needs it [node '/x']\nwarning: b\nStack\n"
            '{"severity": "error", "message": "m", "node": "n", "notes": '
            '[{"message": "o", "node": ""}]}\n')
        self.assertEqual([d.node for d in found], ["/x", "", "n"])
        self.assertEqual((found[0].line, found[0].column), (3, 4))
        self.assertEqual(found[2].notes[0].severity, "note")
        self.assertEqual(rest, "Stack")

    def test_chips(self):
        self.assertIn("matterhorn-22nm", snnc.chips())

    def test_versions_agree(self):
        text = (SOURCE / "CMakeLists.txt").read_text()
        self.assertIn(f"project(SNNC VERSION {snnc.__version__} ", text)


if __name__ == "__main__":
    main()
