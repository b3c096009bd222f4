# The report: totals are those of energy.json, every chart is also a table, the
# page loads nothing and runs nothing, sizes are bounded.
#
# RUN: %python %s
# RUN: %python -m snnc.report --help
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import html.parser
import json
import re
import subprocess
import sys
import unittest

from support import Case, main, mimo, prompts, snnc

from snnc.report import charts

VOID = {"meta", "br", "input", "link", "img", "hr"}


class Page(html.parser.HTMLParser):
    """Checks that elements nest, and keeps what the tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.tags = [], [], [], []
        self.attributes, self.problems = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append((tag, values))
        self.attributes += [name for name, _ in attributes]
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(tag)


class Report(Case):
    @classmethod
    def setUpClass(cls):
        cls.net = mimo(chip="matterhorn-22nm")
        curves = {"schema_version": 1, "names": ["time"], "points": [
            {"settings": {"time": t}, "value": v, "low": v - .01,
             "high": v + .01} for t, v in ((20, .1), (3600, .12),
                                           (86400, .2))]}
        cls.report = cls.net.report(prompts(20)[0], curves=curves)
        cls.text = cls.report.html()
        cls.page = Page(cls.text)

    def test_elements_nest_and_links_lead_somewhere(self):
        self.assertEqual((self.page.problems, self.page.open), ([], []))
        self.assertEqual(len(self.page.ids), len(set(self.page.ids)))
        for link in self.page.links:
            self.assertTrue(link.startswith("#"), link)
            self.assertIn(link[1:], self.page.ids)
        # Layers lead to the floor plan, which leads to layers.
        self.assertTrue(any(re.match("#core", k) for k in self.page.links))
        self.assertTrue(any(re.match("#layer", k) for k in self.page.links))

    def test_runs_and_loads_nothing(self):
        for tag, values in self.page.tags:
            self.assertNotIn(tag, ("link", "img", "iframe", "object"))
            if tag == "script":
                self.assertEqual(values["type"], "application/json")
            self.assertNotIn("src", values)
        self.assertFalse([a for a in self.page.attributes
                          if a.startswith("on")])
        self.assertIn("default-src 'none'", self.text)
        self.assertNotIn("http:", self.text.replace(
            "http-equiv", ""))

    def test_totals_are_those_of_the_energy_report(self):
        energy = self.net.energy(stats=self.net.stats(prompts(20)[0])).data
        for accounting, total in self.report.data["totals_pj"].items():
            self.assertAlmostEqual(
                total["total"] / energy["totals"][accounting + "_pj"]["total"],
                1, places=5)
            layers = self.report.data["layers"]["energy_pj"][accounting]
            self.assertAlmostEqual(
                sum(map(sum, layers.values())) / total["total"], 1, places=4)

    def test_numbers_have_units_that_fit(self):
        shown = re.sub(r"<script.*</script>", "", self.text)
        self.assertNotIn("0.000000", shown)
        self.assertNotRegex(shown, r">-1<")
        self.assertRegex(shown, r"\d [nµ]J")
        self.assertIn("mimo_w1a4_k1.onnx", shown)

    def test_every_chart_is_also_a_table(self):
        sections = re.findall(r"<section>.*?</section>", self.text, re.S)
        self.assertEqual(len(sections), 8)
        for section in sections:
            if "<svg" in section and 'id="floor"' not in section:
                self.assertIn("<table>", section)
        for _, values in self.page.tags:
            if "role" in values and values["role"] == "img":
                self.assertTrue(values["aria-label"])

    def test_sizes(self):
        self.assertLess(len(self.text.encode()), 250_000)

    def test_data(self):
        path = self.folder / "report.json"
        self.report.save(path)
        data = json.loads(path.read_text())
        self.assertEqual(data["schema_version"], 1)
        inside = json.loads(re.search(
            r'<script type="application/json" id="report">(.*)</script>',
            self.text).group(1))
        self.assertEqual(inside["totals_pj"], data["totals_pj"])
        site = next(s for s in data["sites"] if s["name"] == "bl0_in_q")
        stats = self.net.stats(prompts(20)[0])["bl0_in_q"]
        self.assertEqual(site["source"], "measured")
        self.assertEqual(site["slots"]["counts"], list(stats.slots))
        wide = next(s for s in data["sites"] if s["name"] == "embed_s_q")
        self.assertEqual(len(wide["slots"]["counts"]), 64)
        self.assertIn("iframe", self.report._repr_html_())

    def test_without_a_chip(self):
        page = Page(mimo().report(prompts(3)[0]).html())
        self.assertEqual((page.problems, page.open), ([], []))
        self.assertNotIn("floor", page.ids)
        self.assertIn("sparsity", page.ids)

    def test_rates_that_are_not_known_are_said(self):
        self.assertIn("upper bounds", self.net.report().html())
        self.assertNotIn("upper bounds", self.text)

    def test_command_line(self):
        x = prompts(4)[0]
        self.sim(self.net, x, "--stats", str(self.folder / "s.json"),
                 "--record", str(self.folder / "r.npz"))
        command = [sys.executable, "-m", "snnc.report",
                   str(self.net.directory), "--stats",
                   str(self.folder / "s.json"), "--spikes",
                   str(self.folder / "r.npz"), "-o",
                   str(self.folder / "page.html")]
        subprocess.run(command, check=True)
        self.assertIn("rasters", Page(
            (self.folder / "page.html").read_text()).ids)
        bad = subprocess.run([sys.executable, "-m", "snnc.report",
                              str(self.folder), "-o", "x"],
                             stderr=subprocess.PIPE, text=True)
        self.assertEqual(bad.returncode, 1)
        self.assertIn("no artefacts.json", bad.stderr)

    def test_names_are_text(self):
        self.assertEqual(charts.escape("<b>\"&"), "&lt;b&gt;&quot;&amp;")
        data = dict(self.report.data)
        data["model"] = "</script><script>alert(1)</script>"
        self.assertNotIn("<script>alert", snnc.report.render(data))

    def test_ticks(self):
        for top in (1e-12, 0.7, 1, 9, 12345):
            ticks = charts.ticks(top)
            self.assertLessEqual(ticks[-1], top * 1.0001)
            self.assertTrue(2 <= len(ticks) <= 7, ticks)


if __name__ == "__main__":
    main()
