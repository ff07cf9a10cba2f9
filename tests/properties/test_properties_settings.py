"""Settings that cannot be used are refused: argument, value and way out, in one sentence."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_law, run_suite
from gradcheck.properties.adapters._rules import _STEPS
from gradcheck.properties.adapters.normalization import SETS
from gradcheck.properties.strategies import tensors

import gradcheck
from gradcheck import reference
from gradcheck.subjects._traits import WORDS

X = np.ones((3, 2))


TANH = gradcheck.subject(np.tanh, kind="activation")
EIGHT = gradcheck.subject(reference.GroupNorm(8, 2), kind="normalization", traits={"groups": 3})


class Sized:
    def __init__(self, a: int, b: int) -> None: ...

    forward = backward = abs


class Unsized(Sized):
    def __init__(self) -> None: ...

    def forward(self, x: np.ndarray) -> np.ndarray:
        return 2 * x

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return 2 * dout


def slope(x):
    return 1 - np.tanh(x) ** 2


def suite(**settings: Any) -> Any:
    return run_suite(gradcheck.subject(np.tanh, kind="activation"), **{"checks": ["GC501"], **settings})


def search(**settings: Any) -> Any:
    return gradcheck.search(np.tanh, X, derivative=slope, **settings)


def load(**settings: Any) -> Any:
    return gradcheck.load_case(**settings)


def declare(**traits: Any) -> Any:
    return gradcheck.subject(np.tanh, kind="activation", traits=traits)


@pytest.mark.parametrize(
    ("call", "settings", "sentence"),
    [
        *((call, {"max_examples": value}, "max_examples=") for call in (suite, search) for value in (0, -5, "5")),
        *((call, {"rng": value}, "rng=") for call in (suite, search) for value in ("a", -1, 1.5, None)),
        *((call, {"cases": 3}, "cases=3 must be a folder") for call in (suite, search)),
        (suite, {"checks": []}, "checks=.. runs nothing"),
        (suite, {"checks": 501}, "checks=501 must list codes"),
        (suite, {"exclude": [5]}, "exclude=.5. must list codes"),
        (suite, {"min_checks": "a"}, "min_checks='a' must be a whole number, 0 or more"),
        (suite, {"expected_failures": ["GC501"]}, "expected_failures=.* must be a dictionary"),
        (lambda **_: gradcheck.search(Sized, X), {}, "subject=Sized is a class, .* takes .a, b.; pass an instance"),
        (lambda **_: gradcheck.parametrize(TANH), {}, "must be a list of subjects: parametrize"),
        (lambda **_: gradcheck.parametrize("tanh"), {}, "subjects='tanh' must be a list"),
        (lambda **_: gradcheck.parametrize([TANH], expected_failures=["GC501"]), {}, "must be a dictionary"),
        (lambda **_: run_suite(EIGHT, "normalization"), {}, "'groups'.=3 must divide the 8 channels of 'GroupNorm'"),
        (lambda **_: run_law(np.tanh, "GC501"), {}, "must be what plan.subject, kind. returned"),
        (lambda **_: tensors(rows=3), {}, "bounds=3 must be two sizes"),
        (lambda **_: run_suite(3, "layer"), {}, "'int' cannot be called with one array"),
        (search, {"foo": 1}, "foo= is not an option of a search; the options are"),
        (search, {"max_example": 1}, "did you mean max_examples="),
        (load, {"case": 3}, "case=3 must be the identifier"),
        (declare, {"range": 3}, "traits.'range'.=3 must be two numbers"),
        (declare, {"range": (1, -1)}, "the lower one first"),
        (declare, {"odd": "no"}, "traits.'odd'.='no' must be True or False"),
        (declare, {"kinks": 0.0}, "a tuple of numbers"),
        (declare, {"lipschitz": "1"}, "must be a number"),
        (
            declare,
            {"normalizes": "batches"},
            "'batches' must be among 'batch', .*'neighbours'; did you mean 'batch'[?]",
        ),
        (declare, {"distribution": "gaussian"}, "must be among 'normal', 'uniform', 'constant'$"),
        (declare, {"saturates": ("left", "up")}, "must be among 'left', 'right'"),
        (declare, {"pools": "maximum"}, "did you mean 'max'"),
        (declare, {"kernels": "HWOI"}, "must be among 'OIHW', 'HWIO'"),
        (declare, {"kernels": True}, "a string, or False"),
        (declare, {"rule": "addam"}, "did you mean 'adam'"),
        (declare, {"probabilities": "yes"}, "must be among 'plain', 'log'"),
        (declare, {"likelihood": "Softmax"}, "did you mean 'softmax'"),
        (declare, {"targets": "onehot"}, "did you mean 'one-hot'"),
        (declare, {"drop_rate": 5}, "'drop_rate'.=5 must be from 0 to 1"),
        (declare, {"drop_rate": float("nan")}, "must be from 0 to 1"),
        (declare, {"groups": 0}, "must be 1 or more"),
        (declare, {"lipschitz": -1.0}, "must be 0 or more"),
    ],
)
def test_what_cannot_be_used_is_refused(call: Any, settings: dict[str, Any], sentence: str) -> None:
    """The argument and its value are named, with what could stand there."""
    with pytest.raises(gradcheck.InvalidArgument, match=sentence):
        call(**settings)


def test_traits_are_a_mapping() -> None:
    """A list of facts says nothing about their values."""
    with pytest.raises(gradcheck.InvalidArgument, match="must be a dictionary"):
        gradcheck.subject(np.tanh, traits=[1])


def test_a_code_on_its_own_is_a_list_of_one() -> None:
    """What is clear is taken."""
    assert suite(checks="GC501", cases=None, max_examples=np.int64(3), rng=np.int64(1)).ok


def test_checks_that_leave_no_law_are_refused() -> None:
    """A suite of which nothing runs shows nothing; another code of the kind beside them is enough."""
    with pytest.raises(gradcheck.InvalidArgument, match="leaves no law of kind 'activation'; its laws are GC"):
        suite(checks=["GC601"])
    assert suite(checks=["GC601", "GC501"]).ran == 1


def test_a_class_that_takes_no_width_is_made_without() -> None:
    """There is only one way to make it."""
    assert gradcheck.search(Unsized, X, max_examples=5, cases=None).ok


def test_every_trait_that_is_a_word_knows_its_words() -> None:
    """So that none is taken that no law understands, and every one that a law tells apart is among them."""
    worded = {field.name for field in fields(gradcheck.Traits) if "str" in str(field.type)}

    assert set(WORDS) == worded
    assert set(WORDS["rule"]) == set(_STEPS)
    assert set(WORDS["normalizes"]) == set(SETS)
    assert all(
        gradcheck.Traits.of({name: words if name == "saturates" else words[0]}) for name, words in WORDS.items()
    )
