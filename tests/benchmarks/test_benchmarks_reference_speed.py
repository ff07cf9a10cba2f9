"""What is timed is one computation in several forms: no time is asserted, only that they agree, and how exactly."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import reference_speed
import reference_workloads as workloads


@cache
def rows() -> dict[str, workloads.Row]:
    """Return small comparisons by the name of the function."""
    return {row.name: row for row in workloads.activation_rows(400, points=10)}


@pytest.mark.parametrize("name", workloads.FORMS)
def test_all_forms_compute_the_same(name: str) -> None:
    """At standard normal numbers every form and the reference agree."""
    row = rows()[name]
    for form in row.forms.values():
        np.testing.assert_allclose(row.ours(), form(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", workloads.FORMS)
def test_some_form_is_as_exact_as_the_reference(name: str) -> None:
    """There is something to compare the reference's time with."""
    assert rows()[name].within


def test_what_a_form_is_worth_is_found_out() -> None:
    """A form that cancels is far off, one that drops NaN is infinitely far, and a right one is within the bound."""
    forms = workloads.FORMS

    assert workloads.off("tanhshrink", forms["tanhshrink"][0], np.float64, 10) > 1e6
    assert math.isinf(workloads.off("relu_grad", forms["relu_grad"][0], np.float64, 10))
    assert workloads.off("relu_grad", forms["relu_grad"][1], np.float64, 10) == 0
    assert workloads.off("softmax", forms["softmax"][0], np.float64, 10) > 4


def test_the_table_marks_what_is_slower_than_a_form_within_the_bound() -> None:
    """A form that is wrong does not count, however fast."""
    off = {"textbook": 1e15, "careful 1": 2.0, "ours, at once": 2.0}
    rows = [workloads.Row(name, list, {}, off, 4.0) for name in ("quick", "slow")]
    times = [dict(zip(off, ratios, strict=True)) for ratios in ((9.0, 1.0, 0.5), (9.0, 0.5, 2.0))]
    text = reference_speed.table(zip(rows, times, strict=True))

    assert "| `quick` | 9.00 | 1e+15 | 1.00 | careful 1 |  |" in text
    assert "| `slow` | 9.00 | 1e+15 | 2.00 | ours, at once | slower |" in text


def test_the_shortest_times_are_compared() -> None:
    """A ratio is that of the reference's best time to that of a form."""
    ratios = reference_speed.ratios(rows()["sigmoid"], 2)

    assert set(ratios) == set(rows()["sigmoid"].forms)
    assert all(ratio > 0 for ratio in ratios.values())
