"""Histograms of the activations of a ten-layer tanh net, layer by layer, for each initialization, as an SVG picture.

python benchmarks/figure.py --write docs/measurements/initializations.svg
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from gradcheck import reference

mpl.use("svg")
from matplotlib import pyplot as plt

ROWS: tuple[tuple[str, Any, str], ...] = (
    ("small random, tanh", reference.small_random, "tanh"),
    ("big random, tanh", reference.big_random, "tanh"),
    ("Xavier, tanh", reference.xavier, "tanh"),
    ("Xavier, ReLU", reference.xavier, "relu"),
    ("He, ReLU", reference.he, "relu"),
)
WIDTH, DEPTH, EXAMPLES = 500, 10, 500


def layers(initializer: Any, activation: str, seed: int = 0) -> list[Any]:
    """Return the outputs of every layer."""
    h = np.random.default_rng(seed).standard_normal((EXAMPLES, WIDTH))
    outs = []
    for depth in range(DEPTH):
        h = getattr(reference, activation)(h @ initializer(WIDTH, WIDTH, rng=seed + depth))
        outs.append(h)
    return outs


def draw(path: Path) -> dict[str, list[float]]:
    """Write the picture, and return the spread of each layer by row."""
    figure, axes = plt.subplots(len(ROWS), DEPTH, figsize=(2 * DEPTH, 2 * len(ROWS)), sharex="row")
    spreads = {}
    for row, (title, initializer, activation) in zip(axes, ROWS, strict=True):
        outs = layers(initializer, activation)
        spreads[title] = [float(out.std()) for out in outs]
        for depth, (axis, out) in enumerate(zip(row, outs, strict=True)):
            axis.hist(out.ravel(), bins=50, range=(-1, 1) if activation == "tanh" else (0, 3))
            axis.set_title(f"{title if depth == 0 else ''}\nlayer {depth + 1}: {out.std():.2g}", fontsize=8)
            axis.set_yticks([])
    figure.tight_layout()
    figure.savefig(path, format="svg")
    plt.close(figure)
    return spreads


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, required=True, metavar="PATH", help="the SVG file")
    for title, spreads in draw(parser.parse_args().write).items():
        print(f"{title}: spread {', '.join(f'{s:.2g}' for s in spreads)}")


if __name__ == "__main__":
    main()
