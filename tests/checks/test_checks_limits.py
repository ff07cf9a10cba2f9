"""Every way not to decide: the report names the limit, the bound that was reached, and the way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import gradcheck
from gradcheck import Report, Verdict

RNG = np.random.default_rng(0)
X = RNG.normal(size=5)
LARGE = RNG.normal(size=3000)
KINKED = np.where(RNG.random(3000) < 0.5, 0.0, 1.0) * RNG.normal(size=3000)
_REFUSED = "x below 1"


def _relu_right_here(x: np.ndarray) -> np.ndarray:
    """Be defined so near the point that nobody can step off its kinks."""
    return _relu(x).sum() + (np.nan if np.abs(x - KINKED).max() > 1e-4 else 0.0)


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def _refusing(x: np.ndarray) -> np.ndarray:
    if np.any(x < 1):
        raise ValueError(_REFUSED)
    return np.log(x).sum()


def _dropout(x: np.ndarray) -> np.ndarray:
    return x * (np.random.default_rng().random(x.shape) > 0.5)


@dataclass(frozen=True)
class Case:
    """A check that cannot decide: its code, what the title and the remedy must say, whether a bound is told."""

    check: Callable[[], Report]
    code: str
    limit: str
    remedy: str
    bound: bool = False


CASES = {
    "noise, entry": Case(
        lambda: gradcheck.check(lambda x: 1e12 + np.sin(x).sum(), X, grad=np.cos),
        "GC903",
        r"rounding hides the gradient at inputs\['x'\]\[\d\]: the forward carries too few digits",
        "take large constants out of the output",
        bound=True,
    ),
    "noise, elementwise": Case(
        lambda: gradcheck.check(lambda x: 1e12 + np.sin(x), X, derivative=np.cos),
        "GC903",
        r"rounding hides the gradient at inputs\['x'\]\[\d\]",
        "take large constants out of the output",
        bound=True,
    ),
    "noise, as a whole": Case(
        lambda: gradcheck.check(lambda x: 1e12 + np.sin(x).sum(), LARGE, grad=np.cos),
        "GC903",
        "rounding hides the gradient of",
        "take large constants out of the output",
        bound=True,
    ),
    "truncation": Case(
        lambda: gradcheck.check(lambda x: np.sin(1e9 * x), X, derivative=lambda x: 1e9 * np.cos(1e9 * x)),
        "GC902",
        "the function varies too fast around this point",
        "check at a smoother point, or at smaller inputs",
        bound=True,
    ),
    "kink": Case(
        lambda: gradcheck.check(_relu_right_here, KINKED, grad=lambda x: 1.0 * (x > 0)),
        "GC901",
        "a kink lies too near to tell on which side the gradient of",
        "move the inputs a little",
    ),
    "edge of the domain": Case(
        lambda: gradcheck.check(
            lambda x: np.sqrt(x - 1).sum(), np.array([1 + 1e-12, 2, 3]), grad=lambda x: 0.5 / np.sqrt(x - 1)
        ),
        "GC902",
        r"the forward is not finite next to this point, so the gradient at inputs\['x'\]\[0\] cannot be differenced",
        "move the inputs away from the edge of the domain",
    ),
    "refused next to the point": Case(
        lambda: gradcheck.check(_refusing, np.array([1.0, 1, 2]), grad=lambda x: 1 / x),
        "GC902",
        "the forward is not finite next to this point",
        "move the inputs away from the edge of the domain",
    ),
    "not finite": Case(
        lambda: gradcheck.check(np.log, np.array([-1.0, 2]), derivative=lambda x: 1 / x),
        "GC902",
        r"the forward is not finite here: outputs\[0\]\[0\] is nan",
        "check at a point inside the domain",
    ),
    "random": Case(
        lambda: gradcheck.check(_dropout, np.ones(60), vjp=lambda u, x: u),
        "GC904",
        "the forward is random: two calls with equal inputs differ",
        "fix the randomness for each call",
    ),
    "random and large": Case(
        lambda: gradcheck.check(_dropout, np.ones(30_000), vjp=lambda u, x: u),
        "GC904",
        "the forward is random: two calls with equal inputs differ",
        "fix the randomness for each call",
    ),
    "sixteen bits": Case(
        lambda: gradcheck.check(lambda x: np.sin(x).astype(np.float16), X, derivative=np.cos),
        "GC903",
        "the outputs have dtype float16 although the inputs were float64; .* none were taken",
        "let the forward compute in the dtype of its inputs",
    ),
    "budget": Case(
        lambda: gradcheck.check(lambda x: np.sin(x).sum(), X, grad=np.cos, mode="entries", max_evals=36),
        "GC906",
        "max_evals=36 ended the check after [1-4] of 5 entries were compared",
        r"raise max_evals= to about \d+, or leave it out",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_limit_the_bound_and_the_way_out_are_told(name: str) -> None:
    """The first finding has the code and the sentence of its limit, and help; the numbers in it are finite."""
    case = CASES[name]
    report = case.check()
    finding = report.findings[0]

    assert (report.verdict, finding.code) == (Verdict.INCONCLUSIVE, case.code)
    assert re.search(case.limit, finding.title)
    assert re.search(case.remedy, finding.hint or "")
    assert bool(re.search(r"an error below \d\.\de[-+]\d\d of it could|any error of it could", finding.title)) is (
        case.bound
    )
    assert all(np.isfinite(number) for number in (finding.numeric, finding.bound) if number is not None)


@pytest.mark.parametrize("name", CASES)
def test_the_report_of_it_can_be_read(name: str) -> None:
    """No more than 20 lines, no NaN that we made, and the help on a line of its own."""
    text = str(CASES[name].check())

    assert len(text.split("\n")) <= 20
    assert "   = help: " in text
    assert "nan" not in text.replace("is nan", "")


def test_what_the_subject_raised_next_to_the_point_is_told() -> None:
    """A forward that refuses displaced inputs is quoted."""
    assert _REFUSED in str(CASES["refused next to the point"].check())


def test_a_bound_larger_than_the_gradient_is_no_bound() -> None:
    """Where the differences say nothing, the report says so instead of a number above one."""
    title = CASES["truncation"].check().findings[0].title
    bound = re.search(r"an error below (\S+) of it", title)

    assert bound is None or float(bound[1]) <= 1


def test_a_singular_matrix_beside_the_point_is_a_refusal_for_torch_too() -> None:
    """Its `LinAlgError` is a RuntimeError; a positive matrix of condition 1e6 is indefinite a step away."""
    torch = pytest.importorskip("torch", reason="its error is what is looked at")
    q, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    a = (q * 10.0 ** -np.arange(0.0, 8, 2)) @ q.T

    def log_det(a: np.ndarray) -> float:
        t = torch.tensor(a)
        return float(torch.linalg.cholesky((t + t.mT) / 2).diagonal().log().sum())

    report = gradcheck.check(log_det, a, grad=lambda a: np.linalg.inv((a + a.T) / 2) / 2, rng=0)
    assert report.verdict is not Verdict.FAIL
    wrong = gradcheck.check(log_det, a, grad=lambda a: np.linalg.inv((a + a.T) / 2), rng=0)
    assert wrong.verdict is not Verdict.PASS


def test_a_smooth_function_at_tiny_inputs_is_hidden_by_rounding() -> None:
    """Neighbours embedded at 1e-4, where a loss of 0.1 hardly moves: it does not vary too fast there."""
    rng = np.random.default_rng(1)
    p = rng.random((20, 20)) * (1 - np.eye(20))
    p = (p + p.T) / (p + p.T).sum()

    def near(y: np.ndarray) -> np.ndarray:
        return (1 - np.eye(20)) / (1 + ((y[:, None] - y) ** 2).sum(2))

    def loss(y: np.ndarray) -> float:
        q = near(y) / near(y).sum()
        return float((p * np.log((p + np.eye(20)) / (q + np.eye(20)))).sum())

    def grad(y: np.ndarray) -> np.ndarray:
        q = near(y)
        return np.asarray(4 * (((p - q / q.sum()) * q)[..., None] * (y[:, None] - y)).sum(1))

    report = gradcheck.check(loss, 1e-4 * rng.normal(size=(20, 2)), grad=grad, rng=1)
    assert [finding.code for finding in report.findings] == ["GC903"]
