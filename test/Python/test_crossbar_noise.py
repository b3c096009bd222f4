# Training on noisy crossbars: with ideal devices the exact product, with every
# effect the same statistics as the virtual chip.
#
# REQUIRES: torch
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import unittest

import numpy as np
from support import Case, main, snnc

try:
    import torch
    from torch import nn
except ImportError:
    raise unittest.SkipTest("no PyTorch")

from snnc import qat

torch.set_num_threads(1)

INPUTS, OUTPUTS, VECTORS, DEVICES = 200, 160, 4, 6


def layer(weight_bits, seed=0):
    """A linear with quantisers, and inputs."""
    torch.manual_seed(seed)
    config = qat.Config(act_bits=4, dead_zone=1, overrides={
        "*": {"weight_bits": weight_bits, "act_bits": 4}})
    model = qat.prepare(nn.Sequential(nn.Linear(INPUTS, OUTPUTS)), config)
    x = torch.randn(VECTORS, INPUTS)
    return qat.calibrate(model, x).train(), x


def extended(folder, base, text):
    """A chip that differs from a shipped one in its devices."""
    path = folder / f"{base}-other.yaml"
    path.write_text(f"schema_version: 1\nextends: {base}\nname: other\n"
                    f"description: of a test\n{text}")
    return str(path)


class Exact(unittest.TestCase):
    def test_ideal_devices_compute_the_product(self):
        torch.manual_seed(1)
        x = torch.randint(-8, 8, (5, 3, INPUTS)).float()
        for chip in ("matterhorn-22nm", "isaac-like", "xpikeformer-pcm",
                     "common-22nm"):
            noise = qat.CrossbarNoise(chip, noise="ideal",
                                      adc_policy="lossless")
            for top in (1, 7, 127):
                w = torch.randint(-top, top + 1, (INPUTS, 20)).float()
                have = noise.layer(INPUTS, -8, 7)(x, w)
                self.assertTrue(torch.equal(have, x @ w), (chip, top))
        # Spikes, and an effect whose magnitude is nothing.
        x = (x > 0).float()
        w = torch.where(w > 0, 1.0, -1.0)
        noise = qat.CrossbarNoise("matterhorn-22nm", noise={"read": 0.0})
        self.assertTrue(torch.equal(noise.layer(INPUTS, 0, 1)(x, w), x @ w))

    def test_convolutions(self):
        torch.manual_seed(2)
        conv = nn.Sequential(nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2))
        x = torch.randn(3, 4, 9, 8)
        model = qat.calibrate(qat.prepare(conv, qat.Config()), x).train()
        want = model(x)
        noise = qat.CrossbarNoise("matterhorn-22nm", noise="ideal")
        have = noise.attach(model)(x)
        self.assertLess(float((have - want).abs().max()), 1e-4)
        noise = qat.CrossbarNoise("matterhorn-22nm", noise={"read": 2.0})
        self.assertGreater(float((noise.attach(model)(x)
                                  - want).abs().max()), 1e-2)


