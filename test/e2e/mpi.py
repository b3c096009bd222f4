# Any number of ranks gives the files of one process, and what a rank had
# finished before it died is neither lost nor computed again.
#
# REQUIRES: mpi
# RUN: %python %s 2
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mpi.py [KILLS [SEED]]: simulators under mpirun, their parts, and killed ranks."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))

from e2e import (MIMO, Checks, compile_model, execute, mimo_prompts, must,
                 scratch, tool)

# Of the tests' machines, which have few cores, and whose user is often root.
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to",
          "none"]


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Bench:
    def __init__(self, checks, folder):
        self.checks, self.folder = checks, folder
        self.out = compile_model(os.path.join(MIMO, "mimo_w1a4_k1.onnx"),
                                 os.path.join(folder, "out"), "--emit", "sim")
        self.few, _ = mimo_prompts(folder, 203, "few.npz")
        self.many, _ = mimo_prompts(folder, 12000, "many.npz")

    def command(self, inputs, name, *flags):
        y = os.path.join(self.folder, name + ".npz")
        s = os.path.join(self.folder, name + ".json")
        return [os.path.join(self.out, "sim"), "--input", inputs, "--output", y,
                "--stats", s, "--threads", "1", *flags], (y, s)


def check_equality(bench):
    for mode in ("fast", "event", "stepped"):
        command, files = bench.command(bench.few, "one-" + mode, "--mode", mode)
        must(command)
        expected = [read(f) for f in files]
        for ranks in (1, 2, 3, 4):
            command, files = bench.command(bench.few, f"{mode}-{ranks}",
                                           "--mode", mode)
            must([*MPIRUN, "-np", ranks, *command])
            left = [f for f in os.listdir(bench.folder) if "parts" in f]
            bench.checks.check([read(f) for f in files] == expected and not left,
                               f"{mode}, {ranks} ranks: outputs and statistics "
                               f"of one process, no parts left {left or ''}")


def check_image(bench):
    """The same for an image on noisy devices."""
    chip = compile_model(os.path.join(MIMO, "mimo_w1a4_k1.onnx"),
                         os.path.join(bench.folder, "chip"), "--chip",
                         "common-22nm", "--emit", "image,ir")
    image = os.path.join(chip, "image.snnimg")
    run = [tool("snn-run"), image, "--input", bench.few,
           "--noise=drift,programming,read,adc_offset",
           "--seed=3", "--threads=1", "--time=3600", "--probe-times=20,86400"]

    def files(name):
        return [os.path.join(bench.folder, f"{name}.{end}")
                for end in ("npz", "json")]

    def flags(names):
        return [*run, "--output", names[0], "--stats", names[1]]

    one = files("image-1")
    must(flags(one))
    expected = [read(f) for f in one]
    for ranks in (2, 3):
        several = files(f"image-{ranks}")
        must([*MPIRUN, "-np", ranks, *flags(several)])
        bench.checks.check([read(f) for f in several] == expected,
                           f"an image, {ranks} ranks: outputs, statistics and "
                           "probes of one process")
    again = files("image-resumed")
    must([*flags(again), "--resume"])
    bench.checks.check([read(f) for f in again] == expected,
                       "an image, --resume: outputs and statistics")
    result = execute([*MPIRUN, "-np", "2", tool("snn-run"),
                      os.path.join(chip, "model.mlir"), "--input", bench.few])
    bench.checks.check(result.returncode != 0 and "modules run in one process"
                       in result.stderr, "a module says that it does not")


