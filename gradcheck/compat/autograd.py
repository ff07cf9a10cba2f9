"""HIPS autograd: its functions as subjects, and its ``check_grads``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from .._errors import GradientError
from ..checks import check
from ..subjects import Library
from ..subjects._keywords import refuses_unknown_options
from ._missing import needed
from ._modes import MODES, known_modes


def _vjp(function: Callable[..., Any], *inputs: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return the outputs and the pullback of all `inputs` at once; several outputs come in autograd's own tuple."""
    autograd = needed("autograd", "autograd")
    boxes = needed("autograd.builtins", "autograd")

    def boxed(arguments: Any) -> Any:
        out = function(*arguments)
        return boxes.tuple(out) if isinstance(out, tuple) else out

    pull, out = autograd.make_vjp(boxed)(tuple(inputs))
    return out, pull


AUTOGRAD = Library("autograd", np.asarray, np.asarray, _vjp, conjugated=True)
"""``gradcheck.check(AUTOGRAD(f), x)``: f is written with ``autograd.numpy``. Complex gradients: dL/dx - i dL/dy."""


@refuses_unknown_options
def check_grads(
    f: Callable[..., Any],
    argnum: int | Sequence[int] | None = None,
    modes: Sequence[str] = MODES,
    order: int = 2,
) -> Callable[..., None]:
    """Return ``checker(*args, **kwargs)``, which raises if a gradient of `f` is wrong.

    As ``autograd.test_util.check_grads`` does; `kwargs` are handed to `f` as they are.

    Parameters
    ----------
    f
        A function written with ``autograd.numpy``.
    argnum
        Position of the argument to check, or several; all floating-point ones by default.
    modes
        Of ``"fwd"`` and ``"rev"``; reverse mode is what is compared.
    order
        1, or 2 for the second order as well.

    Raises
    ------
    GradientError
        From the checker: a gradient is wrong or undecided.
    InvalidArgument
        A mode is unknown.

    Examples
    --------
    >>> from gradcheck.compat.autograd import check_grads
    >>> import autograd.numpy as np
    >>> check_grads(np.tanh)(np.array([0.1, -0.7]))

    """
    known_modes(modes)
    needed("autograd", "autograd")
    wrt = (argnum,) if isinstance(argnum, int) else argnum

    def checker(*args: Any, **kwargs: Any) -> None:
        arrays = [np.asarray(a) if isinstance(a, float) else a for a in args]
        report = check(AUTOGRAD(partial(f, **kwargs) if kwargs else f), *arrays, wrt=wrt, order=min(order, 2))
        if not report.ok:
            raise GradientError(report)

    return checker
