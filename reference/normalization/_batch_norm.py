r"""Batch normalization, with its backward pass derived.

Forward, per feature, over the `n` examples of the batch:

.. math:: \mu = \frac{1}{n} \sum_i x_i, \quad v = \frac{1}{n} \sum_i (x_i - \mu)^2, \quad
          s = \sqrt{v + \epsilon}, \quad \hat x_i = \frac{x_i - \mu}{s}, \quad y_i = \gamma \hat x_i + \beta

Backward. Every :math:`x_j` moves :math:`\hat x_i` along three paths, directly, through the mean, and through
the standard deviation. With :math:`\partial \mu / \partial x_j = 1/n`, and with
:math:`\partial v / \partial x_j = 2 (x_j - \mu) / n` (the mean's own share cancels, because deviations sum to
zero), hence :math:`\partial s / \partial x_j = \hat x_j / n`,

.. math:: \frac{\partial \hat x_i}{\partial x_j}
          = \frac{1}{s} \Bigl( [i = j] - \frac{1}{n} - \frac{\hat x_i \hat x_j}{n} \Bigr)

The matrix is symmetric. With the upstream gradient :math:`g` and a bar for the mean over the batch,

.. math:: \mathrm{d}x = \frac{\gamma}{s} \bigl( g - \bar g - \hat x \, \overline{g \hat x} \bigr), \qquad
          \mathrm{d}\gamma = \sum_i g_i \hat x_i, \qquad \mathrm{d}\beta = \sum_i g_i

Two laws follow, and each catches one forgotten path:

* :math:`\sum_i \mathrm{d}x_i = 0`: adding a constant to a feature changes nothing, so no gradient points
  that way.
* :math:`\sum_i \mathrm{d}x_i \hat x_i = \frac{\epsilon}{v + \epsilon} \frac{\gamma}{s} \sum_i g_i \hat x_i`:
  rescaling a feature changes nothing but the weight of :math:`\epsilon`, since :math:`\overline{\hat x^2} =
  v / (v + \epsilon)`. The right side vanishes with :math:`\epsilon`.

Source: S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
Covariate Shift" (2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, as_upstream, finite_number, positive, quiet
from .._blocks import blocks, workspace
from .._moments import count_along
from .._named import Named
from .._options import whole
from ._standardize import pull_back, standardize

TRAITS: dict[str, object] = {"eps": 1e-5, "momentum": 0.1, "normalizes": "batch", "centers": True}


@dataclass(frozen=True, slots=True)
class _Cache:
    """What `backward` reads. All of it is computed, so nothing that a caller changes later reaches it."""

    x_hat: Floats
    scale: Floats
    of_batch: bool
    dtype: np.dtype[Any]


class BatchNorm:
    """Normalize each feature over the batch, then scale and shift it.

    ``(N, D)`` has D features of N examples; ``(N, C, H, W)`` has C activation maps, and every position of
    every example counts as an example of its map. Sums are carried in double precision.

    Parameters
    ----------
    width
        The number of features or activation maps: the length of axis 1.
    eps
        Added to the variance, in the units of the input squared; keeps constant features finite.
    momentum
        The weight of the new batch in the running statistics, in [0, 1].
    affine
        Whether there are a scale and a shift; False leaves `gamma` and `beta` None.

    Attributes
    ----------
    gamma, beta : arrays, shape (width,), or None
        Scale and shift, the parameters.
    dgamma, dbeta : arrays, shape (width,), or None
        Their gradients; each `backward` overwrites them. Zero before the first.
    running_mean, running_var : arrays, shape (width,)
        Updated by every `forward` in training: ``r <- (1 - momentum) * r + momentum * s``. The batch is
        normalized by its biased variance (divisor n); what enters `running_var` is the unbiased one (n - 1),
        which estimates the data's. A batch of one knows no variance and leaves `running_var` alone.
    training
        True: use the statistics of the batch. False: use the running ones; the layer is then an affine map.

    Examples
    --------
    >>> layer = BatchNorm(1)
    >>> layer.forward([[1.0], [2.0], [3.0]]).round(3).ravel()
    array([-1.225,  0.   ,  1.225])
    >>> layer.backward([[0.0], [1.0], [0.0]]).round(3).ravel()
    array([-0.408,  0.816, -0.408])
    >>> layer.dgamma.round(3), layer.dbeta
    (array([0.]), array([1.]))
    """

    def __init__(self, width: int, *, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True) -> None:
        self.width = whole("width", width, "the number of features")
        if not (finite_number(momentum) and 0 <= momentum <= 1):
            raise ValueError(f"momentum={momentum!r} must lie in [0, 1]; it is the weight of the new batch")
        self.eps = positive("eps", eps)
        self.momentum = float(momentum)
        self.training = True
        self.affine = bool(affine)
        self.gamma: Floats | None = np.ones(self.width) if affine else None
        self.beta: Floats | None = np.zeros(self.width) if affine else None
        self.dgamma: Floats | None = np.zeros(self.width) if affine else None
        self.dbeta: Floats | None = np.zeros(self.width) if affine else None
        self.running_mean: Floats = np.zeros(self.width)
        self.running_var: Floats = np.ones(self.width)
        self._cache: _Cache | None = None

    def __repr__(self) -> str:
        plain = "" if self.affine else ", affine=False"
        return f"BatchNorm({self.width}, eps={self.eps}, momentum={self.momentum}{plain})"

    @property
    def params(self) -> Named:
        """`gamma` and `beta` by name; assigning sets them."""
        return Named({name: (vars(self), name) for name in ("gamma", "beta") if self.affine})

    @property
    def grads(self) -> Named:
        """`dgamma` and `dbeta`, by the names of what they are the gradients of."""
        return Named({name: (vars(self), f"d{name}") for name in ("gamma", "beta") if self.affine})

    @quiet
    def forward(self, x: ArrayLike) -> Floats:
        """Normalize `x`.

        Parameters
        ----------
        x : array_like, shape (N, width) or (N, width, H, W)
            The input; `training` decides which statistics it is normalized by.

        Returns
        -------
        array, shape and precision of `x`
        """
        x = as_floats(x)
        if x.ndim < 2 or x.shape[1] != self.width:
            raise ValueError(f"x has shape {x.shape}; {self!r} takes (N, {self.width}) or (N, {self.width}, H, W)")
        gamma = _as_maps(np.ones(self.width) if self.gamma is None else self.gamma, x.ndim)
        if self.training:
            x_hat, std, mean, spread = standardize(x, _over(x), self.eps)
            self._follow(mean.reshape(-1), spread.reshape(-1), x.size // self.width)
        else:
            mean, spread = _as_maps(self.running_mean, x.ndim), np.sqrt(_as_maps(self.running_var, x.ndim))
            std = np.hypot(spread, np.sqrt(self.eps))
            x_hat = (x - mean) / std
        self._cache = _Cache(x_hat, gamma / std, self.training, x.dtype)
        out = gamma * x_hat
        if self.beta is not None:
            out += _as_maps(self.beta, x.ndim)
        return out.astype(x.dtype, copy=False)

    @quiet
    def backward(self, dout: ArrayLike) -> Floats:
        """Send the upstream gradient through the last `forward`; sets `dgamma` and `dbeta`.

        Parameters
        ----------
        dout : array_like, shape of `x`
            The upstream gradient.

        Returns
        -------
        array, shape and precision of `x`
        """
        cache = self._cache
        if cache is None:
            raise ValueError(f"{self!r} has nothing to send a gradient through yet: call forward(x) first")
        g, axes = as_upstream(dout, cache.x_hat.shape), _over(cache.x_hat)
        sum_g, sum_gx = np.zeros_like(cache.scale), np.zeros_like(cache.scale)
        room = workspace(cache.x_hat)
        for k in blocks(cache.x_hat):
            part = as_doubles(g[k])
            sum_g += part.sum(axis=axes, keepdims=True)
            part = np.multiply(part, cache.x_hat[k], out=room[: k.stop - k.start])
            sum_gx += part.sum(axis=axes, keepdims=True)
        if self.gamma is not None:
            self.dgamma = sum_gx.reshape(-1).astype(self.gamma.dtype)
        if self.beta is not None:
            self.dbeta = sum_g.reshape(-1).astype(self.beta.dtype)
        if not cache.of_batch:
            return (g * cache.scale).astype(cache.dtype, copy=False)
        n = count_along(g, axes)
        return pull_back(g, cache.x_hat, cache.scale, sum_gx / n, sum_g / n, cache.dtype)

    def _follow(self, mean: Floats, spread: Floats, n: int) -> None:
        """Let the running statistics follow those of a batch of `n`."""
        m = self.momentum
        if n > 0:
            self.running_mean = (1 - m) * self.running_mean + m * mean
        if n > 1:
            self.running_var = (1 - m) * self.running_var + m * (spread**2 * n / (n - 1))


def _over(x: Floats) -> tuple[int, ...]:
    """Return the axes of examples and positions."""
    return (0, *range(2, x.ndim))


def _as_maps(vector: Floats, ndim: int) -> Floats:
    """Return one number per feature in the shape in which it broadcasts along axis 1, in double precision."""
    return as_doubles(vector).reshape(1, -1, *(1,) * (ndim - 2))
