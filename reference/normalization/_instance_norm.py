r"""Instance normalization: each channel of each example by itself, over its positions.

.. math:: \hat x_p = \frac{x_p - \mu_{nc}}{s_{nc}}, \qquad y_p = \gamma_c \hat x_p + \beta_c

.. math:: \mathrm{d}x = \frac{\gamma_c}{s_{nc}} \bigl( g - \bar g - \hat x \, \overline{g \hat x} \bigr), \qquad
          \mathrm{d}\gamma_c = \sum_{n, p} g_{ncp} \hat x_{ncp}, \qquad
          \mathrm{d}\beta_c = \sum_{n, p} g_{ncp}

with a bar for the mean over the positions `p`. It removes the contrast of an image from each of its channels. Two
laws follow, for each channel of each example: :math:`\sum_p \mathrm{d}x_p = 0` and
:math:`\sum_p \mathrm{d}x_p \hat x_p = \frac{\epsilon \gamma_c}{s_{nc}^3} \sum_p g_p \hat x_p`.

Source: D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance Normalization: The Missing Ingredient for Fast Stylization"
(2016).
"""

from __future__ import annotations

import math

from .._arrays import Floats
from .._moments import Axes
from ._layer import ExampleNorm

TRAITS: dict[str, object] = {"eps": 1e-5, "normalizes": "instance", "centers": True}


class InstanceNorm(ExampleNorm):
    """Normalize each channel of each example over its positions.

    Parameters
    ----------
    width
        The number of channels: the length of axis 1.
    eps
        Added to the variance, in the units of the input squared; keeps constant channels finite.
    affine
        Whether there are a scale and a shift; False leaves `gamma` and `beta` None.

    Attributes
    ----------
    gamma, beta : arrays, shape (width,), or None
        Scale and shift, the parameters.
    dgamma, dbeta : arrays, shape (width,), or None
        Their gradients; each `backward` overwrites them. Zero before the first.

    Examples
    --------
    >>> layer = InstanceNorm(2)
    >>> layer.forward([[[1.0, 3.0], [10.0, 30.0]]]).round(3)
    array([[[-1.,  1.],
            [-1.,  1.]]])
    """

    def __init__(self, width: int, *, eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__(width, eps=eps, affine=affine)

    def _layout(self, x: Floats) -> tuple[tuple[int, ...], Axes, tuple[int, ...]]:
        """Take (N, C, ...) as rows of positions."""
        if x.ndim < 3 or x.shape[1] != self.width:
            raise ValueError(f"x has shape {x.shape}; {self!r} takes (N, {self.width}, H, W)")
        return (len(x), self.width, math.prod(x.shape[2:])), (2,), (1, self.width, 1)
