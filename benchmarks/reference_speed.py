"""How much slower each reference is than the fastest plain NumPy form of its formula.

All forms of a function are called in turn, in a new order every round, and the shortest times are compared.
The textbook's form is often wrong somewhere, and no measure then: what counts is the fastest form that is within the
reference's bound over the whole range, 4 units in the last place in float64 and 2 in float32, with infinities and NaN
where they belong. Which these are, the oracle of the tests decides (`reference_workloads.py`). Memory that is freed
is kept for the next call, so that nobody waits for pages from the system.

    python benchmarks/reference_speed.py --write docs/measurements/reference-speed.md
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from _table import made_with, markdown, publish
from _units import best_seconds, keep_memory
from reference_workloads import FORMS, TEXTBOOK, Row, activation_rows

AIM = 1.5
HEAD = ("reference", "times the textbook", "which is off by", "times the fastest within the bound", "which is", "")


def ratios(row: Row, rounds: int) -> dict[str, float]:
    """Return how many times the time of each form the reference takes."""
    with np.errstate(all="ignore"):
        times = best_seconds({"": row.ours, **row.forms}, rounds)
    return {title: times[""] / times[title] for title in row.forms}


def table(found: Iterable[tuple[Row, dict[str, float]]]) -> str:
    """Return one row per reference; what is slower than it should be is marked."""
    return markdown(HEAD, (_line(row, times) for row, times in found))


def _line(row: Row, times: dict[str, float]) -> list[str]:
    fastest = max(row.within, key=times.__getitem__)
    slower = "slower" if times[fastest] > AIM else ""
    return [
        f"`{row.name}`",
        f"{times[TEXTBOOK]:.2f}",
        _told(row.off[TEXTBOOK]),
        f"{times[fastest]:.2f}",
        fastest,
        slower,
    ]


def _told(ulps: float) -> str:
    if ulps == float("inf"):
        return "NaN or infinity"
    return f"{ulps:.2f}" if ulps < 1000 else f"{ulps:.0e}"


WHY = """\
*Careful* forms are those of `benchmarks/reference_workloads.py` after the first; *in double*: float32 carried out in
float64 and rounded once, because the exponentials of NumPy in float32 are off by up to 3 units in the last place;
*ours, at once*: the reference's own formula, on the whole array instead of block by block."""


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="rounds of which the best counts")
    parser.add_argument("--size", type=int, default=10**6, help="numbers in an array")
    parser.add_argument("--only", nargs="*", default=tuple(FORMS), metavar="NAME", help="these references only")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the tables to this file")
    asked = parser.parse_args()
    keep_memory()
    parts = [f"## References beside plain NumPy, {asked.size:,} numbers, best of {asked.rounds} rounds"]
    for dtype in (np.float64, np.float32):
        rows = activation_rows(asked.size, dtype, names=asked.only)
        parts += [f"### {dtype.__name__}, aim {AIM}", table((row, ratios(row, asked.rounds)) for row in rows)]
    publish("\n\n".join([*parts, WHY, made_with("mpmath")]), asked.write)


if __name__ == "__main__":
    main()
