"""Softmax, softmin, log-softmax, log-sum-exp and the gated linear unit: gradients, laws, edges, bad input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradcheck.reference import activations
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

LAW = settings(deadline=None, max_examples=60)
NAMES = ("softmax", "softmin", "log_softmax", "logsumexp", "glu")
TABLES = hnp.arrays(
    st.sampled_from([np.float64, np.float32]),
    hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=4),
    elements=st.floats(-1e4, 1e4, width=32),
)


def pair(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return forward and backward."""
    return getattr(activations, f"{name}_forward"), getattr(activations, f"{name}_backward")


def plain(name: str, axis: int) -> Callable[[Any], Any]:
    """Return the definition, which complex numbers can go through."""

    def glu(x: Any) -> Any:
        a, b = np.split(x, 2, axis=axis)
        return a / (1 + np.exp(-b))

    def total(x: Any) -> Any:
        return np.exp(x).sum(axis=axis, keepdims=True)

    return {
        "softmax": lambda x: np.exp(x) / total(x),
        "softmin": lambda x: np.exp(-x) / total(-x),
        "log_softmax": lambda x: x - np.log(total(x)),
        "logsumexp": lambda x: np.log(total(x)).squeeze(axis),
        "glu": glu,
    }[name]


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("name", NAMES)
def test_gradients_agree_with_the_complex_step(
    name: str, axis: int, complex_step: Callable[..., list[NDArray[np.float64]]]
) -> None:
    """Forward and backward are those of the definition, along any axis."""
    rng, (forward, backward) = np.random.default_rng(0), pair(name)
    x = rng.standard_normal((4, 6, 2))
    out, cache = forward(x, axis=axis)
    upstream = rng.standard_normal(out.shape)

    np.testing.assert_allclose(out, plain(name, axis)(x), rtol=1e-13)
    (truth,) = complex_step(plain(name, axis), upstream, x)
    np.testing.assert_allclose(backward(upstream, cache), truth, rtol=1e-12, atol=1e-15)


@LAW
@given(TABLES, st.integers(-2, 1))
def test_shares_are_shares(x: NDArray[Any], axis: int) -> None:
    """They are not negative, add up to 1, and are the exponentials of the log-softmax; the softmin mirrors them."""
    shares, tiny = activations.softmax(x, axis=axis), 16 * np.finfo(x.dtype).eps

    assert shares.dtype == x.dtype
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=axis), 1.0, atol=tiny)
    np.testing.assert_array_equal(activations.softmin(-x, axis=axis), shares)
    logarithms = activations.log_softmax(x, axis=axis)
    assert (logarithms <= 0).all()
    np.testing.assert_allclose(np.exp(logarithms.astype(float)), shares, atol=tiny, rtol=1e4 * tiny)


@LAW
@given(TABLES, st.sampled_from([0.0, 1.0, -64.0, 1024.0]))
def test_raising_all_scores_changes_no_share(x: NDArray[Any], shift: float) -> None:
    """Shares depend on differences only, and the log-sum-exp rises by as much."""
    x = np.round(x * 4) / 4  # so that the sum is exact
    np.testing.assert_array_equal(activations.softmax(x + x.dtype.type(shift)), activations.softmax(x))
    np.testing.assert_allclose(
        activations.logsumexp(x + x.dtype.type(shift)), activations.logsumexp(x) + shift, rtol=1e-5, atol=1e-2
    )


@LAW
@given(TABLES)
def test_the_gradient_of_shares_adds_up_to_nothing(x: NDArray[Any]) -> None:
    """To raise all scores by the same number changes no share, so no gradient goes that way."""
    upstream = np.linspace(-1, 1, x.size).reshape(x.shape)
    for name in ("softmax", "softmin", "log_softmax"):
        forward, backward = pair(name)
        dx = backward(upstream, forward(x)[1])
        assert np.abs(dx.astype(float).sum(axis=-1)).max() <= 64 * np.finfo(x.dtype).eps


def test_infinite_scores_have_their_limits() -> None:
    """One infinite score takes all, equal ones share, minus infinity gets nothing; NaN spoils its own row only."""
    inf = np.inf
    x = [[inf, 0.0, 1.0], [-inf, 0.0, 0.0], [inf, inf, 0.0], [-inf, -inf, -inf], [np.nan, 0.0, 0.0]]
    truth = [[1, 0, 0], [0, 0.5, 0.5], [0.5, 0.5, 0], [1 / 3] * 3, [np.nan] * 3]
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(activations.softmax(x), truth)
        np.testing.assert_array_equal(activations.logsumexp(x), [inf, np.log(2.0), inf, -inf, np.nan])
        assert activations.log_softmax(x[0]).tolist() == [0, -inf, -inf]


def test_a_score_that_stands_out_keeps_its_digits() -> None:
    """Its logarithm is minus what the others add, which subtracting from 1 would lose."""
    value = activations.log_softmax([100.0, 0.0])[0]

    assert abs(value / -np.exp(-100.0) - 1) < 1e-15


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_precision_is_kept_and_nothing_is_written(name: str, dtype: type) -> None:
    """Output and gradient have the precision of the input whatever the upstream has; nothing is changed."""
    forward, backward = pair(name)
    x = np.random.default_rng(0).standard_normal((3, 4)).astype(dtype)
    x.setflags(write=False)
    out, cache = forward(x)
    upstream = np.ones(out.shape)
    upstream.setflags(write=False)

    assert out.dtype == dtype
    assert backward(upstream, cache).dtype == dtype
    assert backward(upstream, cache).shape == x.shape


@pytest.mark.parametrize("name", NAMES)
def test_integers_are_promoted_and_empty_batches_stay_empty(name: str) -> None:
    """Integers count as float64; without examples there is nothing to share, and nothing flows back."""
    forward, backward = pair(name)

    np.testing.assert_array_equal(forward([[1, 2], [3, 4]])[0], forward([[1.0, 2.0], [3.0, 4.0]])[0])
    out, cache = forward(np.empty((0, 4)))
    assert out.shape[0] == 0
    assert backward(out, cache).shape == (0, 4)


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_is_refused(name: str) -> None:
    """Complex scores, and an upstream that would broadcast, are errors that say what would do."""
    forward, backward = pair(name)
    with pytest.raises(ValueError, match="x has dtype complex128; real numbers are needed"):
        forward(np.zeros((2, 2), complex))
    _, cache = forward(np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"dout has shape \(7,\); the output has shape"):
        backward(np.ones(7), cache)


def test_a_gate_needs_an_even_length() -> None:
    """An axis that cannot be halved is refused."""
    with pytest.raises(ValueError, match=r"x has shape \(2, 3\); its axis -1 must have an even length"):
        activations.glu_forward(np.zeros((2, 3)))


def test_an_open_gate_is_a_linear_unit() -> None:
    """Far to the right the gate passes everything, and takes no gradient; far to the left it passes nothing."""
    out, cache = activations.glu_forward([[3.0, 3.0, 1000.0, -1000.0]])

    np.testing.assert_array_equal(out, [[3.0, 0.0]])
    np.testing.assert_array_equal(activations.glu_backward([[1.0, 1.0]], cache), [[1.0, 0.0, 0.0, 0.0]])
