# Design sweeps: rows, what is shared, interruptions, ranks.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest

import numpy as np
from support import MIMO, Case, main, prompts, snnc

from snnc import explore
from snnc.explore import pages, plan as plans, runner, store as stores

PROGRAM = [sys.executable, "-m", "snnc.explore"]


class Sweeps(Case):
    def setUp(self):
        super().setUp()
        prompt, labels = prompts(40, seed=5)
        self.place = self.folder
        np.savez(self.place / "x.npz", prompt=prompt)
        np.save(self.place / "labels.npy", labels)
        os.symlink(MIMO, self.place / "model.onnx")

    def write(self, name="sweep.json", **changes):
        sweep = {
            "model": "model.onnx",
            "data": {"inputs": "x.npz", "labels": "labels.npy"},
            "metric": {"name": "error_rate", "last_only": True, "digits": 4},
            "chip": "common-22nm",
            "sweep": {"mask": ["mode", "zero"]},
            "chip_keys": {"crossbar.adc_bits": [5, 8]},
            **changes}
        path = self.place / name
        path.write_text(json.dumps({k: v for k, v in sweep.items()
                                    if v is not None}))
        return path

    def rows(self, folder):
        data = json.loads((self.place / folder / "sweep.json").read_text())
        return data["points"]

    def run_program(self, path, folder, *flags, prefix=()):
        return subprocess.run([*prefix, *PROGRAM, str(path), "-o",
                               str(self.place / folder), *flags],
                              capture_output=True, text=True)

    def test_rows(self):
        path = self.write()
        done = self.run_program(path, "out", "--processes", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = self.rows("out")
        self.assertEqual([r["settings"] for r in rows], [
            {"mask": m, "crossbar.adc_bits": b} for m in ("mode", "zero")
            for b in (5, 8)])
        # Two networks, two simulations, two chips, four designs.
        self.assertIn("2 chips, 4 designs, 2 networks, 4 rows, 2 simulations",
                      done.stdout)
        # The figures are the compiler's own.
        net = snnc.compile(MIMO, mask="zero", chip="common-22nm")
        with np.load(self.place / "x.npz") as arrays:
            x = arrays["prompt"]
        stats = net.stats(x)
        row = rows[3]
        self.assertEqual(row["spikes_per_sample"], stats.spikes_per_sample)
        metric = snnc.ErrorRate(last_only=True, digits=4)
        value = snnc.evaluate(net, (x, np.load(self.place / "labels.npy")),
                              metric)
        self.assertEqual((row["value"], row["low"], row["high"]),
                         (value.value, value.low, value.high))
        chip = self.place / "out" / "results" / "chips"
        energies = []
        for file in sorted(chip.iterdir()):
            same = snnc.compile(MIMO, mask="zero", chip=str(file))
            energies.append(same.energy(stats=stats).total())
        self.assertEqual(sorted(energies),
                         sorted([rows[2]["energy"], rows[3]["energy"]]))
        with open(self.place / "out" / "sweep.csv") as file:
            table = list(csv.DictReader(file))
        self.assertEqual(float(table[3]["energy_j"]), row["energy"])
        page = (self.place / "out" / "pareto.html").read_text()
        self.assertNotIn("<script", page)
        self.assertNotIn("http", page)
        self.assertEqual(page.count("<circle"), 3 * len(rows))
        for kind in ("network", "design"):
            self.assertTrue((self.place / "out" / "results" / (kind + "s") /
                             row[kind]).is_dir())
            self.assertIn(f'results/{kind}s/{row[kind]}/', page)
        # A sweep that grew computes what is new: one chip, for two networks.
        path = self.write(chip_keys={"crossbar.adc_bits": [5, 8, 6]})
        done = self.run_program(path, "out")
        self.assertIn("4 of 6 points are finished", done.stderr)
        self.assertIn("3 chips, 6 designs, 2 networks, 6 rows, 2 simulations",
                      done.stdout)

    def test_chips_share_a_search(self):
        options = {"search": "dead-zones:accuracy:-0.1",
                   "search-inputs": str(self.place / "x.npz"),
                   "search-labels": str(self.place / "last.npy")}
        labels = np.load(self.place / "labels.npy")
        np.save(self.place / "last.npy", labels)
        path = self.write(options=options, sweep={"mask": ["zero"]})
        done = self.run_program(path, "out")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = self.rows("out")
        self.assertEqual([r["status"] for r in rows], ["fit", "fit"])
        self.assertIn("2 chips, 2 designs, 1 networks, 2 rows, 1 simulations",
                      done.stdout)
        results = self.place / "out" / "results"
        # Only the network's folder has a search.
        self.assertEqual([p.parent.name for p in results.rglob("search.json")],
                         [rows[0]["network"]])
        # Designs are of what it found: the same as without a search.
        network = results / "networks" / rows[0]["network"]
        found = json.loads((network / "search.json").read_text())
        net = snnc.compile(MIMO, mask="zero", chip=str(next(
            (results / "chips").iterdir())), dead_zone=found["found"]["flags"])
        with np.load(self.place / "x.npz") as arrays:
            stats = net.stats(arrays["prompt"])
        self.assertEqual(stats.spikes_per_sample, rows[0]["spikes_per_sample"])
        self.assertIn(net.energy(stats=stats).total(),
                      [row["energy"] for row in rows])

    def test_unknown_chip_keys_are_an_error(self):
        path = self.write(chip_keys={"crossbar.cell_bits": [1, 2]})
        done = self.run_program(path, "out")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("'crossbar.cell_bits' is no key of a chip", done.stderr)
        self.assertFalse((self.place / "out").exists())

    def test_unfit_points_say_why(self):
        path = self.write(chip_keys={"crossbar.adc_bits": [40, 8]}, sweep=None)
        done = self.run_program(path, "out")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = self.rows("out")
        self.assertEqual([r["status"] for r in rows], ["unfit", "fit"])
        self.assertIn("adc_bits", rows[0]["reason"])
        self.assertNotIn(str(self.place), rows[0]["reason"])
        self.assertIn("point 0 does not fit", done.stdout)
        self.assertIn(rows[0]["reason"].split("\n")[0][:20],
                      (self.place / "out" / "pareto.html").read_text())

    def test_interruptions(self):
        whole = self.write()
        self.assertEqual(self.run_program(whole, "whole").returncode, 0)
        expected = (self.place / "whole" / "sweep.json").read_bytes()
        for attempt in range(3):
            run = subprocess.Popen([*PROGRAM, str(whole), "-o",
                                    str(self.place / "cut")],
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL,
                                   start_new_session=True)
            time.sleep(1 + attempt)
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
        done = self.run_program(whole, "cut")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.place / "cut" / "sweep.json").read_bytes(),
                         expected)
        # A result may be there that its maker did not live to count.
        made = stores.Store(self.place / "cut" / "results").made()
        for kind, most in (("networks", 2), ("designs", 4), ("rows", 4)):
            self.assertLessEqual(made[kind], most)
            names = [p for p in (self.place / "cut" / "results" / kind
                                 ).iterdir() if not p.name.startswith(".")]
            self.assertEqual(len(names), most)

    @unittest.skipUnless(shutil.which("mpirun"), "there is no mpirun")
    def test_ranks(self):
        path = self.write()
        one = self.run_program(path, "one")
        self.assertEqual(one.returncode, 0, one.stderr)
        two = self.run_program(path, "two", prefix=(
            "mpirun", "--allow-run-as-root", "--oversubscribe", "-np", "2"))
        self.assertEqual(two.returncode, 0, two.stderr)
        for file in ("sweep.json", "sweep.csv"):
            self.assertEqual((self.place / "one" / file).read_bytes(),
                             (self.place / "two" / file).read_bytes())
        self.assertEqual(
            stores.Store(self.place / "two" / "results").made(),
            stores.Store(self.place / "one" / "results").made())

    def test_device(self):
        path = self.write(sweep=None, chip_keys=None, chip="xpikeformer-pcm",
                          options={"adc-policy": "lossless"}, device={
            "noise": "all", "time": [20, 86400], "seeds": 2})
        done = self.run_program(path, "out")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = self.rows("out")
        self.assertEqual([r["settings"]["time"] for r in rows], [20, 86400])
        self.assertEqual(rows[0]["status"], "fit", rows[0])
        self.assertEqual(rows[0]["method"], "student")
        self.assertEqual(rows[0]["seeds"], [0, 1])
        self.assertIn("1 designs, 4 devices, 1 networks", done.stdout)


