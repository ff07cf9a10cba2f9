"""How much slower each reference is than the fastest plain NumPy form of its formula.

Both are called in turn, in a new order every round, and the table shows the median of the ratios. What is timed is
listed in `reference_workloads.py`.

    python benchmarks/reference_speed.py --write docs/measurements/reference-speed.md
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from _table import made_with, markdown, publish
from _units import in_units
from reference_workloads import WORKLOADS, Row, activation_rows


def ratios(rows: Sequence[Row], rounds: int) -> list[tuple[Row, float]]:
    """Return how many times the plain form's time each reference takes."""
    with np.errstate(all="ignore"):
        return [(row, in_units(row.plain, {row.name: row.ours}, rounds)[row.name]) for row in rows]


def table(found: Sequence[tuple[Row, float]]) -> str:
    """Return one row per reference; what is slower than it should be is marked."""
    lines = [[f"`{row.name}`", f"{ratio:.2f}", f"{row.allowed:g}", _mark(row, ratio)] for row, ratio in found]
    return markdown(("reference", "times the plain form", "aim", ""), lines)


def _mark(row: Row, ratio: float) -> str:
    return "slower" if ratio > row.allowed else ""


WHY = """\
What is slower buys its digits, or lets NaN through: the plain forms are wrong somewhere. `tanhshrink` loses all
digits next to 0, and is a series here; `mish` overflows; `gelu_tanh` and the square-root forms cancel to the
left; the exponentials of the softmax family get back what rounding took from their differences; a choice
between two forms costs NumPy as much as an exponential. In float32 the exponentials of NumPy are off by up to 3
units in the last place: the references compute in float64, and take the time of float64."""


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="rounds of which the median is shown")
    parser.add_argument("--size", type=int, default=10**6, help="numbers in an array")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the tables to this file")
    asked = parser.parse_args()
    rows = [row for make in WORKLOADS for row in (make(asked.size) if make is activation_rows else make())]
    parts = [
        f"## References beside plain NumPy, {asked.size:,} numbers, median of {asked.rounds} rounds",
        "### float64",
        table(ratios(rows, asked.rounds)),
        "### float32",
        table(ratios(activation_rows(asked.size, np.float32), asked.rounds)),
        WHY,
        made_with(),
    ]
    publish("\n\n".join(parts), asked.write)


if __name__ == "__main__":
    main()
