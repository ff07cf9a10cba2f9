"""`jax.test_util.check_grads`, without tolerances that grow with the size of an array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._errors import GradientError, InvalidArgument
from ..checks import check
from ..subjects._keywords import refuses_unknown_options
from ._missing import needed

_MODES = ("fwd", "rev")


@refuses_unknown_options
def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int,
    modes: Sequence[str] = ("fwd", "rev"),
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
        Of ``"fwd"`` and ``"rev"``; reverse mode is compared in any case.
    atol, rtol
        None derives the bound; if given, they are the bound of every entry, whatever the size of the array.
    eps
        Not used; no step is fixed.

    Raises
    ------
    GradientError
        A gradient is wrong or undecided; an `AssertionError`, as JAX's is. It carries the report.
    InvalidArgument
        A mode is unknown.

    """
    del eps
    jax = needed("jax", "jax")
    chosen = (modes,) if isinstance(modes, str) else tuple(modes)
    unknown = [mode for mode in chosen if mode not in _MODES]
    if unknown or not chosen:
        raise InvalidArgument(f"modes={modes!r} must be of 'fwd' and 'rev'")
    report = check(
        jax.tree_util.Partial(f),  # an object of JAX, so that plain numbers of NumPy are understood as its arrays
        *jax.tree_util.tree_map(_array, tuple(args)),
        order=min(order, 2),
        atol=atol,
        rtol=rtol,
        jvp=True if "fwd" in chosen else None,
    )
    if not report.ok:
        raise GradientError(report)


def _array(value: Any) -> Any:
    """Return a plain floating-point number as an array, which has a gradient here."""
    return np.asarray(value) if isinstance(value, (float, complex)) else value
