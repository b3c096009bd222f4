# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fails where a dependency points up: an include or a link line.

usage: check_layering.py SOURCE [--self-test] [--print]

ROOMS names the folders of the source tree from the bottom up. A file may include headers
of its own room and of rooms below; a library may link libraries of its own room and of
rooms below. Headers in lib/ are private to their folder. --self-test adds arrows that
point up to a copy of the graph and shows that each is found. --print writes the graph, one
arrow between rooms a line.
"""

import pathlib
import re
import sys

# From the bottom up; a room is a list of path prefixes. What stands in one room is
# on one level: its folders may use each other only as far as INSIDE says.
ROOMS = [
    ("runtime/support", ["runtime/include/snn/runtime", "runtime/lib/Parallel", "runtime/lib/ProcessMemory", "runtime/lib/ResidentStorage", "runtime/lib/Support", "runtime/lib/Tensor", "runtime/lib/TrainCounts"]),
    ("runtime/data", ["runtime/lib/data"]),
    ("runtime/isa", ["runtime/lib/isa"]),
    ("runtime/kernels", ["runtime/lib/kernels"]),
    ("runtime/ttfs", ["runtime/lib/ttfs"]),
    ("runtime/binary", ["runtime/lib/binary"]),
    ("runtime/stochastic", ["runtime/lib/stochastic"]),
    ("runtime/phase", ["runtime/lib/phase"]),
    ("runtime/simulator", ["runtime/lib/simulator", "runtime/mpi"]),
    ("runtime/image", ["runtime/image/include", "runtime/image/lib"]),
    ("runtime/chip", ["runtime/chip/include", "runtime/chip/lib"]),
    ("Support", ["include/snn/Support", "lib/Support"]),
    ("Chip", ["include/snn/Chip", "lib/Chip"]),
    ("Dialect/Kernel", ["include/snn/Dialect/Kernel", "lib/Dialect/Kernel"]),
    ("Dialect/Onnx", ["include/snn/Dialect/Onnx", "lib/Dialect/Onnx"]),
    ("Dialect/Spike", ["include/snn/Dialect/Spike", "lib/Dialect/Spike"]),
    ("Dialect/Xbar", ["include/snn/Dialect/Xbar", "lib/Dialect/Xbar"]),
    ("Import", ["include/snn/Import", "lib/Import"]),
    ("Interpreter", ["include/snn/Interpreter", "lib/Interpreter"]),
    ("Conversion", ["include/snn/Conversion", "lib/Conversion"]),
    ("Calibration", ["include/snn/Calibration", "lib/Calibration"]),
    ("Target", ["include/snn/Target", "lib/Target"]),
    ("Report", ["include/snn/Report", "lib/Report"]),
    ("Pipeline", ["include/snn/Pipeline", "lib/Pipeline"]),
    ("Equivalence", ["include/snn/Equivalence", "lib/Equivalence"]),
    ("Compare", ["include/snn/Compare", "lib/Compare"]),
    ("tools", ["tools"]),
]
LEVEL = {name: level for level, (name, _) in enumerate(ROOMS)}
# Inside a dialect: definitions do not know the passes over them.
INSIDE = [("IR", "Transforms")]
# Executions of one network that must share nothing: FILE prefix, what it may not include.
APART = [
    (r"runtime/lib/\w+/(Event|Stepped)\.cpp", r"isa/|Packing\.h|BitPack\.h",
     "an event-driven or stepped execution uses no fast kernel"),
    (r"lib/Interpreter/", r"snn/vchip/|ttfs/|phase/Modes|binary/Modes",
     "the interpreter's plain execution knows no simulator mode and no chip"),
    (r"runtime/(chip|image)/", r"llvm/|mlir/", "the runtime has no LLVM in it"),
    (r"runtime/(lib|include)/", r"llvm/|mlir/|\.pb\.h", "simulators have no LLVM and no protobuf in them"),
]


def room_of(path):
    best = None
    for name, prefixes in ROOMS:
        for prefix in prefixes:
            if path.startswith(prefix) and (best is None or len(prefix) > best[1]):
                best = (name, len(prefix))
    return best and best[0]


def find_header(source, includer, header):
    """The path of an included header in the tree, or None for a foreign or generated one."""
    candidates = [pathlib.PurePosixPath(includer).parent / header, f"include/{header}",
                  f"runtime/include/{header}", f"runtime/image/include/{header}",
                  f"runtime/chip/include/{header}", f"runtime/lib/{header}", f"runtime/chip/lib/{header}"]
    for candidate in candidates:
        if (source / candidate).is_file():
            return (source / candidate).resolve().relative_to(source).as_posix()
    if header.startswith("snn/") and header.endswith(".inc"):
        return f"include/{header}"
    return None


def read_includes(source):
    """(file, header as written, path of the header or None), of all sources."""
    found = []
    for folder in ("include", "lib", "runtime", "tools"):
        for file in sorted((source / folder).rglob("*")):
            path = file.relative_to(source).as_posix()
            if file.suffix not in (".h", ".cpp", ".td", ".inc") or "unittests" in path or "benchmarks" in path:
                continue
            for header in re.findall(r'^\s*#?include\s+[<"]([^>"]+)[>"]', file.read_text(), re.M):
                found.append((path, header, find_header(source, path, header)))
    return found


def read_links(source):
    """(CMakeLists.txt, library, linked library), and the room of every library."""
    rooms, links = {}, []
    for file in sorted(source.glob("**/CMakeLists.txt")):
        path = file.relative_to(source).as_posix()
        if not path.startswith(("lib/", "tools/", "runtime/")) or "unittests" in path or "benchmarks" in path:
            continue
        text = re.sub(r"#.*", "", file.read_text())
        for body in re.findall(r"snn_add_(?:library|tool)\(([^)]*)\)", text):
            words = body.split()
            rooms[words[0]] = room_of(path)
            if "LINK" in words:
                links += [(path, words[0], to) for to in words[words.index("LINK") + 1:]]
        for body in re.findall(r"target_link_libraries\(([^)]*)\)", text):
            words = [w for w in body.split() if w not in ("PUBLIC", "PRIVATE")]
            links += [(path, words[0], to) for to in words[1:]]
    rooms.update({"snn_runtime": "runtime/simulator", "snn_image": "runtime/image", "snn_chip": "runtime/chip"})
    return rooms, links


def check_includes(includes):
    errors = []
    for path, header, target in includes:
        for file, forbidden, why in APART:
            if re.match(file, path) and re.search(forbidden, header):
                errors.append(f"{path}: includes {header}: {why}")
        here, there = room_of(path), room_of(target) if target else None
        if here is None:
            errors.append(f"{path}: belongs to no room of check_layering.py")
        if here is None or there is None:
            continue
        if LEVEL[there] > LEVEL[here]:
            errors.append(f"{path}: includes {header}, which is above it ({here} -> {there})")
        for below, above in INSIDE:
            if here == there and f"/{below}/" in path and f"/{above}/" in target:
                errors.append(f"{path}: includes {header}: {below} is below {above}")
        if target.startswith("lib/") and here != there:
            errors.append(f"{path}: includes {header}, which is private to {there}")
    return errors


def check_links(rooms, links):
    errors = []
    for path, library, to in links:
        here, there = rooms.get(library), rooms.get(to)
        if here and there and LEVEL[there] > LEVEL[here]:
            errors.append(f"{path}: {library} links {to}, which is above it ({here} -> {there})")
        if here and there and library.startswith("Snn") and not library.endswith("Transforms") \
                and here == there and to.endswith("Transforms") and here.startswith("Dialect/"):
            errors.append(f"{path}: {library} links {to}: definitions do not know passes")
    return errors


def arrows(includes):
    graph = set()
    for path, _, target in includes:
        here, there = room_of(path), room_of(target) if target else None
        if here and there and here != there:
            graph.add((here, there))
    return sorted(graph, key=lambda a: (-LEVEL[a[0]], -LEVEL[a[1]]))


def self_test(includes, rooms, links):
    """Every arrow that points up is found, and the tree as it is has none."""
    wrong = [
        ("lib/Dialect/Spike/Transforms/Mttfs.cpp", "snn/Interpreter/Interpreter.h",
         "include/snn/Interpreter/Interpreter.h"),
        ("lib/Chip/Chip.cpp", "snn/Dialect/Xbar/Xbar.h", "include/snn/Dialect/Xbar/Xbar.h"),
        ("lib/Dialect/Xbar/IR/Layer.cpp", "snn/Report/Report.h", "include/snn/Report/Report.h"),
        ("runtime/lib/kernels/Products.cpp", "simulator/Statistics.h", "runtime/lib/simulator/Statistics.h"),
        ("lib/Dialect/Onnx/IR/OnnxOps.cpp", "../Transforms/Patterns.h", "lib/Dialect/Onnx/Transforms/Patterns.h"),
        ("lib/Report/Energy.cpp", "../Calibration/StepErrors.h", "lib/Calibration/StepErrors.h"),
        ("runtime/lib/ttfs/Stepped.cpp", "isa/Isa.h", "runtime/lib/isa/Isa.h"),
        ("runtime/lib/ttfs/Fast.cpp", "llvm/ADT/SmallVector.h", None),
        ("lib/Nowhere/New.cpp", "snn/Chip/Chip.h", "include/snn/Chip/Chip.h"),
    ]
    for arrow in wrong:
        assert len(check_includes([arrow])) >= 1, arrow
    for arrow in [("lib/Interpreter/CMakeLists.txt", "SnnInterpreter", "SnnCalibration"),
                  ("lib/Chip/CMakeLists.txt", "SnnChip", "SnnXbar"),
                  ("lib/Dialect/Spike/IR/CMakeLists.txt", "SnnSpike", "SnnSpikeTransforms")]:
        assert check_links(rooms, [arrow]), arrow
    assert len(includes) > 500 and len(links) > 50, (len(includes), len(links))
    assert sum(target is not None for _, _, target in includes) > 500
    print("self-test passed")


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    includes = read_includes(source)
    rooms, links = read_links(source)
    if "--print" in sys.argv:
        for here, there in arrows(includes):
            print(here, "->", there)
        return 0
    if "--self-test" in sys.argv:
        return self_test(includes, rooms, links)
    errors = check_includes(includes) + check_links(rooms, links)
    print(f"{len(includes)} includes, {len(links)} links, {len(ROOMS)} rooms")
    for error in errors:
        print("error:", error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
