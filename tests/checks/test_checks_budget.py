"""``max_evals``: never more forward calls than that, and what they have bought is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Report, Verdict

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))
LARGE = RNG.normal(size=(300, 4))
BUDGETS = tuple(chain(range(1, 45), range(50, 400, 39)))


class Counter:
    """Counts the calls of a forward, whoever makes them."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, x: np.ndarray) -> Any:
        self.calls += 1
        return self.function(x)


class Layer:
    """tanh(x W + b); `factor` spoils the gradient of W. Copies of it count into the same list."""

    calls: list[int]

    def __init__(self, calls: list[int], dtype: Any = float, factor: float = 1.0) -> None:
        type(self).calls = calls
        self.W, self.b = np.random.default_rng(1).normal(size=(3, 4)).astype(dtype), np.zeros(4, dtype)
        self.factor = factor

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.calls.append(1)
        self.x, self.y = x, np.tanh(x @ self.W + self.b)
        return self.y

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dout = dout * (1 - self.y**2)
        self.dW, self.db = self.factor * self.x.T @ dout, dout.sum(0)
        return dout @ self.W.T


def _layer(most: int, *args: Any) -> tuple[Report, int]:
    calls: list[int] = []
    layer = Layer(calls, *args)
    return gradcheck.check(layer, X.astype(layer.W.dtype), max_evals=most), len(calls)


def _function(most: int, f: Callable[..., Any], x: np.ndarray, **options: Any) -> tuple[Report, int]:
    counter = Counter(f)
    return gradcheck.check(counter, x, max_evals=most, **options), counter.calls


def _tilted(upstream: np.ndarray, x: np.ndarray) -> np.ndarray:
    return upstream @ np.ones((2, 4)) * np.cos(x) * np.where(np.arange(4) == 2, 1.001, 1)


CASES: dict[str, tuple[Callable[[int], tuple[Report, int]], Verdict]] = {
    "layer": (_layer, Verdict.PASS),
    "wrong layer": (lambda most: _layer(most, float, 1.01), Verdict.FAIL),
    "layer in float32": (lambda most: _layer(most, np.float32), Verdict.PASS),
    "elementwise": (
        lambda most: _function(most, np.tanh, X, derivative=lambda x: 1 - np.tanh(x) ** 2),
        Verdict.PASS,
    ),
    "wrong elementwise": (lambda most: _function(most, np.tanh, X, derivative=np.cos), Verdict.FAIL),
    "entries": (
        lambda most: _function(most, lambda x: np.sin(x).sum(), X, grad=np.cos, mode="entries"),
        Verdict.PASS,
    ),
    "wrong and large": (
        lambda most: _function(most, lambda x: np.sin(x) @ np.ones((4, 2)), LARGE, vjp=_tilted),
        Verdict.FAIL,
    ),
    "not finite": (
        lambda most: _function(most, np.tanh, X, derivative=lambda x: np.where(x > 1, np.nan, 1 - np.tanh(x) ** 2)),
        Verdict.FAIL,
    ),
}


def _reports(name: str) -> Iterator[tuple[int, Report, int]]:
    check, _ = CASES[name]
    for most in BUDGETS:
        report, calls = check(most)
        yield most, report, calls


@pytest.mark.parametrize("name", CASES)
def test_no_budget_is_exceeded_and_every_call_is_counted(name: str) -> None:
    """Calls of the forward, adapting and low precision included, stay within max_evals and are those reported."""
    for most, report, calls in _reports(name):
        assert calls <= most
        assert report.cost.forward == calls


@pytest.mark.parametrize("name", CASES)
def test_a_budget_changes_no_verdict_into_its_opposite(name: str) -> None:
    """With any budget a check says what it would have said, or that it could not finish (GC906)."""
    _, full = CASES[name]
    for _, report, _ in _reports(name):
        assert report.verdict in (full, Verdict.INCONCLUSIVE)
        codes = [finding.code for finding in report.findings]
        assert report.verdict is full or codes == ["GC906"] or (name, codes) == ("not finite", ["GC114"])


@pytest.mark.parametrize("name", CASES)
def test_enough_is_enough(name: str) -> None:
    """The largest budget ends with the verdict that no budget ends with."""
    check, full = CASES[name]
    assert check(2000)[0].verdict is full


def test_the_entries_compared_until_then_are_told() -> None:
    """How many of each input, to what they are certified, and about how many calls it would take."""
    report = CASES["entries"][0](40)[0]
    (finding,) = report.findings
    compared = re.match(r"max_evals=40 ended the check after (\d+) of 15 entries were compared", finding.title)

    assert compared is not None
    assert re.fullmatch(
        rf"inputs\['x'\]: {compared[1]} of 15 entries compared, {compared[1]} certified to \d\.\de-0[789]",
        finding.detail[0],
    )
    enough = int(re.search(r"about (\d+)", finding.hint or "")[1])  # type: ignore[index]
    assert CASES["entries"][0](int(1.2 * enough))[0].ok


def test_an_input_that_was_finished_keeps_its_resolution() -> None:
    """What was compared completely passes with its resolution; what was not reached is left open."""
    report = _layer(201, float, 1.01)[0]
    by_input = {pair.input: pair for pair in report.comparisons}

    assert (by_input["inputs['x']"].verdict, by_input["params['b']"].verdict) == ("pass", "inconclusive")
    assert 0 < (by_input["inputs['x']"].resolution or 0) < 1e-5
    assert by_input["params['b']"].note == "not reached"
    assert report.resolution is None


def test_a_wrong_entry_found_in_time_is_a_failure() -> None:
    """What fails stays a failure, however much was left to be compared."""
    report = next(report for _, report, _ in _reports("wrong and large") if report.verdict is Verdict.FAIL)

    assert [finding.code for finding in report.findings][:1] == ["GC101"]
    assert {finding.code for finding in report.findings} <= {"GC101", "GC906"}
    assert report.findings[0].index is not None


def test_one_direction_of_two_is_something() -> None:
    """A first look that had time for one of its two directions says what that one certifies."""
    said = [report.findings[0] for _, report, _ in _reports("layer") if not report.ok]
    (half,) = [f for f in said if "after one of two random directions" in f.title][:1]

    assert all(re.search(r": certified to \d\.\de-0\d along one direction$", line) for line in half.detail)
    assert len(half.detail) == 3


def test_a_health_fault_found_in_time_is_kept() -> None:
    """A forward that writes into its input is reported though the budget ends the examination."""

    def doubling(x: np.ndarray) -> np.ndarray:
        x *= 2
        return np.sin(x)

    report = gradcheck.check(doubling, X, vjp=lambda u, x: 2 * u * np.cos(2 * x), max_evals=3)
    assert [finding.code for finding in report.findings] == ["GC105", "GC906"]
