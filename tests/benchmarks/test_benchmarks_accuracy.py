"""The table of digits, in small: every contender can be called, and what it shows is what the oracle says."""

from __future__ import annotations

import accuracy
import numpy as np
import pytest


@pytest.mark.parametrize("contender", accuracy.CONTENDERS)
def test_a_contender_means_the_same_function(contender: str) -> None:
    """Whatever it has of value and slope is right to six digits at ordinary points."""
    if contender in ("torch", "jax"):
        pytest.importorskip(contender, reason="measured where it is installed, as in continuous integration")
    found = 0
    for name in ("softplus", "gelu", "gelu_tanh", "sigmoid", "threshold", "softsign"):
        for order in range(2):
            function = accuracy.CONTENDERS[contender](name, order)
            if function is not None:
                x, found = np.array([0.3, 1.7, -0.9]), found + 1
                known = accuracy.oracle.truths(name, order, x)
                assert accuracy.oracle.furthest(function(x), x, known).ulps < 1e-6 / np.finfo(float).eps
    assert found


def test_a_row_shows_ours_within_the_bound() -> None:
    """The first column is the reference's error, and a contender that has no such function is None."""
    points = np.array([-30.0, -1.0, 1e-3, 2.0])
    found = dict(accuracy.rows(points, ["tanhshrink"]))

    assert set(found) == {"tanhshrink", "tanhshrink_grad", "tanhshrink_second"}
    assert all(errors[0] is not None and errors[0] <= 4 for errors in found.values())
    assert all(errors[list(accuracy.CONTENDERS).index("SciPy")] is None for errors in found.values())


def test_errors_are_told_in_few_signs() -> None:
    """Small errors have two places, large ones an exponent, and what is not finite says so."""
    assert [accuracy.told(u) for u in (None, 0.5, 3e7, float("inf"))] == ["-", "0.50", "3e+07", "not finite"]
