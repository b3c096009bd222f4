# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fails where something of the compiler has no test of its own.

usage: check_coverage.py SOURCE BUILD [--self-test]

- Every op of the onnx and spike dialects is printed in a round-trip.mlir and
  stands in an invalid.mlir after an expected error.
- Every op of the spike and xbar dialects numbers its constraints, (C1), (C2), ..., in
  its description, and each has a case in an invalid.mlir with the comment
  `// C1 of spike.linear`; no such comment names a constraint that is not there.
- Every pass runs in a lit test with CHECK lines or expected diagnostics.
- Every kernel of the runtime has a TEST(Kernel, name).

The lists of ops and passes come from TableGen, the list of kernels from the
table. --self-test shows that a gap is found, by asking for names that nobody
tests.
"""

import pathlib
import re
import shutil
import subprocess
import sys

SUFFIXES = {".mlir", ".test", ".py"}


def tablegen(action, source, build, file):
    program = shutil.which("mlir-tblgen") or shutil.which("mlir-tblgen-22")
    if not program:
        sys.exit("needs mlir-tblgen on the PATH")
    includes = [source / "include", build / "include"]
    includes.append(pathlib.Path(program).resolve().parents[1] / "include")
    command = [program, action, str(file)] + [f"-I{path}" for path in includes]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def list_ops(source, build):
    """Names such as spike.linear, from the headings of -gen-op-doc."""
    names = set()
    for file in sorted(source.glob("include/snn/Dialect/*/*Ops.td")):
        text = tablegen("-gen-op-doc", source, build, file)
        found = re.findall(r"^#+ `(\w+\.\w+)` \(", text, re.M)
        if not found:
            sys.exit(f"found no op in {file}")
        names.update(found)
    return sorted(names)


def list_constraints(source, build):
    """The numbers of the constraints of every op of the spike and xbar dialects."""
    constraints = {}
    for dialect, file in (("spike", "Spike/SpikeOps.td"), ("xbar", "Xbar/XbarOps.td")):
        text = tablegen("-gen-op-doc", source, build, source / "include/snn/Dialect" / file)
        parts = re.split(r"^#+ `(\w+\.\w+)` \(", text, flags=re.M)
        for name, body in zip(parts[1::2], parts[2::2]):
            if name.startswith(dialect + "."):
                constraints[name] = sorted({int(n) for n in re.findall(r"\(C(\d+)\)", body)})
    return constraints


def list_passes(source, build):
    """Names such as spike-mttfs, from the headings of -gen-pass-doc."""
    names = set()
    for file in sorted(source.glob("include/snn/**/Passes.td")):
        text = tablegen("-gen-pass-doc", source, build, file)
        found = re.findall(r"^#+ `-([\w-]+)`$", text, re.M)
        if not found:
            sys.exit(f"found no pass in {file}")
        names.update(found)
    return sorted(names)


def list_kernels(source):
    text = (source / "runtime/lib/kernels/KernelTable.cpp").read_text()
    table = text[text.index("kernelTable() {") :]
    names = re.findall(r"^\s*KERNEL\((\w+)\)", table, re.M)
    if not names:
        sys.exit("found no kernel in the table")
    return sorted(set(names))


def without_comments(text):
    return "\n".join(line.split("//")[0] for line in text.splitlines())


def mentions(text, name):
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", text)


def check_ops(source, names):
    """The gaps among `names`, one line each."""
    round_trip, invalid = "", ""
    for file in source.glob("test/Dialect/*/round-trip.mlir"):
        text = file.read_text()
        if "--verify-roundtrip" in text:
            round_trip += without_comments(text)
    for file in source.glob("test/Dialect/*/*.mlir"):
        text = file.read_text()
        if "invalid" not in file.name or "--verify-diagnostics" not in text:
            continue
        for case in text.split("// -----"):
            if "expected-error" in case:
                # An error names its op; one of the parser is at it.
                for error in re.finditer(r"expected-error.*\n((?:\s*//.*\n)*.*)", case):
                    invalid += without_comments(error[1]) + "\n"
    gaps = []
    for name in names:
        if not mentions(round_trip, name):
            gaps.append(f"op {name} is in no round-trip.mlir")
        if not mentions(invalid, name):
            gaps.append(f"op {name} has no error in an invalid.mlir")
    return gaps


def check_constraints(source, constraints):
    labels = set()
    for file in source.glob("test/Dialect/*/*invalid*.mlir"):
        for case in re.split(r"^// -----.*$", file.read_text(), flags=re.M):
            if "expected-error" in case:
                labels.update(re.findall(r"// C(\d+) of (\w+\.\w+)", case))
    gaps = []
    for name, numbers in constraints.items():
        if numbers != list(range(1, len(numbers) + 1)) or not numbers:
            gaps.append(f"op {name} does not number its constraints from (C1) on")
        for number in numbers:
            if (str(number), name) not in labels:
                gaps.append(f"constraint C{number} of {name} has no case in an invalid.mlir")
    for number, name in sorted(labels):
        if int(number) not in constraints.get(name, []):
            gaps.append(f"a case is labelled C{number} of {name}, which has no such constraint")
    return gaps


def check_passes(source, names):
    runs = ""
    for file in (source / "test").rglob("*"):
        if file.suffix not in SUFFIXES or "Inputs" in file.parts:
            continue
        text = file.read_text()
        lines = re.findall(r"RUN:(.*(?:\\\n.*)*)", text)
        if re.search(r"\b[A-Z]+(-\w+)?:|expected-(error|warning|remark)", "\n".join(
            line for line in text.splitlines() if "RUN:" not in line
        )):
            runs += "\n".join(line for line in lines if "snn-opt" in line) + "\n"
    gaps = []
    for name in names:
        if not re.search(rf"--{re.escape(name)}(?![\w-])", runs):
            gaps.append(f"pass {name} runs in no test with checks")
    return gaps


def check_kernels(source, names):
    tests = ""
    for file in (source / "runtime/unittests").glob("*.cpp"):
        tests += without_comments(file.read_text()) + "\n"
    return [
        f"kernel {name} has no TEST(Kernel, {name})"
        for name in names
        if not re.search(rf"\bTEST\(\s*Kernel,\s*{name}\s*\)", tests)
    ]


def self_test(source, ops, passes, kernels):
    """A name that nothing tests is a gap, one that is tested is none."""
    bogus = check_ops(source, ["spike.no_such_op"])
    assert len(bogus) == 2, bogus
    assert len(check_passes(source, ["spike-no-such-pass"])) == 1
    assert len(check_kernels(source, ["no_such_kernel"])) == 1
    # A name that is the beginning of another does not count as that.
    assert len(check_ops(source, ["spike.quant"])) == 2
    assert len(check_passes(source, ["spike-fold-silent"])) == 1
    assert len(check_kernels(source, ["matmu"])) == 1
    # The lists are complete enough to be believed.
    assert {"spike.linear", "spike.fire", "onnx.conv"} <= set(ops)
    assert {"spike-mttfs", "onnx-to-spike", "snn-write-simulator"} <= set(passes)
    assert {"matmul", "rescale", "where"} <= set(kernels)
    wrong = check_constraints(source, {"spike.no_such_op": [1, 2]})
    assert sum("has no case" in gap for gap in wrong) == 2, wrong
    assert any("spike." in gap and "no such constraint" in gap for gap in wrong), wrong
    print("self-test passed")


def main():
    source, build = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    ops = list_ops(source, build)
    passes = list_passes(source, build)
    kernels = list_kernels(source)
    constraints = list_constraints(source, build)
    if "--self-test" in sys.argv:
        return self_test(source, ops, passes, kernels)
    gaps = check_ops(source, ops) + check_passes(source, passes)
    gaps += check_kernels(source, kernels) + check_constraints(source, constraints)
    count = sum(map(len, constraints.values()))
    print(f"{len(ops)} ops, {len(passes)} passes, {len(kernels)} kernels, {count} constraints")
    for gap in gaps:
        print("error:", gap)
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
