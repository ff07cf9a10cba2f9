"""One round of fuzzing: what a suite does, within a time, and the same again for the same seed."""

from __future__ import annotations

import time

import gradcheck.reference
import numpy as np
import pytest
from gradcheck.properties import plan, run_suite
from gradcheck.properties._driver import driven, time_is_up, until
from gradcheck.properties._fuzz import fuzz_search, fuzz_suite

import gradcheck
from gradcheck.report import Status


def wavy(x: object) -> object:
    """Return something that falls beyond 30."""
    return np.where(np.asarray(x) > 30, -np.asarray(x), x)


WAVY = gradcheck.subject(wavy, kind="activation", traits={"monotone": True})
CODES = frozenset(law.code for law in plan(WAVY).laws)


def round_of(seconds: float, seed: int = 3, codes: frozenset[str] = CODES, **more: bool) -> gradcheck.SuiteReport:
    """Return what one round found."""
    return fuzz_suite(WAVY, seed=seed, max_examples=20, seconds=seconds, codes=codes, cases=None, **more)


def test_a_round_is_a_suite_in_another_order() -> None:
    """The same seed and examples give what `run_suite` gives, counterexample included, in an order of the round."""
    found, suite = round_of(60.0), run_suite(WAVY, rng=3, max_examples=20, checks=sorted(CODES), cases=None)
    told = {law.code: (law.status, law.counterexample, law.examples) for law in found.results}

    assert told == {law.code: (law.status, law.counterexample, law.examples) for law in suite.results if law.examples}
    assert [law.code for law in found.results] != sorted(told)
    assert [law.code for law in found.results] != [law.code for law in round_of(60.0, seed=4).results]


def test_no_time_is_no_round() -> None:
    """Nothing that was not tried is told as held."""
    assert round_of(0.0).results == ()


def test_the_time_ends_the_search_of_a_law() -> None:
    """A million examples are not tried in a second; those that were are counted, and the law held for them."""
    start = time.monotonic()
    suite = fuzz_suite(
        gradcheck.subject(np.tanh, kind="activation"),
        seed=0,
        max_examples=10**6,
        seconds=1.0,
        codes={"GC510"},
        cases=None,
    )

    assert [law.status for law in suite.results] == [Status.PASSED]
    assert 0 < suite.results[0].examples < 10**6
    assert time.monotonic() - start < 60


def test_what_fails_is_shrunk_though_the_time_is_up() -> None:
    """A failure at the last moment ends as small as any other."""
    tried: list[int] = []

    def attempt(draw: object) -> None:
        tried.append(1)
        while not time_is_up():
            time.sleep(0.01)
        raise ZeroDivisionError

    with until(time.monotonic() + 0.2), pytest.raises(ZeroDivisionError):
        driven(attempt, 0, 5, shrink=True)()
    assert len(tried) >= 2


def test_laws_without_a_search_are_held_in_the_first_round_only() -> None:
    """To repeat a test of chance until it fails is no search."""
    subject = gradcheck.subject(gradcheck.reference.he, kind="initializer")
    codes = {law.code for law in plan(subject).laws}
    rounds = [
        fuzz_suite(subject, seed=1, max_examples=5, seconds=60.0, codes=codes, cases=None, first=first)
        for first in (True, False)
    ]
    chance = {law.code for law in rounds[0].results if "false-alarm rate" in dict(law.statistics)}

    assert chance
    assert not chance & {law.code for law in rounds[1].results}


def test_a_subject_without_a_kind_is_searched() -> None:
    """From its example inputs, for an input at which the gradient is wrong; within the time."""
    x = np.linspace(-1, 1, 4)
    wrong = gradcheck.subject(np.square, x, derivative=lambda x: np.where(x > 40, 3 * x, 2 * x))
    suites = [fuzz_search(wrong, seed=2, max_examples=50, seconds=s, cases=None) for s in (60.0, 0.0)]

    assert [law.status for law in suites[0].results] == [Status.FAILED]
    assert suites[1].results[0].examples <= 2
