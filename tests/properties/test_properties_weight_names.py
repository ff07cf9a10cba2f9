"""Initializers whose name says their variance: who shows another one is held to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck


def normal(name: str, deviation: Any, **beside: Any) -> Any:
    def draw(fan_in, fan_out, rng=None):
        return (rng or np.random.default_rng()).normal(0, deviation(fan_in, fan_out), (fan_in, fan_out))

    def with_gain(fan_in, fan_out, gain=1.0, rng=None):
        return gain * draw(fan_in, fan_out, rng)

    function = with_gain if beside else draw
    function.__name__ = name
    return function


def truncated(fan_in, fan_out, rng=None):
    """Draw again what is beyond two deviations, and leave the variance as small as that makes it."""
    rng = rng or np.random.default_rng()
    w = rng.normal(size=(fan_in, fan_out))
    while (far := np.abs(w) > 2).any():
        w[far] = rng.normal(size=int(far.sum()))
    return w * np.sqrt(2 / fan_in)


truncated.__name__ = "he_normal"

RIGHT = [
    normal("he_normal", lambda i, _: np.sqrt(2 / i)),
    normal("KaimingNormal", lambda _, o: np.sqrt(2 / o)),
    normal("kaiming_normal", lambda i, _: np.sqrt(1 / (3 * i))),
    normal("glorot_normal", lambda i, o: np.sqrt(2 / (i + o))),
    normal("xavier_init", lambda i, _: np.sqrt(1 / i)),
    normal("lecun_normal", lambda _, o: np.sqrt(1 / o)),
    normal("he_normal", lambda i, _: 3 * np.sqrt(2 / i), gain=True),
    normal("he_for_residuals", lambda i, _: 3 * np.sqrt(2 / i)),
    normal("heavy", lambda i, _: 3 * np.sqrt(2 / i)),
    truncated,
]
WRONG = [
    normal("he_normal", lambda i, _: 2 / i),
    normal("he_normal", lambda i, _: np.sqrt(1 / i)),
    normal("glorot_normal", lambda i, o: np.sqrt(2 / (i * o))),
    normal("xavier", lambda i, o: np.sqrt(6 / (i + o))),
    normal("LecunNormal", lambda i, _: np.sqrt(2 / i)),
]


def _report(function: Any, **options: Any) -> gradcheck.SuiteReport:
    return run_suite(gradcheck.subject(function, kind="initializer", **options), cases=None, rng=0)


@pytest.mark.parametrize("function", RIGHT, ids=lambda function: function.__name__)
def test_a_name_stands_for_every_variance_in_use(function: Any) -> None:
    """Either fan, a lecture's and a library's form are right, and so is what a gain or another word changes."""
    assert _report(function).ok


@pytest.mark.parametrize("function", WRONG, ids=lambda function: function.__name__)
def test_who_shows_another_variance_is_held_to_the_name(function: Any) -> None:
    """A root that is forgotten and a wrong gain are found without a declaration, and it is told by what."""
    report = _report(function)

    assert "GC402" in {finding.code for finding in report.findings}
    assert any(name == "variance by its name" for name, *_ in report.facts)


def test_a_declared_variance_stands() -> None:
    """What is declared is believed, whatever the name."""
    assert _report(WRONG[1], traits={"variance": lambda fan_in, _: 1 / fan_in}).ok
