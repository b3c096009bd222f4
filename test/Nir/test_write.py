# Networks written as .nir files and read back: the same spikes, whether they came from
# NIR or from ONNX; what NIR has no node for is named.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import h5py
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from support import Case, F, compiled, main, make


class Written(Case):
    def both(self, model, x, dt, steps, simulate=False, **options):
        """Compiles a model, reads what it was written as, and compares the spikes."""
        nir = dict(nir_dt=dt, nir_steps=steps)
        first = compiled(model, simulate, emit=["nir"], **options, **(
            {"nir_dt": dt} if model.suffix == ".onnx" else nir))
        written = first.directory / "network.nir"
        second = compiled(written, simulate, **nir)
        y, z = first.run(x), second.run(x.reshape(steps, 1, *x.shape[2:]))
        self.assertTrue(y.any())
        np.testing.assert_array_equal(y.reshape(-1), z.reshape(-1))
        with h5py.File(written) as file:
            return {name: node["type"][()].decode()
                    for name, node in file["node/nodes"].items()}

    def test_fixtures(self):
        types = self.both(self.folder / "lif.nir", np.ones((12, 1, 1), F), 1e-4, 12)
        self.assertEqual(sorted(types.values()), ["Input", "LIF", "Linear", "Output"])  # a bias of 0
        x = np.random.default_rng(4).random((40, 1, 1), F) * 40
        types = self.both(self.folder / "lif_linear.nir", x, 1e-4, 40)
        self.assertEqual(sorted(types.values()), ["Input", "LIF", "Linear", "Output"])
        x = np.random.default_rng(2).random((20, 1, 3), F).round(1) * 4
        self.both(self.folder / "subgraph.nir", x, 1e-3, 20)

    def test_cnn(self):
        x = (np.random.default_rng(1).random((6, 1, 2, 34, 34)) < .15).astype(F)
        types = self.both(self.folder / "cnn.nir", x, 1, 6, simulate=True)
        # Pooling is in the layers behind it.
        self.assertEqual(sorted(types.values()), sorted(
            ["Input", "Output"] + ["Conv2d"] * 3 + ["Affine"] * 2 + ["IF"] * 5 +
            ["Flatten"]))

    def lif_model(self, soft):
        """Three steps of an input, a layer, LIF neurons (tau 2), the spikes' mean."""
        w = make.grid(np.random.default_rng(1), 4, 6).T
        constants = {"w": w, "zero": F(0), "one": F(1), "two": F(2), "th": F(.5)}
        nodes, steps, v = [], [], "zero"

        def add(kind, inputs, **attributes):
            name = f"{kind}_{len(nodes)}"
            nodes.append(helper.make_node(kind, inputs, [name], name="/" + name,
                                          **attributes))
            return name
        for t in range(3):
            constants[f"t{t}"] = np.int64(t)
            x = add("MatMul", [add("Gather", ["x", f"t{t}"], axis=0), "w"])
            h = add("Add", [v, add("Div", [add("Sub", [x, v]), "two"])])
            hit = add("GreaterOrEqual", [add("Sub", [h, "th"]), "zero"])
            s = add("Cast", [hit], to=TensorProto.FLOAT)
            v = (add("Sub", [h, add("Mul", [s, "th"])]) if soft
                 else add("Mul", [add("Sub", ["one", s]), h]))
            constants["axis"] = np.array([0])
            steps.append(add("Unsqueeze", [s, "axis"]))
        nodes.append(helper.make_node("Concat", steps, ["y"], axis=0))
        graph = helper.make_graph(
            nodes, "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 1, 6])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
            [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
        path = self.folder / "lif.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[
            helper.make_opsetid("", 17)], ir_version=8), path)
        return path

    def test_onnx(self):
        x = (np.random.default_rng(3).random((3, 1, 6)) * 4).round(2).astype(F)
        model = self.lif_model(soft=False)
        # The layer reads numbers: a written file keeps them in float.
        types = self.both(model, x, 1e-4, 3, flags=["--float-op=/MatMul_1"])
        self.assertEqual(sorted(types.values()), ["Input", "LIF", "Linear", "Output"])
        result = self.command(self.lif_model(soft=True), "--calibrate=random:1",
                              "--emit=nir", "--nir-dt=1e-4")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("a reader has to be told (--nir-reset subtract)", result.stderr)

    def test_what_has_no_node(self):
        result = self.command(make_transformer(), "--emit=nir", "--nir-dt=1e-4")
        self.assertEqual(result.returncode, 1)
        self.assertIn("has no LIF neurons", result.stderr)
        result = self.command(self.lif_model(False), "--emit=nir",
                              "--calibrate=random:1")
        self.assertEqual(result.returncode, 1)
        self.assertIn("--emit nir needs --nir-dt", result.stderr)
        li = {"type": "LI", "tau": np.ones(1), "r": np.ones(1), "v_leak": np.zeros(1)}
        nodes = {**make.lif_nodes()}
        end = nodes.pop("output")
        path = self.write({**nodes, "li": li, "output": end})
        result = self.command(path, "--emit=nir", "--nir-dt=1e-4", "--nir-steps=9")
        self.assertEqual(result.returncode, 1)
        self.assertIn("has no NIR node for 'li' (onnx.mul", result.stderr)

    def test_spikes(self):
        net = self.compile("lif", steps=12, simulate=True)
        x = np.concatenate([np.ones((12, 1, 1), F), np.zeros((12, 1, 1), F)])
        path = self.folder / "spikes.h5"
        net.spikes(x, sample=[0, 1]).to_nir(path, dt=1e-4)
        with h5py.File(path) as file:
            self.assertEqual(file.attrs["__type__"], "NIRGraphData")
            spikes = file["nodes/1/observables/spikes"]
            self.assertEqual(spikes.attrs["dt"], 1e-4)
            data = spikes["data"][()]
        self.assertEqual(data.shape, (2, 12, 1))
        self.assertEqual(list(np.flatnonzero(data[0])), [2, 5, 8, 11])
        self.assertFalse(data[1].any())


def make_transformer():
    from support import SOURCE
    return SOURCE / "examples" / "mimo" / "mimo_w1a4_k1.onnx"


if __name__ == "__main__":
    main()
