r"""An ensemble of classifiers: the mean of their probabilities.

.. math:: \bar p_{nc} = \frac{1}{M} \sum_m p_{mnc}

The mean of probabilities is again nonnegative and sums to one. Since :math:`-\log` is convex, the cross-entropy of
the ensemble is at most the mean of the members' (Jensen):

.. math:: -\log \frac{1}{M} \sum_m p_m \; \le \; \frac{1}{M} \sum_m -\log p_m

Source: L. K. Hansen and P. Salamon, "Neural Network Ensembles" (1990).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, quiet


@quiet
def average_probabilities(members: ArrayLike) -> Floats:
    """Return the mean of the members' probabilities.

    Parameters
    ----------
    members : array_like, shape (M, ..., C)
        What each of the M members says: probabilities in [0, 1], not scores.

    Returns
    -------
    array, shape (..., C), precision of `members`

    Raises
    ------
    ValueError
        There is no member, or an entry is not a probability.

    Examples
    --------
    >>> average_probabilities([[0.9, 0.1], [0.5, 0.5]])
    array([0.7, 0.3])
    """
    said = as_floats(members, "members")
    if said.ndim < 1 or len(said) == 0:
        raise ValueError(f"members has shape {said.shape}; at least one member is needed, on the first axis")
    wrong = np.argwhere((said < 0) | (said > 1))
    if len(wrong):
        at = tuple(wrong[0].tolist())
        raise ValueError(
            f"members[{', '.join(map(str, at))}]={said[at]} is not a probability; scores need a softmax first"
        )
    return np.asarray(as_doubles(said).mean(axis=0)).astype(said.dtype)
