"""Structure finer than any usual step: what is right there never fails, what is wrong never passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import special

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


@pytest.mark.parametrize("summed", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_fine_stairs_are_not_called_wrong_among_very_many(summed: bool, seed: int) -> None:
    """What one entry moves of 90,000 outputs drowned in the rounding of all; 7 of 8 such stairs were called wrong."""

    def stairs(x: np.ndarray) -> np.ndarray:
        found = np.floor(1e6 * x) / 1e6
        return np.sum(found) if summed else found

    x = np.random.default_rng(seed).normal(size=(300, 300))
    report = gradcheck.check(stairs, x, vjp=lambda u, x: np.zeros_like(x), rng=seed)
    assert report.verdict is not Verdict.FAIL


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


def _erf_gelu(x: np.ndarray) -> np.ndarray:
    return x * (1 + special.erf(x / np.sqrt(2))) / 2


def _erf_gelu_grad(x: np.ndarray) -> np.ndarray:
    return (1 + special.erf(x / np.sqrt(2))) / 2 + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


def _log_mish(x: np.ndarray) -> np.ndarray:
    return x * np.tanh(np.log(1 + np.exp(x)))


def _log_mish_grad(x: np.ndarray) -> np.ndarray:
    return np.tanh(np.log1p(np.exp(x))) + x / np.cosh(np.log1p(np.exp(x))) ** 2 / (1 + np.exp(-x))


@pytest.mark.parametrize("x", [*np.linspace(-8.6, -7, 60), -8.3])
def test_stairs_of_one_plus_erf_are_not_called_wrong(x: float) -> None:
    """Between two of them the textbook GELU is exactly linear, and erf has no more digits to offer."""
    assert gradcheck.check(_erf_gelu, np.array([x]), derivative=_erf_gelu_grad).verdict is not Verdict.FAIL


@pytest.mark.parametrize("decimals", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_stairs_that_are_meant_are_flat_wherever_one_stands_on_them(seed: int, decimals: int) -> None:
    """From afar they follow the line x; from near enough nothing moves. A saw of the same teeth does."""
    x = np.random.default_rng(seed).uniform(-9, 9, 20)

    def stairs(x: np.ndarray) -> np.ndarray:
        return np.round(x, decimals)

    assert gradcheck.check(stairs, x, vjp=lambda u, x: 0 * u, rng=seed).ok
    assert not gradcheck.check(lambda x: x - stairs(x), x, vjp=lambda u, x: 0 * u, rng=seed).ok


@pytest.mark.parametrize("x", np.linspace(-8, -5, 31))
def test_a_zero_claimed_in_a_tail_does_not_pass(x: float) -> None:
    """It is small beside what f does far away, but does not fall with the step as that of a stationary point does."""
    assert gradcheck.check(_erf_gelu, np.array([x]), derivative=np.zeros_like).verdict is not Verdict.PASS


@pytest.mark.parametrize("x", [-35.66386554621849, -35.63865546218487, -35.647])
def test_stairs_that_more_digits_have_as_well_are_not_called_wrong(x: float) -> None:
    """The longer type has stairs of its own; larger steps see past them."""
    assert gradcheck.check(_log_mish, np.array([x]), derivative=_log_mish_grad).verdict is not Verdict.FAIL


@pytest.mark.parametrize("scale", [1e10, 1e11, 1e12])
@pytest.mark.parametrize("seed", range(6))
def test_waves_shorter_than_any_step_are_not_called_wrong(scale: float, seed: int) -> None:
    """At large x an ulp is a good part of a wave, and every usual step is many of them."""
    x = scale * np.random.default_rng(seed).normal(size=4)
    assert gradcheck.check(np.sin, x, derivative=np.cos, rng=seed).verdict is not Verdict.FAIL
    report = gradcheck.check(lambda x: np.cos(x).sum(), x, grad=lambda x: -np.sin(x), rng=seed)
    assert report.verdict is not Verdict.FAIL


FLAT_AT_ZERO = {
    "square": (np.square, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "square of relu": (lambda x: np.maximum(x, 0) ** 2, lambda x: 2 * np.maximum(x, 0)),
    "1 - cos": (lambda x: 1 - np.cos(x), np.sin),
}


@pytest.mark.parametrize("name", FLAT_AT_ZERO)
def test_a_minimum_at_zero_is_no_kink(name: str) -> None:
    """A zero is claimed, and next to what f does further away nothing is left of it; an offset is wrong."""
    f, df = FLAT_AT_ZERO[name]
    x = np.zeros(3)
    assert gradcheck.check(f, x, derivative=df, kinks="error").ok
    assert gradcheck.check(lambda x: f(x).sum(), x, grad=df, kinks="error").ok
    assert gradcheck.check(f, x, derivative=lambda x: df(x) + 1e-3).verdict is Verdict.FAIL


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6])
def test_beside_a_kink_the_slope_of_the_other_side_is_wrong(distance: float) -> None:
    """Large steps see neither side, and do not excuse it."""
    x = np.array([distance, 1.0, -2.0])
    assert gradcheck.check(np.abs, x, derivative=lambda x: -np.sign(x)).verdict is Verdict.FAIL


def test_a_function_that_is_zero_everywhere_has_no_slope() -> None:
    """Exactly 0 at every step is not noise, however small the output."""
    report = gradcheck.check(lambda x: 0.0 * x.sum(), np.array([0.1]), grad=lambda x: np.array([0.25]))
    assert report.verdict is Verdict.FAIL


@dataclass(frozen=True)
class Wave:
    """A wave of the frequency `om` in a window as wide as `width`, at times around `at`."""

    at: float
    width: float
    om: float

    def __call__(self, t: np.ndarray) -> np.ndarray:
        """sin(om t) exp(-((t - at) / width)^2)."""
        return np.asarray(np.sin(self.om * t) * np.exp(-(((t - self.at) / self.width) ** 2)))

    def slope(self, t: np.ndarray) -> np.ndarray:
        """Return its derivative."""
        window = np.exp(-(((t - self.at) / self.width) ** 2))
        return np.asarray(
            (self.om * np.cos(self.om * t) - 2 * (t - self.at) / self.width**2 * np.sin(self.om * t)) * window
        )


@pytest.mark.parametrize(
    ("wave", "n", "seed"),
    [
        (Wave(1.7e9, 1e2, 2e-2), 700, 0),
        (Wave(1.7e9, 1e2, 2e-2), 20_001, 1),
        (Wave(1.7e9, 1e3, 2e-3), 30_000, 9),
        (Wave(5e6, 10.0, 0.3), 30_000, 0),
    ],
)
def test_a_window_narrower_than_every_step_is_not_called_flat(wave: Wave, n: int, seed: int) -> None:
    """From seconds since 1970 all large steps leap off a window of minutes, where a slope of zero looks steady."""
    t = wave.at + np.random.default_rng(seed).normal(size=n) * wave.width
    report = gradcheck.check(wave, t, vjp=lambda u, t: u * wave.slope(t), rng=seed)
    assert report.verdict is not Verdict.FAIL


@pytest.mark.parametrize("w", [1e6, 1e7, 1e8])
@pytest.mark.parametrize("mode", ["auto", "projection"])
def test_a_ripple_on_a_parabola_is_not_called_wrong(w: float, mode: str) -> None:
    """Large steps agree on the parabola; rungs between them and rounding see the ripple, one of them at least."""
    for seed in range(4):
        for n in (3, 12):
            x = np.random.default_rng(seed).normal(size=n)
            report = gradcheck.check(
                lambda x: x * x + 1e-3 * np.sin(w * x) / w,
                x,
                derivative=lambda x: 2 * x + 1e-3 * np.cos(w * x),
                mode=mode,
                rng=seed,
            )
            assert report.verdict is not Verdict.FAIL, (seed, n)


@dataclass(frozen=True)
class MeanSquare:
    """The mean square of p - y."""

    y: np.ndarray

    def __call__(self, p: np.ndarray) -> float:
        """Return the mean of (p - y)^2."""
        return float(((p - self.y) ** 2).mean())

    def grad(self, p: np.ndarray) -> np.ndarray:
        """Return 2 (p - y) / n."""
        return np.asarray(2 * (p - self.y) / p.size)

    def without_the_largest(self, p: np.ndarray) -> np.ndarray:
        """Return the gradient, but zero at the largest p."""
        return np.asarray(self.grad(p) * (p < p.max()))


@pytest.mark.parametrize("n", [1, 3, 60, 700])
@pytest.mark.parametrize("mode", ["auto", "projection"])
def test_far_from_zero_a_gradient_that_varies_is_no_kink(n: int, mode: str) -> None:
    """A millionth of 1e8 away residuals of 1 are another matter: the dropped largest entry is wrong all the same."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        loss = MeanSquare(1e8 + rng.normal(size=n))
        p = loss.y + 0.3 * rng.normal(size=n)
        assert gradcheck.check(loss, p, grad=loss.grad, mode=mode, rng=seed).verdict is not Verdict.FAIL, seed
        wrong = gradcheck.check(loss, p, grad=loss.without_the_largest, mode=mode, rng=seed)
        assert wrong.verdict is Verdict.FAIL, seed


@pytest.mark.parametrize("told", [False, True])
def test_one_wrong_entry_of_a_million_is_not_taken_for_a_fine_structure(told: bool) -> None:
    """The sum of all outputs has an ulp of its own, far above the rounding of what one entry moves."""
    rng = np.random.default_rng(0)
    x, upstream = rng.uniform(0.2, 1.2, 10**6), rng.uniform(0.6, 1.4, 10**6)
    wrong = np.where(np.arange(x.size) == 481_530, 1.001, 1.0)
    options = {"upstream": upstream} if told else {}

    report = gradcheck.check(np.sin, x, vjp=lambda u, x: wrong * u * np.cos(x), **options)

    assert report.verdict is Verdict.FAIL, str(report)
