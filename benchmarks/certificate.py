"""Does a pass keep its word? Errors planted just above the resolution that the report states.

A member of the panel that passes states, for each input, a resolution r: the smallest error of one entry that the
check would have noticed, relative to the root mean square entry of that input's gradient. So one random entry is
spoiled by c r times that typical entry, for c of 1.05, 2 and 10, and the check is repeated with the same seed and
with another one. A pass is a miss, and is listed: *restated* if the second report says itself that it could not have
seen so small an error, else *unseen*. The upstream is given, so that it is known by how much the entry is off.

    python benchmarks/certificate.py --draws 2 --write docs/measurements/certificate.md
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import location
import numpy as np
from _table import made_with, markdown, publish
from gallery.correct import PANEL, Member
from gallery.mutants import Mutant

import gradcheck
from gradcheck.report import Comparison

FACTORS = (1.05, 2.0, 10.0)
SEEDS = ("same", "another")
SIZES = (10, 10**2, 10**3, 10**4, 10**5, 10**6)
_TINY = 1e-7


@dataclass(frozen=True)
class Trial:
    """One planted error of `factor` times the stated resolution, and what became of it."""

    member: str
    draw: int
    path: str
    index: int
    resolution: float
    factor: float
    seed: str
    verdict: str
    kinked: bool
    restated: float
    """The resolution that the second report states."""

    @property
    def row(self) -> str:
        """The column of the table."""
        if self.verdict != "pass":
            return self.verdict
        if self.kinked:
            return "at a kink"
        return "restated" if self.restated >= self.factor * self.resolution else "unseen"


def trials_of(member: Member, draw: int) -> list[Trial]:
    """Return the trials of one draw of `member`: none if it does not pass, or states no resolution."""
    rng = np.random.default_rng([draw, 3])
    inputs = member.draw(rng)
    upstream = _upstream(member, inputs, rng)
    report = _checked(member, inputs, upstream, draw)
    if report is None or not report.ok:
        return []
    gradients = [np.asarray(g) for g in member.pull(upstream, *inputs) if g is not None]
    found = []
    for which, (compared, gradient) in enumerate(zip(report.comparisons, gradients, strict=True)):
        spot = _spot(gradient, rng)
        if compared.resolution and spot is not None:
            found += _trials(member, draw, inputs, upstream, which, spot, compared, gradient)
    return found


def _trials(
    member: Member,
    draw: int,
    inputs: Any,
    upstream: Any,
    which: int,
    spot: int,
    compared: Comparison,
    gradient: np.ndarray,
) -> Iterator[Trial]:
    typical = float(np.sqrt(np.mean(gradient**2)))
    for factor in FACTORS:
        error = factor * compared.resolution * typical / abs(float(gradient.flat[spot]))
        wrong = _planted(which, spot, error).of(member)
        for name, seed in zip(SEEDS, (draw, draw + 1_000_003), strict=True):
            again = _checked(wrong, inputs, upstream, seed)
            told = (member.name, draw, compared.input, spot, compared.resolution, factor, name)
            yield Trial(*told, *_said(again, which))


def _said(report: gradcheck.Report | None, which: int) -> tuple[str, bool, float]:
    """Return the verdict, whether it speaks of a kink, and the resolution it states for one input."""
    if report is None:
        return "crash", False, 0.0
    kinked = any(f.code == "GC901" for f in report.findings)
    stated = report.comparisons[which].resolution if report.comparisons else None
    return str(report.verdict), kinked, stated or 0.0


def _planted(which: int, spot: int, error: float) -> Mutant:
    def wrong(gradients: list[Any]) -> list[Any]:
        changed = [np.array(g, dtype=float) for g in gradients]
        changed[which].flat[spot] *= 1 + error
        return changed

    return Mutant("one entry, just above the resolution", wrong)


def _spot(gradient: np.ndarray, rng: np.random.Generator) -> int | None:
    known = np.flatnonzero(gradient)
    return int(rng.choice(known)) if known.size else None


def _checked(member: Member, inputs: Any, upstream: Any, seed: int) -> gradcheck.Report | None:
    subject, arguments, options = member.call(*inputs)
    try:
        return gradcheck.check(subject, *arguments, **options, upstream=upstream, rng=seed)
    except Exception:
        return None


def _upstream(member: Member, inputs: Any, rng: np.random.Generator) -> Any:
    out = member.value(*inputs)
    drawn = [
        rng.uniform(0.6, 1.4, np.shape(o)) * rng.choice([-1.0, 1.0], np.shape(o))
        for o in (out if isinstance(out, tuple) else (out,))
    ]
    return tuple(drawn) if isinstance(out, tuple) else drawn[0]


def table(trials: Sequence[Trial]) -> str:
    """Return one row per factor and seed."""
    named = {"at a kink": "pass at a kink", "restated": "pass, restated", "unseen": "pass, unseen"}
    known = ("fail", "inconclusive", *named, "crash")
    head = ("error / stated resolution", "seed", "trials", *(named.get(name, name) for name in known))
    rows = []
    for factor in FACTORS:
        for seed in SEEDS:
            seen = Counter(t.row for t in trials if (t.factor, t.seed) == (factor, seed))
            rows.append([factor, seed, seen.total(), *(seen[name] for name in known)])
    return markdown(head, rows)


def missed(trials: Sequence[Trial]) -> Iterator[str]:
    """Yield a line per error above the stated resolution that passed."""
    for t in trials:
        if t.row in ("restated", "unseen", "crash"):
            told = f"{t.factor:g} x {t.resolution:.1e}, {t.seed} seed; then stated: {t.restated:.1e}"
            yield f"- {t.row}: {t.member}, draw {t.draw}, {t.path} entry {t.index}: {told}"


# -- one wrong entry against size ------------------------------------------------------------------------------------


def typical_entry(subject: location.Subject, n: int, seed: int) -> str:
    """Return the verdict where an entry of typical size is off by 1e-3 of itself."""
    x = subject.draw(n, np.random.default_rng([seed, n]))
    upstream = np.random.default_rng([seed, n, 1]).uniform(0.6, 1.4, np.shape(subject.forward(x)))
    size = np.abs(subject.vjp(upstream, x))
    spot = int(np.argmin(np.abs(size - np.sqrt(np.mean(size**2)))))
    wrong = location.planted(subject, [spot], 1e-3)
    return str(gradcheck.check(subject.forward, x, vjp=wrong, upstream=upstream, rng=seed).verdict)


def tiny_entry(n: int, seed: int, share: float) -> str:
    """Return the verdict where the wrong entry is 10^7 times smaller than its neighbours, and off by `share`."""
    rng = np.random.default_rng([seed, n])
    x, scale, spot = rng.uniform(0.2, 1.2, n), np.ones(n), int(rng.integers(n))
    scale[spot] = _TINY
    wrong = np.ones(n)
    wrong[spot] = 1 + share
    report = gradcheck.check(lambda x: scale * np.sin(x), x, vjp=lambda u, x: u * scale * wrong * np.cos(x), rng=seed)
    return str(report.verdict)


def size_table(sizes: Sequence[int], trials: int) -> str:
    """Return one row per size: fail / inconclusive / pass of every kind of wrong entry."""
    kinds = {s.name: (lambda n, seed, s=s: typical_entry(s, n, seed)) for s in location.SUBJECTS}
    kinds |= {
        "10^7 times smaller, off by 10 %": lambda n, seed: tiny_entry(n, seed, 0.1),
        "10^7 times smaller, zero": lambda n, seed: tiny_entry(n, seed, -1.0),
    }
    rows = [[f"{n:.0e}", *(_counts(verdict, n, trials) for verdict in kinds.values())] for n in sizes]
    return markdown(("n", *kinds), rows)


def _counts(verdict: Any, n: int, trials: int) -> str:
    seen = Counter(verdict(n, seed) for seed in range(trials))
    return " / ".join(str(seen[name]) for name in ("fail", "inconclusive", "pass"))


def main() -> None:
    """Run the trials and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1, help="draws per member of the panel")
    parser.add_argument("--trials", type=int, default=10, help="trials per cell of the table of sizes")
    parser.add_argument("--sizes", type=float, nargs="*", default=SIZES, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the tables to this file")
    parser.add_argument("--members", type=int, default=len(PANEL), help="so many members, spread over the panel")
    asked = parser.parse_args()
    members = PANEL[:: max(len(PANEL) // asked.members, 1)]
    draws = range(asked.seed, asked.seed + asked.draws)
    trials = [t for member in members for draw in draws for t in trials_of(member, draw)]
    parts = [
        f"## Errors just above the stated resolution, {asked.draws} draws per member from seed {asked.seed}",
        table(trials),
        "\n".join(missed(trials)) or "Nothing above the stated resolution passed.",
        f"## One wrong entry against size: fail / inconclusive / pass of {asked.trials}",
        size_table([int(n) for n in asked.sizes], asked.trials),
        "The first columns: an entry of typical size, off by a thousandth of itself.",
        made_with(),
    ]
    publish("\n\n".join(parts), asked.write)


if __name__ == "__main__":
    main()
