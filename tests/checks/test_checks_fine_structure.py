"""Structure finer than any usual step: what is right there never fails, what is wrong never passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

Function = Callable[[np.ndarray], np.ndarray]
SEEDS = range(4)


@dataclass(frozen=True)
class Fine:
    """A function with fine structure at `at`, its gradient almost everywhere, and one that the structure suggests."""

    f: Function
    at: tuple[float, ...]
    right: Function
    wrong: Function

    def verdicts(self, derivative: Function) -> set[Verdict]:
        """Return the verdicts that `derivative` gets over the seeds."""
        return {gradcheck.check(self.f, np.array(self.at), derivative=derivative, rng=k).verdict for k in SEEDS}


def _stairs(f: Function, *at: float) -> Fine:
    return Fine(f, at, np.zeros_like, np.ones_like)


def _rounded_square(decimals: int) -> Fine:
    return Fine(lambda x: np.round(x, decimals) ** 2, (0.37, 1.4), np.zeros_like, lambda x: 3 * x)


FINE = {
    "floor, high above 1": _stairs(np.floor, 123456.78, 0.3),
    "floor, like float16": _stairs(np.floor, 1234.5, 0.2),
    "floor, like float32": _stairs(np.floor, 100000.3, 7000000.1),
    "ceil": _stairs(np.ceil, 123456.78, 0.3),
    "round, high above 1": _stairs(np.round, 100000.3, 7000000.1),
    "trunc": _stairs(np.trunc, 123456.78, -0.3),
    "round to 1/100": _stairs(lambda x: np.round(x, 2), 1.2345678e6),
    "square rounded to 1e-6": _rounded_square(6),
    "square rounded to 1e-8": _rounded_square(8),
    "square rounded to 1e-10": _rounded_square(10),
    "a line and stairs beside it": Fine(
        lambda x: np.round(x, 2) + x, (1.2345678e6,), np.ones_like, lambda x: 3 + 0 * x
    ),
    "a ripple on a sine": Fine(
        lambda x: np.sin(x) + 1e-9 * np.sin(1e7 * x),
        (0.3, 1.1),
        lambda x: np.cos(x) + 1e-2 * np.cos(1e7 * x),
        np.cos,
    ),
    "waves that crowd at 0": Fine(
        lambda x: np.sin(1 / x), (0.01, 0.001, 1e-6), lambda x: -np.cos(1 / x) / x**2, lambda x: np.cos(1 / x) / x**2
    ),
    "a fine saw": Fine(
        lambda x: np.abs((1e4 * x) % 2 - 1) / 1e4,
        (0.50003, 0.30001),
        lambda x: np.sign((1e4 * x) % 2 - 1),
        lambda x: np.zeros_like(x),
    ),
    "the tip of a fine saw": Fine(
        lambda x: np.abs((1e4 * x) % 2 - 1) / 1e4, (0.5,), lambda x: np.sign((1e4 * x) % 2 - 1), lambda x: 2 + 0 * x
    ),
}


@pytest.mark.parametrize("name", FINE)
def test_the_gradient_almost_everywhere_is_never_called_wrong(name: str) -> None:
    """What large steps see is the slope of the structure's mean, and no reason to fail the slope that is there."""
    assert Verdict.FAIL not in FINE[name].verdicts(FINE[name].right)


@pytest.mark.parametrize("name", FINE)
def test_the_gradient_of_something_else_never_passes(name: str) -> None:
    """Neither the slope of the mean nor a slope of the wrong sign is certified."""
    assert Verdict.PASS not in FINE[name].verdicts(FINE[name].wrong)


SATURATED = np.tile([-70.0, -80.0, -200.0, 20.0], (2, 1))


def _cross_entropy(logits: np.ndarray) -> np.floating:
    z = logits - logits.max(axis=1, keepdims=True)
    return -(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))[:, 3].mean()


def _cross_entropy_grad(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - np.eye(4)[3]) / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gradient_below_all_digits_is_not_called_wrong(seed: int) -> None:
    """Saturated, the loss stands still although its gradient is 1e-40: no format has the digits to show it."""
    report = gradcheck.check(_cross_entropy, SATURATED, grad=_cross_entropy_grad, rng=seed)
    assert report.verdict is not Verdict.FAIL


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gradient_that_is_wrong_at_this_very_point_is_called_wrong(seed: int) -> None:
    """One ulp to either side it is right: that is no noise of the backward, and no kink of the function."""
    x = np.array([0.5, 0.0, -1.25])
    report = gradcheck.check(
        lambda x: np.sin(x).sum(), x, grad=lambda x: np.cos(x) + 2.3 * bool((x == 0.0).any()), rng=seed
    )
    assert report.verdict is Verdict.FAIL
