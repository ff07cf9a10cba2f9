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
