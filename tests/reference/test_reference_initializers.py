"""Initializers: the declared law of the entries, and what it does to signals, with stated false-alarm rates."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
import scipy.stats
from gradcheck.reference import he, initializers, tanh, tanh_grad
from numpy.typing import NDArray

FALSE_ALARM = 1e-9
"""Chance that a correct initializer fails one test, were the seed drawn anew. Seeds are fixed, so no test flakes."""

Floats: TypeAlias = NDArray[np.floating[Any]]
TRAITS: dict[str, dict[str, Any]] = initializers.TRAITS
NAMES = list(TRAITS)
FIXED = ["zeros", "constant", "identity"]
RANDOM = [name for name in NAMES if name not in FIXED]
KNOWN = [name for name in RANDOM if "distribution" in TRAITS[name]]
FANS = [(1, 4000), (200, 300), (3000, 2)]


def initializer(name: str) -> Callable[..., NDArray[np.float64]]:
    """Return the initializer of that name."""
    function: Callable[..., NDArray[np.float64]] = getattr(initializers, name)
    return function


# The law of one entry


@pytest.mark.parametrize("fans", FANS, ids=str)
@pytest.mark.parametrize("name", KNOWN)
def test_entries_follow_the_declared_distribution(name: str, fans: tuple[int, int]) -> None:
    """Kolmogorov-Smirnov against the declared distribution and variance.

    With 4000 entries a standard deviation that is wrong by a half is found, with 60000 one that is wrong by a
    tenth.
    """
    weights, scale = initializer(name)(*fans, rng=0), math.sqrt(TRAITS[name]["variance"](*fans))
    law = {
        "normal": scipy.stats.norm(0, scale),
        "uniform": scipy.stats.uniform(-scale * math.sqrt(3), 2 * scale * math.sqrt(3)),
    }[TRAITS[name]["distribution"]]

    assert scipy.stats.kstest(weights.ravel(), law.cdf).pvalue > FALSE_ALARM


@pytest.mark.parametrize("fans", FANS, ids=str)
@pytest.mark.parametrize("name", KNOWN)
def test_variance_is_the_declared_one(name: str, fans: tuple[int, int]) -> None:
    """The mean square of n entries lies within 6.2 standard errors of the declared variance.

    The relative standard error is sqrt(2 / n) for the normal distribution and smaller for the uniform one: with
    60000 entries, an error of 8 percent is found with near certainty.
    """
    weights, variance = initializer(name)(*fans, rng=1), TRAITS[name]["variance"](*fans)
    allowed = scipy.stats.norm.isf(FALSE_ALARM / 2) * math.sqrt(2 / weights.size)

    assert abs(np.square(weights).mean() / variance - 1) < 1.1 * allowed  # a tenth for the tail of chi-squared


@pytest.mark.parametrize("name", KNOWN)
def test_rows_and_columns_are_uncorrelated(name: str) -> None:
    """No row repeats another, and no column: the largest of their correlations is as small as chance has it."""
    for weights in (initializer(name)(100, 2000, rng=2), initializer(name)(2000, 100, rng=2).T):
        correlation = np.asarray(np.corrcoef(weights))[np.triu_indices(100, 1)]
        limit = scipy.stats.norm.isf(FALSE_ALARM / 2 / correlation.size) / math.sqrt(2000)

        assert np.abs(correlation).max() < 1.1 * limit


def test_zeros_are_zeros() -> None:
    """W-ZERO: every entry is exactly 0, and the declared variance says so."""
    assert not initializers.zeros(30, 20).any()
    assert TRAITS["zeros"]["variance"](30, 20) == 0


# What the law does to signals


def deep_tanh(name: str, depth: int = 10, width: int = 300) -> tuple[list[Floats], list[Floats]]:
    """Return the activations, layer by layer, and the gradients that come back, of a deep tanh net."""
    rng = np.random.default_rng(0)
    x: Floats = rng.standard_normal((200, width))
    zs, layers = [], []
    for _ in range(depth):
        weights = initializer(name)(width, width, rng=rng)
        zs.append(x @ weights)
        layers.append(weights)
        x = tanh(zs[-1])
    upstream: Floats = rng.standard_normal(x.shape)
    gradients: list[Floats] = []
    for z, weights in zip(reversed(zs), reversed(layers), strict=True):
        upstream = (upstream * tanh_grad(z)) @ weights.T
        gradients.append(upstream)
    return [tanh(z) for z in zs], gradients


def test_equal_weights_give_equal_units_and_equal_gradients() -> None:
    """W-ZERO: with zero weights, every unit of a hidden layer has one output and gets one gradient."""
    rng = np.random.default_rng(0)
    x, first, second = rng.standard_normal((8, 5)), initializers.zeros(5, 4), initializers.zeros(4, 3)
    hidden = tanh(x @ first)
    back = (rng.standard_normal((8, 3)) @ second.T) * tanh_grad(x @ first)

    for units in (hidden, x.T @ back, (hidden.T @ back).T):
        assert (units == units[:, :1]).all()


def test_small_weights_let_the_signal_and_the_gradient_collapse() -> None:
    """W-SMALL: the spread falls by 0.01 sqrt(300) = 0.17 with each layer, and so does the gradient's."""
    activations, gradients = deep_tanh("small_random")

    for signals in (activations, gradients):
        ratios = [after.std() / before.std() for before, after in itertools.pairwise(signals)]
        np.testing.assert_allclose(ratios, 0.01 * math.sqrt(300), rtol=0.1)
    assert activations[-1].std() < 1e-7


