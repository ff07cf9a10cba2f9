"""float32 in a part of a forward that takes and returns float64: right gradients are not called wrong for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

Single = np.float32


def _softmax(x: Any) -> Any:
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def _softmax_pull(u: Any, x: Any) -> Any:
    y = _softmax(x)
    return y * (u - (u * y).sum(1, keepdims=True))


def _rounded(x: Any) -> Any:
    return x.astype(Single).astype(float)


MIX = np.array([[0.5, -0.2, 0.3], [0.1, 0.7, -0.4], [-0.3, 0.2, 0.6]])

FORWARDS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "a kernel beside a residual": (
        lambda x: x + _softmax(x.astype(Single)).astype(float),
        lambda u, x: u + _softmax_pull(u, x),
    ),
    "a mean in float32": (
        lambda x: x - x.astype(Single).mean(0).astype(float),
        lambda u, x: u - u.mean(0),
    ),
    "a factor in float32": (
        lambda x: _rounded(np.sin(2 * x)) * x,
        lambda u, x: u * (np.sin(2 * x) + 2 * x * np.cos(2 * x)),
    ),
}


@pytest.mark.parametrize("name", FORWARDS)
def test_a_right_gradient_is_no_mistake(name: str) -> None:
    """What passes says what cannot be seen; at small steps, differences show the slope of the rest alone."""
    forward, pull = FORWARDS[name]
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=(6, 4))
        report = gradcheck.check(forward, x, vjp=pull, rng=seed)
        assert report.verdict is not Verdict.FAIL, str(report)
        assert "GC903" in {finding.code for finding in report.findings}


@pytest.mark.parametrize("name", FORWARDS)
def test_a_wrong_one_is_wrong(name: str) -> None:
    """One percent is far above what float32 hides, of all or one entry; the slope of the rest never passes."""
    forward, pull = FORWARDS[name]
    x = np.random.default_rng(0).normal(size=(6, 4))
    one = np.where(np.arange(24).reshape(6, 4) == 7, 1.05, 1.0)

    assert gradcheck.check(forward, x, vjp=lambda u, x: 1.01 * pull(u, x)).verdict is Verdict.FAIL
    assert gradcheck.check(forward, x, vjp=lambda u, x: one * pull(u, x)).verdict is Verdict.FAIL
    assert gradcheck.check(forward, x, vjp=lambda u, x: u).verdict is not Verdict.PASS


def _attention(q: Any, k: Any, v: Any) -> Any:
    return _softmax((q @ k.T).astype(Single) / Single(2)).astype(float) @ v


def _attention_pull(u: Any, q: Any, k: Any, v: Any) -> Any:
    slope = _softmax_pull(u @ v.T, q @ k.T / 2) / 2
    return slope @ k, slope.T @ q, _softmax(q @ k.T / 2).T @ u


def test_what_is_clear_is_not_searched_for_entry_by_entry() -> None:
    """A softmax in float32 inside of attention is seen along one direction, before any entry is differenced."""
    inputs = [np.random.default_rng(seed).normal(size=(4, 3)) for seed in range(3)]
    report = gradcheck.check(_attention, *inputs, vjp=_attention_pull)

    assert report.verdict is Verdict.PASS, str(report)
    assert "GC903" in {finding.code for finding in report.findings}
    assert report.cost.forward < 1500


def test_what_rounding_hides_at_tiny_steps_is_no_sign_of_float32() -> None:
    """A distance with 1e-3 added to it is off by 1e-4 at every step; next to the point, everything is off."""

    def pull(u: Any, x: Any) -> Any:
        w = u / (np.sqrt(((x[:, None] - x) ** 2).sum(-1)) + 1e-3)
        return ((w + w.T)[..., None] * (x[:, None] - x)).sum(1)

    x = np.random.default_rng(1).normal(size=(20, 40))
    report = gradcheck.check(lambda x: np.sqrt(((x[:, None] - x) ** 2).sum(-1)), x, vjp=pull)
    assert report.verdict is Verdict.FAIL
    assert report.cost.forward < 600


@pytest.mark.parametrize("entry", [0, 4, 11])
def test_what_float32_leaves_open_is_held_against_larger_steps(entry: int) -> None:
    """An entry that is small beside others is five percent off at every step, and wrong."""
    inputs = [np.random.default_rng(seed).normal(size=(4, 3)) for seed in range(3)]

    def pull(u: Any, q: Any, k: Any, v: Any) -> Any:
        dq, dk, dv = _attention_pull(u, q, k, v)
        dq.flat[entry] *= 1.05
        return dq, dk, dv

    assert gradcheck.check(_attention, *inputs, vjp=pull).verdict is Verdict.FAIL


# -- a summand of a loss ---------------------------------------------------------------------------------------------


def _sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


def _overlap(a: Any, b: Any) -> Any:
    p = _sigmoid(a)
    return 1 - 2 * (p @ b + 1) / (p.sum() + b.sum() + 2)


def _overlap_slope(a: Any, b: Any) -> Any:
    p, q = _sigmoid(a), (_sigmoid(a) + b).sum() + 2
    return -2 * (b / q - (_sigmoid(a) @ b + 1) / q**2) * p * (1 - p)


def _focal(a: Any, b: Any) -> Any:
    """Return a loss in the dtype of what it is given."""
    zero = a.dtype.type(0)
    return (np.exp(-2 * np.logaddexp(zero, a * (2 * b - 1))) * (a - a * b + np.logaddexp(zero, -a))).mean()


def _focal_slope(a: Any, b: Any) -> Any:
    sign = 2 * b - 1
    weight, entropy = _sigmoid(-a * sign) ** 2, a - a * b + np.logaddexp(0, -a)
    return weight * (1 - b - _sigmoid(-a) - 2 * sign * _sigmoid(a * sign) * entropy) / a.size


def _losses(seed: int, share: float) -> tuple[Callable[[Any], Any], Callable[[Any], Any], Any]:
    """Return the sum of a loss in float64 and one in float32, `share` times its gradient, and a point."""
    rng = np.random.default_rng(seed)
    a, b = 4 * rng.normal(size=6), rng.integers(0, 2, 6).astype(float)

    def forward(a: Any) -> float:
        return float(_overlap(a, b)) + float(_focal(a.astype(Single), b.astype(Single)))

    return forward, lambda a: share * (_overlap_slope(a, b) + _focal_slope(a, b)), a


@pytest.mark.parametrize("seed", [2, 6, 13, 15])
def test_a_summand_in_float32_is_no_mistake(seed: int) -> None:
    """Where it saturates, its slope climbs no stair at any step that is short, and is missing by little."""
    forward, slope, a = _losses(seed, 1.0)
    report = gradcheck.check(forward, a, grad=slope, rng=seed)
    assert report.verdict is not Verdict.FAIL, str(report)
    assert "GC903" in {finding.code for finding in report.findings}


@pytest.mark.parametrize("share", [1.01, 0.99])
def test_a_percent_beside_such_a_summand_is_wrong(share: float) -> None:
    """One percent of entries that climb many stairs is far more than float32 hides."""
    for seed in (2, 6, 13, 15):
        forward, slope, a = _losses(seed, share)
        assert gradcheck.check(forward, a, grad=slope, rng=seed).verdict is Verdict.FAIL


SMALL: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "smooth": (np.sin, np.cos),
    "kinks": (lambda x: np.maximum(x, 0), lambda x: x > 0),
    "a ripple": (lambda x: x + 1e-3 * np.sin(1e2 * x), lambda x: 1 + 0.1 * np.cos(1e2 * x)),
}


@pytest.mark.parametrize("name", SMALL)
def test_as_little_is_wrong_in_float64(name: str) -> None:
    """What is off by less than a stair of float32 fails where nothing is rounded, be it one entry or all."""
    function, derivative = SMALL[name]
    x = np.random.default_rng(0).normal(size=6)
    one = np.where(np.arange(6) == 2, 1.01, 1.0)

    def verdict(share: Any) -> Verdict:
        report = gradcheck.check(
            lambda x: 1 + 1e-4 * function(x).sum(), x, grad=lambda x: 1e-4 * share * derivative(x)
        )
        return report.verdict

    assert verdict(1.0) is Verdict.PASS
    assert verdict(1.001) is Verdict.FAIL
    assert verdict(one) is Verdict.FAIL


# -- what passes next to the point alone -----------------------------------------------------------------------------

FORGETFUL: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "a product": (
        lambda x: MIX @ x**2 + ((MIX.T[:3].astype(Single)) @ np.tanh(x.astype(Single))).astype(float),
        lambda u, x: 2 * x * (MIX.T @ u),
    ),
    "entry by entry": (lambda x: x**2 + 0.3 * _rounded(np.tanh(x)), lambda u, x: 2 * x * u),
    "an input": (lambda x: MIX @ x + MIX @ np.tanh(_rounded(x)), lambda u, x: MIX.T @ u),
}


@pytest.mark.parametrize("mode", ["auto", "entries"])
@pytest.mark.parametrize("name", FORGETFUL)
def test_a_rounded_part_that_the_backward_forgets_is_noticed(name: str, mode: str) -> None:
    """Between two stairs of float32 the part stands still, and a claim without it is right to the last digit."""
    forward, pull = FORGETFUL[name]
    for seed in range(4):
        x = np.random.default_rng(seed).normal(size=3)
        report = gradcheck.check(forward, x, vjp=pull, rng=seed, mode=mode)
        assert report.verdict is not Verdict.PASS, str(report)


def test_a_single_input_shows_it_as_well() -> None:
    """However few jumps there are beside the point, they are looked for on coarser lattices, too."""
    for seed in range(12):
        x = np.random.default_rng(seed).normal(size=1)
        report = gradcheck.check(lambda x: x**2 + 0.5 * _rounded(np.tanh(x)), x, derivative=lambda x: 2 * x, rng=seed)
        assert report.verdict is not Verdict.PASS, str(report)


@pytest.mark.parametrize("seed", range(6))
def test_a_rounded_part_of_half_a_percent_is_noticed(seed: int) -> None:
    """So far out in tanh a stair is longer than the first look's shorter step."""
    x = np.array([2.9 + 0.02 * seed])
    report = gradcheck.check(lambda x: x**2 + _rounded(np.tanh(x)), x, derivative=lambda x: 2 * x, rng=seed)
    assert report.verdict is not Verdict.PASS, str(report)


