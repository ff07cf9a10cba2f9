"""Penalties with their gradients, and the projection onto a ball."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.reference import elastic_net, elastic_net_grad, l1, l1_grad, l2, l2_grad, max_norm, max_norm_vjp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

LAW = settings(deadline=None, max_examples=60)
PAIRS = {"l1": (l1, l1_grad), "l2": (l2, l2_grad), "elastic_net": (elastic_net, elastic_net_grad)}


def draw(*shape: int, seed: int = 0) -> NDArray[np.float64]:
    """Return standard normal numbers."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def test_values_are_the_definitions() -> None:
    """R-L1, R-L2, R-EN: sums of magnitudes and half squares, in proportion."""
    w = draw(4, 3)
    magnitudes, squares = np.abs(w).sum(), (w * w).sum()

    assert l1(w, 0.3) == pytest.approx(0.3 * magnitudes, rel=1e-15)
    assert l2(w, 0.3) == pytest.approx(0.15 * squares, rel=1e-15)
    assert elastic_net(w, 0.3, l1_ratio=0.2) == pytest.approx(0.06 * magnitudes + 0.12 * squares, rel=1e-15)


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_the_elastic_net_ends_in_its_parts(ratio: float) -> None:
    """R-EN: with the ratio at either end it is L2 or L1, value and gradient."""
    w, (penalty, grad) = draw(4, 3), PAIRS["l1" if ratio else "l2"]

    assert elastic_net(w, 0.7, l1_ratio=ratio) == pytest.approx(penalty(w, 0.7), rel=1e-15)
    np.testing.assert_allclose(elastic_net_grad(w, 0.7, l1_ratio=ratio), grad(w, 0.7), rtol=1e-15)


def test_the_subgradient_at_zero_is_zero() -> None:
    """R-L1: a weight that is exactly zero stays, from either side."""
    for _, grad in PAIRS.values():
        np.testing.assert_array_equal(grad([0.0, -0.0], 5.0), 0)


@pytest.mark.parametrize("name", PAIRS)
def test_gradients_agree_with_torch(name: str) -> None:
    """What autograd makes of the penalty is what stands beside it."""
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    w = draw(4, 3)
    z = torch.tensor(w, requires_grad=True)
    penalties = {"l1": z.abs().sum(), "l2": z.square().sum() / 2}
    penalties["elastic_net"] = (penalties["l1"] + penalties["l2"]) / 2
    (0.3 * penalties[name]).backward()

    np.testing.assert_allclose(PAIRS[name][1](w, 0.3), z.grad.numpy(), rtol=1e-15)
    assert PAIRS[name][0](w, 0.3) == pytest.approx(0.3 * penalties[name].item(), rel=1e-14)


def test_the_elastic_net_is_the_objective_of_scikit_learn() -> None:
    """At its solution the gradient of loss and penalty vanishes, where a weight is not zero."""
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is the oracle")
    x = draw(50, 6)
    y = x @ np.array([3.0, -2.0, 0.0, 0.0, 1.0, 0.0]) + 0.1 * draw(50, seed=1)
    w = linear.ElasticNet(alpha=0.1, l1_ratio=0.5, fit_intercept=False, tol=1e-12).fit(x, y).coef_
    slope = x.T @ (x @ w - y) / 50 + elastic_net_grad(w, 0.1, l1_ratio=0.5)

    assert 0 < np.count_nonzero(w) < 6
    np.testing.assert_allclose(slope[w != 0], 0, atol=1e-6)


@pytest.mark.parametrize("name", PAIRS)
def test_penalties_keep_float32_let_nan_through_and_leave_the_weights_alone(name: str) -> None:
    """Sums of float32 weights are carried in double precision; the arrays stay."""
    penalty, grad = PAIRS[name]
    w = np.full(100_000, 0.1, dtype=np.float32)
    w.setflags(write=False)

    assert penalty(w, 1.0).dtype == grad(w, 1.0).dtype == np.float32
    assert penalty(w, 1.0) == np.float32(penalty(w.astype(float), 1.0))
    assert np.isnan(penalty([np.nan, 1.0], 1.0))
    assert np.isnan(grad([np.nan, 1.0], 1.0)).tolist() == [True, False]
    assert penalty([1, 2], 1.0) == penalty([1.0, 2.0], 1.0)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("strength", [-1.0, np.nan, np.inf])
