r"""Root mean square normalization: layer normalization that leaves the mean alone.

.. math:: \hat x_i = \frac{x_i}{r}, \quad r^2 = \frac{1}{d} \sum_i x_i^2 + \epsilon, \qquad
          y_i = \gamma_i \hat x_i

The sum runs over the features of one example. With :math:`\partial r / \partial x_j = x_j / (d r) = \hat x_j / d`
there are two paths from :math:`x_j` to :math:`\hat x_i`, and with :math:`h_i = \gamma_i g_i` and a bar for the mean
over the features,

.. math:: \mathrm{d}x = \frac{1}{r} \bigl( h - \hat x \, \overline{h \hat x} \bigr), \qquad
          \mathrm{d}\gamma_i = \sum_n g_{ni} \hat x_{ni}

One law follows: :math:`\sum_i \mathrm{d}x_i \hat x_i = \frac{\epsilon}{r^3} \sum_i h_i \hat x_i`, since a factor
changes only the weight of :math:`\epsilon`. A constant added to all features does change the output, so the other law
of layer normalization has no counterpart.

Source: B. Zhang and R. Sennrich, "Root Mean Square Layer Normalization" (2019).
"""

from __future__ import annotations

import math

from .._arrays import Floats
from .._moments import Axes
from ._layer import ExampleNorm

TRAITS: dict[str, object] = {"eps": 1e-5, "normalizes": "features", "centers": False}


class RMSNorm(ExampleNorm):
    """Divide each example by the root mean square of its features: the last axis.

    Parameters
    ----------
    width
        The number of features: the length of the last axis.
    eps
        Added to the mean square, in the units of the input squared; keeps an example of zeros finite.
    affine
        Whether there is a scale; False leaves `gamma` None.

    Attributes
    ----------
    gamma : array, shape (width,), or None
        Scale, the parameter. There is no shift.
    dgamma : array, shape (width,), or None
        Its gradient; each `backward` overwrites it. Zero before the first.

    Examples
    --------
    >>> layer = RMSNorm(2)
    >>> layer.forward([[3.0, 4.0], [-30.0, 40.0]]).round(3)
    array([[ 0.849,  1.131],
           [-0.849,  1.131]])
    >>> layer.backward([[1.0, 0.0], [0.0, 0.0]]).round(3)
    array([[ 0.181, -0.136],
           [ 0.   ,  0.   ]])
    """

    _names = ("gamma",)
    _centered = False

    def __init__(self, width: int, *, eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__(width, eps=eps, affine=affine)

    def _layout(self, x: Floats) -> tuple[tuple[int, ...], Axes, tuple[int, ...]]:
        """Take examples of shape (..., width) as the rows of a table."""
        if x.ndim < 1 or x.shape[-1] != self.width:
            raise ValueError(f"x has shape {x.shape}; {self!r} takes (..., {self.width})")
        return (math.prod(x.shape[:-1]), self.width), (1,), (1, self.width)
