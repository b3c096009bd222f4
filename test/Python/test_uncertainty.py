# Energies under constants with a spread: what energy.json says of each constant is what
# a compilation for a chip with another value gives; intervals and orders follow from it.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import dataclasses
import json
import subprocess
import sys

from support import MIMO, Case, main, snnc

from snnc import energy, uncertainty


def with_constants(report, **changes):
    """A copy with other slopes."""
    data = json.loads(json.dumps(report.data))
    for constant in data["constants"]:
        name = constant["key"].replace(".", "_")
        if name in changes:
            constant["full_per_tile_pj_per_unit"] = changes[name]
    return dataclasses.replace(report, constants=tuple(data["constants"]),
                               data=data)


class Uncertainty(Case):
    def compile(self, name, chip):
        place = self.folder / name
        snnc.compile(MIMO, output=place, chip=chip, emit=["report"],
                     assume=["rate=0.4"], compile_to="image",
                     self_check="off")
        return energy.read(place / "energy.json")

    def test_all(self):
        report = self.compile("one", "common-22nm")
        model = uncertainty.Model(report)
        # Another chip, compiled for.
        changed = {"energy.adc_pj": 0.9, "energy.hops": 2.0,
                   "primitives.movement_pj_per_bit_hop": 0.3,
                   "primitives.sram_pj_per_bit": 0.05,
                   "energy.float_mac_pj": 3.0, "primitives.add_pj": 0.08}
        tree = {"schema_version": 1, "extends": "common-22nm", "name": "other",
                "description": "a test's"}
        for key, value in changed.items():
            section, name = key.split(".")
            tree.setdefault(section, {})[name] = {
                "value": value, "status": "reconstructed", "source": "a test"}
        path = self.folder / "other.yaml"
        path.write_text(json.dumps(tree))
        other = self.compile("other", str(path))
        now = uncertainty.Model(other)
        # What the file leaves out may follow from what it has.
        differing = {k: v for k, v in now.nominal.items()
                     if k in model.slopes and v != model.nominal[k]}
        self.assertLessEqual(set(changed), set(differing))
        self.assertAlmostEqual(model.at(differing) / now.total, 1, places=9)
        self.assertNotAlmostEqual(model.total / now.total, 1, places=2)
        self.assertEqual(model.at({}), model.total)

        found = uncertainty.analyse({"a": report})
        interval = found.energies["a"]
        # The chip's own value may lie outside, as where its source says most of
        # everything; no draw lies outside of what single constants can do.
        ends = [[model.at(s.at(p)) - model.total for p in (0, 0.5, 1)]
                for s in uncertainty.spreads_of(report.constants)]
        least = model.total + sum(min(e) for e in ends)
        most = model.total + sum(max(e) for e in ends)
        self.assertLess(least * 1e-12, interval.low)
        self.assertLess(interval.low, interval.high)
        self.assertLess(interval.high, most * 1e-12)
        self.assertEqual(interval.value, model.total * 1e-12)
        again = uncertainty.analyse({"a": report})
        self.assertEqual(found.to_dict(), again.to_dict())
        # A spread of one constant, given: the ends are known.
        key, slope = "energy.adc_pj", model.slopes["energy.adc_pj"]
        spreads = uncertainty.spreads_of(report.constants, {key: (0.4, 0.6)})
        self.assertEqual(spreads[0].at(0), {key: 0.4})
        self.assertEqual(spreads[0].at(1), {key: 0.6})
        self.assertNotIn(key, [k for s in spreads[1:] for k in s.values[0]])
        self.assertAlmostEqual(model.at({key: 0.6}) - model.at({key: 0.4}),
                               0.2 * slope, delta=1e-6 * model.total)
        with self.assertRaises(snnc.InputError):
            uncertainty.spreads_of(report.constants, {"energy.none": (0, 1)})
        with self.assertRaises(snnc.InputError):
            uncertainty.spreads_of(report.constants, {key: (0.5, 0.6)})

        # Equal designs but for conversions: converters alone decide, as the one
        # that converts more has the smaller rest.
        data = json.loads(json.dumps(report.data))
        rest = 0.3 * model.slopes[key] * model.nominal[key]
        data["totals"]["full_per_tile_pj"]["movement"] -= rest
        more = with_constants(energy.parse(json.dumps(data)),
                              energy_adc_pj=1.2 * model.slopes[key])
        pair = uncertainty.analyse({"a": report, "b": more},
                                   {key: (0.1, 2.0)})
        order, = pair.orders
        self.assertEqual((order.less, order.more), ("b", "a"))
        self.assertEqual(order.decides, (key,))
        self.assertLess(order.holds, 0.95)
        self.assertFalse(order.survives)
        # Within a narrow range nothing turns it round.
        order, = uncertainty.analyse({"a": report, "b": more},
                                     {key: (0.46, 0.48)}).orders
        self.assertEqual((order.decides, order.holds), ((), 1.0))

        done = subprocess.run(
            [sys.executable, "-m", "snnc.uncertainty",
             str(self.folder / "one"), str(self.folder / "other"), "--spread",
             "energy.adc_pj=0.4:1"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("takes less than", done.stdout)
        done = subprocess.run(
            [sys.executable, "-m", "snnc.uncertainty", str(self.folder / "one"),
             "--spread", "energy.adc_pj"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("needs KEY=LOW:HIGH", done.stderr)


if __name__ == "__main__":
    main()