class Plans(Case):
    def read(self, text, name="s.json"):
        path = self.folder / name
        path.write_text(text)
        (self.folder / "m.onnx").write_bytes(b"")
        return plans.read_plan(path)

    def test_errors_name_the_key(self):
        for text, words in (
                ("{", "s.json: "),
                ("{}", "needs 'model'"),
                ('{"model": "n.onnx"}', "'model': there is no file 'n.onnx'"),
                ('{"model": 3}', "'model' needs str, has 3"),
                ('{"model": "m.onnx", "modle": 1}', "has no key 'modle'"),
                ('{"model": "m.onnx", "sweep": {"masks": [1]}}',
                 "'sweep.masks' is no option of snnc"),
                ('{"model": "m.onnx", "sweep": {"emit": ["ir"]}}',
                 "'sweep.emit' is for the sweep to set"),
                ('{"model": "m.onnx", "sweep": {"mask": []}}',
                 "'sweep.mask' needs at least one value"),
                ('{"model": "m.onnx", "chip_keys": {"cores": [1]}}',
                 "'chip_keys' needs 'chip'"),
                ('{"model": "m.onnx", "metric": {"name": "loss"}}',
                 "'metric.name' needs one of accuracy, error_rate"),
                ('{"model": "m.onnx", "device": {"noise": "all"}}',
                 "'device' needs 'chip' and 'data'"),
                ('{"model": "m.onnx", "sweep": {"mask": ["zero"]}, '
                 '"exclude": [{"mask": "zero"}]}', "has no points")):
            with self.assertRaises(snnc.InputError, msg=text) as caught:
                self.read(text)
            self.assertIn(words, str(caught.exception))

    def test_combinations(self):
        plan = self.read('{"model": "m.onnx", "sweep": {"mask": ["mode", "zero"]'
                         ', "act-bits": [4, 8]}, "exclude": [{"mask": "zero", '
                         '"act-bits": 8}]}')
        self.assertEqual([p.settings for p in plan.points], [
            {"mask": "mode", "act-bits": 4}, {"mask": "mode", "act-bits": 8},
            {"mask": "zero", "act-bits": 4}])
        self.assertEqual(plan.names, ["mask", "act-bits"])

    def test_front(self):
        rows = [{"number": i, "value": v, "energy": e} for i, (v, e) in
                enumerate([(0.9, 3), (0.8, 1), (0.7, 2), (0.9, 4), (0.95, 9)])]
        front = pages.pareto(rows, "energy", lambda a, b: a >= b)
        self.assertEqual([r["number"] for r in front], [1, 0, 4])


class Models(Case):
    def test_external_data_belong_to_a_model(self):
        (self.folder / "parts").mkdir()
        for name in ("parts/layer", "other.bin"):
            (self.folder / name).write_bytes(b"x")
        model = self.folder / "m.onnx"
        model.write_bytes(b"\x0a\x08location\x12\x0bparts/layer")
        self.assertEqual(runner.files_of(model),
                         (model, self.folder / "parts" / "layer"))


class Stores(Case):
    def test_a_result_is_made_once(self):
        store = stores.Store(self.folder / "s")
        calls = []

        def make(path):
            calls.append(path)
            path.write_text("x")

        first = store.get("kind", "a", make)
        self.assertEqual(store.get("kind", "a", make), first)
        self.assertEqual(len(calls), 1)
        self.assertEqual(store.made(), {"kind": 1})

    def test_what_fails_leaves_nothing(self):
        store = stores.Store(self.folder / "s")

        def make(path):
            path.mkdir()
            raise RuntimeError

        with self.assertRaises(RuntimeError):
            store.get("kind", "a", make)
        self.assertEqual(list((store.folder / "kind").iterdir()), [])

    def test_public_names(self):
        self.assertTrue(callable(explore.main))


if __name__ == "__main__":
    main()
