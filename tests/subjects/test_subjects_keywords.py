"""An option by a wrong name is answered in one sentence, wherever options are taken."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import add_law, plan, run_law
from gradcheck.properties.strategies import batches, tensors
from hypothesis import given
from hypothesis import strategies as st

import gradcheck
from gradcheck.compat.jax import check_grads
from gradcheck.compat.scipy import check_grad
from gradcheck.subjects._keywords import refuses_unknown_options

X = np.ones(3)
TANH = gradcheck.subject(np.tanh, kind="activation")


@pytest.mark.parametrize(
    ("call", "option", "way_out"),
    [
        (lambda **o: gradcheck.check(np.sin, X, derivative=np.cos, **o), "mdoe", "did you mean mode=?"),
        (lambda **o: gradcheck.check(np.sin, X, derivative=np.cos, **o), "seed", "did you mean rng=?"),
        (lambda **o: gradcheck.check(np.sin, derivative=np.cos, **o), "inputs", "inputs are positional: check(thing"),
        (lambda **o: gradcheck.check(np.sin, X, derivative=np.cos, **o), "colour", "the options are vjp, grad"),
        (lambda **o: gradcheck.assert_gradients(np.sin, X, **o), "derivatve", "did you mean derivative=?"),
        (lambda **o: gradcheck.search(np.sin, X, **o), "derivatve", "did you mean derivative=?"),
        (lambda **o: gradcheck.run_suite(np.tanh, "activation", **o), "chekcs", "did you mean checks=?"),
        (lambda **o: gradcheck.run_suite(np.tanh, "activation", **o), "derivative", "gradcheck.subject(thing, der"),
        (lambda **o: gradcheck.subject(np.tanh, **o), "kinds", "did you mean kind=?"),
        (lambda **o: gradcheck.parametrize([TANH], **o), "expected_failure", "did you mean expected_failures=?"),
        (lambda **o: gradcheck.Traits(**o), "monoton", "did you mean monotone=?"),
        (lambda **o: gradcheck.load_case("x", **o), "folder", "the options are"),
        (lambda **o: add_law("MINE-1", "a title", **o), "trait", "did you mean traits=?"),
        (lambda **o: run_law(plan(TANH), "GC501", **o), "max_example", "did you mean max_examples=?"),
        (lambda **o: tensors(**o), "row", "did you mean rows=?"),
        (lambda **o: batches(3, **o), "scale", "did you mean scales=?"),
        (lambda **o: check_grad(np.sin, np.cos, X, **o), "epsilom", "did you mean epsilon=?"),
        (lambda **o: check_grads(np.sin, (X,), 1, **o), "mode", "did you mean modes=?"),
    ],
)
def test_a_misspelt_option_is_answered_with_the_nearest(call: Callable[..., Any], option: str, way_out: str) -> None:
    """The option, whose it is not, and what was probably meant; it is a `TypeError`, as for any function."""
    with pytest.raises(gradcheck.InvalidArgument, match=f"^{option}= is not an option of ") as error:
        call(**{option: 1})
    assert way_out in str(error.value)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, TypeError)


def test_a_law_of_a_test_takes_the_options_of_a_check() -> None:
    """What `parametrize` hands to a test refuses an option that would do nothing."""
    (mark,) = [gradcheck.parametrize([gradcheck.subject(np.sin, X, derivative=np.cos)]).args[1]]
    (check,) = mark[0].values
    with pytest.raises(TypeError, match="max_exampels= is not an option of check; did you mean max_examples="):
        check(max_exampels=3)


@given(st.dictionaries(st.sampled_from(["one", "two", "three"]), st.integers()))
def test_options_that_are_there_are_passed_on(options: dict[str, int]) -> None:
    """A wrapped function gets what it was called with, and keeps its name and its signature."""

    def told(*args: int, one: int = 0, two: int = 0, three: int = 0) -> tuple[Any, ...]:
        return args, one, two, three

    wrapped = refuses_unknown_options(told)
    assert wrapped(7, **options) == told(7, **options)
    assert (wrapped.__name__, inspect.signature(wrapped)) == ("told", inspect.signature(told))
