r"""Initializers whose scale ignores the layer: zero, small, big.

.. math:: W = 0, \qquad W = 0.01 \, Z, \qquad W = Z, \qquad Z_{ij} \sim \mathcal N(0, 1)

Zero weights give every unit of a layer the same output and the same gradient, and no update ever tells them
apart. Small ones break the symmetry, and do for a shallow net; in a deep one every layer multiplies the
spread of its input by :math:`0.01 \sqrt{\text{fan\_in}}`, forward and backward. Big ones multiply it by
:math:`\sqrt{\text{fan\_in}}`, which saturates units that can saturate. They are here to be seen failing.
"""

from __future__ import annotations

import numpy as np

from ._draw import Seed, Weights, fans, normal

TRAITS: dict[str, dict[str, object]] = {
    "zeros": {"variance": lambda fan_in, fan_out: 0.0, "distribution": "constant"},  # noqa: ARG005
    "small_random": {"variance": lambda fan_in, fan_out: 1e-4, "distribution": "normal"},  # noqa: ARG005
    "big_random": {"variance": lambda fan_in, fan_out: 1.0, "distribution": "normal"},  # noqa: ARG005
}


def zeros(fan_in: int, fan_out: int, *, rng: Seed = None) -> Weights:  # noqa: ARG001
    """Return weights that are all 0.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer.
    rng
        Ignored; there so that every initializer is called alike.

    Returns
    -------
    array, shape (fan_in, fan_out)

    Examples
    --------
    >>> zeros(2, 3)
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    return np.zeros(fans(fan_in, fan_out))


def small_random(fan_in: int, fan_out: int, *, rng: Seed = None) -> Weights:
    """Draw normal weights of standard deviation 0.01.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out)

    Examples
    --------
    >>> float(np.abs(small_random(100, 100, rng=0)).max()) < 0.1
    True
    """
    return normal(*fans(fan_in, fan_out), std=0.01, rng=rng)


def big_random(fan_in: int, fan_out: int, *, rng: Seed = None) -> Weights:
    """Draw normal weights of standard deviation 1.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out)

    Examples
    --------
    >>> bool(np.allclose(big_random(3, 4, rng=0), 100 * small_random(3, 4, rng=0)))
    True
    """
    return normal(*fans(fan_in, fan_out), std=1.0, rng=rng)
