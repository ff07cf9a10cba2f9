"""Right subjects that once looked wrong, and how an example of a law is counted and written down."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import _run, plan, run_law
from gradcheck.properties._case import Case, Tally
from gradcheck.properties.strategies import Drawn, tensor, tensors
from hypothesis.errors import StopTest, UnsatisfiedAssumption
from scipy.special import erf

import gradcheck
from gradcheck.report import Status


def shifted(x):
    return np.tanh(x) + 0.25


TANH = gradcheck.subject(np.tanh, kind="activation", traits={"odd": True})


@pytest.mark.parametrize("stopped", [StopTest(0), UnsatisfiedAssumption()], ids=lambda error: type(error).__name__)
def test_an_example_that_was_given_up_is_no_example(stopped: BaseException) -> None:
    """Where the search gives a draw up nothing was tried, so that it counts neither for nor against the law."""

    def given_up(strategy: Any) -> Any:
        raise stopped

    chosen = plan(TANH)
    trial = _run.Trial(chosen.find("GC501")[0], chosen, 0)
    with pytest.raises(type(stopped)):
        trial.attempt(given_up)

    assert (trial.tally.examples, trial.tally.effective) == (0, 0)


def test_small_arrays_show_their_values() -> None:
    """The smallest failing input can be pasted as it is, and shows the numbers to who only reads."""
    declared = gradcheck.subject(shifted, kind="activation", traits={"odd": True})
    line = run_law(plan(declared), "GC501").counterexample
    assert line is not None
    namespace: dict[str, Any] = {"tensor": tensor, "np": np}
    exec(line, namespace)
    exec(line.split("\n")[1].removeprefix("# "), shown := {"np": np})

    np.testing.assert_allclose(shown["x"], namespace["x"], rtol=1e-5)


def gelu(x):
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


@pytest.mark.parametrize("seed", [*range(8), 43])
def test_rounding_in_a_tail_is_no_kink(seed: int) -> None:
    """Where 1 + erf(x) cancels, the value is a staircase as high as the rounding of 1, not of the value."""
    smooth = gradcheck.subject(gelu, kind="activation", traits={"kinks": ()})

    assert run_law(plan(smooth), "GC509", rng=seed).status is Status.PASSED


def softsign(x):
    return x / (1 + np.abs(x))


def test_infinity_is_asked_for_only_where_a_range_is_declared() -> None:
    """The usual softsign is inf/inf at infinity; a range that was read off a scan is no promise about that."""
    inferred, promised = (gradcheck.subject(softsign, kind="activation", traits=t) for t in ({}, {"range": (-1, 1)}))

    assert run_law(plan(inferred), "GC506").status is Status.PASSED
    assert run_law(plan(promised), "GC506").status is Status.FAILED


def orthogonal(fan_in, fan_out, rng):
    q, r = np.linalg.qr(rng.normal(size=(max(fan_in, fan_out), min(fan_in, fan_out))))
    q = q * np.sign(np.diag(r))
    return q if fan_in >= fan_out else q.T


def rademacher(fan_in, fan_out, rng):
    return rng.choice([-1.0, 1.0], size=(fan_in, fan_out))


@pytest.mark.parametrize("function", [orthogonal, rademacher])
def test_small_weights_may_be_equal_by_chance(function: Any) -> None:
    """A matrix of one entry that is 1 or -1 is the same for every other seed."""
    assert run_law(plan(gradcheck.subject(function, kind="initializer")), "GC406").status is Status.PASSED


def test_large_arrays_do_not() -> None:
    """Numbers that fill a screen help nobody."""
    case = Case(lambda strategy: Drawn((4, 4)), 0, Tally())
    case.array("x", tensors())

    assert case.line == "x = tensor(shape=(4, 4))"
