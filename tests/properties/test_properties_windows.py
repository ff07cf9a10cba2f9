"""Pools of the whole image, and kernels with holes: laws of windows that are not side by side."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck
from gradcheck.report import Status

RNG = np.random.default_rng(0)
IMAGE, LARGE, KERNEL = (RNG.standard_normal(shape) for shape in ((2, 3, 4, 4), (1, 2, 11, 12), (2, 2, 3, 3)))


def whole(reduce: Any) -> Any:
    return lambda x: (reduce(x, axis=(2, 3)), x)


def average_back(g, x, share=16):
    return np.broadcast_to(g[:, :, None, None] / share, x.shape).copy()


def largest_back(g, x):
    flat = x.reshape(*x.shape[:2], -1)
    first = np.arange(flat.shape[-1]) == flat.argmax(axis=-1)[..., None]
    return (g[..., None] * first).reshape(x.shape)


def every_largest_back(g, x):
    return g[:, :, None, None] * (x == x.max(axis=(2, 3), keepdims=True))


def dilated(x, k, by_position=0.0, padding=2):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(-2, -1))[..., ::2, ::2]
    out = np.einsum("nchwij,fcij->nfhw", windows, k)
    return out * (1 + by_position * np.arange(out.shape[-1]))


def statuses(thing: Any, *inputs: Any, checks: list[str], **traits: Any) -> list[Status]:
    declared = gradcheck.subject(thing, *inputs, kind="layer", traits=traits)
    return [result.status for result in run_suite(declared, checks=checks, max_examples=10, cases=None).results]


@pytest.mark.parametrize(
    ("pools", "pair", "code", "expected"),
    [
        ("average", (whole(np.mean), average_back), "GC123", Status.PASSED),
        ("average", (whole(np.mean), partial(average_back, share=4)), "GC123", Status.FAILED),
        ("average", (whole(np.mean), average_back), "GC133", Status.PASSED),
        ("average", (whole(np.sum), average_back), "GC133", Status.FAILED),
        ("max", (whole(np.max), largest_back), "GC123", Status.PASSED),
        ("max", (whole(np.max), largest_back), "GC124", Status.PASSED),
        ("max", (whole(np.max), every_largest_back), "GC124", Status.FAILED),
    ],
)
def test_a_pool_of_the_whole_image_leaves_no_positions(pools: str, pair: Any, code: str, expected: Status) -> None:
    """One window is the image, and the laws of a window hold of it."""
    assert statuses(pair, IMAGE, checks=[code], pools=pools) == [expected]


@pytest.mark.parametrize("padding", [0, 2, 4])
def test_how_far_a_kernel_reaches_is_told_by_what_feels_a_pixel(padding: int) -> None:
    """A kernel of three entries with holes is five wide; inside, what moves in the image moves in the output."""
    right, wrong = (partial(dilated, by_position=by, padding=padding) for by in (0.0, 0.01))

    assert statuses(right, LARGE, KERNEL, checks=["GC122"], translates=True) == [Status.PASSED]
    assert statuses(wrong, LARGE, KERNEL, checks=["GC122"], translates=True) == [Status.FAILED]
