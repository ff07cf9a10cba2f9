"""Any library through three functions: what is asked of it, and that its mistakes are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument


class Box:
    """An array of a very small library."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers


def _library(slope: float) -> Any:
    def vjp(function: Any, *inputs: Box) -> Any:
        return function(*inputs), lambda upstream: tuple(Box(slope * x.numbers * upstream.numbers) for x in inputs)

    return gradcheck.Library("boxes", Box, lambda box: box.numbers, vjp)


@pytest.mark.parametrize("slope", [2.0, 3.0])
def test_a_library_is_checked_through_three_functions(slope: float) -> None:
    """The right slope passes, the wrong one does not."""
    square = _library(slope)(lambda x: Box(x.numbers**2))

    assert gradcheck.check(square, np.array([1.0, -2.0])).ok == (slope == 2.0)
    assert gradcheck.check(square, Box(np.array([1.0, -2.0]))).ok == (slope == 2.0)


@pytest.mark.parametrize("conjugated", [True, False])
def test_a_library_says_how_it_means_complex_gradients(conjugated: bool) -> None:
    """z^2 pulls u back to 2 u z in one convention, to 2 u conj(z) in the other."""
    z = np.array([0.5 + 1j, -2 - 0.25j])

    def library(rule: Any) -> Any:
        def vjp(function: Any, z: Any) -> Any:
            return function(z), lambda upstream: 2 * upstream * rule(z)

        return gradcheck.Library("toy", np.array, np.asarray, vjp, conjugated=conjugated)

    assert gradcheck.check(library(np.copy)(lambda z: z**2), z).ok == conjugated
    assert gradcheck.check(library(np.conj)(lambda z: z**2), z).ok != conjugated


def test_what_is_no_function_is_refused() -> None:
    """In a sentence that names it."""
    with pytest.raises(InvalidArgument, match="vjp=None of the library 'toy'"):
        gradcheck.Library("toy", Box, np.asarray, None)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="boxes does not have"):
        gradcheck.check(_library(2.0)(lambda x: Box(x.numbers**2)), np.ones(2), jvp=True)


def test_tensors_of_mygrad_are_found_by_their_type() -> None:
    """Functions of them are differentiated by MyGrad, and integers left alone."""
    mygrad = pytest.importorskip("mygrad", reason="its tensors are checked where MyGrad is installed")
    x = mygrad.tensor(np.random.default_rng(0).normal(size=(3, 2)))

    report = gradcheck.check(lambda x, n: mygrad.tanh(x) * n, x, 3)

    assert report.ok, str(report)
    assert report.convention.startswith("MyGrad function")
    assert x.grad is None
