"""`gradcheck.compat.scipy.check_grad` beside SciPy's own."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
import scipy.optimize

from gradcheck import InvalidArgument
from gradcheck.compat.scipy import check_grad


def quartic(x: Any, a: float = 1.0) -> Any:
    return a * np.sum(x**4)


def quartic_grad(x: Any, a: float = 1.0) -> Any:
    return a * 4 * x**3


def test_what_scipy_calls_wrong_by_thousands_is_right() -> None:
    """SciPy's number is the error of its own differences; here it is zero."""
    x = np.array([1e3, -3e3, 2e3])

    assert scipy.optimize.check_grad(quartic, quartic_grad, x) > 1e3
    assert check_grad(quartic, quartic_grad, x) == 0.0


def test_a_wrong_gradient_has_the_size_of_its_error() -> None:
    """As SciPy's number at a point where its differences are good enough."""
    x = np.array([0.5, -1.0])
    theirs = scipy.optimize.check_grad(quartic, lambda x: 3 * x**3, x)

    found = check_grad(quartic, lambda x: 3 * x**3, x)

    assert math.isclose(found, theirs, rel_tol=1e-5)
    assert found.report.findings[0].code == "GC101"
    assert check_grad(quartic, lambda x: 3 * x**3, x, direction="random", rng=0) > 0.1


def test_arguments_are_handed_on_and_what_is_undecided_passes_no_bound() -> None:
    """Further arguments go to both functions; NaN is below no tolerance."""
    assert check_grad(quartic, quartic_grad, np.ones(2), 3.0) == 0.0
    undecided = check_grad(lambda x: float(np.random.rand()), lambda x: x, np.ones(2))  # noqa: NPY002
    assert not undecided < 1e-3


def test_every_parameter_of_scipys_is_there() -> None:
    """Switching is one line of import."""
    theirs = inspect.signature(scipy.optimize.check_grad).parameters
    assert set(theirs) <= set(inspect.signature(check_grad).parameters)


def test_an_unknown_direction_is_refused() -> None:
    """In a sentence."""
    with pytest.raises(InvalidArgument, match="direction='up'"):
        check_grad(quartic, quartic_grad, np.ones(2), direction="up")
