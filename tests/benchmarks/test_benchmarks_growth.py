"""The plots of growth, in small: an error is planted where it is said, and a plot is drawn without a display."""

from __future__ import annotations

from pathlib import Path

import growth
import numpy as np
import pytest
from growth import OURS, Point
from workloads import BY_NAME

AFFINE = BY_NAME[growth.SIGHT_OF]


def test_one_typical_entry_is_spoiled_and_no_other() -> None:
    """It is an entry of the largest gradient, of about its root mean square, off by the share that is asked for."""
    inputs = AFFINE.inputs(60)
    u, cache = AFFINE.upstream(inputs), AFFINE.forward(*inputs)[1]
    right, wrong = AFFINE.backward(u, cache), growth.spoiled(AFFINE, inputs, 0.1).backward(u, cache)
    changed = [np.flatnonzero(r != w) for r, w in zip(right, wrong, strict=True)]
    assert [c.size for c in changed] == [0, 1, 0]
    before, after = (g[1].flat[changed[1][0]] for g in (right, wrong))
    assert after == pytest.approx(1.1 * before)
    assert 0.5 < abs(before) / np.sqrt(np.mean(right[1] ** 2)) < 2


def test_the_smallest_error_noticed_stops_at_the_first_that_is_not() -> None:
    """On sixty numbers an error of a thousandth is seen, one of 1e-15 is not."""
    assert growth.smallest_noticed(AFFINE, 60, OURS, (1.0, 1e-3, 1e-15), trials=1) == 1e-3
    assert growth.smallest_noticed(AFFINE, 60, OURS, (1e-15, 1.0), trials=1) is None


def test_a_table_says_where_nothing_was_noticed() -> None:
    """Without a value there is a word."""
    told = growth.table([Point("gradcheck", 10, 1e-7), Point("jax", 10, None)], ".0e")
    assert "| 1e+01 | 1e-07 | none |" in told


def test_the_stated_resolution_is_that_of_a_pass() -> None:
    """It is a small positive number at every size."""
    assert all(0 < point.value < 1e-3 for point in growth.stated_points([40, 400]))


def test_a_plot_has_axes_with_names(tmp_path: Path) -> None:
    """An SVG with a label on each axis, the checkers in its legend, hollow marks included."""
    pytest.importorskip("matplotlib")
    points = [Point("gradcheck", 10, 1e-7), Point("gradcheck", 100, 1e-6), Point("jax", 10, None)]
    growth.plot(points, tmp_path / "a.svg", "error / entry", "sight", unseen=10.0)
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert all(word in drawn for word in ("inputs and parameters", "error / entry", "gradcheck", "sight"))
