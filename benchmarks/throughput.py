"""How long a whole suite takes at the `ci` profile, and how much of it goes into drawing inputs.

    python benchmarks/throughput.py --rounds 5

The profile is Hypothesis's own, 100 examples, of which a law gets half. The budgets: 2 s for an activation, 10 s for
a batch normalization, 30 % for drawing. Times depend on the machine; they are reported, and asserted nowhere.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from _table import made_with, markdown, publish
from gradcheck.properties import _case, run_suite
from gradcheck.properties.catalogue import SUBJECTS

BUDGETS = {"activation": 2.0, "normalization": 10.0}
DRAWING = 0.30
CHOSEN = ("tanh", "relu", "sigmoid", "BatchNorm", "InstanceNorm")


@dataclass
class Clock:
    """Seconds that were spent drawing, arrays included."""

    seconds: float = 0.0
    draws: int = 0
    depth: int = field(default=0, repr=False)


@contextmanager
def drawing() -> Iterator[Clock]:
    """Measure how long every draw of a law takes."""
    clock, kept = Clock(), {name: getattr(_case.Case, name) for name in ("pick", "array")}

    def timed(name: str) -> Any:
        def method(*arguments: Any) -> Any:
            start, clock.depth = time.process_time(), clock.depth + 1
            try:
                return kept[name](*arguments)
            finally:
                clock.depth -= 1
                if not clock.depth:  # `array` picks
                    clock.seconds, clock.draws = clock.seconds + time.process_time() - start, clock.draws + 1

        return method

    try:
        for name in kept:
            setattr(_case.Case, name, timed(name))
        yield clock
    finally:
        for name, method in kept.items():
            setattr(_case.Case, name, method)


def measured(subject: Any, rounds: int) -> tuple[float, float, int]:
    """Return seconds of processor time of one suite and of its draws, medians of several rounds, and checks run."""
    run_suite(subject, max_examples=2, cases=None)
    seen, drawn, ran = [], [], 0
    for seed in range(rounds):
        start = time.process_time()
        with drawing() as clock:
            ran = run_suite(subject, rng=seed, cases=None, max_examples=50).ran
        seen.append(time.process_time() - start)
        drawn.append(clock.seconds)
    return median(seen), median(drawn), ran


def table(rounds: int, names: tuple[str, ...] = CHOSEN) -> str:
    """Return one row per subject."""
    rows = []
    for subject in SUBJECTS:
        if subject.name in names:
            whole, draws, ran = measured(subject, rounds)
            budget = BUDGETS.get(subject.kind or "", 0.0)
            rows.append([subject.name, subject.kind, ran, f"{whole:.2f}", f"{budget:g}", f"{draws / whole:.0%}"])
    return markdown(("subject", "kind", "checks", "seconds", "budget", "share of drawing (budget 30 %)"), rows)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the table to this file")
    asked = parser.parse_args()
    title = f"## Time of a whole suite, 50 examples a law, median of {asked.rounds} seeds"
    told = f"Seconds of processor time on one of {os.cpu_count()} cores of a machine that does other things as well."
    publish("\n\n".join([title, told, table(asked.rounds), made_with("hypothesis")]), asked.write)


if __name__ == "__main__":
    main()
