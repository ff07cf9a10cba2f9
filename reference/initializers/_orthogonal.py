r"""Orthogonal initialization: a layer that changes no length.

.. math:: W = g \, Q, \qquad Q^T Q = I \text{ (columns)} \quad \text{or} \quad Q Q^T = I \text{ (rows)}

`Q` has orthonormal columns where there are at least as many inputs as units, and orthonormal rows otherwise. A
product of such layers has all singular values equal to the product of the gains, at any depth, which no independent
entries achieve.

The decomposition :math:`A = QR` of a normal matrix gives a `Q` that depends on the signs which the algorithm happens
to choose. Made unique by :math:`R_{ii} > 0`, it is uniformly distributed (Haar). Its squares sum to
:math:`\min(\text{fan\_in}, \text{fan\_out})`, so an entry has the variance
:math:`g^2 / \max(\text{fan\_in}, \text{fan\_out})`. In a convolution each filter is one column, and the number of
filters stands in the place of fan_out.

Sources: A. Saxe, J. McClelland and S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
neural networks" (2013); F. Mezzadri, "How to Generate Random Matrices from the Classical Compact Groups" (2007).
"""

from __future__ import annotations

import numpy as np

from .._arrays import positive
from .._options import generator
from ._draw import Kernel, Seed, Weights, layer

TRAITS: dict[str, dict[str, object]] = {
    "orthogonal": {
        "variance": lambda fan_in, fan_out: 1 / max(fan_in, fan_out),
        "orthogonal": 1.0,
        "kernels": False,  # a convolution has fewer units than its fan_out, and the larger of fan_in and units counts
    }
}


def orthogonal(fan_in: int, fan_out: int, *, gain: float = 1.0, kernel: Kernel = None, rng: Seed = None) -> Weights:
    """Draw weights with orthonormal columns, or rows where there are more units than inputs.

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
    >>> w = orthogonal(5, 3, rng=0)
    >>> bool(np.allclose(w.T @ w, np.eye(3)))
    True
    """
    size, gain = layer(fan_in, fan_out, kernel), positive("gain", gain)
    n, m = size.fan_in, size.units
    q, r = np.linalg.qr(generator(rng).standard_normal((max(n, m), min(n, m))))
    q *= np.where(np.diag(r) < 0, -gain, gain)
    return size.from_matrix(q if n >= m else q.T)