def _two_slopes(x: Any) -> Any:
    return x + 1e-5 * np.tanh((x - 0.7) / 1e-5)


TWO_SLOPES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "a slope that changes within 1e-5": (_two_slopes, lambda x: 2 - np.tanh((x - 0.7) / 1e-5) ** 2),
    "a wave of 1e-6": (lambda x: x + 1e-6 * np.sin(1e6 * x), lambda x: 1 + np.cos(1e6 * x)),
    "fast waves": (lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x)),
    "a kink at 1e-6": (lambda x: np.maximum(x - 0.7 + 1e-6, 0) + x, lambda x: (x > 0.7 - 1e-6) + 1.0),
    "a triangle wave of 1e-6": (
        lambda x: x + np.abs((1e6 * x) % 2 - 1) / 2e6,
        lambda x: 1 + 0.5 * np.sign((1e6 * x) % 2 - 1),
    ),
    "stairs that are meant": (lambda x: x + np.round(x, 4), np.ones_like),
}


@pytest.mark.parametrize("name", TWO_SLOPES)
def test_two_slopes_of_one_function_are_no_rounding(name: str) -> None:
    """The one beside the point is right where nothing jumps by an ulp of float32."""
    function, slope = TWO_SLOPES[name]
    for mode in ("auto", "entries"):
        report = gradcheck.check(function, np.array([0.7000003, 1.3000003]), derivative=slope, mode=mode)
        assert report.verdict is Verdict.PASS, str(report)


