r"""Xavier initialization: the variance of a layer's output equals that of its input.

For :math:`y = xW` with independent zero-mean entries,
:math:`\operatorname{var} y = \text{fan\_in} \cdot \operatorname{var} W \cdot \operatorname{var} x`. Backward,
the gradient passes through :math:`W^T`, and `fan_out` takes the place of `fan_in`. Hence

.. math:: \operatorname{var} W = \frac{1}{\text{fan\_in}} \quad \text{(forward alone: `xavier`, `xavier\_uniform`)}

.. math:: \operatorname{var} W = \frac{2}{\text{fan\_in} + \text{fan\_out}}
          \quad \text{(both ways, a compromise: `glorot\_normal`, `glorot\_uniform`)}

A uniform distribution on :math:`[-a, a]` has variance :math:`a^2 / 3`, which sets its bound.

The argument takes the nonlinearity for the identity, as tanh nearly is around 0. A ReLU sets half of its
inputs to 0, halves the second moment with every layer, and needs `he`, or a `gain`.

Source: X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks"
(2010).
"""

from __future__ import annotations

import math

from .._arrays import positive
from ._draw import Fans, Kernel, Seed, Weights, layer, normal, uniform

TRAITS: dict[str, dict[str, object]] = {
    "xavier": {"variance": lambda fan_in, fan_out: 1 / fan_in, "distribution": "normal"},  # noqa: ARG005
    "xavier_uniform": {
        "variance": lambda fan_in, fan_out: 1 / fan_in,  # noqa: ARG005
        "distribution": "uniform",
        "bound": lambda fan_in, fan_out: math.sqrt(3 / fan_in),  # noqa: ARG005
    },
    "glorot_normal": {"variance": lambda fan_in, fan_out: 2 / (fan_in + fan_out), "distribution": "normal"},
    "glorot_uniform": {
        "variance": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
        "distribution": "uniform",
        "bound": lambda fan_in, fan_out: math.sqrt(6 / (fan_in + fan_out)),
    },
}


def xavier(fan_in: int, fan_out: int, *, gain: float = 1.0, kernel: Kernel = None, rng: Seed = None) -> Weights:
    """Draw normal weights of variance ``gain**2 / fan_in``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    gain
        What the standard deviation is multiplied by: the gain of the nonlinearity, see `GAINS`.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(1).standard_normal((1000, 400))
    >>> float((x @ xavier(400, 300, rng=0)).std().round(1))
    1.0
    """
    size = layer(fan_in, fan_out, kernel)
    return normal(size, positive("gain", gain) / math.sqrt(size.fan_in), rng)


def xavier_uniform(
    fan_in: int, fan_out: int, *, gain: float = 1.0, kernel: Kernel = None, rng: Seed = None
) -> Weights:
    """Draw uniform weights of variance ``gain**2 / fan_in``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    gain
        What the standard deviation is multiplied by: the gain of the nonlinearity, see `GAINS`.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)

    Examples
    --------
    >>> float(abs(xavier_uniform(3, 500, rng=0)).max().round(1))
    1.0
    """
    size = layer(fan_in, fan_out, kernel)
    return uniform(size, positive("gain", gain) / math.sqrt(size.fan_in), rng)


def glorot_normal(
    fan_in: int, fan_out: int, *, gain: float = 1.0, kernel: Kernel = None, rng: Seed = None
) -> Weights:
    """Draw normal weights of variance ``2 gain**2 / (fan_in + fan_out)``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    gain
        What the standard deviation is multiplied by: the gain of the nonlinearity, see `GAINS`.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)

    Examples
    --------
    >>> float(glorot_normal(100, 300, rng=0).var().round(4))
    0.005
    """
    size = layer(fan_in, fan_out, kernel)
    return normal(size, _between(size, gain), rng)


def glorot_uniform(
    fan_in: int, fan_out: int, *, gain: float = 1.0, kernel: Kernel = None, rng: Seed = None
) -> Weights:
    """Draw uniform weights of variance ``2 gain**2 / (fan_in + fan_out)``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    gain
        What the standard deviation is multiplied by: the gain of the nonlinearity, see `GAINS`.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)
        Within ``gain * sqrt(6 / (fan_in + fan_out))`` of 0.

    Examples
    --------
    >>> float(abs(glorot_uniform(1, 5, rng=0)).max()) <= 1
    True
    """
    size = layer(fan_in, fan_out, kernel)
    return uniform(size, _between(size, gain), rng)


def _between(size: Fans, gain: float) -> float:
    return positive("gain", gain) * math.sqrt(2 / (size.fan_in + size.fan_out))
