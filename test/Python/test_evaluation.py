# Metrics, intervals, sweeps.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import math
import unittest

import numpy as np
from support import MIMO, Case, main, mimo, prompts, snnc

from snnc import intervals


class Intervals(Case):
    def test_wilson(self):
        # Wilson (1927) as tabulated: 81 of 263, and the ends.
        low, high = intervals.wilson(81, 263)
        self.assertAlmostEqual(low, 0.2553, places=4)
        self.assertAlmostEqual(high, 0.3662, places=4)
        self.assertEqual(intervals.wilson(0, 20)[0], 0)
        self.assertAlmostEqual(intervals.wilson(0, 20)[1], 0.1611, places=4)
        self.assertEqual(intervals.wilson(20, 20)[1], 1)
        with self.assertRaises(snnc.InputError):
            intervals.wilson(1, 2, confidence=95)

    def test_wilson_covers(self):
        random = np.random.default_rng(5)
        for p in (0.03, 0.2, 0.5):
            inside = 0
            for successes in random.binomial(100, p, 2000):
                low, high = intervals.wilson(int(successes), 100)
                inside += low <= p <= high
            self.assertTrue(0.92 <= inside / 2000 <= 0.99, (p, inside))

    def test_student(self):
        # Tables of Student's distribution, two-sided 95 %.
        for freedom, want in ((1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776),
                              (9, 2.262), (30, 2.042)):
            self.assertAlmostEqual(intervals.student_quantile(.975, freedom),
                                   want, places=3)
        low, high = intervals.student([1, 2, 3])
        self.assertAlmostEqual(high - 2, 4.303 / math.sqrt(3), places=3)
        self.assertAlmostEqual(low + high, 4)
        self.assertEqual(intervals.student([1])[1], math.inf)

    def test_bootstrap(self):
        values = np.random.default_rng(6).normal(3, 2, 400)
        low, high = intervals.bootstrap(values)
        half = 1.96 * values.std() / 20
        self.assertAlmostEqual(low, values.mean() - half, delta=0.03)
        self.assertAlmostEqual(high, values.mean() + half, delta=0.03)
        self.assertEqual((low, high), intervals.bootstrap(values))
        other = intervals.bootstrap_of(lambda i: values[i].mean(), 400)
        self.assertAlmostEqual(other[0], low, places=12)


