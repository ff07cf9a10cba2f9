"""A factor is called what it was seen to follow, and first what it equals where no other size was tried."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck.diagnosis import names_of


def _cross_entropy(z: np.ndarray, y: np.ndarray) -> Any:
    logs = z - np.log(np.exp(z).sum(1, keepdims=True))
    return -logs[np.arange(len(y)), y].mean()


def _its_sum(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(z) / np.exp(z).sum(1, keepdims=True) - np.eye(z.shape[1])[y])


def _finding(f: Any, *inputs: Any, grad: Any) -> gradcheck.Finding:
    return gradcheck.check(f, *inputs, grad=grad, rng=0).findings[0]


@pytest.mark.parametrize("rows", [2, 4, 6])
def test_the_number_of_examples_comes_before_a_constant(rows: int) -> None:
    """Labels hold on to the number of rows, so that no other can be tried; two rows look like the 2 of a square."""
    z = np.random.default_rng(0).normal(size=(rows, 3))
    said = _finding(_cross_entropy, z, np.arange(rows) % 3, grad=_its_sum)
    assert said.cause is not None
    assert said.cause.startswith("the division by the number of examples (axis 0 of z) is missing")
    assert "of which no other was tried" in said.cause
    assert "whatever the sizes" not in said.cause
    assert (said.hint or "").startswith("divide the gradient of z by the number of examples")


def test_the_number_of_entries_is_no_multiple_of_the_rows() -> None:
    """Two columns, of which no more fit a fixed target: 2 N is the number of entries."""
    p, target = np.random.default_rng(0).normal(size=(2, 3, 2))
    for t in (target, target[:1]):
        said = _finding(lambda p, t=t: ((p - t) ** 2).mean(), p, grad=lambda p, t=t: 2 * (p - t))
        assert "number of entries of p is missing" in (said.cause or "")


def test_a_width_is_told_where_another_could_be_tried() -> None:
    """The mean over the columns of a sum over the rows."""
    p = np.random.default_rng(0).normal(size=(3, 4))
    said = _finding(lambda p: (p**2).sum(0).mean(), p, grad=lambda p: 2 * p)
    assert "the factor follows the size of axis 1 of p" in (said.cause or "")


def test_a_constant_is_one_whatever_the_sizes() -> None:
    """The 2 of a square, put in twice, beside two rows and two columns, of which others were tried."""
    said = _finding(lambda p: (p**2).sum(), np.array([[0.3, 1.0], [2.0, -0.7]]), grad=lambda p: 4 * p)
    assert said.cause == "analytic = 2 x numeric at every point, whatever the sizes"
    assert names_of(said) == ("factor",)
