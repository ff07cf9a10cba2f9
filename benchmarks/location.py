"""Which entries are wrong: k of n planted, and what the report names.

A gradient is right but for k entries, which are off by a share of their own size. A report names them exactly, some
of them, or none; it may also name one that is right. The budget for finding them is 25 + 10 k log2 n calls, and 60
units for one among a million. The diagnosis, which asks for the cause after the entries are known, is counted apart.

    python benchmarks/location.py --write docs/measurements/location.md
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from _table import made_with, markdown, publish
from _units import seconds

import gradcheck
from gradcheck.checks.comparison._later import postponed

Array = np.ndarray
Index = tuple[int, ...]

KS = (1, 2, 3, 5, 10)
SIZES = (10**3, 10**4, 10**5, 10**6)
_WRONG = ("GC101", "GC102")


@dataclass(frozen=True)
class Subject:
    """A function of one array: ``forward(x)``, ``vjp(u, x)``, and how a point with `n` entries is drawn."""

    name: str
    forward: Callable[[Array], Any]
    vjp: Callable[[Any, Array], Array]
    draw: Callable[[int, np.random.Generator], Array]


def _matrix(n: int, rng: np.random.Generator) -> Array:
    side = isqrt(n)
    return rng.standard_normal((side, n // side)) / np.sqrt(side)


def _batch(rows: int) -> Array:
    return np.random.default_rng(11).standard_normal((8, rows))


def _weights_vjp(u: Array, w: Array) -> Array:
    return _batch(w.shape[0]).T @ (u * (1 - np.tanh(_batch(w.shape[0]) @ w) ** 2))


SUBJECTS = (
    Subject("elementwise, sin(x)", np.sin, lambda u, x: u * np.cos(x), lambda n, rng: rng.uniform(0.2, 1.2, n)),
    Subject("layer, tanh(X W)", lambda w: np.tanh(_batch(w.shape[0]) @ w), _weights_vjp, _matrix),
    Subject(
        "loss, mean of log cosh(x)",
        lambda x: np.mean(np.log(np.cosh(x))),
        lambda u, x: u * np.tanh(x) / x.size,
        lambda n, rng: rng.uniform(0.5, 1.5, n) * rng.choice([-1.0, 1.0], n),
    ),
)


@dataclass(frozen=True)
class Sighting:
    """One check of a gradient with planted errors."""

    subject: str
    n: int
    planted: int
    verdict: str
    named: int
    """Planted entries that the report names."""
    invented: int
    """Entries that it names although they are right."""
    counted: int | None
    """How many it says are wrong."""
    calls: int
    for_cause: int
    """Calls that the diagnosis adds."""
    own: float
    """Time that the subject's own calls take until the entries are known, in units."""
    units: float
    """Time of the whole check, diagnosis included, in units."""

    @property
    def exact(self) -> bool:
        """Whether all of the planted entries are named, and no other."""
        return self.named == self.planted and not self.invented

    @property
    def budget(self) -> float:
        """Calls that k of n may cost."""
        return 25 + 10 * self.planted * np.log2(self.n)


class Timed:
    """A function that counts its calls and adds up their time."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function, self.seconds, self.calls = function, 0.0, 0

    def __call__(self, *arguments: Any) -> Any:
        """Call it."""
        self.calls += 1
        start = perf_counter()
        try:
            return self._function(*arguments)
        finally:
            self.seconds += perf_counter() - start


def planted(subject: Subject, where: Sequence[int], share: float) -> Callable[[Any, Array], Array]:
    """Return the subject's vjp with the entries `where` off by `share` of their own size."""

    def wrong(u: Any, x: Array) -> Array:
        gradient = np.array(subject.vjp(u, x))
        gradient.flat[where] *= 1 + share
        return gradient

    return wrong


