r"""Group normalization: each example by itself, over groups of its channels.

.. math:: \hat x_i = \frac{x_i - \mu_G}{s_G}, \qquad y_i = \gamma_c \hat x_i + \beta_c

Mean and variance are those of the group `G` of channels, over all of their positions, in one example; scale and
shift belong to the channel `c`. With :math:`h = \gamma_c g` and a bar for the mean over the group,

.. math:: \mathrm{d}x = \frac{1}{s_G} \bigl( h - \bar h - \hat x \, \overline{h \hat x} \bigr), \qquad
          \mathrm{d}\gamma_c = \sum_{n, p} g_{ncp} \hat x_{ncp}, \qquad
          \mathrm{d}\beta_c = \sum_{n, p} g_{ncp}

Two laws follow, for each group of each example: :math:`\sum \mathrm{d}x = 0` and
:math:`\sum \mathrm{d}x \, \hat x = \frac{\epsilon}{s_G^3} \sum h \hat x`. One group is layer normalization over
channels and positions, and as many groups as channels are instance normalization.

Source: Y. Wu and K. He, "Group Normalization" (2018).
"""

from __future__ import annotations

import math

from .._arrays import Floats
from .._moments import Axes
from .._options import is_whole
from ._layer import ExampleNorm

TRAITS: dict[str, object] = {"eps": 1e-5, "centers": True}


class GroupNorm(ExampleNorm):
    """Normalize each group of channels of each example over its channels and positions.

    Parameters
    ----------
    width
        The number of channels: the length of axis 1.
    groups
        Into how many groups neighbouring channels are gathered; it divides `width`.
    eps
        Added to the variance, in the units of the input squared; keeps constant groups finite.
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
    >>> layer = GroupNorm(4, 2)
    >>> layer.forward([[1.0, 3.0, 10.0, 30.0]]).round(3)
    array([[-1.,  1., -1.,  1.]])
    """

    def __init__(self, width: int, groups: int = 1, *, eps: float = 1e-5, affine: bool = True) -> None:
        super().__init__(width, eps=eps, affine=affine)
        if not is_whole(groups) or groups < 1 or self.width % groups:
            raise ValueError(f"groups={groups!r} must divide the width, {self.width}")
        self.groups = int(groups)

    def __repr__(self) -> str:
        return super().__repr__().replace(",", f", groups={self.groups},", 1)

    def _layout(self, x: Floats) -> tuple[tuple[int, ...], Axes, tuple[int, ...]]:
        """Take (N, C, ...) apart into groups, their channels, and positions."""
        if x.ndim < 2 or x.shape[1] != self.width:
            raise ValueError(f"x has shape {x.shape}; {self!r} takes (N, {self.width}, ...)")
        channels = self.width // self.groups
        shape = (len(x), self.groups, channels, math.prod(x.shape[2:]))
        return shape, (2, 3), (1, self.groups, channels, 1)