def test_a_strength_out_of_range_gets_a_sentence(name: str, strength: float) -> None:
    """A negative penalty would reward large weights."""
    for function in PAIRS[name]:
        with pytest.raises(ValueError, match=r"strength=.* must be a finite number, at least 0"):
            function([1.0], strength)


def test_other_options_out_of_range_get_a_sentence() -> None:
    """So do a ratio beyond 1, a limit of nothing, an axis that is not there, and complex weights."""
    with pytest.raises(ValueError, match=r"l1_ratio=2 must lie in \[0, 1\]"):
        elastic_net([1.0], 1.0, l1_ratio=2)
    with pytest.raises(ValueError, match="limit=0 must be a finite number above 0"):
        max_norm([1.0], 0)
    with pytest.raises(ValueError, match=r"axis=2 is no axis of w, which has shape \(1,\)"):
        max_norm([1.0], 1.0, axis=2)
    with pytest.raises(ValueError, match="w has dtype complex128; real numbers are needed"):
        l2([1j], 1.0)


# The projection


@LAW
@given(st.floats(-8, 8), st.floats(-2, 2), st.sampled_from([0, 1, None, (0, 1)]), st.integers(0, 2**32))
def test_max_norm_is_a_projection_onto_the_ball(log_scale: float, log_limit: float, axis: Any, seed: int) -> None:
    """R-MAXNORM: no unit is longer than the limit, what was inside stays, and again changes nothing more."""
    w, limit = 10**log_scale * np.random.default_rng(seed).standard_normal((4, 3)), 10**log_limit
    out = max_norm(w, limit, axis=axis)
    before = np.linalg.norm(w, axis=axis, keepdims=True)
    after = np.linalg.norm(out, axis=axis, keepdims=True)

    room = 1 + 8 * np.finfo(float).eps
    np.testing.assert_array_less(after, limit * room)
    np.testing.assert_array_equal(np.where(before * room < limit, out, 0), np.where(before * room < limit, w, 0))
    np.testing.assert_allclose(max_norm(out, limit, axis=axis), out, rtol=8 * np.finfo(float).eps)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_lengths_whose_squares_overflow_are_shortened_all_the_same(scale: float) -> None:
    """R-MAXNORM: weights of any size end at the limit, with their direction."""
    w = scale * np.array([[3.0], [-4.0]])
    with np.errstate(all="raise"):
        out = max_norm(w, scale)
    np.testing.assert_allclose(out / scale, [[0.6], [-0.8]], rtol=1e-15)


def test_max_norm_agrees_with_torch() -> None:
    """`torch.renorm` bounds the slices along an axis in the same way, gradient included."""
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    w, upstream = 2 * draw(5, 4), draw(5, 4, seed=1)
    z = torch.tensor(w, requires_grad=True)
    peer = torch.renorm(z, p=2, dim=1, maxnorm=2.5)
    peer.backward(torch.tensor(upstream))

    # torch adds 1e-7 to the length that it divides by
    np.testing.assert_allclose(max_norm(w, 2.5), peer.detach().numpy(), rtol=1e-6)
    np.testing.assert_allclose(max_norm_vjp(upstream, w, 2.5), z.grad.numpy(), rtol=1e-6, atol=1e-7)


@LAW
@given(st.integers(0, 2**32))
def test_no_gradient_points_along_the_weights_outside_of_the_ball(seed: int) -> None:
    """R-MAXNORM: a change of length is undone by the projection; inside, the gradient passes as it is."""
    rng = np.random.default_rng(seed)
    w, upstream = rng.standard_normal((4, 3)), rng.standard_normal((4, 3))
    outside, inside = max_norm_vjp(upstream, w, 0.01), max_norm_vjp(upstream, w, 100.0)

    assert np.abs((outside * w).sum(axis=0)).max() < 1e-14
    np.testing.assert_array_equal(inside, upstream)
