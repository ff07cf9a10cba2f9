r"""Layer normalization: each example by itself, over its features.

.. math:: \hat x_i = \frac{x_i - \mu}{s}, \quad \mu = \frac{1}{d} \sum_i x_i, \quad
          s^2 = \frac{1}{d} \sum_i (x_i - \mu)^2 + \epsilon, \qquad y_i = \gamma_i \hat x_i + \beta_i

The sums run over the features `i` of one example. The Jacobian of :math:`\hat x` is that of batch normalization with
features in place of examples; but here :math:`\gamma` differs along the sum, and belongs to the gradient before it
goes through. With :math:`h_i = \gamma_i g_i` and a bar for the mean over the features,

.. math:: \mathrm{d}x = \frac{1}{s} \bigl( h - \bar h - \hat x \, \overline{h \hat x} \bigr), \qquad
          \mathrm{d}\gamma_i = \sum_n g_{ni} \hat x_{ni}, \qquad \mathrm{d}\beta_i = \sum_n g_{ni}

Two laws follow, for each example: :math:`\sum_i \mathrm{d}x_i = 0`, since a constant added to all features changes
nothing; and :math:`\sum_i \mathrm{d}x_i \hat x_i = \frac{\epsilon}{s^3} \sum_i h_i \hat x_i`, since a factor
changes only the weight of :math:`\epsilon`.

Nothing is learned about the data: training and test are the same.

Source: J. Ba, J. Kiros and G. Hinton, "Layer Normalization" (2016).
"""

from __future__ import annotations

import math

from .._arrays import Floats
from .._moments import Axes
from ._layer import ExampleNorm

TRAITS: dict[str, object] = {"eps": 1e-5, "normalizes": "features", "centers": True}


class LayerNorm(ExampleNorm):
    """Normalize each example over its features: the last axis.

    Parameters
    ----------
    width
        The number of features: the length of the last axis.
    eps
        Added to the variance, in the units of the input squared; keeps constant examples finite.
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
    >>> layer = LayerNorm(3)
    >>> layer.forward([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]).round(3)
    array([[-1.225,  0.   ,  1.225],
           [-1.225,  0.   ,  1.225]])
    >>> layer.backward([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]).round(3)
    array([[-0.408,  0.816, -0.408],
           [ 0.   ,  0.   ,  0.   ]])
    """

    def __init__(self, width: int, *, eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__(width, eps=eps, affine=affine)

    def _layout(self, x: Floats) -> tuple[tuple[int, ...], Axes, tuple[int, ...]]:
        """Take examples of shape (..., width) as the rows of a table."""
        if x.ndim < 1 or x.shape[-1] != self.width:
            raise ValueError(f"x has shape {x.shape}; {self!r} takes (..., {self.width})")
        return (math.prod(x.shape[:-1]), self.width), (1,), (1, self.width)
