"""What is inferred about normalizations, preprocessors and initializers, and which laws follow from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.decomposition
import sklearn.preprocessing
from gradcheck.properties import plan

from gradcheck import reference

SETS: list[tuple[Any, str, int | None, bool]] = [
    (reference.BatchNorm(4), "batch", None, True),
    (reference.LayerNorm(4), "features", None, True),
    (reference.RMSNorm(4), "features", None, False),
    (reference.GroupNorm(4), "features", None, True),
    (reference.GroupNorm(4, 2), "groups", 2, True),
    (reference.InstanceNorm(4), "instance", None, True),
]


@pytest.mark.parametrize(("layer", "over", "groups", "centered"), SETS, ids=lambda value: str(value))
def test_what_shares_statistics_is_told_from_who_feels_a_change(
    layer: Any, over: str, groups: int | None, centered: bool
) -> None:
    """One group is the whole example, and what removes the mean leaves none behind."""
    traits = plan(layer, "normalization").adapted.traits

    assert (traits.normalizes, traits.groups, traits.centers) == (over, groups, centered)


@pytest.mark.parametrize("layer", [layer for layer, *_ in SETS], ids=str)
def test_a_part_is_normalized_as_a_whole(layer: Any) -> None:
    """Laws compare with the moments of the parts: without eps each has mean square 1, or variance 1."""
    norm = plan(layer, "normalization").adapted
    x = 1e3 * np.random.default_rng(0).standard_normal(norm.shape(6))
    out = norm.fresh().forward(x)
    mean = norm.over(np.mean, out) if norm.traits.centers else np.zeros_like(out)

    np.testing.assert_allclose(norm.over(np.mean, (out - mean) ** 2), 1.0, rtol=1e-8)


@pytest.mark.parametrize(
    ("step", "interval"),
    [
        (sklearn.preprocessing.MinMaxScaler((-1, 2)), (-1.0, 2.0)),
        (sklearn.preprocessing.StandardScaler(), None),
        (sklearn.preprocessing.MaxAbsScaler(), None),
    ],
    ids=["MinMaxScaler", "StandardScaler", "MaxAbsScaler"],
)
def test_an_interval_is_told_where_every_feature_fills_it(step: Any, interval: tuple[float, float] | None) -> None:
    """A scaler of the largest size fills no interval with both ends."""
    assert plan(step, "preprocessor").adapted.traits.range == interval


@pytest.mark.parametrize(
    ("step", "held"),
    [
        (sklearn.preprocessing.StandardScaler(), True),
        (sklearn.decomposition.IncrementalPCA(), False),
        (reference.Centering(), True),
        (reference.PCA(), False),
    ],
    ids=["StandardScaler", "IncrementalPCA", "Centering", "PCA undeclared"],
)
def test_who_must_learn_the_same_from_chunks(step: Any, held: bool) -> None:
    """Statistics of single features must; directions that are found in chunks may be approximate, unless declared."""
    assert ("GC317" in plan(step, "preprocessor").codes) == held


def test_kernels_are_asked_for_by_name() -> None:
    """An initializer that takes `kernel` says by the shape of what it returns how it lays them out."""
    assert plan(reference.he, "initializer").adapted.traits.kernels == "OIHW"
    assert "GC409" not in plan(lambda fan_in, fan_out: np.ones((fan_in, fan_out)), "initializer").codes
