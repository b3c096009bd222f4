# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tables of results, as text and as HTML without script."""

import html
from typing import Any, Iterable, List, Sequence

#: Prefixes of units, for a power of 1000 each.
_PREFIXES = {-6: "a", -5: "f", -4: "p", -3: "n", -2: "µ", -1: "m", 0: "", 1: "k",
             2: "M", 3: "G", 4: "T"}


def with_unit(value: float, unit: str, digits: int = 3) -> str:
    """A number with the prefix that fits it: 4.7e-9 J is 4.70 nJ."""
    if value == 0 or value != value:
        return f"{value:g} {unit}"
    value = float(f"{value:.{digits}g}")  # 99.99 is 100
    power = 0
    size = abs(value)
    while size < 1 and power > -6:
        size, power = size * 1000, power - 1
    while size >= 1000 and power < 4:
        size, power = size / 1000, power + 1
    scaled = float(f"{value / 1000.0 ** power:.{digits}g}")
    places = max(0, digits - len(str(int(abs(scaled)))))
    return f"{scaled:.{places}f} {_PREFIXES[power]}{unit}"


def percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def as_html(headings: Sequence[str], rows: Iterable[Sequence[Any]],
            caption: str = "") -> str:
    def cells(kind: str, values: Sequence[Any]) -> str:
        return "".join(f"<{kind}>{html.escape(str(v))}</{kind}>"
                       for v in values)

    title = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (f"<table>{title}<thead><tr>{cells('th', headings)}</tr></thead>"
            f"<tbody>{body}</tbody></table>")


def as_text(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines: List[List[str]] = [list(headings)]
    lines += [[str(v) for v in row] for row in rows]
    widths = [max(len(line[i]) for line in lines)
              for i in range(len(headings))]
    return "\n".join(
        "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(line, widths)))
        .rstrip() for line in lines)


def axes(ax: Any) -> Any:
    """Where to plot: matplotlib is loaded when it is asked for, not before."""
    if ax is not None:
        return ax
    from matplotlib import pyplot  # type: ignore[import]
    return pyplot.subplots()[1]
