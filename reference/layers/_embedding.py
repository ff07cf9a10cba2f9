r"""Embedding: a table of vectors, one for each word.

.. math:: y_{n} = w_{i_n}, \qquad \mathrm{d}w_v = \sum_{n \,:\, i_n = v} g_n

It is an affine layer on one-hot rows that never forms them. A word that occurs twice has moved two outputs, and
its vector collects the gradients of both; a word that does not occur has the gradient 0. The indices are integers
and have no gradient.

Source: Y. Bengio, R. Ducharme, P. Vincent and C. Jauvin, "A Neural Probabilistic Language Model" (2003).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import Floats, as_doubles, as_floats, as_upstream, quiet


class Cache(NamedTuple):
    """Which words there were, and what the table looks like."""

    indices: NDArray[np.intp]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@quiet
def embedding_forward(indices: ArrayLike, w: ArrayLike) -> tuple[Floats, Cache]:
    """Look up the vector of each word.

    Parameters
    ----------
    indices : array_like of integers, any shape
        Words, in [0, V).
    w : array_like, shape (V, D)
        The vector of each word.

    Returns
    -------
    out : array, shape (*indices.shape, D), precision of `w`
    cache
        For `embedding_backward`.

    Raises
    ------
    ValueError
        An index is not that of a word.

    Examples
    --------
    >>> out, cache = embedding_forward([2, 0, 2], [[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]])
    >>> out
    array([[2. , 2.5],
           [0. , 0.5],
           [2. , 2.5]])
    """
    table = as_floats(w, "w")
    if table.ndim != 2:
        raise ValueError(f"w has shape {table.shape}; a table of one vector a word is needed, shape (V, D)")
    words = _words(indices, len(table))
    return table[words], Cache(words, table.shape, table.dtype)


@quiet
def embedding_backward(dout: ArrayLike, cache: Cache) -> Floats:
    """Add up the upstream gradients of each word of `embedding_forward`.

    Parameters
    ----------
    dout : array_like, shape (*indices.shape, D)
        The upstream gradient.
    cache
        From `embedding_forward`.

    Returns
    -------
    array, shape (V, D), precision of `w`
        The gradient of the table; there is none of the indices.

    Examples
    --------
    >>> out, cache = embedding_forward([2, 0, 2], [[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]])
    >>> embedding_backward([[1.0, 1.0], [10.0, 10.0], [100.0, 100.0]], cache)
    array([[ 10.,  10.],
           [  0.,   0.],
           [101., 101.]])
    """
    g = as_doubles(as_upstream(dout, (*cache.indices.shape, cache.shape[1])))
    dw: Floats = np.zeros(cache.shape, g.dtype)
    np.add.at(dw, cache.indices, g)
    return dw.astype(cache.dtype)


def _words(indices: ArrayLike, count: int) -> NDArray[np.intp]:
    words = np.asarray(indices)
    if words.size and words.dtype.kind not in "iu":
        raise ValueError(f"indices has dtype {words.dtype}; integers are needed, the rows of the words in w")
    words = words.astype(np.intp)
    wrong = np.argwhere((words < 0) | (words >= count))
    if len(wrong):
        at = tuple(wrong[0].tolist())
        where = f"[{', '.join(map(str, at))}]" if at else ""
        raise ValueError(f"indices{where}={words[at]} is not a word: w has {count} of them, 0 to {count - 1}")
    return words
