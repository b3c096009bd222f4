# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Draws docs/architecture.svg: the rooms of the source tree and what includes what.

    draw_architecture.py SOURCE [--check]

Rooms and arrows are those of test/check_layering.py, read from the includes of the tree;
arrows that follow from others (A -> B -> C) are left out. With --check, fails when the
committed picture is not what the tree says.
"""

import html
import pathlib
import sys

# Rows of the picture, from the top down.
ROWS = [
    ["tools"],
    ["Equivalence", "Compare"],
    ["Pipeline"],
    ["Report", "Target"],
    ["Calibration"],
    ["Import", "Interpreter", "Conversion"],
    ["Dialect/Xbar"],
    ["Dialect/Spike"],
    ["Dialect/Onnx", "Chip"],
    ["Dialect/Kernel", "Support"],
    ["runtime/chip", "runtime/image", "runtime/simulator"],
    ["runtime/phase", "runtime/binary", "runtime/stochastic", "runtime/ttfs"],
    ["runtime/data", "runtime/kernels", "runtime/isa"],
    ["runtime/support"],
]
TEXT = {
    "tools": "snnc, snn-opt, snn-run, snn-...",
    "Equivalence": "two modules, op by op",
    "Compare": "systems side by side",
    "Pipeline": "phases, options, registration",
    "Report": "energy, latency, area",
    "Target": "C++ project, programming image",
    "Calibration": "numbers chosen by running networks",
    "Import": "ONNX to the onnx dialect",
    "Interpreter": "runs IR, op by op",
    "Conversion": "onnx to spike, to EmitC, to xbar",
    "Dialect/Xbar": "tiles, placements, chips in IR",
    "Dialect/Spike": "codings, neurons, attention",
    "Dialect/Onnx": "float ops, weights by key",
    "Chip": "chip descriptions (YAML)",
    "Dialect/Kernel": "op to kernel, cost, samples",
    "Support": "files, YAML, version",
    "runtime/chip": "virtual chip",
    "runtime/image": "programming images",
    "runtime/simulator": "frame of compiled simulators",
    "runtime/phase": "phase coding, three modes",
    "runtime/binary": "LIF and SDSA, three modes",
    "runtime/stochastic": "stochastic attention, three modes",
    "runtime/ttfs": "TTFS, three modes",
    "runtime/data": "npz, safetensors, JSON",
    "runtime/kernels": "the digital unit's arithmetic",
    "runtime/isa": "loops by instruction set",
    "runtime/support": "tensors, codings, interfaces",
}
WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 210, 44, 26, 34, 24


def reduce(arrows):
    """Arrows that no chain of other arrows implies."""
    below = {}
    for a, b in arrows:
        below.setdefault(a, set()).add(b)

    def reaches(a, b, seen):
        for c in below.get(a, ()):
            if c == b:
                return True
            if c not in seen:
                seen.add(c)
                if reaches(c, b, seen):
                    return True
        return False

    return [(a, b) for a, b in arrows
            if not any(c != b and reaches(c, b, set()) for c in below[a])]


def draw(arrows, rooms):
    placed = {name for row in ROWS for name in row}
    missing = [name for name in rooms if name not in placed]
    if missing:
        raise SystemExit(f"docs/draw_architecture.py has no place for {missing}")
    rows = [[name for name in row if name in rooms] for row in ROWS]
    rows = [row for row in rows if row]
    widest = max(len(row) for row in rows)
    width = 2 * MARGIN + widest * WIDTH + (widest - 1) * GAP_X
    height = 2 * MARGIN + len(rows) * HEIGHT + (len(rows) - 1) * GAP_Y
    at = {}
    for r, row in enumerate(rows):
        total = len(row) * WIDTH + (len(row) - 1) * GAP_X
        for c, name in enumerate(row):
            at[name] = ((width - total) / 2 + c * (WIDTH + GAP_X),
                        MARGIN + r * (HEIGHT + GAP_Y), r)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           f'font-family="sans-serif" role="img" aria-label="Rooms of the source tree">',
           '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
           'markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#78716c"/></marker></defs>',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>']
    for a, b in reduce(arrows):
        (x, y, r), (u, v, s) = at[a], at[b]
        x1, y1 = x + WIDTH / 2, y + HEIGHT
        x2, y2 = u + WIDTH / 2, v
        if r == s:  # neighbours on one level
            right = u > x
            x1, y1 = (x + WIDTH if right else x), y + HEIGHT / 2
            x2, y2 = (u if right else u + WIDTH), v + HEIGHT / 2
            path = f"M{x1:.0f},{y1:.0f} L{x2:.0f},{y2:.0f}"
            if abs(u - x) > WIDTH + GAP_X + 1:
                path = f"M{x1:.0f},{y1 + 14:.0f} C{x1:.0f},{y1 + 44:.0f} {x2:.0f},{y2 + 44:.0f} {x2:.0f},{y2 + 20:.0f}"
        else:
            bend = (y2 - y1) / 2
            path = f"M{x1:.0f},{y1:.0f} C{x1:.0f},{y1 + bend:.0f} {x2:.0f},{y2 - bend:.0f} {x2:.0f},{y2:.0f}"
        out.append(f'<path d="{path}" fill="none" stroke="#a8a29e" stroke-width="1.2" marker-end="url(#a)"/>')
    for name, (x, y, _) in at.items():
        fill = "#eef2ff" if not name.startswith("runtime/") else "#ecfdf5"
        if name.startswith("Dialect/"):
            fill = "#fef3c7"
        out.append(f'<rect x="{x:.0f}" y="{y:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="5" '
                   f'fill="{fill}" stroke="#57534e"/>')
        out.append(f'<text x="{x + WIDTH / 2:.0f}" y="{y + 18:.0f}" font-size="13" font-weight="bold" '
                   f'text-anchor="middle" fill="#1c1917">{html.escape(name)}</text>')
        out.append(f'<text x="{x + WIDTH / 2:.0f}" y="{y + 34:.0f}" font-size="10.5" '
                   f'text-anchor="middle" fill="#44403c">{html.escape(TEXT[name])}</text>')
    out.append("</svg>\n")
    return "\n".join(out)


def main():
    source = pathlib.Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(source / "test"))
    import check_layering as layering
    includes = layering.read_includes(source)
    present = {layering.room_of(path) for path, _, _ in includes}
    rooms = [name for name, _ in layering.ROOMS if name in present]
    picture = draw(layering.arrows(includes), rooms)
    file = source / "docs/architecture.svg"
    if "--check" in sys.argv:
        if not file.exists() or file.read_text() != picture:
            print("docs/architecture.svg is not what the tree says; run scripts/update-docs.sh")
            return 1
        return 0
    file.write_text(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
