"""What is inferred about the kinds that have facts to be inferred, and which laws follow from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.decomposition
import sklearn.preprocessing
from gradcheck.properties import plan, run_law, run_suite

import gradcheck
from gradcheck import reference
from gradcheck.report import Status

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


class Unit:
    """Rows of length 1."""

    def forward(self, x):
        self.size = np.sqrt((x**2).sum(axis=1, keepdims=True) + 1e-12)
        self.out = x / self.size
        return self.out

    def backward(self, g):
        return (g - self.out * (g * self.out).sum(axis=1, keepdims=True)) / self.size


class Neighbours:
    """Each channel divided by what its neighbours are worth."""

    def windows(self, x):
        padded = np.pad(x, ((0, 0), (1, 1), *((0, 0),) * (x.ndim - 2)))
        return sum(padded[:, k : k + x.shape[1]] for k in range(3))

    def forward(self, x):
        self.x, self.size = x, 2.0 + 0.1 * self.windows(x * x)
        return x * self.size**-0.75

    def backward(self, g):
        return g * self.size**-0.75 - 0.15 * self.x * self.windows(g * self.x * self.size**-1.75)


class Groups:
    """Groups of channels; of `order` those that stand side by side are one group."""

    eps = 1e-5

    def __init__(self, groups, order=(0, 1, 2, 3)):
        self.gamma, self.groups = np.ones(4), groups
        self.order, self.back = np.array(order), np.argsort(order)

    def forward(self, x):
        sets = x[:, self.order].reshape(len(x), self.groups, -1)
        deviation = sets - sets.mean(axis=2, keepdims=True)
        out = deviation / np.sqrt((deviation**2).mean(axis=2, keepdims=True) + self.eps)
        return self.gamma.reshape(1, -1, *(1,) * (x.ndim - 2)) * out.reshape(x.shape)[:, self.back]


class OfPositions:
    """Each pixel by what stands beside it in its row, as attention does with scores."""

    eps = 1e-5

    def forward(self, x):
        deviation = x - x.mean(axis=-1, keepdims=True)
        return deviation / np.sqrt((deviation**2).mean(axis=-1, keepdims=True) + self.eps)


class Cumulative:
    """Running statistics that are the means of those of all batches."""

    eps = 1e-5

    def __init__(self, width):
        self.gamma, self.beta, self.count, self.training = np.ones(width), np.zeros(width), 0, True
        self.running_mean, self.running_var = np.zeros(width), np.ones(width)

    def forward(self, x):
        mean, var = (x.mean(axis=0), x.var(axis=0)) if self.training else (self.running_mean, self.running_var)
        if self.training:
            self.count += 1
            self.running_mean = self.running_mean + (mean - self.running_mean) / self.count
            self.running_var = self.running_var + (self.kept(var) - self.running_var) / self.count
        return self.gamma * (x - mean) / np.sqrt(var + self.eps) + self.beta

    def kept(self, var):
        return var


class OfDeviations(Cumulative):
    def kept(self, var):
        return np.sqrt(var)


TABLE, IMAGE = (
    np.random.default_rng(0).standard_normal((6, 4)),
    np.random.default_rng(0).standard_normal((3, 4, 3, 2)),
)


@pytest.mark.parametrize(
    ("layer", "example", "over", "groups", "centered"),
    [
        (Unit(), TABLE, "features", None, False),
        (Neighbours(), IMAGE, "neighbours", None, False),
        (Groups(2), IMAGE, "groups", 2, True),
        (Groups(4), IMAGE, "instance", None, True),
        (Groups(2, (0, 2, 1, 3)), IMAGE, "groups", 2, True),
        (OfPositions(), IMAGE, "features", None, True),
    ],
    ids=["unit", "neighbours", "groups", "instance", "scattered groups", "rows of an image"],
)
def test_what_is_declared_with_an_example_is_told_by_such(
    layer: Any, example: Any, over: str, groups: int | None, centered: bool
) -> None:
    """Small outputs are not centred ones, and neighbours are no groups."""
    traits = plan(gradcheck.subject(layer, example, kind="normalization")).adapted.traits

    assert (traits.normalizes, traits.groups, traits.centers) == (over, groups, centered)


@pytest.mark.parametrize(
    ("layer", "example", "least"),
    [
        (Unit(), TABLE, set()),
        (Neighbours(), IMAGE, set()),
        (Groups(4), IMAGE, set()),
        (Groups(2, (0, 2, 1, 3)), IMAGE, {"GC220"}),
        (Cumulative(4), TABLE, set()),
        (OfDeviations(4), TABLE, {"GC205", "GC206"}),
    ],
    ids=["unit", "neighbours", "instance", "scattered groups", "mean of all", "deviation for variance"],
)
def test_the_laws_of_what_is_told_are_kept_by_what_is_right(layer: Any, example: Any, least: set[str]) -> None:
    """A fact that holds by luck is no ground of a failure, and what is wrong is still found."""
    laws = ["GC201", "GC202", "GC203", "GC204", "GC205", "GC206", "GC219", "GC220"]
    report = run_suite(
        gradcheck.subject(layer, example, kind="normalization"), checks=laws, max_examples=12, cases=None
    )

    red = {result.code for result in report.results if result.status is Status.FAILED}

    assert red >= least
    assert bool(red) == bool(least)


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


@pytest.mark.parametrize("limit", [5.0, 20.0, 37.5])
def test_what_holds_near_0_alone_is_no_fact(limit: float) -> None:
    """A ReLU that is clipped far out has a second kink and is not homogeneous: its right derivative fails no law."""
    clipped = gradcheck.subject(
        lambda x: np.clip(x, 0, limit), kind="activation", derivative=lambda x: 1.0 * ((x > 0) & (x < limit))
    )
    planned = plan(clipped)

    assert planned.adapted.traits.kinks == (0.0, limit)
    assert not planned.adapted.traits.homogeneous
    assert "GC509" not in planned.codes
    assert run_law(planned, "GC526").status is Status.PASSED


@pytest.mark.parametrize(
    ("function", "kinks", "jumps"),
    [
        (lambda x: np.where(x > 5, x, np.log1p(np.exp(np.minimum(x, 5)))), (), (5.0,)),
        (lambda x: np.where(np.abs(x) > 0.5, x, 0.0), (), (-0.5, 0.5)),
        (lambda x: np.maximum(x, 0.01 * x), (0.0,), None),
        (lambda x: np.sqrt(np.abs(x)), (0.0,), None),
        (lambda x: np.minimum(x, 20) + 3 * (x > -30), (20.0,), (-30.0,)),
        (np.tanh, (), None),
    ],
    ids=["softplus up to 5", "hard shrink", "leaky", "root", "both", "tanh"],
)
def test_a_jump_is_told_from_a_kink(function: Any, kinks: tuple[float, ...], jumps: tuple[float, ...] | None) -> None:
    """Across a kink a function rises in proportion to the step; a jump, where it has no slope, is listed as one."""
    traits = plan(function, "activation").adapted.traits

    assert (traits.kinks, traits.jumps) == (kinks, jumps)


def test_parity_is_told_from_afar_as_well() -> None:
    """A clip at -20 and 30 is odd near 0 alone, and monotone only up to where it turns."""
    wide = plan(lambda x: np.clip(x, -20, 30), "activation").adapted.traits
    turning = plan(lambda x: np.minimum(x, 40 - x), "activation").adapted.traits

    assert (wide.odd, wide.monotone) == (False, True)
    assert turning.monotone is False


@pytest.mark.parametrize(("off", "independent"), [(0.0, True), (2.0**-22, True), (2.0**-12, False)])
def test_a_row_that_rounds_otherwise_alone_knows_nothing_of_the_others(*, off: float, independent: bool) -> None:
    """A product of matrices in float32 adds up one row in another order than four; 2^-12 is no rounding."""

    def forward(x: np.ndarray) -> np.ndarray:
        return ((1 + off * (len(x) == 1)) * np.sin(x)).astype(np.float32)

    example = np.linspace(-1, 2, 12).reshape(4, 3)
    subject = gradcheck.subject(forward, example, kind="layer", vjp=lambda u, x: u * np.cos(x))

    assert plan(subject).adapted.traits.row_independent is independent
