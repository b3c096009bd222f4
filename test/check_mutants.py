# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Puts faults into the runtime's fast kernels; the unit tests find each.

    check_mutants.py SOURCE BUILD

A mutant is one line of a source file that is changed. The file is compiled anew
with the build's own command and linked in front of the runtime's library to the
objects of the unit tests, and the tests named must fail (without the change,
they pass). A line that is not found is an error: the mutant has to follow the
code.
"""

import json
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

# File, tests, what stands there, what takes its place.
MUTANTS = [
    # A wrong epilogue: no addend, another channel's bias, no ReLU.
    ("lib/ttfs/Epilogue.cpp", "Epilogue.*",
     "table.binary[BinaryAdd](x, 1, addend + at + i, 1, x, count);",
     ";"),
    ("lib/ttfs/Epilogue.cpp", "Epilogue.*",
     "bias ? bias + column * biasStep : nullptr, biasStep,",
     "bias, biasStep,"),
    ("lib/ttfs/Epilogue.cpp", "Epilogue.*",
     "return table.requantize(acc, s, ss, b, sb, relu, levels + at, n, rule);",
     "return table.requantize(acc, s, ss, b, sb, 0, levels + at, n, rule);"),
    # Neurons that are skipped and were not silent: below the mask, or the
    # rest of a difference that needs two bytes.
    ("lib/isa/Avx512.cpp", "Isa.EventsGiveEqualSums",
     "__mmask16 fired = _mm512_test_epi32_mask(difference, difference); "
     "_mm512_storeu_si512(inputs",
     "__mmask16 fired = _mm512_cmpgt_epi32_mask(difference, "
     "_mm512_setzero_si512()); _mm512_storeu_si512(inputs"),
    ("lib/isa/Portable.cpp", "Isa.EventsGiveEqualSums",
     "difference -= part;", "difference = 0;"),
    ("lib/isa/Portable.cpp", "Isa.EventsGiveEqualSums",
     "while (rest[0] | rest[1] | rest[2] | rest[3]) {",
     "while (rest[0] | rest[1] | rest[2]) {"),
    # A stale packed weight: the form of another matrix, or of the same one in
    # other groups.
    ("lib/simulator/Weights.cpp", "Weights.*",
     "return findOrMake(matrices, key, key, [&] {",
     "return findOrMake(matrices, std::string(), key, [&] {"),
    ("lib/simulator/Weights.cpp", "Weights.*",
     "return findOrMake(convolutions, std::pair(key, group), key, [&] {",
     "return findOrMake(convolutions, std::pair(key, int64_t(0)), key, [&] {"),
    ("lib/simulator/Weights.cpp", "Weights.*",
     "if (found.owner != owner || found.key != key || found.group != group)",
     "if (found.owner == 0 || found.key != key || found.group != group)"),
]


def find_line(source, wanted):
    """The file below `source`, or a file that it includes, with the text."""
    pattern = " ".join(wanted.split())
    for path in [source, *sorted(source.parent.glob("*.inc"))]:
        text = path.read_text()
        # Line breaks are the formatter's.
        words = text.split()
        joined = " ".join(words)
        count = joined.count(pattern)
        if count == 1:
            return path, text
        if count > 1:
            sys.exit(f"error: {path.name} has '{wanted}' {count} times")
    sys.exit(f"error: {source.name} does not have '{wanted}'")


def replace(text, wanted, other):
    """`text` with `wanted`, whose blanks may be line breaks, replaced."""
    words = wanted.split()
    at = 0
    while True:
        at = text.index(words[0], at)
        end = at
        for word in words:
            while text[end].isspace():
                end += 1
            if not text.startswith(word, end):
                break
            end += len(word)
        else:
            return text[:at] + other + text[end:]
        at += 1


def main():
    source, build = (pathlib.Path(part).resolve() for part in sys.argv[1:])
    runtime = source / "runtime"
    objects = sorted((build / "runtime/unittests/CMakeFiles/"
                      "snn_runtime_tests.dir").glob("*.o"))
    if not objects:
        sys.exit("error: the runtime's unit tests are not built")
    commands = {entry["file"]: entry for entry in
                json.loads((build / "compile_commands.json").read_text())}
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for number, (name, tests, wanted, other) in enumerate(MUTANTS):
            path, text = find_line(runtime / name, wanted)
            # A copy of the folder: files that include each other by name.
            place = folder / str(number)
            shutil.copytree(path.parent, place)
            (place / path.name).write_text(replace(text, wanted, other))
            main_file = place / pathlib.Path(name).name
            entry = commands[str(runtime / name)]
            command = shlex.split(entry["command"])
            command[command.index("-o") + 1] = str(place / "mutant.o")
            command[command.index(str(runtime / name))] = str(main_file)
            subprocess.run(command, cwd=entry["directory"], check=True)
            binary = place / "tests"
            # All of the object's symbols come from the mutant: the library's
            # own object is then not needed.
            subprocess.run([command[0], *map(str, objects),
                            str(place / "mutant.o"),
                            str(build / "runtime/libsnn_runtime.a"),
                            "-lgtest_main", "-lgtest", "-lz", "-pthread", "-o",
                            str(binary)], check=True)
            done = subprocess.run([binary, f"--gtest_filter={tests}"],
                                  capture_output=True, text=True)
            if "Running 0 tests" in done.stdout or done.returncode == 0:
                print(f"NOT FOUND by {tests}: {name}: {other}")
                failures += 1
    print(f"{len(MUTANTS) - failures} of {len(MUTANTS)} mutants found")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
