"""All suites over the reference library, again and again with fresh seeds: every red is a false alarm.

python benchmarks/suites.py --runs 25 --jobs 2
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from _table import made_with, markdown, publish
from gradcheck.properties import run_suite
from gradcheck.properties.catalogue import SUBJECTS

from gradcheck.report import Status

KINDS = tuple(dict.fromkeys(subject.kind for subject in SUBJECTS))

DOUBTFUL = (Status.FAILED, Status.INCONCLUSIVE, Status.UNEXPECTED_PASS)


@dataclass(frozen=True)
class Suite:
    """One suite of one run: how many laws ended how, and what was wrong."""

    seed: int
    subject: str
    kind: str
    counts: tuple[tuple[Status, int], ...]
    verdict: str
    told: tuple[str, ...]

    def count(self, status: Status) -> int:
        """How many laws ended so."""
        return dict(self.counts).get(status, 0)


def run_one(turn: tuple[int, int, int | None]) -> Suite:
    """Run the suite of one subject with one seed; in a worker the place in the catalogue stands for the subject."""
    seed, which, examples = turn
    report = run_suite(SUBJECTS[which], rng=seed, max_examples=examples, cases=None)
    bad = [
        law for law in report.results if law.status in (Status.FAILED, Status.INCONCLUSIVE, Status.UNEXPECTED_PASS)
    ]
    told = tuple(f"{law.code} {law.status}: {law.findings[0].title if law.findings else law.reason}" for law in bad)
    return Suite(seed, report.subject, report.kind, tuple(report.counts.items()), str(report.verdict), told)


def run_all(
    seeds: Sequence[int], *, jobs: int = 1, examples: int | None = None, words: Sequence[str] = ()
) -> list[Suite]:
    """Return every suite of every run, in order; the same in parallel."""
    chosen = [k for k, subject in enumerate(SUBJECTS) if not words or any(word in subject.name for word in words)]
    turns = [(seed, which, examples) for seed in seeds for which in chosen]
    if jobs == 1:
        return [run_one(turn) for turn in turns]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(run_one, turns, chunksize=2))


def table(suites: Sequence[Suite]) -> str:
    """Return one row per kind."""
    head = (
        "kind",
        "subjects",
        "suites",
        "laws held",
        "passed",
        "failed",
        "inconclusive",
        "vacuous",
        "not applicable",
    )
    columns = (Status.PASSED, Status.FAILED, Status.INCONCLUSIVE, Status.VACUOUS, Status.NOT_APPLICABLE)
    rows = []
    for kind in (*KINDS, None):
        mine = [suite for suite in suites if kind in (None, suite.kind)]
        counts = Counter({status: sum(suite.count(status) for suite in mine) for status in Status})
        held = counts.total() - counts[Status.NOT_APPLICABLE]
        subjects = len({suite.subject for suite in mine})
        rows.append([kind or "all", subjects, len(mine), held, *(counts[status] for status in columns)])
    return markdown(head, rows)


def reds(suites: Sequence[Suite]) -> str:
    """Return what did not pass, one line each."""
    lines = [f"- {suite.subject}, seed {suite.seed}: {line}" for suite in suites for line in suite.told]
    return "\n".join(lines) or "No red, and nothing undecided."


def main() -> None:
    """Run, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0, help="first seed; a run takes the next ones")
    parser.add_argument("--max-examples", type=int, default=None, help="examples per law; 50 by default")
    parser.add_argument("--only", nargs="*", default=[], help="words of the names of subjects")
    parser.add_argument("--jobs", type=int, default=1, help="worker processes")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the table to this file")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.runs)
    suites = run_all(seeds, jobs=asked.jobs, examples=asked.max_examples, words=asked.only)
    title = f"## All suites over the reference library: {asked.runs} runs, seeds {seeds[0]} to {seeds[-1]}"
    publish("\n\n".join([title, table(suites), reds(suites), made_with("hypothesis")]), asked.write)


if __name__ == "__main__":
    main()
