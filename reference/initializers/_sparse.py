r"""Sparse initialization: every unit listens to a few inputs only.

.. math:: W_{ij} = m_{ij} \frac{Z_{ij}}{\sqrt k}, \qquad Z_{ij} \sim \mathcal N(0, 1), \qquad
          \sum_i m_{ij} = k

Each unit has exactly `k` incoming weights that are not 0, at random places. What it sums up has the variance of its
input, however wide the layer, and units are as different as their inputs. An entry has the variance
:math:`\frac{k}{\text{fan\_in}} \cdot \frac{1}{k} = \frac{1}{\text{fan\_in}}`.

Source: J. Martens, "Deep learning via Hessian-free optimization" (2010).
"""

from __future__ import annotations

import math

import numpy as np

from .._options import generator, whole
from ._draw import Kernel, Seed, Weights, layer

CONNECTIONS = 15

TRAITS: dict[str, dict[str, object]] = {
    "sparse": {
        "variance": lambda fan_in, fan_out: 1 / fan_in,  # noqa: ARG005
        "sparsity": lambda fan_in, fan_out: max(0.0, 1 - CONNECTIONS / fan_in),  # noqa: ARG005
    },
}


def sparse(
    fan_in: int, fan_out: int, *, connections: int = CONNECTIONS, kernel: Kernel = None, rng: Seed = None
) -> Weights:
    """Draw weights of which each unit has only a few that are not 0.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    connections
        How many incoming weights each unit has; all of them, where there are fewer inputs.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)

    Examples
    --------
    >>> w = sparse(100, 3, connections=10, rng=0)
    >>> np.count_nonzero(w, axis=0)
    array([10, 10, 10])
    """
    size = layer(fan_in, fan_out, kernel)
    connections = whole("connections", connections, "a unit without any is dead")
    k, draws = min(connections, size.fan_in), generator(rng)
    places = draws.random((size.fan_in, size.units)).argsort(axis=0)[:k]
    w = np.zeros((size.fan_in, size.units))
    np.put_along_axis(w, places, draws.standard_normal(places.shape) / math.sqrt(k), axis=0)
    return size.from_matrix(w)