class Statistics(Case):
    def image(self, model, x, chip, **options):
        """A programming image; no simulator, which nothing here runs."""
        qat.export(model, x[:1], self.folder / "m.onnx",
                   input_names=["x"])
        np.savez(self.folder / "x.npz", x=x.numpy())
        return snnc.compile(self.folder / "m.onnx", chip=chip, max_replicas=1,
                            emit=["image"], **options).image

    def run_chip(self, image, noise, *flags):
        if not isinstance(noise, str):
            noise = ",".join(f"{k}={v!r}" for k, v in noise.items())
        finished = snnc._tools.run_tool("snn-run", [
            str(image.path), "--input", str(self.folder / "x.npz"),
            "--output", str(self.folder / "y.npz"), f"--noise={noise}",
            *flags])
        self.assertEqual(finished.status, 0, finished.message())
        with np.load(self.folder / "y.npz") as arrays:
            result, = arrays.values()
            return result

    def compare(self, chip, noise, weight_bits=4, time=0.0, policy="lossless",
                compensate=None):
        """Means and deviations over devices, here and on the virtual chip."""
        model, x = layer(weight_bits)
        options = {"calibrate": x.numpy()} if policy == "calibrated" else {}
        image = self.image(model, x, chip, adc_policy=policy, **options)
        crossbars = qat.CrossbarNoise(chip, noise=noise, time=time,
                                      compensate=compensate,
                                      adc_policy=policy)
        crossbars.attach(model.train())
        torch.manual_seed(3)
        with torch.no_grad():
            here = np.stack([model(x).numpy() for _ in range(DEVICES)])
        flags = [f"--time={time}"] if time else []
        if compensate is not None:
            flags.append(f"--compensate={str(compensate).lower()}")
        chips = np.stack([self.run_chip(image, noise, f"--seed={seed}", *flags)
                          for seed in range(DEVICES)])
        exact = model.eval()(x).detach().numpy()
        name = f"{chip} {noise} {weight_bits} bits, {time} s, {policy}"
        errors = {}
        for who, found in (("here", here), ("chip", chips)):
            errors[who] = found - exact
        spread = {who: e.std(0, ddof=1) for who, e in errors.items()}
        mean = {who: e.mean(0) for who, e in errors.items()}
        # Outputs share no cells, so that their deviations are independent.
        a, b = (float(np.sqrt((spread[who] ** 2).mean()))
                for who in ("here", "chip"))
        self.assertGreater(b, 0.0, name)
        self.assertLess(abs(a / b - 1), 0.12, f"{name}: {a} and {b}")
        # What an effect does in the mean: the slope against the exact sums,
        # and the rest.
        noise_of_mean = b * np.sqrt(2 / DEVICES)
        gap = mean["here"] - mean["chip"]
        self.assertLess(float(np.sqrt((gap ** 2).mean())),
                        1.25 * noise_of_mean, name)
        centred = exact - exact.mean()
        slopes = [float((mean[who] * centred).sum() / (centred ** 2).sum())
                  for who in ("here", "chip")]
        error = noise_of_mean / np.sqrt((centred ** 2).sum())
        self.assertLess(abs(slopes[0] - slopes[1]), 6 * error,
                        f"{name}: {slopes}")
        return image, model

    def test_cells(self):
        chip = "xpikeformer-pcm"
        self.compare(chip, {"drift": 1.0, "programming_noise": 1.0},
                     time=86400.0, compensate=False)
        self.compare(chip, {"drift": 1.0, "flicker_noise": 3.0}, time=3600.0)
        self.compare(chip, {"stuck_on": 0.02, "stuck_off": 0.05})

    def test_the_cells_of_other_devices(self):
        chip = "matterhorn-22nm"
        self.compare(chip, {"programming_noise": 0.05}, weight_bits=1)
        self.compare(chip, {"variation": 0.2})
        self.compare("isaac-like", {"variation": 0.2}, weight_bits=8)

    def test_conversions(self):
        self.compare("matterhorn-22nm", {"read_noise": 0.2}, weight_bits=1)
        self.compare("matterhorn-22nm", {"adc_offset": 0.7})
        self.compare("xpikeformer-pcm", {"output_noise": 0.5}, weight_bits=8)
        each = extended(self.folder, "xpikeformer-pcm", """nonidealities:
  read_noise: {enable: true, model: proportional, magnitude: 0.2,
    status: reconstructed, source: "a test"}
""")
        self.compare(each, {"read_noise": 0.2})

    def test_all_of_a_chip_with_calibrated_converters(self):
        image, model = self.compare("xpikeformer-pcm", "all", time=3600.0,
                                    policy="calibrated")
        have = model[0].crossbars.parts[0].ranges.numpy()
        want = image.layers[0]["tiling"]["adc_ranges"]
        np.testing.assert_allclose(have, want, rtol=0.1)

    def test_wires_are_not_random(self):
        model, x = layer(4)
        image = self.image(model, x, "matterhorn-22nm")
        noise = qat.CrossbarNoise("matterhorn-22nm", noise={"ir_drop": 8.0})
        with torch.no_grad():
            have = noise.attach(model.train())(x).numpy()
        want = self.run_chip(image, {"ir_drop": 8.0})
        exact = model.eval()(x).detach().numpy()
        self.assertGreater(np.abs(want - exact).max(), 0.1)
        # Sums beside a rounding boundary may differ.
        self.assertGreater((np.abs(have - want) < 1e-4).mean(), 0.97)


