# Whatever ends a run, the directory of a compilation holds the old set of
# artefacts, the new one, or one that every tool refuses by name.
#
# RUN: %python %s 4
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""kills.py [KILLS [SEED]]: kills compilations, simulators and interpreters at
random moments and compilations at renames of their exchange, fills disks, limits
file sizes, takes rights away, and lets two compilations write to one directory."""

import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import MIMO, Checks, execute, mimo_prompts, must, scratch, tool

MODEL = os.path.join(MIMO, "mimo_w1a4_k1.onnx")
MANIFEST = "artefacts.json"
# The two compilations that take each other's place.
OLD = []
NEW = ["--mask", "zero", "--dump-phases", "phases"]
USERS = {"notes.txt": "mine\n", "phases/notes.txt": "mine, too\n"}


def command(folder, flags):
    flags = [os.path.join(folder, f) if f == "phases" else f for f in flags]
    return [tool("snnc"), MODEL, "-o", folder, "--chip", "common-22nm", *flags]


def hashes(folder):
    """Contents by name, without what is the user's."""
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            key = os.path.relpath(path, folder)
            if key in USERS:
                continue
            try:
                with open(path, "rb") as file:
                    found[key] = hashlib.sha256(file.read()).hexdigest()
            except FileNotFoundError:
                pass
    return found


def visible(files):
    return {k: v for k, v in files.items() if not k.startswith(".snnc")}


