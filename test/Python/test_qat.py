# Quantisation-aware training: quantisers, preparation, export, and the compiled
# network beside PyTorch.
#
# REQUIRES: torch
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import unittest

import numpy as np
import onnx
from support import Case, main, snnc

try:
    import torch
    from torch import nn
except ImportError:
    raise unittest.SkipTest("no PyTorch")

from snnc import qat
from snnc.qat.quantiser import quantise_weight

torch.set_num_threads(1)


class Encoder(nn.Module):
    """A small encoder classifier of tokens."""

    def __init__(self, norm_first=True):
        super().__init__()
        self.embed = nn.Linear(6, 16)
        layer = nn.TransformerEncoderLayer(
            16, 2, 32, dropout=0.0, batch_first=True, norm_first=norm_first)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        return self.head(self.encoder(self.embed(x)))


class BertLike(nn.Module):
    """Self-attention as `transformers` has it."""

    def __init__(self):
        super().__init__()
        self.num_attention_heads = 4
        self.query, self.key, self.value = (nn.Linear(16, 16)
                                            for _ in range(3))
        self.dropout = nn.Dropout(0.0)

    def forward(self, hidden_states, attention_mask=None):
        def heads(x):
            return x.reshape(*x.shape[:2], 4, 4).transpose(1, 2)

        q, k, v = (heads(p(hidden_states))
                   for p in (self.query, self.key, self.value))
        scores = q @ k.transpose(-1, -2) / 2
        if attention_mask is not None:
            scores = scores + attention_mask
        y = torch.softmax(scores, -1) @ v
        return (y.transpose(1, 2).reshape(hidden_states.shape),)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = BertLike()
        self.output = nn.Linear(16, 16)

    def forward(self, x):
        return self.output(self.attention(x)[0])


def prepared(config, norm_first=True, seed=0):
    torch.manual_seed(seed)
    model = qat.prepare(Encoder(norm_first), config)
    x = torch.randn(64, 10, 6)
    return qat.calibrate(model, x), x


class Quantisers(Case):
    def test_levels_and_gradients(self):
        site = qat.Quantiser(4, True, dead_zone=1)
        site.name = "s"
        x = torch.tensor([-9.0, -0.4, 0.3, 0.74, 0.76, 3.4, 9.0],
                         requires_grad=True)
        self.assertIs(site(x), x)  # idle
        site.scale.data.fill_(0.5)
        site.is_active.fill_(True)
        y = site(x)
        np.testing.assert_array_equal(
            y.detach(), [-4.0, 0, 0, 0, 1.0, 3.5, 3.5])
        np.testing.assert_array_equal(site.codes(x), [0, 8, 8, 8, 10, 15, 15])
        y.sum().backward()
        np.testing.assert_array_equal(x.grad, [0, 1, 1, 1, 1, 1, 0])
        # LSQ: code less ratio inside, the code outside, over sqrt(N high).
        ratios = [-18, -.8, .6, 1.48, 1.52, 6.8, 18]
        codes = [-8, 0, 0, 0, 2, 7, 7]
        want = sum(c if abs(r) > 9 else c - r for c, r in zip(codes, ratios))
        self.assertAlmostEqual(float(site.scale.grad),
                               want / np.sqrt(1 * 7), places=5)

    def test_the_scale_stays_off_zero(self):
        site = qat.Quantiser(4)
        site.observe(True)
        site(torch.randn(100))
        site.choose_scale()
        site.scale.data.fill_(-3.0)
        self.assertTrue(torch.isfinite(site(torch.randn(5))).all())

    def test_unsigned_where_nothing_is_negative(self):
        site = qat.Quantiser(4)
        site.observe(True)
        site(torch.rand(1000))
        site.choose_scale()
        self.assertEqual((site.zero, site.range()), (0, (0, 15)))
        error = (site(torch.rand(1000)) - torch.rand(1000)).abs().max()
        self.assertLess(float(error), 1.1)

    def test_weights(self):
        w = torch.tensor([[1.0, 2.0, 3.0, 6.0], [-1.0, 1.0, -3.0, 3.0]])
        codes, scale = quantise_weight(w, 1, True)
        np.testing.assert_array_equal(codes, [[-1, -1, 1, 1], [-1, 1, -1, 1]])
        np.testing.assert_array_equal(scale, [3, 2])
        codes, scale = quantise_weight(w, 2, True)
        np.testing.assert_array_equal(codes, [[0, 0, 0, 1], [0, 0, -1, 1]])
        codes, scale = quantise_weight(w, 8, False)
        self.assertEqual(float(scale[0]), float(scale[1]))
        self.assertEqual(float(codes.max()), 127)


