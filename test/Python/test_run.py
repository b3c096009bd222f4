# The simulator in the process: the bytes of the program, without copies, from
# several threads, around a fork, and ended by Ctrl-C.
#
# RUN: %python %s
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import signal
import threading
import time
import unittest

import numpy as np
from support import MIMO, Case, main, mimo, prompts, snnc

from snnc import ports


class Run(Case):
    def test_equals_the_program_in_all_modes(self):
        net, x = mimo(), prompts(12)[0]
        for mode in ("fast", "event", "stepped"):
            want = self.sim(net, x, "--mode", mode)["logits"]
            have = net.run(x, mode=mode, threads=2)
            self.assertEqual(have.tobytes(), want.tobytes(), mode)
        self.assertEqual(net.inputs, (ports.Port(
            "prompt", np.dtype("f4"), (1, 19, 12)),))
        self.assertEqual(net.coding, "mttfs")

    def test_counts_what_the_program_counts(self):
        net, x = mimo(), prompts(12)[0]
        self.sim(net, x, "--stats", str(self.folder / "s.json"))
        have = net.stats(x)
        self.assertEqual(have.text, (self.folder / "s.json").read_text())
        self.assertEqual(have.samples, 12)
        self.assertEqual(sum(site.spikes for site in have.values()),
                         have.spikes)
        self.assertEqual(have["bl0_in_q"].radius, 1)
        self.assertIn("bl0_in_q", have._repr_html_())
        self.assertIn("silent", str(have))

    def test_records_what_the_program_records(self):
        net, x = mimo(), prompts(5)[0]
        path = self.folder / "r.npz"
        self.sim(net, x, "--record", str(path), "--record-sites",
                 "bl0_in_q,bl2_p_q", "--record-samples", "1,4")
        want = snnc.spikes.load(path)
        for mode in ("fast", "event", "stepped"):
            have = net.spikes(x, sample=[4, 1], mode=mode,
                              sites=["bl0_in_q", "bl2_p_q"])
            self.assertEqual(have.samples, want.samples)
            self.assertEqual(list(have), list(want))
            for site in have:
                self.assertEqual(have[site].levels.tobytes(),
                                 want[site].levels.tobytes(), (mode, site))
        with self.assertRaisesRegex(snnc.RunError, "no site 'nobody'"):
            net.spikes(x, sites=["nobody"])
        with self.assertRaisesRegex(snnc.InputError, "no sample 5"):
            net.spikes(x, sample=5)

    def test_spikes_are_those_that_are_counted(self):
        net, x = mimo(), prompts(1)[0]
        counted, kept = net.stats(x), net.spikes(x)
        self.assertEqual(set(kept), set(counted))
        for site in kept:
            events = kept.events(site)
            slots = np.bincount(events[:, 0], minlength=kept.slots(site))
            self.assertEqual(tuple(slots), counted[site].slots, site)
            dense = kept.dense(site)
            self.assertEqual(dense.shape[0], kept.slots(site))
            self.assertEqual(int(dense.sum()), counted[site].spikes)
        kept.save(self.folder / "k.npz")
        again = snnc.spikes.load(self.folder / "k.npz")
        np.testing.assert_array_equal(again.events("head_s_q"),
                                      kept.events("head_s_q"))

    def test_writes_to_the_callers_arrays(self):
        net, x = mimo(), prompts(3)[0]
        out = np.zeros((3, 19, 16), np.float32)
        self.assertIs(net.run(x, out=out), out)
        np.testing.assert_array_equal(net.run({"prompt": x}), out)
        for bad in (np.zeros((2, 19, 16), np.float32),
                    np.zeros((3, 19, 16)), np.zeros((3, 16, 19), "f").T):
            with self.assertRaisesRegex(snnc.InputError, "'logits' needs"):
                net.run(x, out=bad)
        self.assertEqual(net.run(x[:0]).shape, (0, 19, 16))

    def test_copies_nothing_that_fits(self):
        port = mimo().inputs[0]
        x = prompts(3)[0]
        self.assertIs(ports.fit(x, port), x)
        part = x[1:]
        self.assertEqual(ports.fit(part, port).ctypes.data, part.ctypes.data)
        wide = x.astype(np.float64)
        self.assertEqual(ports.fit(wide, port).dtype, np.float32)
        np.testing.assert_array_equal(mimo().run(wide), mimo().run(x))
        for value in (wide, np.asfortranarray(x), x[::2]):
            with self.assertRaisesRegex(snnc.InputError, "copied"):
                mimo().run(value, copy=False)

    def test_refuses_what_does_not_fit(self):
        net, x = mimo(), prompts(2)[0]
        for value, text in (
                (x[0], "needs shape N\\*1x19x12, has 19x12"),
                (x[:, :5], "needs shape"),
                (x.astype(np.complex64), "needs float32 elements"),
                ({"x": x}, "there is no input 'x'; there are 'prompt'"),
                ({}, "'prompt' is missing")):
            with self.assertRaisesRegex(snnc.InputError, text):
                net.run(value)
        for options, text in (({"mode": "slow"}, "'fast', 'event'"),
                              ({"threads": -1}, "threads needs"),
                              ({"seed": 1.5}, "seed needs"),
                              ({"first_sample": 1 << 50}, "first_sample")):
            with self.assertRaisesRegex(snnc.InputError, text):
                net.run(x, **options)

    def test_takes_tensors(self):
        try:
            import torch
        except ImportError:
            self.skipTest("no PyTorch")
        net, x = mimo(), prompts(2)[0]
        tensor = torch.from_numpy(x)
        self.assertEqual(ports.fit(tensor, net.inputs[0]).ctypes.data,
                         tensor.data_ptr())
        np.testing.assert_array_equal(
            net.run(torch.nn.Parameter(tensor)), net.run(x))

    def test_takes_dlpack(self):
        class Foreign:
            def __init__(self, array):
                self.array = array

            def __dlpack__(self, **_):
                return self.array.__dlpack__()

            def __dlpack_device__(self):
                return self.array.__dlpack_device__()

        x = prompts(2)[0]
        self.assertEqual(ports.fit(Foreign(x), mimo().inputs[0]).ctypes.data,
                         x.ctypes.data)