@pytest.mark.parametrize("mode", ["auto", "entries"])
@pytest.mark.parametrize("digits", [5, 6, 7])
def test_stairs_as_fine_as_those_of_float32_may_be_meant(digits: int, mode: str) -> None:
    """Whoever rounds to six decimals and leaves that out of the backward is right on every stair."""
    for seed in range(6):
        x = np.random.default_rng(seed).normal(size=4)
        report = gradcheck.check(lambda x: x + np.round(x, digits), x, derivative=np.ones_like, rng=seed, mode=mode)
        assert report.verdict is not Verdict.FAIL, str(report)


# -- sums of no fixed order ------------------------------------------------------------------------------------------


def _summed(terms: Any, rng: np.random.Generator) -> Any:
    """Return the sum over the first axis, added up in another order each time, as atomic operations do."""
    total = np.zeros(terms.shape[1:], terms.dtype)
    for row in rng.permutation(len(terms)):
        total = total + terms[row]
    return total


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("where", ["forward", "backward"])
def test_sums_in_no_fixed_order_are_rounding(where: str, dtype: Any) -> None:
    """No random forward (GC904), no random backward (GC111): a note where it is float32, nothing in float64."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, w = rng.normal(size=(16, 5)), rng.normal(size=5)

        def add(terms: Any, *, loose: bool, rng: Any = rng) -> Any:
            return _summed(terms.astype(dtype), rng).astype(float) if loose else terms.sum(0)

        def forward(x: Any, w: Any, add: Any = add) -> Any:
            return add(np.tanh(x * w), loose=where == "forward")

        def pull(u: Any, x: Any, w: Any, add: Any = add) -> Any:
            slope = u * (1 - np.tanh(x * w) ** 2)
            return slope * w, add(slope * x, loose=where == "backward")

        right = gradcheck.check(forward, x, w, vjp=pull, rng=seed)
        wrong = gradcheck.check(forward, x, w, vjp=lambda u, x, w, pull=pull: (pull(u, x, w)[0], u), rng=seed)
        assert right.verdict is not Verdict.FAIL, str(right)
        assert "GC904" not in {finding.code for finding in right.findings}
        assert right.verdict is Verdict.PASS or dtype is np.float32
        assert wrong.verdict is Verdict.FAIL
        if where == "forward" and dtype is np.float32:
            assert any("two calls" in line for finding in right.findings for line in finding.detail), str(right)


def test_how_much_it_differs_is_said() -> None:
    """A note names the entry, and what explains it; it is no failure."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(16, 5)), rng.normal(size=5)

    def pull(u: Any, x: Any, w: Any) -> Any:
        return u * w, _summed((u * x).astype(Single), rng).astype(float)

    report = gradcheck.check(lambda x, w: x * w, x, w, vjp=pull)

    (note,) = [finding for finding in report.findings if finding.code == "GC111"]
    assert note.severity is Verdict.PASS
    assert "float32" in note.title
    assert "inputs['w']" in note.title


