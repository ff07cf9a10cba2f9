"""What a declaration takes, and what it says of a name that it does not know."""

from __future__ import annotations

import inspect
from functools import partial
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
