"""Second order: how a second derivative is handed over, what is asked without one, and what is undecided."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gallery.correct import PANEL

import gradcheck
from gradcheck import InvalidArgument, Verdict

X = np.array([0.4, -0.8, 1.2, -0.3])
SMOOTH = [member for member in PANEL if not member.noise_floor]


def _slope(x: np.ndarray) -> np.ndarray:
    return 1 - np.tanh(x) ** 2


def _bend(x: np.ndarray) -> np.ndarray:
    return -2 * np.tanh(x) * _slope(x)


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


REFUSED: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "order three": ({"derivative": _slope, "order": 3}, ("order=3", "1", "2")),
    "order True": ({"derivative": _slope, "order": True}, ("order=True",)),
    "a pair at order one": ({"derivative": (_slope, _bend)}, ("derivative=", "pair", "order=2")),
    "three claims": ({"derivative": (_slope, _bend, _bend), "order": 2}, ("derivative=", "3")),
    "a claim that is no function": ({"derivative": (_slope, 1.0), "order": 2}, ("derivative=", "function")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_ambiguous_is_refused_in_a_sentence(name: str) -> None:
    """An order that does not exist, or a claim that nobody asked for, is no silent choice."""
    options, words = REFUSED[name]
    with pytest.raises(InvalidArgument) as caught:
        gradcheck.check(np.tanh, X, **options)
    assert all(word in str(caught.value) for word in words)


def test_a_claim_is_compared_like_a_gradient() -> None:
    """The report has one comparison per order, and says that the second rests on differences of the gradient."""
    report = gradcheck.check(np.tanh, X, derivative=(_slope, _bend), order=2)
    assert report.verdict is Verdict.PASS
    assert [c.output for c in report.comparisons] == ["outputs[0]", "gradient"]
    assert "second order" in str(report.scheme)
    assert ("order", "2") in report.settings
    assert report.resolution is not None
    assert report.resolution < 1e-5


def test_without_a_claim_the_report_says_what_was_done() -> None:
    """Symmetry and curvature are named, and their calls are counted."""
    calls = [0]

    def forward(x: np.ndarray) -> np.ndarray:
        calls[0] += 1
        return np.tanh(x)

    report = gradcheck.check(forward, X, derivative=_slope, order=2)
    assert report.verdict is Verdict.PASS
    assert "symmetry" in str(report.comparisons[-1].note)
    assert report.cost.forward == calls[0]


def test_a_wrong_second_derivative_names_its_entry() -> None:
    """One wrong entry of four is found, with both numbers."""
    wrong = np.array([1.0, 1.0, 1.01, 1.0])
    (finding,) = gradcheck.check(np.tanh, X, derivative=(_slope, lambda x: wrong * _bend(x)), order=2).findings
    assert (finding.code, finding.path, finding.index, finding.wrong) == ("GC103", "inputs['x']", (2,), 1)
    assert finding.analytic == pytest.approx(1.01 * _bend(X)[2])
    assert finding.numeric == pytest.approx(_bend(X)[2], rel=1e-6)


def test_a_wrong_gradient_is_reported_alone() -> None:
    """Where the gradient is wrong, its derivative is not judged, and a note says so."""
    report = gradcheck.check(np.tanh, X, derivative=(lambda x: 2 * _slope(x), _bend), order=2)
    assert [f.code for f in report.findings] == ["GC101", "GC908"]


def test_a_gradient_that_is_none_names_the_pair_of_entries() -> None:
    """The mixed derivatives that differ are given with their places."""

    def grad(x: np.ndarray) -> np.ndarray:
        moved = x - X
        return np.cos(x) + np.array([0.0, 0.0, 0.0, 0.5 * moved[1]])

    (finding,) = gradcheck.check(lambda x: np.sin(x).sum(), X, grad=grad, order=2).findings
    assert (finding.code, finding.path, finding.severity) == ("GC103", "inputs['x']", Verdict.FAIL)
    assert finding.index in ((1,), (3,))
    assert sorted(abs(v) for v in (finding.analytic, finding.numeric)) == pytest.approx([0.0, 0.5], abs=1e-6)


def test_a_declaration_carries_both_claims() -> None:
    """``gradcheck.subject`` passes a pair of derivatives on."""
    subject = gradcheck.subject(np.tanh, derivative=(_slope, _bend))
    assert gradcheck.check(subject, X, order=2).ok
    with pytest.raises(InvalidArgument, match="order=2"):
        gradcheck.check(subject, X)


def test_two_numbers_are_two_inputs() -> None:
    """A gradient of plain numbers, as tuples of floats, takes a tuple of plain directions."""

    def grad(a: Any, b: Any) -> tuple[float, float]:
        return float(2 * a * b), float(a**2)

    def hvp(v: Any, a: Any, b: Any) -> tuple[Any, Any]:
        return 2 * b * v[0] + 2 * a * v[1], 2 * a * v[0]

    assert gradcheck.check(lambda a, b: a**2 * b, 0.7, -1.3, grad=(grad, hvp), order=2).ok


@pytest.mark.parametrize("shape", [(3,), (1, 3)])
def test_a_whole_hessian_is_told_from_its_product(shape: tuple[int, ...]) -> None:
    """A second function that does not multiply by v is called that, and no forgotten sum over a broadcast axis."""
    x = np.array([0.7, -1.3, 0.4]).reshape(shape)

    def report(hvp: Any) -> gradcheck.Report:
        return gradcheck.check(lambda x: (x**3).sum(), x, grad=(lambda x: 3 * x**2, hvp), order=2)

    whole = report(lambda v, x: np.diag(6 * x.ravel()))
    assert [finding.code for finding in whole.findings] == ["GC104"]
    assert "the whole Hessian, of shape (3, 3)" in whole.findings[0].title
    assert report(lambda v, x: 6 * x * v).ok
    assert not report(lambda v, x: 6 * x * v**2).ok


@pytest.mark.parametrize("kinks", ["subgradient", "ignore"])
def test_at_a_kink_nothing_fails(kinks: str) -> None:
    """The gradient jumps there: undecided with its remedy, or not looked at if the caller says so."""
    x = np.array([-1.0, 0.0, 2.0])
    report = gradcheck.check(_relu, x, vjp=lambda u, x: u * (x > 0), order=2, kinks=kinks)
    assert report.verdict is (Verdict.PASS if kinks == "ignore" else Verdict.INCONCLUSIVE)
    assert {f.code for f in report.findings} == {"GC901"}


@pytest.mark.parametrize("kinked", [False, True])
def test_no_right_gradient_fails_at_order_two(kinked: bool) -> None:
    """Members of the panel, smooth and kinked, pass or stay undecided."""
    for seed, member in enumerate(m for m in SMOOTH if m.kinked is kinked):
        thing, inputs, options = member.call(*member.draw(np.random.default_rng(seed)))
        report = gradcheck.check(thing, *inputs, order=2, rng=seed, **options)
        assert report.verdict is not Verdict.FAIL, member.name


def _squared(x: np.ndarray) -> np.ndarray:
    return np.tanh(x @ x)


def _squared_vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
    d = u * (1 - _squared(x) ** 2)
    return d @ x.T + x.T @ d


def _net(w: np.ndarray, u: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.tanh(w @ np.tanh(u @ x))


def _net_vjp(c: np.ndarray, w: np.ndarray, u: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, ...]:
    inner, outer = np.tanh(u @ x), c * (1 - _net(w, u, x) ** 2)
    d = (w.T @ outer) * (1 - inner**2)
    return outer @ inner.T, d @ x.T, u.T @ d


def _mixed(x: np.ndarray) -> np.ndarray:
    return np.exp(x) * np.log(2 + x**2)


def _mixed_vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
    return u * np.exp(x) * (np.log(2 + x**2) + 2 * x / (2 + x**2))


BENT: dict[str, tuple[Any, Any, tuple[tuple[int, ...], ...], tuple[int, ...]]] = {
    "a square inside tanh": (_squared, _squared_vjp, ((5, 5),), (4, 5)),
    "a net of tanh": (_net, _net_vjp, ((3, 3), (3, 2), (2, 6)), (4, 6)),
    "above a constant": (lambda x: 1e3 + _mixed(x), _mixed_vjp, ((8,),), (0, 1)),
}
"""What rounding once left undecided: the function, its vjp, the shapes of its inputs, and the seeds."""


def _off_beside(vjp: Any, at: tuple[np.ndarray, ...], error: float) -> Any:
    """Return `vjp` with changes that are by `error` too large on the way from the point `at`, where it is right."""

    def wrong(u: np.ndarray, *inputs: np.ndarray) -> Any:
        here, there = (vjp(u, *inputs), vjp(u, *at))
        if not isinstance(here, tuple):
            return here + error * (here - there)
        return tuple(one + error * (one - other) for one, other in zip(here, there, strict=True))

    return wrong


@pytest.mark.parametrize("name", BENT)
def test_a_smooth_function_has_digits_enough_for_its_curvature(name: str) -> None:
    """Large weights, cancellation or a constant keep no right one undecided, and one that is 1e-4 off fails."""
    function, vjp, shapes, seeds = BENT[name]
    for seed in seeds:
        inputs = tuple(np.random.default_rng(seed).normal(size=shape) for shape in shapes)
        right = gradcheck.check(function, *inputs, vjp=vjp, order=2, rng=seed)
        wrong = gradcheck.check(function, *inputs, vjp=_off_beside(vjp, inputs, 1e-4), order=2, rng=seed)
        assert (right.verdict, wrong.verdict) == (Verdict.PASS, Verdict.FAIL), seed
        assert right.resolution is not None
        assert right.resolution < 2e-5


def test_what_saturates_is_no_kink() -> None:
    """Units of tanh that bend and are flat again within a step are neither left out nor called a kink."""
    rng = np.random.default_rng(101)
    inputs = (rng.normal(size=(10, 40)), rng.normal(size=(40, 30)) / 2, rng.normal(size=(30, 5)) / 2)

    def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, ...]:
        h = np.tanh(x @ w)
        d = u @ v.T * (1 - h**2)
        return d @ w.T, x.T @ d, h.T @ u

    for seed in range(4):
        report = gradcheck.check(lambda x, w, v: np.tanh(x @ w) @ v, *inputs, vjp=vjp, order=2, rng=seed)
        assert (report.verdict, report.findings) == (Verdict.PASS, ())
        assert "left out" not in str(report.comparisons[-1].note)


def test_no_pass_hides_an_error_above_its_resolution() -> None:
    """What one entry among many changes too much is measured by one of them, not by their sum."""
    at = np.ones(400)
    for error in 2.0 ** -np.arange(16, 26):
        wrong = np.where(np.arange(400) == 7, error, 0.0)
        report = gradcheck.check(
            lambda x: np.sum(x**2) / 2,
            at,
            grad=lambda x, wrong=wrong: x + wrong * (x - at),  # type: ignore[misc]
            order=2,
        )
        seen = report.comparisons[-1].resolution
        assert report.verdict is not Verdict.PASS or (seen is not None and seen > error)


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1e6])
@pytest.mark.parametrize("size", [1e-9, 1e9])
def test_the_verdict_does_not_change_with_scale(scale: float, size: float) -> None:
    """Neither x -> a x nor f -> b f makes a wrong curvature right, or a right one wrong."""

    def check(error: float) -> Verdict:
        at = scale * X

        def grad(x: np.ndarray) -> np.ndarray:
            return size * 4 * (x / scale) ** 3 / scale + error * size / scale**2 * (x - at)

        return gradcheck.check(lambda x: size * np.sum((x / scale) ** 4), at, grad=grad, order=2).verdict

    assert (check(0.0), check(1e-3)) == (Verdict.PASS, Verdict.FAIL)
