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


def _sampler() -> Any:
    return np.random.RandomState(1)


@pytest.mark.parametrize("how", [{"seed": _sampler()}, {"rng": _sampler()}, {"seed": 3}, {"seed": np.random}])
def test_a_seed_is_what_scipy_takes_for_one(how: dict[str, Any]) -> None:
    """A `RandomState`, which old tests still hand over, and the module itself."""
    assert check_grad(quartic, quartic_grad, np.ones(2), direction="random", **how) == 0.0
    assert check_grad(quartic, lambda x: 3 * x**3, np.ones(2), direction="random", **how) > 0.1


REFUSED: dict[str, tuple[Any, str]] = {
    "no gradient": (lambda: check_grad(quartic, None, np.ones(2)), "grad=None cannot be called; pass a function"),  # type: ignore[arg-type]
    "no function": (lambda: check_grad(3.0, quartic_grad, np.ones(2)), r"func=3\.0 cannot be called"),  # type: ignore[arg-type]
    "a word": (lambda: check_grad(quartic, quartic_grad, "abc"), "x0='abc' must be real numbers"),
    "complex": (lambda: check_grad(quartic, quartic_grad, [1 + 1j]), r"x0=.* is complex.*gradcheck\.check\("),
    "a seed": (lambda: check_grad(quartic, quartic_grad, np.ones(2), seed="x"), "seed='x' must be a seed"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_by_the_name_under_which_it_came(name: str) -> None:
    """In a sentence; an imaginary part is not thrown away."""
    call, said = REFUSED[name]

    with pytest.raises(InvalidArgument, match=said):
        call()