class Preparation(Case):
    def test_nothing_changes_before_calibration(self):
        x = torch.randn(3, 10, 6)
        hidden = torch.zeros(3, 10, dtype=torch.bool)
        hidden[:, 7:] = True
        for norm_first in (True, False):
            net = Encoder(norm_first).eval()
            model = qat.prepare(net, qat.Config(weight_bits=1, act_bits=4))
            self.assertLess(float((model(x) - net(x)).abs().max()), 1e-5)
            a = net.encoder(net.embed(x), src_key_padding_mask=hidden)
            b = model.encoder(model.embed(x), src_key_padding_mask=hidden)
            self.assertLess(float((a - b)[:, :7].abs().max()), 1e-4)
        plain = nn.MultiheadAttention(16, 4)
        wrapped = qat.prepare(plain)
        q, k = torch.randn(5, 2, 16), torch.randn(7, 2, 16)
        mask = torch.zeros(5, 7, dtype=torch.bool)
        mask[0, 3] = True
        for want, have in zip(plain(q, k, k, attn_mask=mask),
                              wrapped(q, k, k, attn_mask=mask)):
            self.assertLess(float((want - have).abs().max()), 1e-5)
        bert, y = BertLike(), torch.randn(2, 5, 16)
        mask = torch.zeros(2, 1, 1, 5)
        mask[:, :, :, 4] = -1e9
        for arguments in ((y,), (y, mask)):
            self.assertLess(float((qat.prepare(bert)(*arguments)[0]
                                   - bert(*arguments)[0]).abs().max()), 1e-5)

    def test_bits_by_place(self):
        config = qat.Config(
            weight_bits=1, act_bits=4, kv_bits=8, dead_zone=1,
            overrides={"*.linear2": {"act_bits": 6, "dead_zone": 0},
                       "encoder.layers.0.*": {"weight_bits": 4}})
        model, _ = prepared(config)
        sites = qat.sites(model)
        self.assertEqual((sites["embed"].bits, sites["head"].bits), (8, 8))
        at = "encoder.layers.1."
        self.assertEqual(sites[at + "linear2"].bits, 6)
        self.assertEqual(sites[at + "linear2"].dead_zone, 0)
        self.assertEqual(sites[at + "self_attn.key"].bits, 8)
        self.assertEqual(sites[at + "self_attn.key"].dead_zone, 0)
        self.assertEqual(sites[at + "self_attn.query"].dead_zone, 1)
        self.assertEqual(sites[at + "self_attn.probability"].zero, 0)
        layers = model.encoder.layers
        self.assertEqual(layers[0].linear1.weight_bits, 4)
        self.assertEqual(layers[1].linear1.weight_bits, 1)
        self.assertEqual(layers[1].self_attn.q_proj.weight_bits, 1)
        for bad in ({"weight_bits": 3}, {"act_bits": 9},
                    {"overrides": {"*": {"bits": 3}}}):
            with self.assertRaises(ValueError):
                qat.Config(**bad)

    def test_checkpoints(self):
        config = qat.Config(weight_bits=1, act_bits=4, dead_zone=1)
        model, x = prepared(config)
        other = qat.prepare(Encoder(), config)
        other.load_state_dict(model.state_dict())
        model.eval(), other.eval()
        self.assertTrue(torch.equal(model(x), other(x)))

    def test_training_learns(self):
        model, x = prepared(qat.Config(weight_bits=1, act_bits=4, dead_zone=1))
        target = (x.sum(-1) > 0).long()
        optimiser = torch.optim.AdamW(qat.parameter_groups(model, lr=5e-3))
        self.assertEqual([g["lr"] for g in optimiser.param_groups],
                         [5e-3, 5e-4])
        losses = []
        for _ in range(60):
            loss = nn.functional.cross_entropy(
                model(x).flatten(0, 1), target.flatten())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(float(loss))
        self.assertLess(losses[-1], 0.5 * losses[0])


