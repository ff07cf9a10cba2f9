"""`scipy.optimize.check_grad`, without a step to choose."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..checks import check
from ..checks._options import seeded
from ..report import Report, Verdict
from ..subjects import Array
from ..subjects._keywords import refuses_unknown_options

Seed = int | np.random.Generator | np.random.RandomState | ModuleType | None
_MODES = {"all": "auto", "random": "projection"}


class Discrepancy(float):
    """The number that ``check_grad`` returns, with the ``report`` that it sums up."""

    report: Report


@refuses_unknown_options
def check_grad(
    func: Callable[..., Any],
    grad: Callable[..., Any],
    x0: Any,
    *args: Any,
    epsilon: float | None = None,
    direction: str = "all",
    rng: Seed = None,
    seed: Seed = None,
) -> Discrepancy:
    """Compare a gradient with differences of the function, as ``scipy.optimize.check_grad`` does.

    Parameters
    ----------
    func, grad
        ``func(x0, *args)``, one number, and its gradient ``grad(x0, *args)`` of the shape of `x0`.
    x0
        The point, shape (n,).
    *args
        Handed to both as they are.
    epsilon
        Not used; no step is fixed.
    direction
        ``"all"`` looks at the entries, ``"random"`` along random directions.
    rng, seed
        Seed or generator of the directions, also a `RandomState` or ``np.random``; 0 by default.

    Returns
    -------
    Discrepancy
        A float with ``.report``: 0.0 where the gradient is right, the root of the sum of squares of the worst
        differences where it is wrong, NaN where that could not be decided (so that ``check_grad(...) < tol`` fails).

    Raises
    ------
    InvalidArgument
        `direction` is neither of the two, `x0` is complex, or an argument cannot be used.

    Notes
    -----
    SciPy returns the norm of an error that includes the error of its own differences, however large; here that is
    not blamed on the gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from gradcheck.compat.scipy import check_grad
    >>> float(check_grad(lambda x: (x**4).sum(), lambda x: 4 * x**3, np.array([1e3, -2e3])))
    0.0
    >>> check_grad(lambda x: (x**4).sum(), lambda x: 3 * x**3, np.array([1.0, -2.0])) > 1
    True

    """
    del epsilon
    if direction not in _MODES:
        raise InvalidArgument(f"direction={direction!r} must be 'all' or 'random'")
    for name, function in (("func", func), ("grad", grad)):
        if not callable(function):
            raise InvalidArgument(f"{name}={function!r:.60} cannot be called; pass a function of x0")
    report = check(
        lambda x: func(x, *args),
        _point(x0),
        grad=lambda x: np.asarray(grad(x, *args)),
        mode=_MODES[direction],
        rng=_generator(seed, "seed") if rng is None else _generator(rng, "rng"),
    )
    found = Discrepancy(_size(report))
    found.report = report
    return found


def _point(x0: Any) -> Array:
    """Return `x0` as SciPy reads it, but for an imaginary part, which it drops."""
    if np.iscomplexobj(x0):
        raise InvalidArgument(f"x0={x0!r:.60} is complex; gradcheck.check(func, x0, grad=grad) takes complex points")
    try:
        return np.atleast_1d(np.asarray(x0, dtype=float))
    except (TypeError, ValueError):
        raise InvalidArgument(f"x0={x0!r:.60} must be real numbers; pass an array of shape (n,)") from None


def _generator(given: Any, name: str) -> np.random.Generator:
    """Return the generator that SciPy's option `name` means; one of the old kind gives it a seed."""
    if given is np.random or isinstance(given, np.random.RandomState):
        given = int(given.randint(2**31))
    return seeded(0 if given is None else given, name)[1]


def _size(report: Report) -> float:
    if report.ok:
        return 0.0
    if report.verdict is not Verdict.FAIL:
        return math.nan
    entries = [entry for finding in report.findings for entry in finding.entries]
    return math.hypot(*(entry.analytic - entry.numeric for entry in entries)) or math.inf
