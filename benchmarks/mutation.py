"""Mistakes put into every backward of the reference library, and which of them our own suite lets live.

    python benchmarks/mutation.py --each 12 --jobs 1

Of every function that claims a gradient, and of what those alone call, as many mistakes are drawn as asked for, kinds
in turn (`gradcheck mutate`). Mistakes that never return anything, and those that change no value at hundreds of calls
(kinks, ties, batches of 1, 2, 7 and of 70,000 entries among them), are counted apart. Every survivor is listed with
its edit, and with the reason where it was looked into.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from _table import made_with, markdown, publish, with_common_options

from gradcheck.engine import collect
from gradcheck.mutation._by_suite import BySuite
from gradcheck.mutation._draw import in_turns
from gradcheck.mutation._mutants import Mutant, chosen_operators, mutants_of
from gradcheck.mutation._sites import Site, sites_of
from gradcheck.report import Fate

TARGET = "gradcheck.reference"

_PATIENCE = 900.0
"""Seconds for one mistake: on a busy machine the clock is no witness."""

_REMAINDER = "a remainder worth 2e-7 of e^-x at x = 20, and more only farther out than the gradient laws look"

KNOWN: dict[tuple[str, str], str] = {
    ("halves", "a for high"): _REMAINDER,
    ("halves", "gradient 2 reversed"): _REMAINDER,
}
"""Survivors that were looked into: function and mistake -> why our suite lets them live."""


@dataclass(frozen=True)
class Outcome:
    """What became of one mistake in a function of a family of the library."""

    family: str
    site: str
    mutant: Mutant
    fate: Fate
    by: str | None


def family(site: Site) -> str:
    """Return the folder of the library that a function is from, or its file."""
    parts = site.file.replace("\\", "/").partition("reference/")[2].split("/")
    return parts[0].removesuffix(".py") if len(parts) > 1 else "shared"


def outcomes(seed: int, each: int, jobs: int, examples: int, words: Sequence[str] = ()) -> Iterator[Outcome]:
    """Yield what becomes of `each` mistakes of every function.

    Who survives a few examples per law is judged once more with as many as a suite has by default.
    """
    sites = sites_of([item.declaration for item in collect([TARGET])])
    judge, thorough = (BySuite(TARGET, sites, seed, number, jobs, _PATIENCE) for number in (examples, None))
    chosen = [k for k, site in enumerate(sites) if not words or any(word in site.name for word in words)]
    everything = chosen_operators(())
    drawn = [m for k in chosen for m in islice(in_turns(mutants_of(k, sites[k], everything), seed), each)]

    def one(mutant: Mutant) -> Outcome:
        site = sites[mutant.site]
        fate, by, _ = judge.fate(mutant, site)
        if fate is Fate.SURVIVED:
            fate, by, _ = thorough.fate(mutant, site)
        return Outcome(family(site), site.name, mutant, fate, by)

    try:
        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(one, drawn)
    finally:
        judge.close()
        thorough.close()


def table(found: Sequence[Outcome]) -> str:
    """Return one row per family."""
    head = ("family", "functions", "mistakes", "never return", "equivalent", "killed", "survived", "score")
    families = sorted({outcome.family for outcome in found})
    rows = []
    for name in (*families, None):
        mine = [outcome for outcome in found if name in (None, outcome.family)]
        count = Counter(outcome.fate for outcome in mine)
        killed, survived = count[Fate.KILLED] + count[Fate.TIMEOUT], count[Fate.SURVIVED]
        score = f"{100 * killed / (killed + survived):.1f} %" if killed + survived else "-"
        functions = len({outcome.site for outcome in mine})
        rows.append(
            [
                name or "all",
                functions,
                len(mine),
                count[Fate.RAISES],
                count[Fate.EQUIVALENT],
                killed,
                survived,
                score,
            ]
        )
    return markdown(head, rows)


def survivors(found: Sequence[Outcome]) -> str:
    """Return the survivors, one line each, with the reason where it is known."""
    lines = []
    for outcome in found:
        if outcome.fate is Fate.SURVIVED:
            why = KNOWN.get((outcome.site, outcome.mutant.what), "not looked into")
            lines.append(f"- `{outcome.site}`, `{outcome.mutant.what}` in line {outcome.mutant.line}: {why}")
    return "\n".join(lines) or "No mistake survived."


def judges(found: Sequence[Outcome]) -> str:
    """Return which laws told first."""
    count = Counter(outcome.by for outcome in found if outcome.fate in (Fate.KILLED, Fate.TIMEOUT))
    return "Told first by: " + ", ".join(f"{code} ({number})" for code, number in count.most_common()) + "."


def main() -> None:
    """Print the table."""
    parser = with_common_options(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    parser.add_argument("--each", type=int, default=12, help="mistakes per function")
    parser.add_argument("--examples", type=int, default=20, help="generated examples per law")
    parser.add_argument("--only", nargs="*", default=[], help="words of the names of functions")
    parser.add_argument("--list", action="store_true", help="print every mistake with its fate")
    asked = parser.parse_args()
    found = []
    for outcome in outcomes(asked.seed, asked.each, asked.jobs, asked.examples, asked.only):
        found.append(outcome)
        if asked.list:
            print(f"{outcome.fate:10} {outcome.site}: {outcome.mutant.what} {outcome.by or ''}", flush=True)
    title = f"## Mistakes in the reference library, {asked.each} per function, seed {asked.seed}"
    publish("\n\n".join([title, table(found), judges(found), survivors(found), made_with("hypothesis")]), asked.write)


if __name__ == "__main__":
    main()