class Training(unittest.TestCase):
    def test_strength_modes_and_gradients(self):
        model, x = layer(4)
        exact = model(x).detach()
        noise = qat.CrossbarNoise("xpikeformer-pcm", noise={"read": 0.5})
        noise.attach(model)
        a, b = model(x).detach(), model(x).detach()
        self.assertFalse(torch.equal(a, b))
        noise.strength = 0.25
        quarter = model(x).detach()
        self.assertLess(float((quarter - exact).std()),
                        0.5 * float((a - exact).std()))
        noise.strength = 0.0
        self.assertTrue(torch.equal(model(x), exact))
        noise.strength = 1.0
        model.eval()
        self.assertTrue(torch.equal(model(x), exact))
        noise.in_evaluation = True
        self.assertFalse(torch.equal(model(x), exact))
        model.train()
        gradients = []
        for attached in (True, False):
            if not attached:
                noise.detach(model)
            model.zero_grad()
            model(x).sum().backward()
            gradients.append(model[0].weight.grad.clone())
        self.assertTrue(torch.equal(*gradients))

    def test_attention_and_export(self):
        torch.manual_seed(4)
        net = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0,
                                         batch_first=False)
        model = qat.prepare(net, qat.Config(act_bits=4, dead_zone=1))
        x = torch.randn(5, 3, 16)
        qat.calibrate(model, x)
        model.eval()
        exact = model(x).detach()
        noise = qat.CrossbarNoise("matterhorn-22nm")
        noise.attach(model)
        self.assertTrue(torch.equal(model(x), exact))
        noise.in_evaluation = True
        self.assertFalse(torch.equal(model(x), exact))
        ideal = qat.CrossbarNoise("matterhorn-22nm", noise="ideal")
        ideal.in_evaluation = True
        have = ideal.attach(model)(x)
        self.assertLess(float((have - exact).abs().max()), 1e-4)
        compiled = snnc.compile(model, example_inputs=x,
                                compile_to="quantise", emit=["report"])
        self.assertEqual(len(compiled.quantisation["sites"]), 8)

    def test_read_out_times(self):
        noise = qat.CrossbarNoise("xpikeformer-pcm", time=(20.0, 3e7))
        times = [noise.draw_time() for _ in range(200)]
        self.assertTrue(all(20 <= t <= 3e7 for t in times))
        self.assertGreater(sum(t < 1e4 for t in times), 20)
        noise.time = (0.0, 1.0)
        with self.assertRaisesRegex(snnc.InputError, "above 0"):
            noise.draw_time()


class Errors(unittest.TestCase):
    def test_names(self):
        for arguments, reason in (
                (("digital-22nm",), "has no crossbars"),
                (("matterhorn-22nm", "read,warp"), "'warp' is no device"),
                (("matterhorn-22nm", "drift"), "has no magnitude of 'drift'"),
                (("matterhorn-22nm", "read=much"), "needs numbers after"),
                (("matterhorn-22nm", {"read": -1.0}), "at least 0"),
                (("no-such-chip",), "no-such-chip")):
            chip, *noise = arguments
            with self.assertRaisesRegex(snnc.Error, reason):
                qat.CrossbarNoise(chip, noise=noise[0] if noise else "all")
        with self.assertRaisesRegex(snnc.Error, "lossless or calibrated"):
            qat.CrossbarNoise(adc_policy="exact")
        narrow = qat.CrossbarNoise("xpikeformer-pcm", noise="ideal",
                                   adc_policy="lossless")
        narrow.adc_bits = 3
        with self.assertRaisesRegex(snnc.Error, "calibrated"):
            narrow.layer(4, -8, 7)(torch.ones(1, 4), torch.full((4, 2), 15.0))


if __name__ == "__main__":
    main()
