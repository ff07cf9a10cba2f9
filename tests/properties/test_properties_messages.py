"""What a violation says: the index where it belongs, and digits that show the difference."""

from __future__ import annotations

import numpy as np
import pytest
from gradcheck.properties._expect import Violation, apart, expect
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "said"),
    [("y", r"^y\[1, 0\] is 1, not 0"), ("the output after another call", r"another call at \[1, 0\] is 1, not 0")],
)
def test_the_index_stands_where_it_reads(name: str, said: str) -> None:
    """Behind a symbol as in code, behind a phrase with a word between."""
    with pytest.raises(Violation, match=said):
        expect(np.array([[0.0], [1.0]]), name).within(0.0, allowed=0.0)


@given(st.floats(-1e300, 1e300), st.integers(1, 10**6))
def test_numbers_that_differ_are_printed_differently(number: float, steps: int) -> None:
    """However close they are."""
    other = number
    for _ in range(steps % 5 + 1):
        other = np.nextafter(other, np.inf)
    one, two = apart(number, float(other))

    assert one != two
    assert apart(number, number)[0] == f"{number:.6g}"