class Metrics(Case):
    def test_error_rate(self):
        outputs = np.eye(4, dtype="f")[[[0, 1], [2, 3]]]
        labels = np.array([[0, 1], [2, 0]])
        np.testing.assert_array_equal(
            snnc.ErrorRate()(outputs, labels), [0, .5])
        np.testing.assert_array_equal(
            snnc.Accuracy(last_only=True)(outputs, labels), [1, 0])
        # 3 is (1, 1) in base 2, 0 is (0, 0): two digits are wrong.
        np.testing.assert_array_equal(
            snnc.ErrorRate(digits=2)(outputs, labels), [0, .5])
        np.testing.assert_array_equal(
            snnc.ErrorRate(digits=2)(outputs, np.array([[1, 1], [2, 2]])),
            [.25, .25])
        for bad in (labels[:, :1], labels.astype(float)):
            with self.assertRaises(snnc.InputError):
                snnc.ErrorRate()(outputs, bad)
        with self.assertRaisesRegex(snnc.InputError, "name of an output"):
            snnc.ErrorRate()({"a": outputs}, labels)

    def test_the_examples_error_rate(self):
        import mimo_task
        net, (x, labels) = mimo(), prompts(200)
        rates = mimo_task.symbol_error_rate(net.run(x).argmax(-1), labels)
        value = snnc.evaluate(
            net, (x, labels), snnc.ErrorRate(last_only=True, digits=4))
        self.assertAlmostEqual(value.value, rates[-1], places=12)
        self.assertEqual((value.method, value.count), ("bootstrap", 200))
        self.assertTrue(value.low < value.value < value.high)

    def test_batches_and_limits(self):
        net, (x, labels) = mimo(), prompts(30)
        metric = snnc.Accuracy(last_only=True)
        whole = snnc.evaluate(net, (x, labels), metric)
        self.assertEqual(whole.method, "wilson")
        self.assertEqual((whole.low, whole.high), intervals.wilson(
            float(whole.per_sample.sum()), 30))
        parts = snnc.evaluate(net, [(x[i:i + 8], labels[i:i + 8])
                                    for i in range(0, 30, 8)], metric)
        self.assertEqual(parts.value, whole.value)
        some = snnc.evaluate(net, [(x[i:i + 8], labels[i:i + 8])
                                   for i in range(0, 30, 8)], metric, limit=11)
        self.assertEqual(some.count, 11)
        self.assertEqual(some.value, whole.per_sample[:11].mean())
        self.assertRegex(str(whole), r"0\.\d{4} \(0\.\d{4} \.\. [01]\.\d{4}, "
                         r"95 %, 30 samples\)")
        with self.assertRaisesRegex(snnc.InputError, "at least one sample"):
            snnc.evaluate(net, [], metric)

    def test_functions(self):
        net, (x, labels) = mimo(), prompts(20)
        one = snnc.evaluate(net, (x, labels),
                            lambda y, t: float(np.abs(y).mean()))
        self.assertTrue(one.low <= one.value <= one.high)
        self.assertIsNone(one.per_sample)
        many = snnc.evaluate(net, (x, labels),
                             lambda y, t: np.abs(y).mean(axis=(1, 2)))
        self.assertAlmostEqual(many.value, one.value, places=5)
        with self.assertRaisesRegex(snnc.InputError, "20 for as many"):
            snnc.evaluate(net, (x, labels), lambda y, t: y)

    def test_paired_differences(self):
        net, (x, labels) = mimo(), prompts(200)
        metric = snnc.ErrorRate(last_only=True, digits=4)
        a = snnc.evaluate(net, (x, labels), metric)
        none = a.minus(a)
        self.assertEqual((none.value, none.low, none.high), (0, 0, 0))
        b = snnc.evaluate(net, (x, labels), metric, on="import")
        difference = a.minus(b)
        self.assertAlmostEqual(difference.value, a.value - b.value)
        # Pairs know more than two intervals do.
        self.assertLess(difference.high - difference.low,
                        a.high - a.low + b.high - b.low)
        with self.assertRaisesRegex(snnc.InputError, "no pairs"):
            a.minus(snnc.evaluate(net, (x[:9], labels[:9]), metric))

    def test_devices(self):
        net, (x, labels) = mimo(chip="matterhorn-22nm"), prompts(12)
        metric = snnc.ErrorRate(digits=4)
        value = snnc.evaluate(net, (x, labels), metric, on="chip",
                              seeds=range(3), noise="all")
        self.assertEqual(sorted(value.by_seed), [0, 1, 2])
        self.assertAlmostEqual(value.value,
                               np.mean(list(value.by_seed.values())))
        self.assertEqual((value.low, value.high),
                         intervals.student(list(value.by_seed.values())))
        self.assertTrue(value.samples_low < value.value < value.samples_high)
        self.assertIn("3 devices", str(value))
        one = net.chip.run(x, noise="all", seed=2)
        self.assertAlmostEqual(value.by_seed[2],
                               metric(one, labels).mean())


class Sweeps(Case):
    def test_products_and_files(self):
        found = snnc.sweep(lambda a, b: a * 10 + b, a=[1, 2], b=(3, 4))
        self.assertEqual([v for _, v in found], [13, 14, 23, 24])
        found.save(self.folder / "curves.json")
        data = json.loads((self.folder / "curves.json").read_text())
        self.assertEqual(data["points"][3],
                         {"settings": {"a": 2, "b": 4}, "value": 24.0})
        self.assertIn("value", str(found))

    def test_over_drift(self):
        x, labels = prompts(4)
        net = snnc.compile(MIMO, chip="xpikeformer-pcm", calibrate=x)
        found = snnc.sweep(
            lambda time: snnc.evaluate(
                net, (x, labels), snnc.ErrorRate(digits=4), on="chip",
                seeds=[0], noise="all", time=time), time=[0, 86400])
        self.assertEqual(len(found), 2)
        self.assertIn("low", found.to_dict()["points"][1])

    def test_plots(self):
        try:
            import matplotlib
        except ImportError:
            self.skipTest("no matplotlib")
        matplotlib.use("Agg")
        net, x = mimo(), prompts(2)[0]
        stats = net.stats(x)
        self.assertEqual(stats["bl0_in_q"].plot().get_title(), "bl0_in_q")
        stats.plot()
        axis = net.spikes(x).plot("bl0_in_q")
        self.assertEqual(axis.get_xlabel(), "slot")
        snnc.sweep(lambda a: a, a=[1, 2]).plot()
        mimo(chip="matterhorn-22nm").energy().plot()


if __name__ == "__main__":
    main()
