r"""Polyak averaging: the mean of the weights along the path of training.

.. math:: \bar w_t = \bar w_{t-1} + \frac{1}{t} (w_t - \bar w_{t-1})
          \quad \text{(of all steps)}, \qquad
          \bar w_t = \bar w_{t-1} + (1 - d) (w_t - \bar w_{t-1}) \quad \text{(of the recent ones)}

Both are one mean with a weight for the newcomer. With :math:`1/t` every step counts alike; with a constant
:math:`1 - d` those of about the last :math:`1 / (1 - d)` steps. Where the weights wander around a minimum their mean
lies closer to it than they do, at the price of one more copy.

Sources: B. Polyak and A. Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992); the
exponential mean has become usual since.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, quiet
from .._options import fraction, whole


@quiet
def polyak(average: ArrayLike, w: ArrayLike, *, step: int | None = None, decay: float | None = None) -> Floats:
    """Return the average with one more set of weights in it.

    Parameters
    ----------
    average, w : array_like, of one shape
        The average so far, and the weights that join it.
    step
        How many sets of weights the new average is of, this one included: 1 returns `w`.
    decay
        In place of `step`: the share of the old average that is kept, in [0, 1].

    Returns
    -------
    array, shape and precision of `average`

    Raises
    ------
    ValueError
        The shapes differ, or not exactly one of `step` and `decay` is given, in its range.

    Examples
    --------
    >>> average = [0.0]
    >>> for step, w in enumerate([[1.0], [2.0], [6.0]], start=1):
    ...     average = polyak(average, w, step=step)
    >>> average
    array([3.])
    >>> polyak([3.0], [4.0], decay=0.9)
    array([3.1])
    """
    mean, new = as_floats(average, "average"), as_floats(w, "w")
    if mean.shape != new.shape:
        raise ValueError(f"average has shape {mean.shape}, w has shape {new.shape}; they must agree")
    kept = _kept(step, decay)
    return (kept * as_doubles(mean) + (1 - kept) * as_doubles(new)).astype(mean.dtype)


def _kept(step: int | None, decay: float | None) -> float:
    """Return the share of the old average."""
    if (step is None) == (decay is None):
        raise ValueError(f"step={step!r}, decay={decay!r}: exactly one of them says how much the new weights count")
    if decay is not None:
        return fraction("decay", decay)
    return 1 - 1 / whole("step", step, "the number of sets of weights averaged")
