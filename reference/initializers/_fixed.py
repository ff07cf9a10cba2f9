r"""Initializers whose scale ignores the layer: constant, small, big.

.. math:: W = 0, \qquad W = c, \qquad W = 0.01 \, Z, \qquad W = Z, \qquad Z_{ij} \sim \mathcal N(0, 1)

Equal weights give every unit of a layer the same output and the same gradient, and no update ever tells them apart.
Biases may be equal: a slightly positive one keeps ReLUs alive at the start. Small weights break the symmetry, and do
for a shallow net; in a deep one every layer multiplies the spread of its input by
:math:`0.01 \sqrt{\text{fan\_in}}`, forward and backward. Big ones multiply it by :math:`\sqrt{\text{fan\_in}}`, which
saturates units that can saturate. Zeros, small and big ones are here to be seen failing.

Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010),
for what scales do in depth.
"""

from __future__ import annotations

import numpy as np

from .._arrays import finite_number
from ._draw import Kernel, Seed, Weights, layer, normal

TRAITS: dict[str, dict[str, object]] = {
    "zeros": {"variance": lambda fan_in, fan_out: 0.0, "distribution": "constant"},  # noqa: ARG005
    "constant": {"variance": lambda fan_in, fan_out: 0.0, "distribution": "constant"},  # noqa: ARG005
    "small_random": {"variance": lambda fan_in, fan_out: 1e-4, "distribution": "normal"},  # noqa: ARG005
    "big_random": {"variance": lambda fan_in, fan_out: 1.0, "distribution": "normal"},  # noqa: ARG005
}


def zeros(fan_in: int, fan_out: int, *, kernel: Kernel = None, rng: Seed = None) -> Weights:  # noqa: ARG001
    """Return weights that are all 0.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        Ignored; there so that every initializer is called alike.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)

    Examples
    --------
    >>> zeros(2, 3)
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    return np.zeros(layer(fan_in, fan_out, kernel).shape)


def constant(fan_in: int, fan_out: int, *, value: float = 0.01, kernel: Kernel = None, rng: Seed = None) -> Weights:  # noqa: ARG001
    """Return weights that are all equal, such as the slightly positive biases of ReLUs.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    value
        What each of them is; finite.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        Ignored; there so that every initializer is called alike.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)

    Examples
    --------
    >>> constant(1, 3)
    array([[0.01, 0.01, 0.01]])
    """
    if not finite_number(value):
        raise ValueError(f"value={value!r} must be finite, and one number")
    return np.full(layer(fan_in, fan_out, kernel).shape, float(value))


def small_random(fan_in: int, fan_out: int, *, kernel: Kernel = None, rng: Seed = None) -> Weights:
    """Draw normal weights of standard deviation 0.01.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)

    Examples
    --------
    >>> float(np.abs(small_random(100, 100, rng=0)).max()) < 0.1
    True
    """
    return normal(layer(fan_in, fan_out, kernel), std=0.01, rng=rng)


def big_random(fan_in: int, fan_out: int, *, kernel: Kernel = None, rng: Seed = None) -> Weights:
    """Draw normal weights of standard deviation 1.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)

    Examples
    --------
    >>> bool(np.allclose(big_random(3, 4, rng=0), 100 * small_random(3, 4, rng=0)))
    True
    """
    return normal(layer(fan_in, fan_out, kernel), std=1.0, rng=rng)