def children_of(folder):
    """Processes that name the folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in line and int(pid) != os.getpid():
            found.append(line)
    return found


def hidden_in(folder):
    """Names of a writer in the folder."""
    if not os.path.isdir(folder):
        return set()
    return {f for f in os.listdir(folder) if f.startswith(".snnc")}


class Bench:
    def __init__(self, checks, folder, seed):
        self.checks, self.folder = checks, folder
        self.random = random.Random(seed)
        self.inputs, _ = mimo_prompts(folder, 8)
        self.sets, self.seconds = {}, {}
        for name, flags in (("old", OLD), ("new", NEW)):
            out = self.to("reference-" + name)
            begin = time.time()
            must(command(out, flags))
            self.seconds[name] = time.time() - begin
            self.sets[name] = hashes(out)
        self.counts = {"old": 0, "new": 0, "refused": 0, "none": 0}

    def to(self, *parts):
        return os.path.join(self.folder, *parts)

    def users(self, folder):
        for name, text in USERS.items():
            os.makedirs(os.path.dirname(os.path.join(folder, name)),
                        exist_ok=True)
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)

    def check_users(self, folder, label):
        for name, text in USERS.items():
            path = os.path.join(folder, name)
            good = os.path.exists(path)
            if good:
                with open(path) as file:
                    good = file.read() == text
            if not good:
                self.checks.check(False, f"{label}: the user's {name} is gone")

    def refuses(self, folder, label):
        """Every tool refuses what lies in the folder, by the manifest's name."""
        y = self.to("refused.npz")
        runs = [(os.path.join(folder, "sim"),
                 [os.path.join(folder, "sim"), "--input", self.inputs,
                  "--output", y])]
        for name in ("model.mlir", "image.snnimg", "phases/3.engines.mlir"):
            path = os.path.join(folder, name)
            runs.append((path, ["snn-run", path, "--input", self.inputs,
                                "--output", y]))
        image = os.path.join(folder, "image.snnimg")
        runs.append((image, ["snn-image", "verify", image]))
        for path, run in runs:
            if not os.path.exists(path):
                continue
            result = execute(run)
            good = result.returncode == 1 and MANIFEST in result.stderr
            if not good:
                self.checks.check(
                    False, f"{label}: {os.path.basename(path)} runs with status "
                    f"{result.returncode}: {result.stderr.strip()}")

    def state(self, folder, label, others=()):
        """What the folder holds: the name of a set, or "refused"."""
        files = visible(hashes(folder)) if os.path.isdir(folder) else {}
        for name in ("old", "new", *others):
            if files == self.sets[name]:
                return name
        if not files:
            return "none"
        text = ""
        if MANIFEST in files:
            with open(os.path.join(folder, MANIFEST)) as file:
                text = file.read()
        try:
            complete = json.loads(text)["complete"]
        except (ValueError, KeyError):
            complete = None
        if complete is False:
            self.refuses(folder, label)
            return "refused"
        different = {k for k in set(files) | set(self.sets["old"])
                     if files.get(k) != self.sets["old"].get(k)}
        self.checks.check(False, f"{label}: the folder holds neither set, but "
                          f"{len(files)} files, of which are not of the old "
                          f"one: {sorted(different)[:6]}")
        return "mixed"

    def compile_and_kill(self, folder, flags, number, after):
        process = subprocess.Popen(command(folder, flags),
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
            process.wait()
        return process.returncode


def check_kills(bench, kills):
    """Kills in a fresh directory and in one with an older set."""
    checks = bench.checks
    for i in range(kills):
        fresh = i % 4 == 3
        number = signal.SIGTERM if i % 3 == 2 else signal.SIGKILL
        folder = bench.to("fresh" if fresh else "kept")
        if fresh or not os.path.isdir(folder):
            shutil.rmtree(folder, ignore_errors=True)
            if not fresh:
                must(command(folder, OLD))
                bench.users(folder)
        flags = NEW if i % 2 == 0 else OLD
        seconds = bench.seconds["new" if flags is NEW else "old"]
        # Half of the kills near the end, where files are exchanged.
        after = (bench.random.uniform(0, seconds) if i % 2
                 else bench.random.uniform(0.8, 1.1) * seconds)
        label = (f"kill {i} after {after:.2f} s of {seconds:.2f} s by "
                 f"{number.name}, {'fresh' if fresh else 'kept'}")
        before = hidden_in(folder)
        status = bench.compile_and_kill(folder, flags, number, after)
        for _ in range(50):
            left = children_of(folder)
            if not left:
                break
            time.sleep(0.02)
        if left:
            checks.check(False, f"{label}: still run: {left[:2]}")
        state = bench.state(folder, label)
        bench.counts[state] = bench.counts.get(state, 0) + 1
        # What an earlier kill left may still be there.
        hidden = hidden_in(folder) - before
        if number == signal.SIGTERM and hidden:
            checks.check(False, f"{label}: leaves {hidden}")
        if not fresh:
            bench.check_users(folder, label)
        if status == 0 and state != ("new" if flags is NEW else "old"):
            checks.check(False, f"{label}: finished, but the set is '{state}'")
    checks.check(True, f"{kills} kills: " + ", ".join(
        f"{count} {state}" for state, count in bench.counts.items()))
    # The next run leaves its set and nothing else.
    for name in ("fresh", "kept"):
        folder = bench.to(name)
        if os.path.isdir(folder):
            must(command(folder, NEW))
            checks.check(hashes(folder) == bench.sets["new"],
                         f"after the kills: {name} holds the set of the next "
                         "run and nothing else")


def check_exchange(bench, some):
    """Kills before and after renames, where no kill from outside would fall."""
    checks = bench.checks
    library = bench.to("kill_at_rename.so")
    must([os.environ.get("CXX", "c++"), "-shared", "-fPIC", "-O1", "-o", library,
          os.path.join(os.path.dirname(__file__), "Inputs",
                       "kill_at_rename.cpp"), "-ldl"])
    folder, states, at = bench.to("exchange"), [], 0
    while True:
        must(command(folder, OLD))
        bench.users(folder)
        status = subprocess.run(
            command(folder, NEW), capture_output=True,
            env={**os.environ, "LD_PRELOAD": library,
                 "SNN_KILL_AT_RENAME": str(at)}).returncode
        state = bench.state(folder, f"kill at {at}")
        bench.check_users(folder, f"kill at {at}")
        if status == 0:
            break
        if status != -signal.SIGKILL:
            checks.check(False, f"kill at {at}: status {status}")
        states.append(state)
        # All of them, or some that are spread over them.
        at += 1 if not some else 11
    checks.check(state == "new" and "refused" in states
                 and (some or (states[0] == "old" and states[-1] == "new")),
                 f"kills at {len(states)} renames: " + ", ".join(
                     f"{states.count(s)} {s}" for s in sorted(set(states))))
    must(command(folder, NEW))
    checks.check(hashes(folder) == bench.sets["new"],
                 "after kills in the exchange the next run leaves its set and "
                 "nothing else")


def check_runs_killed(bench, kills):
    """Kills of sim and snn-run: results are whole or as they were."""
    checks = bench.checks
    out = bench.to("reference-old")
    tools = {"sim": [os.path.join(out, "sim")],
             "snn-run module": [tool("snn-run"), os.path.join(out, "model.mlir")],
             "snn-run image": [tool("snn-run"),
                               os.path.join(out, "image.snnimg")]}
    folder = bench.to("runs")
    for label, run in tools.items():
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        y = os.path.join(folder, "y.npz")
        run = run + ["--input", bench.inputs, "--output", y]
        begin = time.time()
        must(run)
        seconds = time.time() - begin
        good = hashes(folder)
        wrong = 0
        for i in range(kills):
            if i % 2:
                os.remove(y) if os.path.exists(y) else None
            process = subprocess.Popen(run, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(bench.random.uniform(0, 1.1) * seconds)
            process.kill()
            process.wait()
            now = hashes(folder)
            wrong += "y.npz" in now and now["y.npz"] != good["y.npz"]
        checks.check(wrong == 0, f"{label}: {kills} kills, {wrong} outputs "
                     "neither whole nor old")
        must(run)
        checks.check(hashes(folder) == good,
                     f"{label}: nothing is left after the next run")


def check_failures(bench, sizes):
    """A failing step, limits on file size, a full disk, no right to write."""
    checks = bench.checks
    folder = bench.to("failing")
    must(command(folder, OLD))
    bench.users(folder)

    def fails(label, words, run, **options):
        result = subprocess.run(run, capture_output=True, text=True, **options)
        good = result.returncode == 1 and words in result.stderr
        state = bench.state(folder, label)
        checks.check(good and state == "old",
                     f"{label}: status {result.returncode}, the set is "
                     f"'{state}': {result.stderr.strip().splitlines()[:1]}")
        hidden = [f for f in os.listdir(folder) if f.startswith(".snnc")]
        checks.check(not hidden, f"{label}: leaves nothing {hidden or ''}")
        bench.check_users(folder, label)

    fails("the simulator's compiler fails", "cannot build the simulator",
          command(folder, NEW), env={**os.environ, "CXX": "/bin/false"})
    largest = 400_000
    for i in range(sizes):
        size = bench.random.randrange(1, largest)

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        result = subprocess.run(command(folder, NEW), capture_output=True,
                                text=True, preexec_fn=limit)
        state = bench.state(folder, f"files of at most {size} bytes")
        good = (state == "new" if result.returncode == 0 else
                state == "old" and result.returncode == 1)
        checks.check(good, f"files of at most {size} bytes: status "
                     f"{result.returncode}, the set is '{state}'")
        if state != "old":
            must(command(folder, OLD))
    if os.geteuid() == 0:
        check_full_disk(bench, sizes)
    else:
        os.chmod(folder, 0o555)
        fails("no right to write", "cannot write to", command(folder, NEW))
        os.chmod(folder, 0o755)


def check_full_disk(bench, sizes):
    """A small file system with less and less room."""
    checks = bench.checks
    disk = bench.to("disk")
    os.makedirs(disk, exist_ok=True)
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs",
                            disk], capture_output=True)
    if mount.returncode:
        print("not checked: a full disk, as no file system can be mounted")
        return
    try:
        folder = os.path.join(disk, "out")
        must(command(folder, OLD))
        free = shutil.disk_usage(disk).free
        for i in range(sizes):
            room = bench.random.randrange(0, min(free, 3 << 20))
            with open(os.path.join(disk, "fill"), "wb") as file:
                file.write(b"\0" * max(0, shutil.disk_usage(disk).free - room))
            result = execute(command(folder, NEW))
            state = bench.state(folder, f"a disk with {room} bytes")
            good = (state == "new" if result.returncode == 0 else
                    state == "old" and result.returncode == 1)
            hidden = [f for f in os.listdir(folder) if f.startswith(".snnc")]
            checks.check(good and not hidden,
                         f"a disk with {room} bytes: status "
                         f"{result.returncode}, the set is '{state}' "
                         f"{hidden or ''}: {result.stderr.strip()[:120]}")
            os.remove(os.path.join(disk, "fill"))
            if state != "old":
                must(command(folder, OLD))
        must(["mount", "-o", "remount,ro", disk])
        result = execute(command(folder, NEW))
        checks.check(result.returncode == 1 and "cannot write to" in
                     result.stderr and bench.state(folder, "read-only") == "old",
                     f"read-only: {result.stderr.strip()}")
    finally:
        subprocess.run(["umount", disk])


def check_two_writers(bench):
    checks = bench.checks
    folder = bench.to("two")
    runs = [subprocess.Popen(command(folder, flags), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
            for flags in (OLD, NEW)]
    texts = [run.communicate()[1] for run in runs]
    statuses = sorted(run.returncode for run in runs)
    told = [t for t in texts if "is compiling to it" in t]
    state = bench.state(folder, "two writers")
    checks.check(statuses == [0, 1] and len(told) == 1
                 and state in ("old", "new"),
                 f"two writers: statuses {statuses}, the set is '{state}', "
                 f"told: {told}")


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260
    checks = Checks()
    with scratch() as folder:
        bench = Bench(checks, folder, seed)
        again = bench.to("again")
        must(command(again, OLD))
        checks.check(hashes(again) == bench.sets["old"],
                     "two compilations give the same files")
        check_kills(bench, kills)
        check_exchange(bench, some=kills < 20)
        check_runs_killed(bench, max(4, kills // 4))
        check_failures(bench, max(2, kills // 10))
        check_two_writers(bench)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
