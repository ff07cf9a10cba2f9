"""How cost and sight change with size: two plots, from ten numbers to a million.

*Cost* is the time of a check in forwards and backwards of its subject, everything in one run. *Sight* is the smallest
error of one typical entry that is noticed, relative to that entry: a checker is asked at one error after the other, a
factor of ten apart, and an error counts as noticed if it and all larger ones are called wrong by every trial.

    python benchmarks/growth.py --write docs/measurements          # needs `pip install '.[peers]'`
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from _peers import AT_ONCE, OURS, PACKAGES, Counted, Peer
from _table import made_with, markdown
from cost import costs
from workloads import BY_NAME, Workload

import gradcheck

PEERS = (OURS, *AT_ONCE)
SIZES = (10, 10**2, 10**3, 10**4, 10**5, 10**6)
COST_OF = "gelu"
SIGHT_OF = "affine 1024 x 1024, batch 64"
ERRORS = tuple(10.0**k for k in range(3, -9, -1))
_LOOK = {
    "gradcheck": ("#1f5fbf", "o", 2.4),
    "torch, fast mode": ("#c8452b", "s", 1.6),
    "jax": ("#2f8f4e", "^", 1.6),
    "autograd": ("#7a5aa6", "D", 1.6),
    "gradcheck, stated": ("#8fb3e6", "_", 1.2),
}


@dataclass(frozen=True)
class Point:
    """One checker at one size; ``value`` is None where no error was noticed."""

    peer: str
    n: int
    value: float | None


def cost_points(sizes: Sequence[int], rounds: int, peers: Sequence[Peer] = PEERS) -> list[Point]:
    """Return the units that a check takes, by checker and size."""
    return [Point(c.peer, n, c.units) for n in sizes for c in costs(BY_NAME[COST_OF], peers, rounds, n)]


def spoiled(workload: Workload, inputs: Sequence[np.ndarray], error: float) -> Workload:
    """Return `workload` with one typical entry of its (last) largest gradient off by `error` of itself."""
    upstream = workload.upstream(tuple(inputs))
    gradients = workload.backward(upstream, workload.forward(*inputs)[1])
    which = max(range(len(gradients)), key=lambda k: (gradients[k].size, k))
    size = np.abs(gradients[which])
    spot = int(np.argmin(np.abs(size - np.sqrt(np.mean(size**2)))))

    def backward(dout: Any, cache: Any) -> Any:
        found = list(workload.backward(dout, cache))
        found[which] = np.array(found[which])
        found[which].flat[spot] *= 1 + error
        return tuple(found)

    return replace(workload, backward=backward)


def smallest_noticed(workload: Workload, n: int, peer: Peer, errors: Sequence[float], trials: int) -> float | None:
    """Return the smallest of `errors` (falling) that is noticed with all those before it."""
    seen = None
    for error in errors:
        if not all(_noticed(workload, n, peer, error, seed) for seed in range(trials)):
            return seen
        seen = error
    return seen


def _noticed(workload: Workload, n: int, peer: Peer, error: float, seed: int) -> bool:
    inputs = workload.inputs(n, seed)
    wrong = spoiled(workload, inputs, error)
    subject = Counted(wrong.forward, wrong.backward)
    return peer.prepare(subject, inputs, workload.upstream(inputs))() == "fail"


def sight_points(
    sizes: Sequence[int], trials: int, errors: Sequence[float] = ERRORS, peers: Sequence[Peer] = PEERS
) -> list[Point]:
    """Return the smallest error that each checker notices, by size."""
    workload = BY_NAME[SIGHT_OF]
    return [Point(p.name, n, smallest_noticed(workload, n, p, errors, trials)) for n in sizes for p in peers]


def stated_points(sizes: Sequence[int]) -> list[Point]:
    """Return the resolution that this project's report states of the right gradient, by size."""
    workload = BY_NAME[SIGHT_OF]
    pair = (workload.forward, workload.backward)
    return [Point("gradcheck, stated", n, gradcheck.check(pair, *workload.inputs(n)).resolution) for n in sizes]


def table(points: Sequence[Point], form: str) -> str:
    """Return one row per size."""
    names = list(dict.fromkeys(p.peer for p in points))
    rows = []
    for n in dict.fromkeys(p.n for p in points):
        values = {p.peer: p.value for p in points if p.n == n}
        rows.append([f"{n:.0e}", *("none" if values[k] is None else format(values[k], form) for k in names)])
    return markdown(("n", *names), rows)


def plot(points: Sequence[Point], path: Path, ylabel: str, title: str, unseen: float | None = None) -> None:
    """Draw `points` on logarithmic axes; those without a value as hollow marks at `unseen`."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams |= {"svg.hashsalt": "gradcheck", "svg.fonttype": "none", "font.family": "sans-serif"}
    figure = Figure(figsize=(6.4, 4.2), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    for name in dict.fromkeys(p.peer for p in points):
        colour, mark, width = _LOOK[name]
        mine = [p for p in points if p.peer == name]
        known = [(p.n, p.value) for p in mine if p.value is not None]
        axes.plot(*zip(*known, strict=True), mark + "-", color=colour, lw=width, label=name) if known else None
        blind = [p.n for p in mine if p.value is None]
        axes.plot(blind, [unseen] * len(blind), mark, color=colour, mfc="white", clip_on=False)
    axes.set(xscale="log", yscale="log", xlabel="inputs and parameters", ylabel=ylabel)
    axes.set_title(title, fontsize=10, loc="left")
    axes.grid(visible=True, which="major", color="#dddddd", lw=0.7)
    axes.legend(frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Measure, print both tables, and draw both plots."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=float, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--trials", type=int, default=2, help="trials that must all notice an error")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write growth.md and the plots to this folder")
    asked = parser.parse_args()
    sizes = [int(n) for n in asked.sizes]
    spent = cost_points(sizes, asked.rounds)
    seen = sight_points(sizes, asked.trials) + stated_points(sizes)
    text = "\n\n".join(
        [
            f"## Cost against size ({COST_OF}), in units of the subject, median of {asked.rounds} rounds",
            table(spent, ".1f"),
            "![cost against size](growth-cost.svg)",
            f"## Smallest error of one typical weight of an affine layer that is noticed, {asked.trials} trials",
            table(seen, ".1e"),
            "*None*: not even one a thousand times its own size. *Stated*: by the report of the right gradient.",
            "![sight against size](growth-sight.svg)",
            made_with(*PACKAGES),
        ]
    )
    print(text)
    if asked.write is not None:
        asked.write.mkdir(parents=True, exist_ok=True)
        (asked.write / "growth.md").write_text(text + "\n", encoding="utf-8")
        plot(spent, asked.write / "growth-cost.svg", "time of a check / forward + backward", f"Cost: {COST_OF}")
        label = "error / entry"
        title = "Smallest error of one weight that is noticed (hollow: none)"
        plot(seen, asked.write / "growth-sight.svg", label, title, unseen=1e4)


if __name__ == "__main__":
    main()
