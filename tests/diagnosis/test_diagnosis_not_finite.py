"""What is not known is not fitted: LAPACK would complain of it on the terminal."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.diagnosis._hypotheses._norms import _coefficients, _NoNormalization
from gradcheck.diagnosis._hypotheses._pointwise import _polynomial

MATRIX = np.stack([np.ones(6), np.arange(6.0)], axis=1)
ROW = 1 + 2 * np.arange(6.0)

UNKNOWN = {
    "a value that is not known": (MATRIX, np.where(np.arange(6) == 2, np.nan, ROW)),
    "an infinite one": (MATRIX, np.where(np.arange(6) == 2, np.inf, ROW)),
    "a column of zeros": (MATRIX * [1.0, 0.0], ROW),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_fitted_is_left_alone(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """No polynomial, no normalization, and not a word on either stream; what can be fitted is."""
    matrix, row = UNKNOWN[name]
    assert _polynomial(matrix, row, ["1", "x"]) is None
    with pytest.raises(_NoNormalization):
        _coefficients(matrix, row)
    assert capfd.readouterr() == ("", "")
    assert _polynomial(MATRIX, ROW, ["1", "x"]) is not None
    np.testing.assert_allclose(_coefficients(MATRIX, ROW), [1, 2])
