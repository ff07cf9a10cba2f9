"""Large subjects of which some entries are out of sight beside the others: rounding, tiny, or exactly zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

import gradcheck
from gradcheck import Report, Verdict


def _check(function: Any, *inputs: np.ndarray, vjp: Any) -> Report:
    return gradcheck.check(function, *inputs, vjp=vjp)


def _by_the_look(report: Report) -> bool:
    return bool(report.scheme) and report.scheme.startswith("the trapezoid rule")


def _softmax_of_shifted(x: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Return a softmax of scores that one number for each row is added to: none of those matters."""
    e = np.exp(x + shift[:, None] - np.max(x + shift[:, None], axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _shifted_vjp(u: np.ndarray, x: np.ndarray, shift: np.ndarray) -> Any:
    p = _softmax_of_shifted(x, shift)
    dx = p * (u - (p * u).sum(axis=1, keepdims=True))
    return dx, dx.sum(axis=1)


def _joined(function: Any) -> Any:
    """Return `function` with the shifts as the last column of one input, beside scores that matter."""

    def of_one(*arguments: np.ndarray) -> Any:
        *upstream, joined = arguments
        found = function(*upstream, joined[:, :-1], joined[:, -1])
        return np.column_stack(found) if isinstance(found, tuple) else found

    return of_one


def test_entries_whose_gradient_is_rounding_do_not_end_the_look() -> None:
    """A shift of all scores of a row changes nothing, and one call more shows that it does not."""
    x = np.random.default_rng(0).normal(size=(400, 101))
    report = _check(_joined(_softmax_of_shifted), x, vjp=_joined(_shifted_vjp))
    assert report.ok
    assert _by_the_look(report)
    assert report.cost.forward <= 5


def test_entries_that_claim_next_to_nothing_and_move_their_outputs_are_found() -> None:
    """Beside a softmax whose shifts do matter, by a cube of theirs that the claim has lost."""
    x = np.random.default_rng(0).normal(size=(400, 101))

    def forward(x: np.ndarray, shift: np.ndarray) -> np.ndarray:
        return _softmax_of_shifted(x, shift) + 1e-3 * shift[:, None] ** 3

    assert _check(_joined(forward), x, vjp=_joined(_shifted_vjp)).verdict is Verdict.FAIL


def test_outputs_as_small_as_their_inputs_are_not_taken_for_rounding() -> None:
    """Squares of numbers 1e-8 as large as others, half too large a gradient: the outputs beside do not hide it."""
    x = np.random.default_rng(0).uniform(1, 2, size=40_000)
    x[::20] *= 1e-8
    wrong = np.where(np.arange(x.size) % 20 == 0, 3.0, 2.0)
    for claim in (2.0, wrong):
        assert not _by_the_look(_check(np.square, x, vjp=lambda u, x, claim=claim: claim * u * x))
    assert not _check(np.square, x, vjp=lambda u, x: wrong * u * x).ok


def test_few_entries_far_smaller_than_the_others_are_moved_without_them() -> None:
    """Two of 30 000 slopes are ten million times smaller: the look certifies them, and finds each that is wrong."""
    x, scale = np.random.default_rng(0).normal(size=30_000), np.ones(30_000)
    scale[[77, 4242]] = 1e-7, -3e-7
    for at, factor in ((None, 1.0), (77, 2.0), (4242, 1.001)):
        claimed = scale.copy()
        claimed[at] *= factor

        report = _check(lambda x: scale * np.sin(x), x, vjp=lambda u, x, c=claimed: c * u * np.cos(x))

        assert report.ok == _by_the_look(report) == (at is None)
        assert [f.index for f in report.findings] == ([] if at is None else [(at,)])


_ALONE = {
    "one slope of two hundred thousand": (200_000, [1e-7]),
    "one of those too few for the first look": (6_000, [1e-7]),
    "a zero and a slope": (50_000, [0.0, 1e-8]),
    "five zeros and a slope": (6_000, [0.0] * 5 + [1e-7]),
}


@pytest.mark.parametrize("name", _ALONE)
def test_an_entry_far_smaller_than_all_others_is_looked_at_alone(name: str) -> None:
    """However many stand beside it: off by a tenth, or claimed to be zero, it fails by name, and right it passes."""
    size, small = _ALONE[name]
    x, scale = np.random.default_rng(0).uniform(0.2, 1.2, size), np.ones(size)
    at = np.random.default_rng(1).choice(size, len(small), replace=False)
    scale[at] = small

    def verdict(at: int, error: float) -> tuple[Verdict, list[Any]]:
        claimed = scale.copy()
        claimed[at] += error
        report = gradcheck.check(lambda x: scale * np.sin(x), x, vjp=lambda u, x: claimed * u * np.cos(x))
        return report.verdict, [f.index for f in report.findings]

    assert verdict(at[0], 0.0) == (Verdict.PASS, [])
    for error in (0.1 * small[-1], -small[-1]):
        assert verdict(at[-1], error) == (Verdict.FAIL, [(at[-1],)])


def test_a_few_zeros_at_kinks_raise_no_alarm() -> None:
    """Inputs at the corner of a ReLU, just before it, and dead: right claims pass, a forgotten leak fails."""
    few = np.random.default_rng(0).uniform(0.2, 1.2, 30_000)
    few[:3] = 0.0, -1e-3, -0.9
    assert gradcheck.check(lambda x: np.maximum(x, 0), few, vjp=lambda u, x: u * (x > 0)).ok
    x = few.copy()
    x[:3], x[3:6], x[6:9] = 0.0, -1e-3, -0.9
    for leaking in (None, 4, 7):
        leak = np.where(np.arange(x.size) == leaking, 1e-7, 0.0)
        report = gradcheck.check(lambda x, leak=leak: np.maximum(x, leak * x), x, vjp=lambda u, x: u * (x > 0))
        assert report.ok == (leaking is None), report
        named = [f.index for f in report.findings if f.code == "GC101"]
        assert named == ([] if leaking is None else [(leaking,)])


# -- entries that are moved less than the others ---------------------------------------------------------------------

_SPREAD = {
    "features of 1e-2 to 10": lambda rng: rng.normal(size=(800, 50)) * np.logspace(-2, 1, 50),
    "log-normal": lambda rng: np.exp(2 * rng.normal(size=(800, 50))),
    "log-normal, too few for the first look": lambda rng: np.exp(2 * rng.normal(size=(160, 50))),
}


@pytest.mark.parametrize("name", _SPREAD)
def test_an_error_at_a_small_input_is_no_smaller_than_the_stated_resolution(name: str) -> None:
    """Steps are in proportion to inputs that span decades: those that go least are looked at apart."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, w = _SPREAD[name](rng), rng.normal(size=(50, 7))
        at = np.unravel_index(np.argsort(np.abs(x), axis=None)[5], x.shape)

        def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray, factor: float = 1.1, at: Any = at) -> Any:
            gradient = u @ w.T
            gradient[at] *= factor
            return gradient, x.T @ u

        right = gradcheck.check(np.matmul, x, w, vjp=lambda u, x, w, vjp=vjp: vjp(u, x, w, 1.0), rng=seed)
        assert right.ok
        assert all(c.resolution is not None and c.resolution < 1e-2 for c in right.comparisons)
        wrong = gradcheck.check(np.matmul, x, w, vjp=vjp, rng=seed)
        assert [(f.code, f.index) for f in wrong.findings] == [("GC101", at)]


# -- groups that are lost in rounding at small steps, and in curvature at large ones ---------------------------------


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _log_sum_exp(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.exp(x).sum(axis=-1)))


def _softmax_vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
    p = _softmax(x)
    return np.asarray(p * (u - (p * u).sum(axis=-1, keepdims=True)))


@pytest.mark.parametrize(("size", "spread"), [(60, 3), (60, 5), (200, 8)])
def test_saturated_rows_pass_beside_the_others(size: int, spread: float) -> None:
    """Of a softmax at large scores most slopes are tiny: they are certified as far as rounding lets them be."""
    for seed in range(2):
        x = spread * np.random.default_rng(seed).normal(size=(size, size))
        assert gradcheck.check(_softmax, x, vjp=_softmax_vjp, rng=seed).ok
        assert gradcheck.check(_log_sum_exp, x, vjp=lambda u, x: u[:, None] * _softmax(x), rng=seed).ok


@pytest.mark.parametrize("size", [30, 100, 200])
def test_saturated_units_pass_beside_the_others(size: int) -> None:
    """So do the slopes of tanh(4 x); one that counts is found where it is wrong."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(size, size)), rng.normal(size=(size, 9))
    typical = np.unravel_index(np.argmin(np.abs(np.abs(x) - 0.3)), x.shape)

    def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray, factor: float = 1.0) -> Any:
        gradient = 4 * (u @ w.T) * (1 - np.tanh(4 * x) ** 2)
        gradient[typical] *= factor
        return gradient, np.tanh(4 * x).T @ u

    def forward(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return np.asarray(np.tanh(4 * x) @ w)

    assert gradcheck.check(forward, x, w, vjp=vjp).ok
    report = gradcheck.check(forward, x, w, vjp=lambda *given: vjp(*given, factor=1.01))
    assert [f.index for f in report.findings] == [typical]


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, Verdict.PASS), (1.1, Verdict.FAIL)])
def test_a_softmax_of_logarithms_made_sharper_is_decided(factor: float, verdict: Verdict) -> None:
    """Gumbel-softmax at temperature 0.2: when one logit moves, all of its row rounds anew by dozens of ulps."""
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(32, 20)), rng.gumbel(size=(32, 20))

    def relaxed(x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        return np.exp(_normalized(5 * (_normalized(x) + noise)))

    def vjp(u: np.ndarray, x: np.ndarray, noise: np.ndarray) -> Any:
        p = relaxed(x, noise)
        inner = 5 * p * (u - (p * u).sum(axis=1, keepdims=True))
        inner *= np.where((np.abs(inner) > 1e-8) & (np.abs(inner) < 1e-6), factor, 1.0)
        return inner, inner

    assert _check(relaxed, x, noise, vjp=vjp).verdict is verdict


def _normalized(x: np.ndarray) -> np.ndarray:
    return np.asarray(x - special.logsumexp(x, axis=1, keepdims=True))


@pytest.mark.parametrize("size", [6000, 30_000])
@pytest.mark.parametrize(
    ("small", "others", "passes"), [(1.0, 1.0, True), (1e16, 1.0, False), (1e12, 1.0, False), (1.0, 1 + 1e-5, False)]
)
def test_terms_that_a_sum_rounds_away_pass_beside_the_others(
    small: float, others: float, passes: bool, size: int
) -> None:
    """Two thousand terms of e^-45 move nothing beside e^1, so rounding hides them; claims that would do not."""
    x = np.random.default_rng(size).uniform(-1, 1, size)
    x[:2000] -= 45
    claim = np.exp(x) * np.where(x < -9, small, others)
    report = gradcheck.check(lambda x: float(np.exp(x).sum()), x, grad=lambda x: claim)
    assert (report.verdict is Verdict.PASS) == passes
