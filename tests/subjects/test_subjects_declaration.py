"""What a declaration takes, and what it says of a name that it does not know."""

from __future__ import annotations

import inspect
from functools import partial, update_wrapper
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument
from gradcheck.subjects import _declaration, location_of, source_of


@pytest.mark.parametrize(
    ("option", "instead"),
    [("inputs", "inputs are positional"), ("derivatve", "did you mean derivative=?"), ("colour", "the options are")],
)
def test_an_unknown_option_is_refused_at_once(option: str, instead: str) -> None:
    """With the name that was meant, and before anything runs."""
    with pytest.raises(InvalidArgument, match=f"{option}= is not an option of a subject; ") as error:
        gradcheck.subject(np.tanh, **{option: 1})
    assert instead in str(error.value)


def test_the_options_are_those_of_check() -> None:
    """Every keyword of `check`, and no other."""
    parameters = inspect.signature(gradcheck.check).parameters.values()
    assert {p.name for p in parameters if p.kind is p.KEYWORD_ONLY} == set(_declaration.OPTIONS)


def _backward(dout: np.ndarray, cache: None) -> np.ndarray:
    return dout


@pytest.mark.parametrize(
    "thing", [_backward, partial(_backward, cache=None), (np.sin, _backward), partial(partial(_backward))]
)
def test_the_source_of_a_partial_is_that_of_its_function(thing: Any) -> None:
    """A report points at the line where the formula stands, however its arguments were bound."""
    assert location_of(thing) == location_of(_backward)
    assert source_of(thing) == ("def _backward(dout: np.ndarray, cache: None) -> np.ndarray:", "    return dout")


class _Wrapping:
    """A function with rules, as frameworks make one of a function."""

    def __init__(self, function: Any) -> None:
        update_wrapper(self, function)

    def __call__(self, *given: Any) -> Any:
        return self.__wrapped__(*given)  # type: ignore[attr-defined]


def _recorded(function: Any) -> Any:
    """Return a wrapper that has taken the name of what it wraps, and nothing else."""

    def wrapper(*given: Any) -> Any:
        return function(*given)

    wrapper.__name__ = function.__name__
    return wrapper


@pytest.mark.parametrize("wrapping", [_Wrapping, _recorded, lambda f: partial(_Wrapping(f))])
def test_the_source_of_a_wrapper_is_that_of_the_users_function(wrapping: Any) -> None:
    """A report points into no framework's file."""
    assert location_of(wrapping(_backward)) == location_of(_backward)


def test_a_wrapper_with_a_name_of_its_own_is_its_own_source() -> None:
    """A function that calls another one has its own formula; so has an object that answers to every name."""

    def doubled(x: np.ndarray) -> np.ndarray:
        return _recorded(_backward)(x, None) + inner(x)

    def inner(x: np.ndarray) -> np.ndarray:
        return x

    class Anything:
        def __getattr__(self, name: str) -> Any:
            raise KeyError(name)

    assert location_of(doubled) == (__file__, doubled.__code__.co_firstlineno)
    assert location_of(Anything()) == location_of(Anything)