def sighting(subject: Subject, n: int, k: int, share: float, seed: int) -> Sighting:
    """Plant, check, and compare what the report names with what was planted."""
    rng = np.random.default_rng([seed, n, k])
    x = subject.draw(n, rng)
    where = rng.choice(x.size, k, replace=False)
    wrong = planted(subject, where, share)
    forward, vjp = Timed(subject.forward), Timed(wrong)
    with postponed() as later:
        report = gradcheck.check(lambda x: forward(x), x, vjp=lambda u, x: vjp(u, x), rng=seed)
    calls, own, start = forward.calls + vjp.calls, forward.seconds + vjp.seconds, perf_counter()
    for finding in report.findings:
        later.completed(finding)
    whole = report.cost.seconds + perf_counter() - start
    unit = _unit(subject, wrong, x)
    truth = {tuple(map(int, np.unravel_index(j, x.shape))) for j in where}
    named = named_by(report)
    counts = [f.wrong for f in report.findings if f.code in _WRONG and f.wrong is not None]
    return Sighting(
        subject.name,
        x.size,
        k,
        str(report.verdict),
        len(named & truth),
        len(named - truth),
        sum(counts) if counts else None,
        calls,
        forward.calls + vjp.calls - calls,
        own / unit,
        whole / unit,
    )


def named_by(report: gradcheck.Report) -> set[Index]:
    """Return the index of every entry that the report calls wrong."""
    return {entry.index for f in report.findings if f.code in _WRONG for entry in f.entries}


def _unit(subject: Subject, vjp: Callable[[Any, Array], Array], x: Array) -> float:
    u = np.ones(np.shape(subject.forward(x)))
    return median(seconds(lambda: (subject.forward(x), vjp(u, x))) for _ in range(3))


def run(sizes: Sequence[int], ks: Sequence[int], trials: int, share: float, seed: int = 0) -> list[Sighting]:
    """Return every sighting, by subject, size and number of wrong entries."""
    return [
        sighting(subject, n, k, share, seed + trial)
        for subject in SUBJECTS
        for n in sizes
        for k in ks
        for trial in range(trials)
    ]


def table(sightings: Sequence[Sighting]) -> str:
    """Return one row per subject, size and number of wrong entries."""
    head = (
        "subject",
        "n",
        "wrong",
        "trials",
        "fail",
        "exactly named",
        "named",
        "counted",
        "invented",
        "calls",
        "budget",
        "for the cause",
        "units of the subject",
        "in all",
    )
    cells = dict.fromkeys((s.subject, s.n, s.planted) for s in sightings)
    return markdown(head, [_row([s for s in sightings if (s.subject, s.n, s.planted) == cell]) for cell in cells])


def _row(some: Sequence[Sighting]) -> list[object]:
    first, calls = some[0], [s.calls for s in some]
    over = " (over)" if max(calls) > first.budget else ""
    return [
        first.subject,
        f"{first.n:.0e}",
        first.planted,
        len(some),
        sum(s.verdict == "fail" for s in some),
        sum(s.exact for s in some),
        f"{sum(s.named for s in some)} of {sum(s.planted for s in some)}",
        sum(s.counted == s.planted for s in some),
        sum(s.invented for s in some),
        f"{median(calls):.0f} to {max(calls)}{over}",
        f"{first.budget:.0f}",
        f"{median(s.for_cause for s in some):.0f}",
        f"{median(s.own for s in some):.0f}",
        f"{median(s.units for s in some):.0f}",
    ]


_NOTE = """\
*Exactly named*: the report's entries are those that were planted, no more and no fewer; *named*: planted entries
that it shows, of all planted; *counted*: trials in which it says that k are wrong; *invented*: entries that it shows
although they are right. *Calls*: forwards and backwards until the entries are known, health included, median to most;
*budget*: 25 + 10 k log2 n; *for the cause*: calls that the diagnosis adds. *Units*: time of the subject's own calls
until the entries are known, and of the whole check with its diagnosis, in times of one forward and one backward; on
small sizes the latter is Python's own."""


def main() -> None:
    """Run the trials and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--sizes", type=float, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--wrong", type=int, nargs="+", default=KS, metavar="K")
    parser.add_argument("--share", type=float, default=0.1, help="error, as a share of the entry")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the table to this file")
    asked = parser.parse_args()
    sightings = run([int(n) for n in asked.sizes], asked.wrong, asked.trials, asked.share, asked.seed)
    title = f"## k wrong entries of n, each off by {asked.share:g} of its size, {asked.trials} trials"
    publish("\n\n".join([title, table(sightings), _NOTE, made_with()]), asked.write)


if __name__ == "__main__":
    main()
