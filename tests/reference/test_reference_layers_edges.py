"""Convolution and pooling at their edges: padding beside pixels of minus infinity, and no images at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.reference import conv2d_backward, conv2d_forward, max_pool2d_backward, max_pool2d_forward
from numpy.typing import NDArray

from gradcheck import reference

CONVOLUTIONS: list[dict[str, Any]] = [{}, {"stride": 2, "padding": (1, 2)}, {"dilation": (2, 1), "groups": 2}]
POOLS: list[dict[str, Any]] = [{}, {"size": (1, 2), "stride": 3}, {"size": (3, 2), "padding": (1, 0)}]


def draw(*shape: int, seed: int = 0) -> NDArray[np.float64]:
    """Return standard normal numbers."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


@pytest.mark.parametrize("low", [-np.inf, -1e300])
@pytest.mark.parametrize("padding", [1, (1, 0), (0, 1)])
def test_padding_never_wins_a_window(low: float, padding: Any) -> None:
    """Where every pixel is minus infinity the gradient goes to pixels all the same, and none is lost."""
    out, cache = max_pool2d_forward(np.full((2, 3, 4, 4), low), size=(2, 3), padding=padding)
    upstream = draw(*out.shape)
    dx = max_pool2d_backward(upstream, cache)

    assert (out == low).all()
    np.testing.assert_allclose(dx.sum(axis=(2, 3)), upstream.sum(axis=(2, 3)), rtol=1e-13)


def test_the_first_of_equal_pixels_wins_beside_padding() -> None:
    """At minus infinity as anywhere else: the first pixel in reading order, which the padding precedes."""
    gradients = []
    for low in (-np.inf, -1e300):
        out, cache = max_pool2d_forward(np.full((1, 1, 5, 4), low), size=3, stride=2, padding=1)
        gradients.append(max_pool2d_backward(draw(*out.shape), cache))

    np.testing.assert_array_equal(*gradients)


@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_a_convolution_of_no_images_is_empty(options: dict[str, Any]) -> None:
    """An empty batch has an empty output of the usual size, and gradients of zeros for the parameters."""
    w, b = draw(8, 4 // options.get("groups", 1), 3, 2), draw(8)
    shape = conv2d_forward(draw(1, 4, 7, 8), w, b, **options)[0].shape
    out, cache = conv2d_forward(np.empty((0, 4, 7, 8)), w, b, **options)
    dx, dw, db = conv2d_backward(out, cache)

    assert out.shape == (0, *shape[1:])
    assert dx.shape == (0, 4, 7, 8)
    assert (dw.shape, db.shape) == (w.shape, b.shape)
    assert not dw.any()
    assert not db.any()


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
@pytest.mark.parametrize("options", POOLS, ids=str)
def test_pooling_no_images_is_empty(name: str, options: dict[str, Any]) -> None:
    """An empty batch, or images without channels, has an empty output of the usual size and an empty gradient."""
    forward, backward = getattr(reference, f"{name}_forward"), getattr(reference, f"{name}_backward")
    size = forward(draw(1, 1, 7, 8), **options)[0].shape[2:]
    for shape in ((0, 3, 7, 8), (2, 0, 7, 8)):
        out, cache = forward(np.empty(shape), **options)

        assert out.shape == (*shape[:2], *size)
        assert backward(out, cache).shape == shape
