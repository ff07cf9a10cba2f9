"""Activations and both derivatives to the last places, against definitions in hundreds of digits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from gallery.activations import FAR, GATES, NAMES, PLAIN, points, scores, worst, worst_of_row
from gradcheck.reference import activations

ORDERS = ("", "_grad", "_second")
EVERY = [(name, order) for name in NAMES for order in range(3)]
BOUND = {np.float64: 4.0, np.float32: 2.0}
"""In units of the last place of the value, or of the largest of two terms that cancel."""


def test_every_elementwise_unit_has_a_definition() -> None:
    """The oracle knows every function that the folder declares, and no other."""
    assert set(NAMES) == set(activations.TRAITS)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "order"), EVERY)
def test_it_is_exact_to_the_last_places(name: str, order: int, dtype: type) -> None:
    """Over the whole range, tails and subnormal numbers included: 4 units in float64, 2 in float32, once rounded."""
    error = worst(getattr(activations, name + ORDERS[order]), name, order, points(80, dtype))

    assert error.ulps <= BOUND[dtype], error


NEAR_ROOTS = {"silu": (-1.278464542761074, 2.399357280515468), "gelu": (-0.7517915246935645, 1.4142135623730951)}
NEAR_ROOTS |= {"mish": (-1.192431214515495, 1.490571179485428), "gelu_tanh": (-0.752461422071016, 1.418504008790828)}


@pytest.mark.parametrize("name", NEAR_ROOTS)
def test_at_a_root_of_a_derivative_the_largest_term_sets_the_scale(name: str) -> None:
    """Where two terms cancel, the error is still 4 units in the last place of the larger one."""
    for order, root in enumerate(NEAR_ROOTS[name], start=1):
        around = root + np.array([0.0, 1e-15, -1e-15, 1e-12, -1e-12, 1e-8, -1e-8, 1e-4, -1e-4])
        error = worst(getattr(activations, name + ORDERS[order]), name, order, around)

        assert error.ulps <= 4, error


def softplus(beta: float, x: Any) -> Any:
    """Return the softplus of a given sharpness, with the option as it is stored."""
    return PLAIN["softplus"](mp.mpf(beta) * x) / mp.mpf(beta)


def elu(alpha: float, divide: float, x: Any) -> Any:
    """Return ELU or CELU with their option."""
    return x if x > 0 else mp.mpf(alpha) * mp.expm1(max(x / mp.mpf(divide), -FAR))


OPTIONS = [
    *[("softplus", {"beta": beta}, partial(softplus, beta)) for beta in (0.3, 2.5, 8.0)],
    *[("elu", {"alpha": alpha}, partial(elu, alpha, 1)) for alpha in (0.3, 2.5)],
    *[("celu", {"alpha": alpha}, partial(elu, alpha, alpha)) for alpha in (0.3, 0.5, 2.5)],
    ("squareplus", {"b": 0.1}, lambda x: PLAIN["squareplus"](x, mp.mpf(0.1))),
]


@pytest.mark.parametrize(("name", "options", "definition"), OPTIONS, ids=[f"{n}-{o}" for n, o, _ in OPTIONS])
def test_options_cost_no_digits(name: str, options: dict[str, float], definition: Callable[[Any], Any]) -> None:
    """A factor inside an exponential is not rounded away, however far out: the same bound with any option."""
    x = points(60)
    x = np.concatenate([x, np.linspace(-740, -600, 8) * options.get("alpha", 1.0) / options.get("beta", 1.0)])
    x = x[x != 0] if options.get("alpha", 1.0) != 1.0 else x
    for order, suffix in enumerate(ORDERS):
        error = worst(partial(getattr(activations, name + suffix), **options), name, order, x, definition)

        assert error.ulps <= 4, (suffix, error)


@pytest.mark.parametrize("name", ["silu", "gelu", "tanhshrink", "softplus"])
def test_the_oracle_notices_a_wrong_digit(name: str) -> None:
    """A relative error of eight units in the last place is above the bound, in every order and in both tails."""
    for order, suffix in enumerate(ORDERS):
        spoiled = partial(slightly_wrong, getattr(activations, name + suffix))
        for x in (-30.0, -1e-3, 0.7):
            assert worst(spoiled, name, order, np.array([x])).ulps > 4


def slightly_wrong(function: Callable[[Any], Any], x: Any) -> Any:
    """Return the value with a relative error of 16 epsilon, which is 8 units in the last place or more."""
    return function(x) * (1 + 16 * np.finfo(float).eps)


@pytest.mark.parametrize("naive", ["x * (1 + erf) / 2", "log(1 + exp)", "x - tanh"])
def test_the_oracle_notices_the_textbook_form(naive: str) -> None:
    """Where a textbook's formula cancels or overflows, the oracle says so."""
    forms: dict[str, tuple[Callable[[Any], Any], str, float]] = {
        "x * (1 + erf) / 2": (lambda x: x * (1 + np.vectorize(mp.erf, [float])(x / np.sqrt(2))) / 2, "gelu", -6.0),
        "log(1 + exp)": (lambda x: np.log(1 + np.exp(x)), "softplus", -30.0),
        "x - tanh": (lambda x: x - np.tanh(x), "tanhshrink", 1e-3),
    }
    form, name, x = forms[naive]

    assert worst(form, name, 0, np.array([x])).ulps > 1000
    assert worst(getattr(activations, name), name, 0, np.array([x])).ulps <= 4


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax", "logsumexp"])
def test_the_softmax_family_is_exact_to_the_last_places(name: str, dtype: type) -> None:
    """Shares, their logarithms and the log-sum-exp are within 4 units in float64 and 2 in float32."""
    for row in scores(dtype):
        assert worst_of_row(getattr(activations, name), name, row).ulps <= BOUND[dtype], row


def test_gates_and_plain_units_are_different_things() -> None:
    """A unit is either defined by its gate or as a whole."""
    assert not set(GATES) & set(PLAIN)


def dense(count: int) -> Any:
    """Return many numbers where something happens: around 0, in the tails, and at all small magnitudes."""
    rng = np.random.default_rng(1)
    signs = rng.choice([-1.0, 1.0], count)
    return np.concatenate(
        [rng.uniform(-8, 8, count), rng.uniform(-40, 40, count), signs * 10 ** rng.uniform(-8, 1, count)]
    )


def largest_term(name: str, order: int, x: Any, truth: Any) -> Any:
    """Return the size of the larger of g and x g', or of 2 g' and x g'', for f = x g; else of the number itself."""
    if name not in GATES or order == 0:
        return np.abs(truth)
    gate = getattr(activations, name)(x) / x
    first = gate if order == 1 else 2 * (getattr(activations, name + "_grad")(x) - gate) / x
    return np.maximum(np.abs(first), np.abs(truth - first))


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 60, reason="long double has no more digits here")
@pytest.mark.parametrize(("name", "order"), EVERY)
def test_rounding_stays_within_the_bound_on_a_dense_sweep(name: str, order: int) -> None:
    """At sixty thousand points, rounding in float64 is within 4 units of the same formula with eleven bits more.

    That the formula itself is right is shown at fewer points, against the definition.
    """
    x = dense(20_000)
    function, more = getattr(activations, name + ORDERS[order]), x.astype(np.longdouble)
    truth = function(more)
    units = np.spacing(np.maximum(largest_term(name, order, more, truth), np.abs(truth)).astype(float))
    errors = np.abs(function(x) - truth) / units

    assert errors.max() <= 4, x[errors.argmax()]
