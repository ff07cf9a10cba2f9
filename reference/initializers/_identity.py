r"""The identity: a layer that at first does nothing.

.. math:: W_{ij} = [i = j] \quad \text{(dense)}, \qquad
          W_{fc, p} = [f = c] \, [p = \text{the middle of the kernel}] \quad \text{(convolution)}

Where the sizes differ, the inputs or units that are left over have zeros. A convolution with an odd kernel and half
of it as padding returns its input.

Source: Q. Le, N. Jaitly and G. Hinton, "A Simple Way to Initialize Recurrent Networks of Rectified Linear Units"
(2015).
"""

from __future__ import annotations

import numpy as np

from ._draw import Kernel, Seed, Weights, layer

TRAITS: dict[str, dict[str, object]] = {"identity": {"deterministic": True, "identity": True}}


def identity(fan_in: int, fan_out: int, *, kernel: Kernel = None, rng: Seed = None) -> Weights:  # noqa: ARG001
    """Return the weights that pass the input on.

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
    >>> identity(2, 3)
    array([[1., 0., 0.],
           [0., 1., 0.]])
    """
    size = layer(fan_in, fan_out, kernel)
    if kernel is None:
        return np.eye(fan_in, fan_out)
    w, middle = np.zeros(size.shape), tuple(n // 2 for n in kernel)
    for channel in range(min(fan_in, fan_out)):
        w[(channel, channel, *middle)] = 1
    return w
