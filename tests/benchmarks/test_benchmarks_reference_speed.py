"""What is timed is the same computation twice: no time is asserted, only that both sides agree."""

from __future__ import annotations

import numpy as np
import pytest
import reference_speed
import reference_workloads


@pytest.mark.parametrize("row", reference_workloads.activation_rows(400), ids=lambda row: row.name)
def test_both_sides_compute_the_same(row: reference_workloads.Row) -> None:
    """At standard normal numbers the plain form and the reference agree."""
    np.testing.assert_allclose(row.ours(), row.plain(), rtol=1e-9, atol=1e-12)


def test_rows_can_be_added() -> None:
    """The list holds functions that make rows, and each of them makes some."""
    assert reference_workloads.activation_rows in reference_workloads.WORKLOADS
    assert all(callable(make) for make in reference_workloads.WORKLOADS)


def test_the_table_marks_what_is_slower() -> None:
    """A row above its aim says so."""
    rows = [reference_workloads.Row(name, list, list, 1.5) for name in ("quick", "slow")]
    text = reference_speed.table(list(zip(rows, (1.0, 2.0), strict=True)))

    assert "| `quick` | 1.00 | 1.5 |  |" in text
    assert "| `slow` | 2.00 | 1.5 | slower |" in text
