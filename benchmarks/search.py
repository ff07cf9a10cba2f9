"""Bugs that only some inputs show: what a search finds, how soon, and how small the input is that it shows.

    python benchmarks/search.py --seeds 20        # half an hour; `pip install '.[peers]'` for the last column

Twelve layers, each with a bug for saturated inputs, entries that are exactly 0, constant rows and columns, batches of
one, widths of one, strided inputs, and a second call with another batch (`tests/gallery/conditional.py`). Beside it:
how many of them one draw of standard normal numbers shows to this project's check and to torch's.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _peers import Counted, torch_gradcheck
from _table import made_with, markdown, publish, share
from gallery.conditional import LAYERS, SECOND_CALL, TROUBLES, Trouble, planted

import gradcheck

ALL = (*TROUBLES, SECOND_CALL)


@dataclass(frozen=True)
class Run:
    """One search: after how many inputs it found the bug (None: not), and the shape that it ended at."""

    layer: str
    trouble: str
    seed: int
    found_after: int | None
    shape: tuple[int, ...] | None

    @property
    def is_smallest(self) -> bool:
        """Whether no smaller shape shows the bug."""
        wanted = next(trouble.smallest for trouble in ALL if trouble.name == self.trouble)
        return self.shape == wanted


def hunted(layer: str, trouble: Trouble, seed: int) -> Run:
    """Search for one bug."""
    pair, arguments = LAYERS[layer]
    report = gradcheck.search(planted(pair, trouble), *arguments, rng=seed, cases=None)
    shape = re.search(r"shape=\(([\d, ]+)\)", report.counterexample or "")
    found = None if shape is None else tuple(int(size) for size in shape[1].split(",") if size.strip())
    return Run(layer, trouble.name, seed, report.found_after, found)


def hunts(layers: Sequence[str], troubles: Sequence[Trouble], seeds: Sequence[int], jobs: int = 1) -> list[Run]:
    """Return every search, in order."""
    turns = [(layer, ALL.index(trouble), seed) for trouble in troubles for layer in layers for seed in seeds]
    if jobs == 1:
        return [_turn(turn) for turn in turns]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(_turn, turns, chunksize=4))


def _turn(turn: tuple[str, int, int]) -> Run:
    layer, which, seed = turn
    return hunted(layer, ALL[which], seed)


def reds(layers: Sequence[str], seeds: Sequence[int]) -> list[str]:
    """Search the right layers; return a line for each that does not pass."""
    found = []
    for layer in layers:
        pair, arguments = LAYERS[layer]
        for seed in seeds:
            report = gradcheck.search(pair, *arguments, rng=seed, cases=None)
            if not report.ok:
                found.append(f"- {report.verdict}: {layer}, seed {seed}: {report.findings[0].title}")
    return found


def one_draw(layer: str, trouble: Trouble, seed: int) -> tuple[bool, bool | None]:
    """Return whether one draw of standard normal numbers shows the bug to our check, and to torch (None: absent)."""
    pair, arguments = LAYERS[layer]
    rng = np.random.default_rng([seed, 99])
    drawn = tuple(rng.standard_normal(a.shape) if a.dtype.kind == "f" else a for a in arguments)
    subject: Any = planted(pair, trouble)
    ours = not gradcheck.check(subject, *drawn).ok
    return ours, _torch(subject, drawn)


def _torch(subject: Any, drawn: tuple[Any, ...]) -> bool | None:
    constants = {k: value for k, value in enumerate(drawn) if value.dtype.kind != "f"}
    floating = tuple(value for value in drawn if value.dtype.kind == "f")

    def whole(given: tuple[Any, ...]) -> list[Any]:
        rest = iter(given)
        return [constants[k] if k in constants else next(rest) for k in range(len(drawn))]

    def forward(*given: Any) -> Any:
        return subject[0](*whole(given)) if isinstance(subject, tuple) else (subject.forward(*whole(given)), None)

    def backward(dout: Any, cache: Any) -> Any:
        return subject[1](dout, cache) if isinstance(subject, tuple) else subject.backward(dout)

    try:
        check = torch_gradcheck(Counted(forward, backward), floating, np.zeros(()), fast=False)
        return check() == "fail"
    except ImportError:
        return None


def table(runs: Sequence[Run], seeds: Sequence[int]) -> str:
    """Return one row per bug."""
    head = (
        "wrong only for",
        "searches",
        "found",
        "median inputs",
        "most inputs",
        "smallest shape",
        "one draw",
        "torch",
    )
    rows = []
    for trouble in ALL:
        mine = [run for run in runs if run.trouble == trouble.name]
        if mine:
            draws = [
                one_draw(layer, trouble, seed) for layer in dict.fromkeys(r.layer for r in mine) for seed in seeds
            ]
            rows.append(_row(trouble.name, mine, draws))
    return markdown(head, [*rows, _row("all", list(runs), [])])


def _row(name: str, runs: list[Run], draws: list[tuple[bool, bool | None]]) -> list[object]:
    found = [run for run in runs if run.found_after is not None]
    after = [run.found_after for run in found if run.found_after is not None]
    small = sum(run.is_smallest for run in found)
    ours = share(sum(o for o, _ in draws), len(draws)) if draws else ""
    theirs = share(sum(bool(t) for _, t in draws), len(draws)) if draws and draws[0][1] is not None else "-"
    middle = f"{median(after):g}" if after else "-"
    seen = (len(runs), share(len(found), len(runs)), middle, max(after, default="-"), share(small, len(found)))
    return [name, *seen, ours, theirs if draws else ""]


def missed(runs: Sequence[Run]) -> str:
    """Return what was not found, or not at the smallest shape, one line each."""
    lines = [f"- not found: {r.trouble}, {r.layer}, seed {r.seed}" for r in runs if r.found_after is None]
    lines += [
        f"- ended at {r.shape}: {r.trouble}, {r.layer}, seed {r.seed}"
        for r in runs
        if r.found_after is not None and not r.is_smallest
    ]
    return "\n".join(lines) or "Everything was found, and shrunk to the smallest shape."


def main() -> None:
    """Search for all of them and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="searches per layer and bug")
    parser.add_argument("--seed", type=int, default=0, help="first seed; the run repeats exactly")
    parser.add_argument("--layers", nargs="*", default=list(LAYERS), help="names of layers; all by default")
    parser.add_argument("--bugs", nargs="*", default=[], help="words of the names of bugs; all by default")
    parser.add_argument("--jobs", type=int, default=1, help="worker processes")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the table to this file")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.seeds)
    chosen = [trouble for trouble in ALL if not asked.bugs or any(word in trouble.name for word in asked.bugs)]
    runs = hunts(asked.layers, chosen, seeds, asked.jobs)
    title = f"## Bugs that only some inputs show: {asked.seeds} seeds from {asked.seed}, 100 inputs a search"
    told = (
        "*Found* by a search with its defaults; *inputs* tried until then; *smallest shape* of the first argument "
        "that shows the bug (batch 2 and width 1 come first); *one draw* of standard normal numbers, checked by this "
        "project and "
        "by torch.autograd.gradcheck."
    )
    red = reds(asked.layers, seeds)
    right = (
        f"The {len(asked.layers)} layers without a bug: {len(asked.layers) * asked.seeds} searches, {len(red)} red."
    )
    body = [title, told, table(runs, seeds), missed(runs), "\n".join([right, *red]), made_with()]
    publish("\n\n".join(body), asked.write)


if __name__ == "__main__":
    main()
