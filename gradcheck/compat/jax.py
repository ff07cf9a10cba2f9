"""`jax.test_util.check_grads`, without tolerances that grow with the size of an array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._errors import GradientError, InvalidArgument
from ..checks import check
from ..report import Report
from ..subjects import name_of
from ..subjects._keywords import refuses_unknown_options
from ._missing import needed
from ._modes import MODES, known_modes


@refuses_unknown_options
def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int,
    modes: Sequence[str] = MODES,
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> None:
    """Raise if a gradient of `f` at `args` is wrong, as ``jax.test_util.check_grads`` does.

    Parameters
    ----------
    f
        A function of arrays or pytrees.
    args
        Its arguments.
    order
        1, or more for the second order as well; higher ones than the second are not looked at.
    modes
        Of ``"fwd"`` and ``"rev"``; each is compared that is named, and both must agree.
    atol, rtol
        None derives the bound; if given, they are the bound of every entry, whatever the size of the array.
    eps
        Not used; no step is fixed.

    Raises
    ------
    GradientError
        A gradient is wrong or undecided; an `AssertionError`, as JAX's is. It carries the report.
    InvalidArgument
        A mode is unknown, or `args` is no tuple.

    """
    del eps
    jax = needed("jax", "jax")
    chosen = known_modes(modes)
    if not isinstance(args, (tuple, list)):
        raise InvalidArgument(f"args is a {type(args).__name__}, but check_grads takes a tuple of arguments: (x,)")
    arrays = jax.tree_util.tree_map(_array, tuple(args))
    subject = jax.tree_util.Partial(f)  # an object of JAX: plain numbers of NumPy are understood as its arrays
    if "rev" in chosen:
        jvp = True if "fwd" in chosen else None
        return _hold(check(subject, *arrays, order=min(order, 2), atol=atol, rtol=rtol, jvp=jvp))
    _hold(check(subject, *arrays, order=min(order, 1), atol=atol, rtol=rtol, jvp="alone"))
    if order > 1:
        tangents, point = _tangents_of(jax, f, arrays)
        _hold(check(tangents, point, point, atol=atol, rtol=rtol, jvp="alone"))
    return None


def _hold(report: Report) -> None:
    if not report.ok:
        raise GradientError(report)


def _tangents_of(jax: Any, f: Callable[..., Any], args: Sequence[Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the forward mode of `f`, as a function of all continuous inputs and of their tangents, and these inputs.

    Its own forward mode is the second order of a function that has no other, as a loop of unknown length.
    """
    leaves, tree = jax.tree_util.tree_flatten(args)
    moved = [k for k, leaf in enumerate(leaves) if _is_continuous(jax, leaf)]

    def outputs(*given: Any) -> list[Any]:
        now = dict(zip(moved, given, strict=True))
        returned = f(*tree.unflatten([now.get(k, leaf) for k, leaf in enumerate(leaves)]))
        return [out for out in jax.tree_util.tree_leaves(returned) if _is_continuous(jax, out)]

    def tangents(x: Any, v: Any) -> Any:
        return jax.jvp(outputs, x, v)[1]

    tangents.__name__ = f"jvp({name_of(f)})"
    return tangents, tuple(jax.numpy.asarray(leaves[k]) for k in moved)


def _is_continuous(jax: Any, leaf: Any) -> bool:
    return bool(jax.numpy.issubdtype(jax.numpy.result_type(leaf), jax.numpy.inexact))


def _array(value: Any) -> Any:
    """Return a plain floating-point number as an array, which has a gradient here."""
    return np.asarray(value) if isinstance(value, (float, complex)) else value
