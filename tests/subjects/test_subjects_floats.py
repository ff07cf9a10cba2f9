"""Which dtypes carry a gradient, and to which format numbers were rounded without saying so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.subjects import is_floating, is_low, rounding_of

ml_dtypes = pytest.importorskip("ml_dtypes")
RNG = np.random.default_rng(0)
FORMATS = {"float32": (np.float32, 2.0**-23), "float16": (np.float16, 2.0**-10)}
FORMATS["bfloat16"] = (ml_dtypes.bfloat16, 2.0**-7)


@pytest.mark.parametrize("name", FORMATS)
def test_rounded_values_are_recognized_behind_float64(name: str) -> None:
    """Random numbers that went through a format show its unit roundoff, whatever their dtype is now."""
    dtype, roundoff = FORMATS[name]
    values = RNG.normal(size=20).astype(dtype)

    assert rounding_of(values) == rounding_of(values.astype(float)) == roundoff


@given(st.lists(st.floats(-1e6, 1e6, width=32)))
def test_one_number_with_all_its_digits_clears_the_others(numbers: list[float]) -> None:
    """An array is rounded only if every number in it is."""
    assert rounding_of(np.array([*numbers, 1 / 3])) == 0


@pytest.mark.parametrize("values", [np.ones(3), np.arange(7.0), np.array([]), np.array([0.5, -2, 0]), np.arange(3)])
def test_few_digits_by_nature_are_no_rounding(values: np.ndarray) -> None:
    """Small whole numbers, masks and powers of two fit into every format and prove nothing."""
    assert rounding_of(values) == 0


def test_dtypes() -> None:
    """Floating are the three of NumPy's and bfloat16; low are those below float64; eight bits are neither."""
    floating = [np.float16, np.float32, np.float64, np.longdouble, ml_dtypes.bfloat16]
    others = [np.int32, bool, complex, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.int4, "V4"]

    assert all(is_floating(np.dtype(dtype)) for dtype in floating)
    assert not any(is_floating(np.dtype(dtype)) for dtype in others)
    assert [is_low(np.dtype(dtype)) for dtype in floating] == [True, True, False, False, True]
