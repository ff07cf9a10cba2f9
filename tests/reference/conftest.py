"""Oracles that know nothing of the reference: units in the last place, and gradients by complex step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture(scope="session")
def ulps() -> Callable[[Any, Any], float]:
    """Return a function: the distance of a value from an `mpmath` one, in units of the last place."""

    def distance(value: Any, exact: Any) -> float:
        info = np.finfo(value.dtype)
        mantissa, exponent = mpmath.frexp(exact)
        lowest = info.minexp - info.nmant  # exponent of the smallest subnormal
        last = max(exponent - 1 - info.nmant, lowest) if mantissa else lowest
        return float(abs(mpmath.mpf(float(value)) - exact) / mpmath.ldexp(1, last))

    return distance


@pytest.fixture(scope="session")
def complex_step() -> Callable[..., list[NDArray[np.float64]]]:
    """Return upstream-weighted gradients of a function that takes complex arrays, one per input.

    The derivative is the imaginary part of f(x + ih) over h; nothing is subtracted, so h can be 1e-150 and
    the result is exact to rounding.
    """

    def gradients(f: Any, upstream: Any, *inputs: Any) -> list[NDArray[np.float64]]:
        found = []
        for which, x in enumerate(inputs):
            gradient = np.empty(np.shape(x))
            for index in np.ndindex(*np.shape(x)):
                moved = [np.array(other, dtype=complex) for other in inputs]
                moved[which][index] += 1e-150j
                gradient[index] = (upstream * f(*moved).imag).sum() / 1e-150
            found.append(gradient)
        return found

    return gradients
