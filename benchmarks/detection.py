"""How often a wrong gradient is caught.

Every mutant is applied to every member of the panel, at a few draws each. A mutant that changes nothing there is left
out; so is one that stays below what the report states as its resolution, which is counted apart.

    python benchmarks/detection.py --draws 3 --mode auto --write docs/detection.md
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from _table import made_with, markdown, publish, with_common_options
from gallery.correct import PANEL, Member
from gallery.mutants import MUTANTS, Mutant

import gradcheck

_NOTHING = 1e-9
"""Relative change of the worst entry below which a mutant is the same gradient."""


@dataclass(frozen=True)
class Sighting:
    """One mutant at one draw: by how much it changed the worst entry, and what the check said."""

    mutant: str
    member: str
    group: str
    seed: int
    change: float
    verdict: str
    resolution: float
    kinked: bool

    @property
    def row(self) -> str:
        """The column of the table: a pass counts as below the resolution where the change is."""
        if self.verdict == "pass" and self.change <= self.resolution:
            return "below resolution"
        return "at a kink" if self.verdict == "pass" and self.kinked else self.verdict


def sightings_of(member: Member, seed: int, *, mode: str, mutants: Sequence[Mutant] = MUTANTS) -> list[Sighting]:
    """Return what happens to every mutant of `member` at one draw."""
    rng = np.random.default_rng([seed, 2])
    inputs = member.draw(rng)
    upstream = _upstream(member, inputs, rng)
    changes = ((mutant, mutant.change(member, upstream, inputs)) for mutant in mutants)
    return [_sighting(member, seed, mutant, change, inputs, mode) for mutant, change in changes if change > _NOTHING]


def _sighting(member: Member, seed: int, mutant: Mutant, change: float, inputs: Any, mode: str) -> Sighting:
    subject, arguments, options = mutant.of(member).call(*inputs)
    try:
        report = gradcheck.check(subject, *arguments, **options, mode=mode, rng=seed)
    except Exception as error:
        return Sighting(mutant.name, member.name, member.group, seed, change, f"crash: {error}", 0.0, kinked=False)
    kinked = any(finding.code == "GC901" for finding in report.findings)
    resolution = max((c.resolution for c in report.comparisons if c.resolution), default=0.0)
    return Sighting(
        mutant.name, member.name, member.group, seed, change, str(report.verdict), resolution, kinked=kinked
    )


def _upstream(member: Member, inputs: Any, rng: np.random.Generator) -> Any:
    out = member.value(*inputs)
    drawn = [rng.uniform(0.5, 1.5, np.shape(o)) * rng.choice([-1.0, 1.0], np.shape(o)) for o in _several(out)]
    return tuple(drawn) if isinstance(out, tuple) else drawn[0]


def _several(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)


def run(members: Sequence[Member], seeds: Sequence[int], *, mode: str = "auto", jobs: int = 1) -> list[Sighting]:
    """Return all sightings, in order."""
    if jobs == 1:
        return [s for seed in seeds for member in members for s in sightings_of(member, seed, mode=mode)]
    turns = [(PANEL.index(member), seed) for seed in seeds for member in members]
    check = partial(_turn, mode=mode)
    with ProcessPoolExecutor(jobs) as pool:
        return [s for some in pool.map(check, turns, chunksize=8) for s in some]


def _turn(turn: tuple[int, int], *, mode: str) -> list[Sighting]:
    """Run one turn in a worker: members hold functions that cannot be sent, so their place in the panel is."""
    index, seed = turn
    return sightings_of(PANEL[index], seed, mode=mode)


def table(sightings: Sequence[Sighting]) -> str:
    """Return one row per mutant."""
    head = ("wrong gradient", "cases", "fail", "inconclusive", "pass", "pass at a kink", "pass below resolution")
    rows = []
    for mutant in MUTANTS:
        mine = Counter(s.row for s in sightings if s.mutant == mutant.name)
        known = ("fail", "inconclusive", "pass", "at a kink", "below resolution")
        rows.append([mutant.name, mine.total(), *(mine[name] for name in known)])
    return markdown(head, rows)


def missed(sightings: Sequence[Sighting]) -> Iterator[str]:
    """Yield a line per mutant that passed although it is above the stated resolution and no kink is near."""
    for s in sightings:
        if s.row not in ("fail", "inconclusive", "below resolution", "at a kink"):
            told = f"worst entry off by {s.change:.1e}, stated resolution {s.resolution:.1e}"
            yield f"- {s.verdict}: {s.mutant}, {s.member} ({s.group}), seed {s.seed}: {told}"


def main() -> None:
    """Run the mutants and print the table."""
    parser = with_common_options(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    parser.add_argument("--draws", type=int, default=1, help="draws per member")
    parser.add_argument("--members", type=int, default=len(PANEL), help="so many members, spread over the panel")
    asked = parser.parse_args()
    members = PANEL[:: max(len(PANEL) // asked.members, 1)]
    sightings = run(members, range(asked.seed, asked.seed + asked.draws), mode=asked.mode, jobs=asked.jobs)
    tabled = [s for s in sightings if "noise floor" not in s.group]
    title = f"## Wrong gradients: mode {asked.mode}, {asked.draws} draws per member from seed {asked.seed}"
    apart = "Members at the noise floor are left out of the table; what passed without excuse is listed."
    listed = "\n".join(missed(sightings)) or "Nothing passed without excuse."
    publish("\n\n".join([title, table(tabled), apart, listed, made_with()]), asked.write)


if __name__ == "__main__":
    main()
