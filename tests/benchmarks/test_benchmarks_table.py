"""The tables that the commands print."""

from __future__ import annotations

import pytest
from _table import markdown


def test_a_row_with_another_number_of_cells_is_refused() -> None:
    """A column without a head would be read as its neighbour."""
    assert markdown(("a", "b"), [(1, 2)]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    with pytest.raises(ValueError, match="head a, b"):
        markdown(("a", "b"), [(1, 2, 3)])