class Concurrency(Case):
    def test_runs_from_several_threads(self):
        net, x = mimo(), prompts(40)[0]
        want = net.run(x, threads=1)
        have = [None] * 4

        def work(i):
            for _ in range(3):
                have[i] = net.run(x, threads=2)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in have:
            np.testing.assert_array_equal(result, want)

    def test_survives_a_fork(self):
        net, x = mimo(), prompts(4)[0]
        want = net.run(x, threads=2)
        child = os.fork()
        if child == 0:
            same = np.array_equal(net.run(x, threads=2), want)
            os._exit(0 if same else 3)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_leaves_no_thread(self):
        mimo().run(prompts(4)[0], threads=3)
        before = len(os.listdir("/proc/self/task"))
        mimo().run(prompts(4)[0], threads=3)
        self.assertEqual(len(os.listdir("/proc/self/task")), before)

    def test_ends_at_ctrl_c(self):
        net = mimo()
        x = np.repeat(prompts(100)[0], 2000, axis=0)  # minutes
        # Who was started in the background ignores it.
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(
            signal.SIGINT, signal.default_int_handler))
        timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        start = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            net.run(x, mode="stepped", threads=1)
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual(net.run(x[:1]).shape, (1, 19, 16))

    def test_tells_its_progress(self):
        told = []
        mimo().run(prompts(6)[0], progress=lambda *a: told.append(a))
        self.assertEqual(told[-1], (6, 6))

        def stop(done, total):
            raise RuntimeError("enough")

        with self.assertRaisesRegex(RuntimeError, "enough"):
            mimo().run(prompts(6)[0], progress=stop)


class Load(Case):
    def test_opens_what_the_compiler_wrote(self):
        net, x = mimo(), prompts(3)[0]
        again = snnc.load(net.directory)
        np.testing.assert_array_equal(again.run(x), net.run(x))
        self.assertEqual(again.options, {})
        with self.assertRaisesRegex(snnc.Error, "use compile"):
            again.at("quantise")
        with self.assertRaisesRegex(snnc.Error, "no artefacts.json"):
            snnc.load(self.folder)

    def test_opens_quickly(self):
        net = mimo()
        net.inputs
        times = []
        for _ in range(5):
            start = time.perf_counter()
            snnc.load(net.directory).inputs
            times.append(time.perf_counter() - start)
        self.assertLess(min(times), 5e-3)

    def test_sees_what_took_a_folders_place(self):
        x = prompts(3)[0]
        folder = self.folder / "out"
        first = snnc.compile(MIMO, output=folder)
        a = first.run(x)
        second = snnc.compile(MIMO, output=folder, dead_zone=0)
        b = second.run(x)
        self.assertFalse(np.array_equal(a, b))
        # The first is in memory still, with its own weights.
        np.testing.assert_array_equal(first.run(x), a)

    def test_refuses_foreign_weights(self):
        import shutil
        net = mimo()
        for name in ("sim.so", "artefacts.json"):
            shutil.copy(net.directory / name, self.folder / name)
        weights = bytearray((net.directory / "weights.safetensors")
                            .read_bytes())
        weights[-1] ^= 1
        (self.folder / "weights.safetensors").write_bytes(weights)
        with self.assertRaisesRegex(snnc.Error, "is not the file that"):
            snnc.load(self.folder).run(prompts(1)[0])


if __name__ == "__main__":
    main()
