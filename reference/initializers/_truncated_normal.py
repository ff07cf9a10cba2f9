r"""The truncated normal distribution: normal weights without the rare large ones.

.. math:: W = \sigma \frac{T}{\sqrt{v(b)}}, \qquad T = \Phi^{-1}(U), \quad
          U \text{ uniform on } (\Phi(-b), \Phi(b))

`T` is standard normal, given that it lies within `b` of 0. What is cut off is missing in its variance,

.. math:: v(b) = 1 - \frac{2 b \, \varphi(b)}{2 \Phi(b) - 1} = \frac{P(3/2, \, b^2/2)}{P(1/2, \, b^2/2)}

which is 0.774 for :math:`b = 2`; the division restores it, so that `std` means what it says. The second form, a ratio
of incomplete gamma functions, does not cancel for small `b`. The entries end at :math:`b \sigma / \sqrt{v(b)}`.

Source: N. L. Johnson, S. Kotz and N. Balakrishnan, "Continuous Univariate Distributions", volume 1 (1994), 10.1.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammainc, ndtr, ndtri

from .._arrays import positive
from .._options import generator
from ._draw import Kernel, Seed, Weights, layer

CUT = 2.0

TRAITS: dict[str, dict[str, object]] = {
    "truncated_normal": {
        "variance": lambda fan_in, fan_out: 1 / fan_in,  # noqa: ARG005
        "bound": lambda fan_in, fan_out: CUT / (_kept(CUT) * math.sqrt(fan_in)),  # noqa: ARG005
    },
}


def truncated_normal(
    fan_in: int,
    fan_out: int,
    *,
    std: float | None = None,
    bound: float = CUT,
    kernel: Kernel = None,
    rng: Seed = None,
) -> Weights:
    """Draw normal weights within `bound` standard deviations of the distribution that is cut.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    std
        The standard deviation of the result; None for ``1 / sqrt(fan_in)``.
    bound
        Where the normal distribution is cut, in its own standard deviations before the correction.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)

    Examples
    --------
    >>> w = truncated_normal(100, 1000, std=1.0, rng=0)
    >>> float(w.std().round(2)), float(w.max().round(2))
    (1.0, 2.27)
    """
    size, bound = layer(fan_in, fan_out, kernel), positive("bound", bound)
    scale = 1 / math.sqrt(size.fan_in) if std is None else positive("std", std)
    ranks = generator(rng).uniform(ndtr(-bound), ndtr(bound), size.shape)
    return np.clip(ndtri(ranks), -bound, bound) * (scale / _kept(bound))


def _kept(bound: float) -> float:
    """Return the standard deviation of what is left of a standard normal variable, cut at `bound`."""
    return math.sqrt(gammainc(1.5, bound**2 / 2) / gammainc(0.5, bound**2 / 2))