class Export(Case):
    def test_the_compiled_network_agrees(self):
        for config, norm_first in (
                (qat.Config(weight_bits=1, act_bits=4, kv_bits=4,
                            dead_zone=1), True),
                (qat.Config(weight_bits=4, act_bits=6), False)):
            model, x = prepared(config, norm_first)
            path = self.folder / "m.onnx"
            qat.export(model, x[:1], path)
            found = qat.verify(model, path, x)
            self.assertGreaterEqual(found.predictions, 0.995, str(found))
            self.assertIn("encoder.layers.0.self_attn.query", found.sites)
            self.assertNotIn("encoder.layers.0.self_attn.key", found.sites)
            self.assertGreater(min(found.sites.values()), 0.99, str(found))

    def test_sites_and_dead_zones(self):
        config = qat.Config(weight_bits=1, act_bits=4, dead_zone={
            "*.linear1": 2, "*.query": 1, "encoder.layers.0.*.value": 1})
        model, x = prepared(config)
        net = snnc.compile(model, example_inputs=x[:1])
        radii = {s["name"]: s["radius"] for s in net.quantisation["sites"]}
        sites = qat.sites(model)
        self.assertEqual(set(radii), {n for n, s in sites.items()
                                      if bool(s.is_active)})
        for name, radius in radii.items():
            self.assertEqual(radius, sites[name].dead_zone, name)
        self.assertEqual(radii["encoder.layers.0.self_attn.value"], 1)
        self.assertEqual(radii["encoder.layers.0.linear1"], 2)

    def test_one_train_for_queries_keys_and_values(self):
        model, x = prepared(qat.Config(act_bits=4))
        path = self.folder / "m.onnx"
        qat.export(model, x[:1], path)
        names = [n.output[0] for n in onnx.load(str(path)).graph.node
                 if n.op_type == "QuantizeLinear"]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(sum("self_attn.input" in n for n in names), 2)
        self.assertEqual(len(names), 18)

    def test_equal_quantisers_of_one_tensor_are_one_site(self):
        # As an exporter writes them that knows nothing of it.
        model, x = prepared(qat.Config(act_bits=4))
        path = self.folder / "m.onnx"
        qat.export(model, x[:1], path)
        proto = onnx.load(str(path))
        readers = [n for n in proto.graph.node if n.op_type in
                   ("QuantizeLinear", "Clip", "DequantizeLinear")
                   and "self_attn.input" in n.name and "layers.0" in n.name]
        last = readers[-1].output[0]
        uses = [n for n in proto.graph.node if last in n.input]
        self.assertGreaterEqual(len(uses), 3)
        for i, user in enumerate(uses[1:]):
            for node in readers:
                copy = onnx.NodeProto()
                copy.CopyFrom(node)
                copy.name = f"copy{i}.{node.name}"
                copy.output[0] = f"copy{i}.{node.output[0]}"
                if node.op_type != "QuantizeLinear":
                    copy.input[0] = f"copy{i}.{node.input[0]}"
                place = list(proto.graph.node).index(readers[-1])
                proto.graph.node.insert(place + 1, copy)
            user.input[:] = [f"copy{i}.{last}" if name == last else name
                             for name in user.input]
        nodes = sorted(proto.graph.node, key=lambda n: 0)
        self.assertEqual(len(nodes), len(proto.graph.node))
        a, b = snnc.compile(path), snnc.compile(_sorted(proto))
        self.assertEqual(len(a.quantisation["sites"]),
                         len(b.quantisation["sites"]))
        y = x.numpy()
        np.testing.assert_array_equal(a.run(y), b.run(y))
        self.assertEqual(a.stats(y).spikes, b.stats(y).spikes)

    def test_dynamic_batch(self):
        model, x = prepared(qat.Config(act_bits=4))
        path = self.folder / "m.onnx"
        qat.export(model, x[:2], path, dynamic_batch=True)
        shape = onnx.load(str(path)).graph.input[0].type.tensor_type.shape
        self.assertEqual(shape.dim[0].dim_param, "batch")
        self.assertEqual(snnc.compile(path).run(x.numpy()).shape, (64, 10, 4))

    def test_a_bert_like_block(self):
        torch.manual_seed(1)
        x = torch.randn(32, 6, 16)
        model = qat.calibrate(qat.prepare(Block(), qat.Config(
            act_bits=4, dead_zone=1)), x)
        found = qat.verify(model, snnc.compile(model, example_inputs=x[:1]), x)
        self.assertGreaterEqual(found.predictions, 0.995, str(found))
        self.assertIn("attention.query", found.sites)

    def test_a_product_without_quantisers(self):
        class Own(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, 4)

            def forward(self, x):
                y = self.fc(x)
                return y @ y.transpose(-1, -2)

        class Outer(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = Own()

            def forward(self, x):
                return self.inner(x)

        x = torch.randn(2, 3, 4)
        model = qat.calibrate(qat.prepare(Outer()), x)
        with self.assertRaisesRegex(snnc.Error, "in the module 'inner'"):
            qat.export(model, x, self.folder / "m.onnx")

    def test_a_module_without_quantisers(self):
        torch.manual_seed(2)
        net = Encoder().eval()
        x = torch.randn(16, 10, 6)
        with torch.no_grad():
            want = net(x).numpy()
        have = snnc.compile(net, example_inputs=x[:1], calibrate=x).run(x)
        self.assertLess(np.abs(have - want).max(), 0.2)
        with self.assertRaisesRegex(snnc.InputError, "example_inputs"):
            snnc.compile(net)

    def test_the_module_is_as_it_was(self):
        model, x = prepared(qat.Config(weight_bits=1, act_bits=4))
        model.train()
        before = {k: v.clone() for k, v in model.state_dict().items()}
        qat.export(model, x[:1], self.folder / "m.onnx")
        self.assertTrue(model.training)
        after = model.state_dict()
        self.assertEqual(before.keys(), after.keys())
        for name in before:
            self.assertTrue(torch.equal(before[name], after[name]), name)


def _sorted(proto):
    """Nodes in an order in which values come before their readers."""
    graph = proto.graph
    known = {i.name for i in graph.initializer} | {i.name for i in graph.input}
    rest, done = list(graph.node), []
    while rest:
        ready = [n for n in rest if all(not i or i in known for i in n.input)]
        for node in ready:
            known.update(node.output)
        done += ready
        rest = [n for n in rest if n not in ready]
    nodes = [onnx.NodeProto.FromString(n.SerializeToString()) for n in done]
    del graph.node[:]
    graph.node.extend(nodes)
    return proto


if __name__ == "__main__":
    main()