def ranks_of(process, program):
    """The running ranks of an mpirun."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if (os.readlink(f"/proc/{pid}/exe") == program and
                    os.getpgid(int(pid)) > 0):
                found.append(int(pid))
        except OSError:
            continue
    return sorted(found)


def check_kills(bench, kills, seed):
    random_ = random.Random(seed)
    flags = ("--mode", "stepped")
    command, files = bench.command(bench.many, "whole", *flags)
    begin = time.time()
    must(command)
    seconds = time.time() - begin
    expected = [read(f) for f in files]
    program = os.path.realpath(command[0])
    command, files = bench.command(bench.many, "killed", *flags, "--resume")
    parts = files[0] + ".parts"
    named = survived = 0
    for kill in range(kills):
        shutil.rmtree(parts, ignore_errors=True)
        for file in files:
            if os.path.exists(file):
                os.remove(file)
        run = subprocess.Popen([*MPIRUN, "-np", "2", *command],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               text=True)
        time.sleep(random_.uniform(0.2, 0.6) * seconds)
        pids = ranks_of(run, program)
        if pids:
            os.kill(random_.choice(pids), signal.SIGKILL)
        text = run.communicate()[1]
        lost = re.search(r"rank \d \(samples \d+ to \d+\) died; what is "
                         r"finished stays in '.*', where --resume goes on", text)
        if run.returncode == 0:
            survived += 1
        elif any(os.path.exists(f) for f in files):
            bench.checks.check(False, f"kill {kill}: a result has its name")
        before = {f: os.stat(os.path.join(parts, f)).st_mtime_ns
                  for f in (os.listdir(parts) if os.path.isdir(parts) else [])
                  if re.fullmatch(r"\d+-\d+\.safetensors", f)}
        done = sum(int(f.split(".")[0].split("-")[1]) - int(f.split("-")[0])
                   for f in before)
        # Before the ranks have their samples it is mpirun that says which died.
        if done == 0:
            lost = lost or re.search(r"process rank \d .* signal 9", text)
        named += bool(lost)
        if not lost and run.returncode:
            print(text)
        text = subprocess.run([*MPIRUN, "-np", "2", *command],
                              capture_output=True, text=True).stderr
        taken = re.search(r"(\d+) of 12000 samples are finished", text)
        taken = int(taken.group(1)) if taken else 0
        same = [read(f) for f in files] == expected
        bench.checks.check(
            same and (run.returncode == 0 or taken == done)
            and not os.path.exists(parts),
            f"kill {kill}: {done} samples were finished, {taken} are taken, and "
            "the files are those of an undisturbed run")
    bench.checks.check(named == kills - survived,
                       f"{named} of {kills - survived} deaths are named by rank "
                       "and samples")


def check_refusals(bench):
    command, files = bench.command(bench.few, "foreign", "--mode", "fast")
    os.makedirs(files[0] + ".parts")
    # A part of another input, and half of one.
    part = os.path.join(files[0] + ".parts", "0-100.safetensors")
    with open(part, "wb") as file:
        file.write(b"\0" * 40)
    must([*command, "--resume"])
    reference, expected = bench.command(bench.few, "reference", "--mode", "fast")
    must(reference)
    bench.checks.check([read(f) for f in files] == [read(f) for f in expected],
                       "a damaged part is not taken")
    # Ranks read their samples only; together they read, and check, the whole.
    damaged = os.path.join(bench.folder, "damaged.npz")
    content = bytearray(read(bench.few))
    for place in (0.3, 0.7):
        content[int(len(content) * place)] ^= 1
        with open(damaged, "wb") as file:
            file.write(content)
        content[int(len(content) * place)] ^= 1
        wrong, _ = bench.command(damaged, "damaged")
        result = execute([*MPIRUN, "-np", "3", *wrong])
        bench.checks.check(result.returncode != 0 and "damaged.npz: array" in
                           result.stderr and "checksum" in result.stderr,
                           f"a wrong byte at {place:.0%} of the inputs is named")
    result = subprocess.run(
        [*MPIRUN, "-np", "2", *command], capture_output=True, text=True,
        env={**os.environ, "SNN_MPI_LIBRARY": "/nowhere/libsnn_mpi.so"})
    bench.checks.check(result.returncode != 0 and "cannot be loaded" in
                       result.stderr and "/nowhere" in result.stderr,
                       "without the library for mpirun it says so")


def main():
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    checks = Checks()
    with scratch() as folder:
        bench = Bench(checks, folder)
        check_equality(bench)
        check_refusals(bench)
        check_image(bench)
        check_kills(bench, kills, seed)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
