r"""`layers`: what an initializer does to a deep net, as histograms of the activations of ten layers.

Signals :math:`h_0 \sim N(0, 1)` go through :math:`h_{l+1} = \phi(h_l W_l)`. Where the weights are too small the
spread dies out layer by layer, where they are too big tanh saturates; a ReLU halves the second moment of a layer,
which weights of variance 2 / fan_in make up for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..report import Layers
from ._digits import digits

EXAMPLES, WIDTH, DEPTH, BINS = 256, 256, 10, 24

ACTIVATIONS: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    "tanh": (np.tanh, -1.0, 1.0),
    "ReLU": (lambda x: np.maximum(x, 0), 0.0, 3.0),
}
"""Name -> the function, and between which values its histograms lie."""


def layers(draw: Callable[[int, int, int], Any]) -> tuple[Layers, ...]:
    """Return the layers of a net of each of the `ACTIVATIONS`.

    Parameters
    ----------
    draw
        Called as ``draw(fan_in, fan_out, seed)``; returns weights of shape (fan_in, fan_out).
    """
    weights = [np.asarray(draw(WIDTH, WIDTH, seed), dtype=np.float64) for seed in range(DEPTH)]
    return tuple(_net(name, weights) for name in ACTIVATIONS)


def _net(name: str, weights: list[Any]) -> Layers:
    function, low, high = ACTIVATIONS[name]
    h = np.random.default_rng(0).standard_normal((EXAMPLES, WIDTH))
    counts, spread, outside = [], [], []
    with np.errstate(all="ignore"):
        for w in weights:
            h = function(h @ w)
            inside, _ = np.histogram(h[np.isfinite(h)], bins=BINS, range=(low, high))
            counts.append(tuple(map(int, inside)))
            spread.append(float(h.std()))
            outside.append(h.size - int(inside.sum()))
    return Layers(name, low, high, tuple(counts), digits(spread), tuple(outside))
