# Hostile .nir files: links, filters, data elsewhere, nesting, sizes that are not stored,
# damage. Each is refused with a message; nothing crashes, and nothing is written.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import sys

import h5py
import numpy as np
from support import Case, F, main, make

STEPS = ("--nir-dt=1e-4", "--nir-steps=4", "--compile-to=import", "--self-check=off")
#: Mutants of the slow test (mutants-slow.py).
COUNT = int(os.environ.get("SNNC_NIR_MUTANTS", "12"))


class Hostile(Case):
    def file(self, change):
        """The fixture `lif`, opened and changed."""
        path = self.write(make.lif_nodes(), name="hostile")
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    def refuses(self, path, *texts):
        result = self.command(path, *STEPS)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)

    def replaced(self, *texts, **dataset):
        """The weight, made anew."""
        def change(file):
            del file["node/nodes/0/weight"]
            file["node/nodes/0"].create_dataset("weight", **dataset)
        self.refuses(self.file(change), *texts)

    def test_links(self):
        at = "node/nodes/"
        self.refuses(self.file(lambda f: f[at].__setitem__(
            "x", h5py.SoftLink("/node"))), "'/node/nodes/x' is a soft link")
        self.refuses(self.file(lambda f: f[at].__setitem__(
            "x", h5py.ExternalLink("/etc/passwd", "/"))),
            "'/node/nodes/x' is a link to another file")
        self.refuses(self.file(lambda f: f[at].__setitem__("x", f["node"])),
                     "'/node/nodes/x' is a second link to one object")

    def test_data_elsewhere(self):
        self.replaced("is stored in another file", shape=(1, 1), dtype="f4",
                      external=[("/etc/passwd", 0, 4)])
        def change(file):
            del file["node/nodes/0/weight"]
            layout = h5py.VirtualLayout((1, 1), "f4")
            layout[:] = h5py.VirtualSource("/etc/passwd", "x", (1, 1))
            file["node/nodes/0"].create_virtual_dataset("weight", layout)
        self.refuses(self.file(change), "has a layout other than")

    def test_filters(self):
        self.replaced("is stored through the filter", data=np.ones((1, 1), F),
                      chunks=True, compression="lzf")
        self.replaced("is stored through the filter", data=np.ones((1, 1), F),
                      chunks=True, fletcher32=True)

    def test_sizes(self):
        self.replaced("of which the file does not hold as many",
                      shape=(1 << 15, 1 << 15), dtype="f4")
        self.replaced("of which the file does not hold as many", chunks=(1024, 1024),
                      shape=(1 << 15, 1 << 15), dtype="f4", compression="gzip")
        self.replaced("elements", shape=(1 << 40, 1 << 40), dtype="f4",
                      chunks=(16, 16))
        self.replaced("needs at most 8 axes", shape=(1,) * 9, dtype="f4")

    def test_kinds(self):
        self.replaced("holds neither numbers nor strings",
                      data=np.zeros((1, 1), np.complex64))
        self.replaced("has no data", data=h5py.Empty("f4"))
        self.replaced("the parameter 'weight' needs numbers", data="one")

        def spill(file):
            del file["node/nodes/0/type"]
        self.refuses(self.file(spill), "the node '0' has no type")
        self.refuses(self.file(lambda f: f.__delitem__("node")), "no group '/node'")
        self.refuses(self.file(lambda f: f["node"].__delitem__("edges")), "no edges")

    def test_remarks_are_skipped(self):
        """Whatever metadata hold, they are not read."""
        def change(file):
            group = file["node/nodes/0"].create_group("metadata")
            group["there"] = h5py.SoftLink("/nowhere")
            group.create_dataset("kind", data=np.zeros(3, np.complex64))
        result = self.command(self.file(change), *STEPS)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_nesting(self):
        def nest(depth):
            inner = {"input": make.end("Input", 1), "output": make.end("Output", 1)}
            edges = make.chain(inner)
            for _ in range(depth):
                inner = {"input": make.end("Input", 1),
                         "g": {"type": "NIRGraph", "nodes": inner, "edges": edges},
                         "output": make.end("Output", 1)}
                edges = make.chain(inner)
            return self.write(inner, edges)
        result = self.command(nest(8), *STEPS)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.refuses(nest(17), "graphs nest deeper than 16")
        self.refuses(nest(40), "groups nest deeper than 40")

    def test_no_hdf5(self):
        for content in (b"", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\0" * 4096):
            path = self.folder / "other.nir"
            path.write_bytes(content)
            self.refuses(path, "it is no HDF5 file, or damaged")
        os.mkfifo(self.folder / "pipe.nir")
        self.refuses(self.folder / "pipe.nir", "regular file")

    def test_truncated(self):
        whole = (self.folder / "cnn.nir").read_bytes()
        path = self.folder / "short.nir"
        for part in (.1, .5, .9, .999):
            path.write_bytes(whole[:int(len(whole) * part)])
            self.refuses(path, "error: ")

    def test_mutants(self):
        """Bytes changed, cut and repeated; every file is refused or compiled."""
        random = np.random.default_rng(11)
        sources = [(self.folder / f"{name}.nir").read_bytes()
                   for name in ("lif", "two_lif", "gzip", "subgraph", "dotted")]
        path = self.folder / "mutant.nir"
        before = sorted(os.listdir(self.folder))
        compiled = 0
        for number in range(COUNT):
            data = bytearray(sources[number % len(sources)])
            for _ in range(1 << int(random.integers(0, 6))):
                at = int(random.integers(len(data)))
                kind = random.integers(4)
                if kind == 0:
                    data[at] = int(random.integers(256))
                elif kind == 1:
                    data[at] ^= 1 << int(random.integers(8))
                elif kind == 2:
                    data[at:at + 8] = random.choice(
                        [b"\0" * 8, b"\xff" * 8, b"\xff\xff\xff\x7f\0\0\0\0",
                         int(at).to_bytes(8, "little")])
                else:
                    other = int(random.integers(len(data)))
                    size = int(random.integers(1, 64))
                    data[at:at + size] = data[other:other + size]
            path.write_bytes(data)
            result = self.command(path, *STEPS)
            self.assertIn(result.returncode, (0, 1), f"mutant {number}: "
                          f"{result.returncode} {result.stderr[-400:]}")
            if result.returncode:
                self.assertIn("error: ", result.stderr, f"mutant {number}")
            compiled += result.returncode == 0
        path.unlink()
        left = set(os.listdir(self.folder)) - set(before)
        self.assertLessEqual(left, {"out"})
        print(f"{COUNT} mutants, {compiled} compiled", file=sys.stderr)


if __name__ == "__main__":
    main()
