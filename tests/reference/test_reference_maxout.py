"""Maxout: the larger of two affine functions, and where its gradient goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradcheck.reference import leaky_relu, maxout_backward, maxout_forward, relu
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

LAW = settings(deadline=None, max_examples=60)
N, D, M = 6, 4, 5


def draw(seed: int = 0) -> tuple[NDArray[np.float64], ...]:
    """Return x, the two pieces' weights and biases, and an upstream gradient."""
    rng = np.random.default_rng(seed)
    return tuple(rng.standard_normal(shape) for shape in ((N, D), (D, M), M, (D, M), M, (N, M)))


def test_gradients_agree_with_the_complex_step(
    complex_step: Callable[..., list[NDArray[np.float64]]],
) -> None:
    """All five gradients are those of the larger piece."""
    *inputs, upstream = draw()
    _, cache = maxout_forward(*inputs)

    def plain(x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        first, second = x @ w1 + b1, x @ w2 + b2
        return np.where(first.real > second.real, first, second)

    truths = complex_step(plain, upstream, *inputs)
    for gradient, truth in zip(maxout_backward(upstream, cache), truths, strict=True):
        np.testing.assert_allclose(gradient, truth, rtol=1e-12, atol=1e-14)


@LAW
@given(hnp.arrays(float, hnp.array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e300, 1e300)))
def test_relu_and_leaky_relu_are_special_weights(x: NDArray[np.float64]) -> None:
    """A-MAX-1: with an identity for the first piece, the second makes it ReLU or leaky ReLU, exactly."""
    eye, nothing = np.eye(x.shape[1]), np.zeros(x.shape[1])

    as_relu, _ = maxout_forward(x, eye, nothing, 0 * eye, nothing)
    as_leaky, _ = maxout_forward(x, eye, nothing, 0.01 * eye, nothing)

    np.testing.assert_array_equal(as_relu, relu(x))
    np.testing.assert_array_equal(as_leaky, leaky_relu(x))


@LAW
@given(st.integers(0, 2**32), st.booleans())
def test_exactly_one_piece_carries_the_whole_upstream(seed: int, tied: bool) -> None:
    """A-MAX-2: the bias gradients of the two pieces add up to the upstream of every unit, also at a tie."""
    x, w1, b1, w2, b2, upstream = draw(seed)
    if tied:
        w2, b2 = w1, b1
    for row in range(N):  # one example at a time, so that no sum can hide a share
        _, cache = maxout_forward(x[row : row + 1], w1, b1, w2, b2)
        _, _, db1, _, db2 = maxout_backward(upstream[row : row + 1], cache)

        assert ((db1 == 0) | (db2 == 0)).all()
        np.testing.assert_array_equal(db1 + db2, upstream[row])


def test_a_tie_goes_to_the_first_piece() -> None:
    """Where both pieces are equal, the second one gets nothing."""
    x, w, b, _, _, upstream = draw()
    _, cache = maxout_forward(x, w, b, w, b)
    dx, dw1, db1, dw2, db2 = maxout_backward(upstream, cache)

    assert not dw2.any()
    assert not db2.any()
    np.testing.assert_allclose(db1, upstream.sum(axis=0))
    np.testing.assert_allclose(dw1, x.T @ upstream)
    np.testing.assert_allclose(dx, upstream @ w.T)


def test_it_neither_saturates_nor_dies() -> None:
    """A-MAX-2: however far out the input, the upstream comes back at full strength through some weights."""
    x, w1, b1, w2, b2, _ = draw()
    for scale in (1e-6, 1.0, 1e6, -1e6):
        _, cache = maxout_forward(scale * x, w1, b1, w2, b2)
        for unit in range(M):
            dx = maxout_backward(np.eye(M)[[unit] * N], cache)[0]
            assert all(np.array_equal(row, w1[:, unit]) or np.array_equal(row, w2[:, unit]) for row in dx)


def test_it_has_twice_the_parameters_of_a_linear_unit() -> None:
    """A-MAX-3: the gradients of the parameters number 2 (D M + M)."""
    *inputs, upstream = draw()
    _, cache = maxout_forward(*inputs)
    _, *of_parameters = maxout_backward(upstream, cache)

    assert sum(gradient.size for gradient in of_parameters) == 2 * (D * M + M)


def test_precision_is_kept_and_nothing_is_written() -> None:
    """Float32 in, float32 out, on arrays that refuse to be written to."""
    *inputs, upstream = (array.astype(np.float32) for array in draw())
    for array in (*inputs, upstream):
        array.setflags(write=False)
    out, cache = maxout_forward(*inputs)
    gradients = maxout_backward(upstream, cache)

    assert {out.dtype, *(gradient.dtype for gradient in gradients)} == {np.dtype(np.float32)}
    assert [gradient.shape for gradient in gradients] == [array.shape for array in inputs]


def test_an_empty_batch_gives_zero_parameter_gradients() -> None:
    """Without examples nothing flows back, and the shapes are right."""
    _, w1, b1, w2, b2, _ = draw()
    out, cache = maxout_forward(np.empty((0, D)), w1, b1, w2, b2)
    dx, *of_parameters = maxout_backward(out, cache)

    assert dx.shape == (0, D)
    assert not any(gradient.any() for gradient in of_parameters)


def test_nan_propagates() -> None:
    """An input that is no number makes every unit of its example no number, and of no other example."""
    x, w1, b1, w2, b2, _ = draw()
    x[2, 1] = np.nan
    out, _ = maxout_forward(x, w1, b1, w2, b2)

    np.testing.assert_array_equal(np.isnan(out).all(axis=1), np.arange(N) == 2)


def test_an_upstream_of_another_shape_is_refused() -> None:
    """An upstream that would broadcast is an error that names both shapes."""
    *inputs, _ = draw()
    _, cache = maxout_forward(*inputs)
    with pytest.raises(ValueError, match=r"dout has shape \(5,\); the output has shape \(6, 5\)"):
        maxout_backward(np.ones(M), cache)
