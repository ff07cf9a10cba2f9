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


@pytest.mark.parametrize("width", [3, 30_000])
def test_a_library_that_rounds_what_it_is_handed_has_not_written_into_it(width: int) -> None:
    """Its arrays hold other numbers from the start."""
    x = np.random.default_rng(0).normal(size=width)

    def vjp(function: Any, x: Any) -> Any:
        return function(x), lambda upstream: 2 * x * upstream

    library = gradcheck.Library("single", lambda a: np.asarray(a, np.float32), lambda a: np.asarray(a, float), vjp)

    assert "GC105" not in [finding.code for finding in gradcheck.check(library(np.square), x).findings]


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


BACK: dict[str, tuple[Any, str | None]] = {
    "one for each": (lambda u, x, y: (u * y, u * x), None),
    "a list": (lambda u, x, y: [u * y, u * x], None),
    "by name": (lambda u, x, y: {"y": u * x, "x": u * y}, None),
    "too few": (lambda u, x, y: (u * y,), "returned 1 gradient for 2 inputs (x, y)"),
    "one alone": (lambda u, x, y: u * y, "returned 1 gradient for 2 inputs (x, y)"),
    "too many": (lambda u, x, y: (u * y, u * x, u), "returned 3 gradients for 2 inputs (x, y)"),
    "none at all": (lambda u, x, y: None, "returned None"),
    "one that is none": (lambda u, x, y: (u * y, None), "returned None for inputs['y']"),
    "another shape": (lambda u, x, y: (u * y, np.ones(4)), "shape (4,)"),
    "in another order": (lambda u, x, y: (u * x, u * y), "is wrong"),
}


@pytest.mark.parametrize("form", BACK)
def test_what_a_library_pulls_back_is_read_as_that_of_a_vjp_by_hand(form: str) -> None:
    """One gradient for each input, or the code that a function of NumPy gets."""
    back, words = BACK[form]
    x, y = np.array([0.5, -2.0, 1.0]), np.array([3.0, 0.25, -1.0])
    library = gradcheck.Library("toy", np.array, np.asarray, lambda f, *xs: (f(*xs), lambda u: back(u, *xs)))

    report = gradcheck.check(library(lambda x, y: x * y), x, y)
    by_hand = gradcheck.check(lambda x, y: x * y, x, y, vjp=back)

    assert report.ok == (words is None), str(report)
    assert [f.code for f in report.findings] == [f.code for f in by_hand.findings]
    assert words is None or words in str(report)


def test_what_is_no_function_is_refused() -> None:
    """In a sentence that names it."""
    with pytest.raises(InvalidArgument, match="vjp=None of the library 'toy'"):
        gradcheck.Library("toy", Box, np.asarray, None)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="boxes does not have"):
        gradcheck.check(_library(2.0)(lambda x: Box(x.numbers**2)), np.ones(2), jvp=True)


@pytest.mark.parametrize(
    ("vjp", "got"),
    [
        (lambda f, x: f(x), "ndarray"),
        (lambda f, x: (f(x), f(x)), r"\(ndarray, ndarray\)"),
        (lambda f, x: None, "NoneType"),
        (lambda f, x: (f(x), f, x), r"\(ndarray, function, ndarray\)"),
    ],
    ids=["array", "two arrays", "nothing", "three"],
)
def test_what_a_vjp_must_return_is_said(vjp: Any, got: str) -> None:
    """Whatever it returns instead, of two rows as well, which look like a pair."""
    library = gradcheck.Library("toy", np.array, np.asarray, vjp)
    with pytest.raises(InvalidArgument, match=rf"'toy' returned {got}; .* must return \(f\(\*inputs\), pull\)"):
        gradcheck.check(library(np.tanh), np.ones((2, 3)))


def test_tensors_of_mygrad_are_found_by_their_type() -> None:
    """Functions of them are differentiated by MyGrad, and integers left alone."""
    mygrad = pytest.importorskip("mygrad", reason="its tensors are checked where MyGrad is installed")
    x = mygrad.tensor(np.random.default_rng(0).normal(size=(3, 2)))

    report = gradcheck.check(lambda x, n: mygrad.tanh(x) * n, x, 3)

    assert report.ok, str(report)
    assert report.convention.startswith("MyGrad function")
    assert x.grad is None


def test_several_outputs_of_mygrad_are_pulled_back_together() -> None:
    """Also those that share a part of the graph, which MyGrad clears after one backward."""
    mygrad = pytest.importorskip("mygrad", reason="its tensors are checked where MyGrad is installed")
    x, w = (mygrad.tensor(np.random.default_rng(k).normal(size=(2, 2))) for k in range(2))

    def function(x: Any, w: Any) -> Any:
        hidden = mygrad.tanh(x @ w)
        return {"hidden": hidden, "others": (hidden.sum(), 3 * w, mygrad.tensor(1.5, constant=True), 0.5, 7)}

    assert gradcheck.check(function, x, w).ok
    assert gradcheck.check(lambda x: (x * 2, x.sum()), x).ok
    assert x.grad is None


def test_an_output_of_mygrad_without_a_gradient_is_found() -> None:
    """One of two is a constant that moves with the input."""
    mygrad = pytest.importorskip("mygrad", reason="its tensors are checked where MyGrad is installed")
    x = mygrad.tensor(np.array([0.5, -2.0]))

    for cut in (lambda x: mygrad.tensor(x.data**2, constant=True), lambda x: x.data**2):
        assert not gradcheck.check(lambda x, cut=cut: (x * 2, cut(x)), x).ok
        assert not gradcheck.check(cut, x).ok