def test_big_weights_saturate_and_kill_the_gradient() -> None:
    """W-BIG: most units are beyond 0.99, and a typical slope is below 1e-3."""
    activations, _ = deep_tanh("big_random")

    for layer in activations:
        assert (np.abs(layer) > 0.99).mean() > 0.8
        assert np.median(1 - layer**2) < 1e-3


@pytest.mark.parametrize(
    "name",
    [
        *("xavier", "xavier_uniform", "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform"),
        *("truncated_normal", "orthogonal", "sparse"),
    ],
)
def test_xavier_keeps_deep_tanh_layers_alive(name: str) -> None:
    """W-XAVIER: at variance 1 / n, ten layers on, activations neither collapse nor saturate, and gradients return."""
    activations, gradients = deep_tanh(name)

    assert 0.1 < activations[-1].std() < 0.9
    assert (np.abs(activations[-1]) > 0.99).mean() < 0.01
    assert gradients[-1].std() > 0.05


@pytest.mark.parametrize("fans", [(300, 500), (500, 300), (400, 400)], ids=str)
@pytest.mark.parametrize("name", RANDOM)
def test_variance_of_a_linear_layer(name: str, fans: tuple[int, int]) -> None:
    """W-XAVIER: the output's mean square is fan_in times the declared variance, times the input's.

    For inputs of mean square 1 in each of 500 examples, the mean square of the outputs estimates the law's with
    a relative standard error of sqrt((2 / fan_in + 2 / 500) / fan_out) < 0.006.
    """
    fan_in, _ = fans
    x = np.random.default_rng(3).standard_normal((500, fan_in))
    x /= np.sqrt(np.square(x).mean(axis=1, keepdims=True))
    gain = np.square(x @ initializer(name)(*fans, rng=4)).mean()

    assert abs(gain / (fan_in * TRAITS[name]["variance"](*fans)) - 1) < 6.2 * 0.006


def test_relu_halves_what_xavier_keeps_and_he_restores_it() -> None:
    """W-RELU, W-HE: layer by layer the second moment is halved under Xavier, and kept under He.

    Each of the eight layers of 1000 units adds 5 / 1000 to the variance of the logarithm of the ratio, whose
    standard error is therefore 0.2; the factor 2^8 between the two laws is 28 of them.
    """
    rng = np.random.default_rng(5)
    for name, factor in (("xavier", 0.5), ("he", 1.0)):
        x = rng.standard_normal((100, 1000))
        start = np.square(x).mean()
        for _ in range(8):
            x = np.maximum(x @ initializer(name)(1000, 1000, rng=rng), 0)
        assert abs(math.log(np.square(x).mean() / start) - 8 * math.log(factor)) < 6.2 * 0.2


# How they are called


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_repeats_and_a_generator_goes_on(name: str) -> None:
    """SPEC 7: the same seed gives the same weights; one generator gives fresh ones each time."""
    function, generator = initializer(name), np.random.default_rng(7)
    first, second = function(3, 4, rng=generator), function(3, 4, rng=generator)

    assert first.shape == (3, 4)
    assert first.dtype == np.float64
    np.testing.assert_array_equal(function(3, 4, rng=7), first)
    assert np.array_equal(first, second) == (name in FIXED)


@pytest.mark.parametrize("name", NAMES)
def test_the_global_random_state_is_left_alone(name: str) -> None:
    """Drawing weights does not move the legacy generator that other code may rely on."""
    before = np.random.get_state(legacy=False)["state"]["key"].tolist()  # noqa: NPY002
    initializer(name)(3, 4)

    assert np.random.get_state(legacy=False)["state"]["key"].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize(("fans", "message"), [((0, 3), "fan_in=0"), ((3, -1), "fan_out=-1")])
@pytest.mark.parametrize("name", NAMES)
def test_a_fan_below_one_is_refused(name: str, fans: tuple[int, int], message: str) -> None:
    """A layer without units on one side is an error that names the side."""
    with pytest.raises(ValueError, match=f"{message} must be at least 1"):
        initializer(name)(*fans)


def test_a_fan_that_is_no_integer_is_refused() -> None:
    """Half a unit does not exist."""
    with pytest.raises(ValueError, match=r"fan_in=2\.5 must be a whole number"):
        he(2.5, 3)  # type: ignore[arg-type]
