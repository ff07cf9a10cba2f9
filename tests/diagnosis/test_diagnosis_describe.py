"""A name for a disagreement needs more evidence than two numbers that look alike."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.diagnosis import describe


def _cause(residual: list[list[float]], bound: float) -> str | None:
    off = np.array(residual)
    numeric = np.random.default_rng(0).normal(size=off.shape)
    return describe((), (numeric + off, numeric, np.full(off.shape, bound)))[0]


@pytest.mark.parametrize("residual", [[[9.84e-7], [9.83e-7]], [[9.84e-7, 3e-7], [9.83e-7, 3.01e-7]]])
def test_two_alike_are_not_called_constant(residual: list[list[float]]) -> None:
    """Within the bound of each other they may be by chance."""
    assert _cause(residual, 1e-8) is None


def test_three_alike_and_two_equal_ones_are() -> None:
    """Three to their bound, or two to a millionth."""
    assert "constant along axis 0" in (_cause([[9.84e-7], [9.83e-7], [9.84e-7]], 1e-8) or "")
    assert "constant along axis 0" in (_cause([[0.25, 0.5], [0.25, 0.5]], 1e-8) or "")
