"""The lecture's advice on activations, measured: saturation, dead units, mean shift, cost against ReLU.

    python benchmarks/activations.py --write docs/measurements/activations.md

Shares are of a layer of 400 units, weights N(0, 4/64), on 512 standard normal inputs of 64 features, so that the
pre-activations have standard deviation 2. The cost is that of one call on 10^6 float64 numbers, in calls of ReLU in
the same round; the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from _table import made_with, markdown, publish

from gradcheck import reference

NAMES = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")
SMALL = 0.01
"""A slope below this share of the largest counts as saturated."""


def shares(name: str, seed: int = 0) -> tuple[float, float, float]:
    """Return the share of saturated entries, of dead units, and the mean over the spread of the outputs."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((512, 64)) @ (2 * rng.standard_normal((64, 400)) / 8)
    out, slope = getattr(reference, name)(z), np.abs(getattr(reference, f"{name}_grad")(z))
    small = slope < SMALL * slope.max()
    return float(small.mean()), float(small.all(axis=0).mean()), float(out.mean() / out.std())


def costs(rounds: int, size: int = 10**6) -> dict[str, float]:
    """Return the cost of each activation in calls of ReLU."""
    x = np.random.default_rng(0).standard_normal(size)
    laps: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(rounds):
        took = {name: _seconds(getattr(reference, name), x) for name in NAMES}
        for name in NAMES:
            laps[name].append(took[name] / took["relu"])
    return {name: float(np.median(lap)) for name, lap in laps.items()}


def _seconds(function: Any, x: Any) -> float:
    function(x)
    start = time.perf_counter()
    function(x)
    return time.perf_counter() - start


def table(rounds: int) -> str:
    """Return one row per activation."""
    cost = costs(rounds)
    rows = []
    for name in NAMES:
        saturated, dead, shift = shares(name)
        rows.append([name, f"{saturated:.1%}", f"{dead:.1%}", f"{shift:+.2f}", f"{cost[name]:.1f}"])
    return markdown(("activation", "slope below 1 %", "units without slope", "mean / spread", "cost / ReLU"), rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the table to this file")
    asked = parser.parse_args()
    title = "## Activations: saturation, dead units, mean shift, cost"
    publish("\n\n".join([title, table(asked.rounds), made_with()]), asked.write)


if __name__ == "__main__":
    main()
