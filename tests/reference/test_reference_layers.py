"""Layers as pairs: the definition by loops, adjoints, torch, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.reference import (
    affine_backward,
    affine_forward,
    avg_pool2d_backward,
    avg_pool2d_forward,
    conv2d_backward,
    conv2d_forward,
    dropout_backward,
    dropout_forward,
    embedding_backward,
    embedding_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gradcheck import reference

LAW = settings(deadline=None, max_examples=40)
CONVOLUTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "strided": {"stride": 2},
    "padded": {"padding": (1, 2)},
    "dilated": {"dilation": (2, 1)},
    "groups": {"groups": 2},
    "depthwise": {"groups": 4},
    "all of it": {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2), "groups": 2},
}
POOLS: dict[str, dict[str, Any]] = {
    "side by side": {"size": 2},
    "overlapping": {"size": 3, "stride": 1},
    "with gaps": {"size": (1, 2), "stride": (3, 3)},
    "padded": {"size": (3, 2), "stride": 2, "padding": (1, 0)},
}


def draw(*shape: int, seed: int = 0) -> NDArray[np.float64]:
    """Return standard normal numbers."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def kernels(groups: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return eight kernels of 3 by 2 for four channels, and their biases."""
    return draw(8, 4 // groups, 3, 2, seed=1), draw(8, seed=2)


def both(value: Any) -> tuple[int, int]:
    """Return a pair."""
    return value if isinstance(value, tuple) else (value, value)


def as_tuple(value: Any) -> tuple[Any, ...]:
    """Return what a backward returned as a tuple."""
    return value if isinstance(value, tuple) else (value,)


# Affine


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3), (0, 3)])
def test_affine_is_the_sum_over_inputs(shape: tuple[int, ...]) -> None:
    """Forward and all three gradients are the index sums, over any leading axes."""
    x, w, b, g = draw(*shape), draw(3, 5), draw(5), draw(*shape[:-1], 5, seed=1)
    out, cache = affine_forward(x, w, b)
    dx, dw, db = affine_backward(g, cache)

    np.testing.assert_allclose(out, np.einsum("...d,dm->...m", x, w) + b, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(dx, np.einsum("...m,dm->...d", g, w), rtol=1e-13, atol=1e-14)
    rows, upstream = x.reshape(-1, 3), g.reshape(-1, 5)
    np.testing.assert_allclose(dw, np.einsum("nd,nm->dm", rows, upstream), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(db, np.einsum("nm->m", upstream), rtol=1e-13, atol=1e-14)


def test_positive_inputs_move_all_weights_of_a_unit_one_way() -> None:
    """A-SIG-3: with one example of positive inputs, the gradients of a unit's weights share the upstream's sign."""
    _, cache = affine_forward(np.abs(draw(1, 6)), draw(6, 5), np.zeros(5))
    g = draw(1, 5, seed=1)
    np.testing.assert_array_equal(np.sign(affine_backward(g, cache)[1]), np.broadcast_to(np.sign(g), (6, 5)))


# Convolution and pooling


def by_loops(x: Any, w: Any, b: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Any:
    """Convolve as the definition says, one output at a time, for real and complex input."""
    (sh, sw), (ph, pw), (dh, dw) = both(stride), both(padding), both(dilation)
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    filters, channels, kh, kw = w.shape
    high, wide = (
        (n - d * (k - 1) - 1) // s + 1 for n, d, k, s in zip(x.shape[2:], (dh, dw), (kh, kw), (sh, sw), strict=True)
    )
    out = np.zeros((len(x), filters, high, wide), np.result_type(x, w, b))
    for n, f, r, c in np.ndindex(*out.shape):
        first = f // (filters // groups) * channels
        seen = x[n, first : first + channels, r * sh :, c * sw :][:, : dh * kh : dh, : dw * kw : dw]
        out[n, f, r, c] = (seen[:, :kh, :kw] * w[f]).sum() + b[f]
    return out


@pytest.mark.parametrize("form", CONVOLUTIONS)
def test_convolution_agrees_with_loops(form: str) -> None:
    """Forward is the definition, for every option."""
    options = CONVOLUTIONS[form]
    x, (w, b) = draw(2, 4, 7, 6), kernels(options.get("groups", 1))
    np.testing.assert_allclose(
        conv2d_forward(x, w, b, **options)[0], by_loops(x, w, b, **options), rtol=1e-12, atol=1e-13
    )


@pytest.mark.parametrize("form", ["plain", "all of it"])
def test_gradients_of_a_convolution_agree_with_the_complex_step(form: str, complex_step: Any) -> None:
    """All three gradients are those of the loops."""
    options = CONVOLUTIONS[form]
    x, (w, b) = draw(1, 4, 5, 4), kernels(options.get("groups", 1))
    x, w, b = x, w[:4], b[:4]
    out, cache = conv2d_forward(x, w, b, **options)
    g = draw(*out.shape, seed=3)
    for found, truth in zip(
        conv2d_backward(g, cache), complex_step(lambda *a: by_loops(*a, **options), g, x, w, b), strict=True
    ):
        np.testing.assert_allclose(found, truth, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("form", CONVOLUTIONS)
def test_convolution_agrees_with_torch(form: str) -> None:
    """Output and gradients are those of `torch.nn.functional.conv2d`."""
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    options = CONVOLUTIONS[form]
    x, (w, b) = draw(2, 4, 7, 6), kernels(options.get("groups", 1))
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, w, b)]
    peer = torch.nn.functional.conv2d(*leaves, **options)
    out, cache = conv2d_forward(x, w, b, **options)
    g = draw(*out.shape, seed=3)
    peer.backward(torch.tensor(g))

    np.testing.assert_allclose(out, peer.detach().numpy(), rtol=1e-11, atol=1e-13)
    for gradient, leaf in zip(conv2d_backward(g, cache), leaves, strict=True):
        np.testing.assert_allclose(gradient, leaf.grad.numpy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("form", POOLS)
@pytest.mark.parametrize("name", ["max", "avg"])
def test_pooling_agrees_with_torch(name: str, form: str) -> None:
    """Output and gradient are those of torch's pooling, overlaps and padding included."""
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    options, x = POOLS[form], draw(2, 3, 6, 7)
    leaf = torch.tensor(x, requires_grad=True)
    words = {"kernel_size": options["size"], **{key: value for key, value in options.items() if key != "size"}}
    peer = getattr(torch.nn.functional, f"{name}_pool2d")(leaf, **words)
    out, cache = getattr(reference, f"{name}_pool2d_forward")(x, **options)
    g = draw(*out.shape, seed=3)
    peer.backward(torch.tensor(g))

    np.testing.assert_allclose(out, peer.detach().numpy(), rtol=1e-14, atol=1e-15)
    dx = getattr(reference, f"{name}_pool2d_backward")(g, cache)
    np.testing.assert_allclose(dx, leaf.grad.numpy(), rtol=1e-13, atol=1e-14)


def test_the_first_of_equal_maxima_gets_all() -> None:
    """A tie goes to the first in reading order, wholly: nothing is counted twice."""
    out, cache = max_pool2d_forward(np.ones((1, 1, 3, 3)), size=2, stride=1)
    dx = max_pool2d_backward(np.array([[[[1.0, 2.0], [4.0, 8.0]]]]), cache)

    assert out.shape == (1, 1, 2, 2)
    np.testing.assert_array_equal(dx[0, 0], [[1, 2, 0], [4, 8, 0], [0, 0, 0]])


def test_padding_never_wins_and_nan_does() -> None:
    """Below the padding of zeros that averages see, a maximum is still one of the image; NaN is never overlooked."""
    x = np.full((1, 1, 3, 3), -5.0)
    assert (max_pool2d_forward(x, size=2, padding=1)[0] == -5).all()
    x[0, 0, 1, 1] = np.nan
    assert np.isnan(max_pool2d_forward(x, size=3)[0]).all()


LINEAR: dict[str, Any] = {
    "conv2d": (lambda x: conv2d_forward(x, *kernels(), padding=1), lambda g, c: conv2d_backward(g, c)[0]),
    "avg_pool2d": (lambda x: avg_pool2d_forward(x, size=3, stride=2, padding=1), avg_pool2d_backward),
    "dropout": (lambda x: dropout_forward(x, 0.3, rng=7), dropout_backward),
}


@pytest.mark.parametrize("name", LINEAR)
@LAW
@given(seed=st.integers(0, 2**32))
def test_backward_is_the_adjoint_of_a_linear_forward(name: str, seed: int) -> None:
    """<g, f(x) - f(0)> = <f'(g), x> for every x and g, to rounding."""
    forward, backward = LINEAR[name]
    x = np.random.default_rng(seed).standard_normal((2, 4, 5, 6))
    out, cache = forward(x)
    g = np.random.default_rng([seed, 1]).standard_normal(out.shape)

    left, right = (g * (out - forward(0 * x)[0])).sum(), (backward(g, cache) * x).sum()
    assert abs(left - right) <= 1e-13 * np.abs(g).sum() * np.abs(x).max() * 24


# Dropout


def test_dropout_keeps_the_expectation() -> None:
    """R-DROP: over many units the mean of the output is that of the input: six standard errors, 1 in 10^8 fail."""
    n, rate = 1_000_000, 0.3
    out, _ = dropout_forward(np.ones(n), rate, rng=0)
    assert abs(out.mean() - 1) < 6 * np.sqrt(rate / (1 - rate) / n)
    assert set(np.unique(out)) == {0.0, 1 / (1 - rate)}


def test_the_mask_of_the_backward_pass_is_that_of_the_forward() -> None:
    """R-DROP: a unit that was silent gets no gradient, and a unit that was scaled gets it scaled alike."""
    x = draw(50, 4)
    out, cache = dropout_forward(x, 0.4, rng=3)
    np.testing.assert_array_equal(dropout_backward(x, cache), out)


def test_a_seed_repeats_the_mask_and_a_generator_goes_on() -> None:
    """R-DROP: seeded, the same call gives the same bits; a generator is used and advanced as it is."""
    x, rng = np.ones(100), np.random.default_rng(1)
    once, again = (dropout_forward(x, rng=1)[0] for _ in range(2))
    first, second = (dropout_forward(x, rng=rng)[0] for _ in range(2))

    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(once, first)
    assert (first != second).any()


def test_dropout_is_the_identity_at_test_time_and_without_a_rate() -> None:
    """R-DROP: nothing is drawn, and nothing is scaled."""
    x = draw(5, 4)
    for options in ({"rate": 0.7, "training": False}, {"rate": 0.0}):
        out, cache = dropout_forward(x, **options)
        np.testing.assert_array_equal(out, x)
        np.testing.assert_array_equal(dropout_backward(x, cache), x)
        assert not np.shares_memory(out, x)


def test_a_silent_unit_is_zero_whatever_it_was() -> None:
    """Infinity times the mask of 0 is 0, and no NaN comes of it."""
    out, _ = dropout_forward(np.full(20, np.inf), 0.5, rng=0)
    assert set(out) == {0.0, np.inf}


# Embedding


def test_embedding_agrees_with_one_hot_rows() -> None:
    """It is the affine layer on one-hot rows, forward and backward; words that repeat add up."""
    words, w, g = np.array([[1, 4, 1], [0, 1, 1]]), draw(5, 3), draw(2, 3, 3)
    out, cache = embedding_forward(words, w)
    peer, affine = affine_forward(np.eye(5)[words], w, np.zeros(3))

    np.testing.assert_array_equal(out, peer)
    np.testing.assert_allclose(embedding_backward(g, cache), affine_backward(g, affine)[1], rtol=1e-14, atol=1e-15)


# All of them


X, IMAGES = draw(4, 3), draw(2, 4, 5, 6)
PAIRS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "affine": ((X, draw(3, 5), draw(5)), {}),
    "conv2d": ((IMAGES, *kernels()), {}),
    "max_pool2d": ((IMAGES,), {}),
    "avg_pool2d": ((IMAGES,), {}),
    "dropout": ((X,), {"rng": 0}),
    "embedding": ((np.array([0, 2]), draw(3, 4)), {}),
}


@pytest.mark.parametrize("name", PAIRS)
def test_float32_in_float32_out(name: str) -> None:
    """Outputs and gradients keep the precision of what they belong to, and agree with the doubles."""
    inputs, options = PAIRS[name]
    forward, backward = (getattr(reference, f"{name}_{way}") for way in ("forward", "backward"))
    single = [array.astype(np.float32) if array.dtype == float else array for array in inputs]
    out, cache = forward(*single, **options)
    wide, wide_cache = forward(*inputs, **options)
    g = draw(*out.shape, seed=3)
    found, truth = (as_tuple(backward(*pair)) for pair in ((np.float32(g), cache), (g, wide_cache)))

    assert out.dtype == np.float32
    np.testing.assert_allclose(out, wide, rtol=1e-4, atol=1e-5)
    for gradient, exact in zip(found, truth, strict=True):
        assert gradient.dtype == np.float32
        np.testing.assert_allclose(gradient, exact, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", PAIRS)
def test_nothing_that_is_handed_in_changes(name: str) -> None:
    """Neither pass writes into its arguments, and neither result shares their memory."""
    inputs, options = PAIRS[name]
    forward, backward = (getattr(reference, f"{name}_{way}") for way in ("forward", "backward"))
    locked = [array.copy() for array in inputs]
    for array in locked:
        array.setflags(write=False)
    out, cache = forward(*locked, **options)
    g = draw(*out.shape, seed=3)
    g.setflags(write=False)
    for result in (out, *as_tuple(backward(g, cache))):
        assert not any(np.shares_memory(result, array) for array in (*locked, g))


@pytest.mark.parametrize("name", PAIRS)
def test_an_upstream_of_another_shape_is_refused(name: str) -> None:
    """An upstream that would broadcast is an error that names both shapes."""
    inputs, options = PAIRS[name]
    _, cache = getattr(reference, f"{name}_forward")(*inputs, **options)
    with pytest.raises(ValueError, match=r"dout has shape \(1,\); the output has shape"):
        getattr(reference, f"{name}_backward")(np.ones(1), cache)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: affine_forward(X, draw(4, 5), draw(5)), r"x has shape \(4, 3\), w has shape \(4, 5\)"),
        (lambda: affine_forward(X, draw(3, 5), draw(1)), r"b has shape \(1,\); they must fit \(..., D\), \(D, M\)"),
        (lambda: affine_forward(1j * X, draw(3, 5), draw(5)), "x has dtype complex128; real numbers are needed"),
        (lambda: conv2d_forward(X, *kernels()), r"x has shape \(4, 3\); images are needed"),
        (lambda: conv2d_forward(IMAGES, *kernels(2)), r"with groups=1; they must fit \(N, C, H, W\)"),
        (lambda: conv2d_forward(IMAGES, *kernels(), groups=3), "groups=3 must divide the 4 channels of x"),
        (lambda: conv2d_forward(IMAGES, *kernels(), stride=0), "stride=0 must be a whole number, at least 1, or a"),
        (
            lambda: conv2d_forward(IMAGES, *kernels(), padding=(1, 2, 3)),
            r"padding=\(1, 2, 3\) must be a whole number",
        ),
        (
            lambda: conv2d_forward(IMAGES, *kernels(), dilation=4),
            r"images of 5 by 6 .* smaller than a window of 9 by",
        ),
        (lambda: max_pool2d_forward(IMAGES, padding=2), "padding=2 must be less than size=2"),
        (lambda: avg_pool2d_forward(IMAGES, size=7), "images of 5 by 6 .* smaller than a window of 7 by 7"),
        (lambda: dropout_forward(X, 1.0), r"rate=1.0 must lie in \[0, 1\)"),
        (lambda: embedding_forward([0, 3], draw(3, 2)), r"indices\[1\]=3 is not a word: w has 3 of them, 0 to 2"),
        (lambda: embedding_forward([0.5], draw(3, 2)), "indices has dtype float64; integers are needed"),
        (lambda: embedding_forward([0], draw(3)), r"w has shape \(3,\); a table of one vector a word is needed"),
    ],
)
def test_bad_arguments_get_a_sentence(call: Any, sentence: str) -> None:
    """Each names the argument, its value, and what would be right."""
    with pytest.raises(ValueError, match=sentence):
        call()