@pytest.mark.parametrize("share", [1e-3, 1e-6])
def test_a_backward_that_adds_up_is_one_however_little(share: float) -> None:
    """What grows by the same with every call is no rounding."""
    total = [0.0]

    def grows(u: Any, x: Any) -> Any:
        total[0] += share
        return u * 2 * x + total[0]

    assert "GC107" in _codes(gradcheck.check(lambda x: x**2, np.linspace(0.5, 2, 6), vjp=grows))


def _codes(report: Any) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity is Verdict.FAIL}


@pytest.mark.parametrize("share", [1e-3, 0.1])
def test_a_draw_of_the_backward_is_no_rounding(share: float) -> None:
    """A thousandth by chance is more than any order of sums explains."""
    rng = np.random.default_rng(0)
    x = np.linspace(0.5, 2, 6)

    report = gradcheck.check(lambda x: x**2, x, vjp=lambda u, x: u * 2 * x * (1 + share * rng.normal(size=x.size)))

    assert "GC111" in _codes(report)


@pytest.mark.parametrize("seed", range(2))
def test_a_part_in_float32_that_the_gradient_forgets_ends_after_some_forwards_an_entry(seed: int) -> None:
    """What confirms a failure is asked once a step, and no more entries are once one is open and they are dear."""
    W = np.random.default_rng(0).normal(size=(100, 100)) / 10

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        z = W @ x
        return np.sin(z) + np.log1p(np.exp(z.astype(np.float32))).astype(float), z

    x = np.random.default_rng(seed).normal(size=100)
    report = gradcheck.check((forward, lambda u, z: W.T @ (u * np.cos(z))), x, rng=seed)
    assert report.verdict is not Verdict.PASS
    assert report.cost.forward < 60 * x.size


def test_dear_entries_end_once_one_of_them_is_open() -> None:
    """Each of two hundred takes some eighty forwards; one that nothing decides keeps all from passing."""

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.sin(x) + np.log1p(np.exp(x.astype(np.float32))).astype(float), x

    report = gradcheck.check((forward, lambda u, x: u * np.cos(x)), np.random.default_rng(0).normal(size=200), rng=0)

    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.cost.forward < 10_000
