r"""He initialization: Xavier's, corrected for the half that a ReLU takes away.

.. math:: \operatorname{var} W = \frac{2}{\text{fan\_in}}, \qquad
          \text{for example } W_{ij} = \frac{Z_{ij}}{\sqrt{\text{fan\_in} / 2}}, \quad Z_{ij} \sim \mathcal N(0, 1)

A layer :math:`y = \max(0, x) W` has
:math:`\operatorname{var} y = \text{fan\_in} \cdot \operatorname{var} W \cdot \operatorname{E} \max(0, x)^2`.
If `x` is symmetric around 0, the last factor is half of its variance, and
:math:`\operatorname{var} W = 2 / \text{fan\_in}` makes up for it. Backward, the same argument asks for
`fan_out`; each keeps the other direction within the ratio of the fans, which does not add up with depth. For a leaky
ReLU the factor 2 becomes :math:`2 / (1 + \alpha^2)`, the square of its gain.

Source: K. He, X. Zhang, S. Ren and J. Sun, "Delving Deep into Rectifiers" (2015).
"""

from __future__ import annotations

import math
from typing import Literal

from .._arrays import positive
from ._draw import Fans, Kernel, Seed, Weights, layer, normal, uniform
from ._gains import GAINS

TRAITS: dict[str, dict[str, object]] = {
    "he": {"variance": lambda fan_in, fan_out: 2 / fan_in, "distribution": "normal"},  # noqa: ARG005
    "he_uniform": {
        "variance": lambda fan_in, fan_out: 2 / fan_in,  # noqa: ARG005
        "distribution": "uniform",
        "bound": lambda fan_in, fan_out: math.sqrt(6 / fan_in),  # noqa: ARG005
    },
}

Mode = Literal["fan_in", "fan_out"]


def he(
    fan_in: int,
    fan_out: int,
    *,
    mode: Mode = "fan_in",
    gain: float = GAINS["relu"],
    kernel: Kernel = None,
    rng: Seed = None,
) -> Weights:
    """Draw normal weights of variance ``gain**2 / fan_in``, by default ``2 / fan_in``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    mode
        ``"fan_in"`` keeps the size of the signal, ``"fan_out"`` that of the gradient.
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
    >>> float((np.maximum(x, 0) @ he(400, 300, rng=0)).std().round(1))
    1.0
    """
    size = layer(fan_in, fan_out, kernel)
    return normal(size, _std(size, mode, gain), rng)


def he_uniform(
    fan_in: int,
    fan_out: int,
    *,
    mode: Mode = "fan_in",
    gain: float = GAINS["relu"],
    kernel: Kernel = None,
    rng: Seed = None,
) -> Weights:
    """Draw uniform weights of variance ``gain**2 / fan_in``, by default ``2 / fan_in``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    mode
        ``"fan_in"`` keeps the size of the signal, ``"fan_out"`` that of the gradient.
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
    >>> float(abs(he_uniform(6, 500, rng=0)).max().round(1))
    1.0
    """
    size = layer(fan_in, fan_out, kernel)
    return uniform(size, _std(size, mode, gain), rng)


def _std(size: Fans, mode: Mode, gain: float) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode={mode!r} is not a fan; the modes are 'fan_in' and 'fan_out'")
    return positive("gain", gain) / math.sqrt(size.fan_in if mode == "fan_in" else size.fan_out)
