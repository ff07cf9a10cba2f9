"""What is told of a disagreement that has no name: which slices are wrong, in the words of the subject."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck

MAPS = np.random.default_rng(0).normal(size=(4, 3, 2, 2))
TABLE = np.random.default_rng(1).normal(size=(4, 5))


def forward(x: Any, b: Any) -> Any:
    return np.sin(x) * (x + b[:, None, None]), (x, b)


def backward(dout: Any, cache: Any, *, of_x: Any = 0.0, of_b: Any = 0.0) -> Any:
    x, b = cache
    odd = dout * np.abs(x)
    dx = dout * (np.cos(x) * (x + b[:, None, None]) + np.sin(x)) + odd * of_x
    return dx, (dout * np.sin(x) + odd * of_b).sum(axis=(0, 2, 3))


def told(thing: Any, *inputs: Any, **options: Any) -> str:
    report = gradcheck.check(thing, *inputs, **options)
    assert str(report.verdict) == "fail"
    return " ".join(finding.cause or "" for finding in report.findings)


def slices(*numbers: int) -> Any:
    return np.isin(np.arange(3), numbers)[:, None, None].astype(float)


@pytest.mark.parametrize(
    ("flaws", "said"),
    [
        ({"of_x": slices(1)}, "only channel 1 (axis 1) is wrong"),
        ({"of_x": slices(0, 2)}, "only channel 1 (axis 1) is right"),
        ({"of_b": slices(1)}, "only channel 1 (axis 0) is wrong"),
        ({"of_b": slices(2)}, "right but for its last channel (axis 0)"),
    ],
)
def test_wrong_channels_of_a_map_are_called_channels(flaws: dict[str, Any], said: str) -> None:
    """In the input, and in a parameter that has one entry per channel."""

    def wrong(dout: Any, cache: Any) -> Any:
        return backward(dout, cache, **flaws)

    assert said in told((forward, wrong), MAPS, np.array([0.3, -0.7, 1.1]))


def test_elsewhere_a_slice_is_told_by_its_index() -> None:
    """A table has columns of any meaning."""
    column = np.array([0.0, 0.0, 0.0, 1.0, 0.0])

    def wrong(dout: Any, x: Any) -> Any:
        return (
            dout * (1 + x.mean(axis=1, keepdims=True))
            + (dout * x).mean(axis=1, keepdims=True)
            + column * dout.sum(axis=1, keepdims=True) * x
        )

    def mixed(x: Any) -> Any:
        return x + x * x.mean(axis=1, keepdims=True), x

    assert "only index 3 along axis 1 is wrong" in told((mixed, lambda u, x: (wrong(u, x),)), TABLE)


def test_numbers_that_are_small_are_not_all_alike() -> None:
    """The tail of a bell curve, a little off: at 1e-50 each number is next to each other, and none is displaced."""

    def bell(x: Any) -> Any:
        return np.exp(-(x**2) / 2)

    def slope(x: Any) -> Any:
        return -x * bell(x) * (1 + 1e-5 * np.sin(37 * x[::-1]))

    said = told(bell, np.array([-15.3, -15.1, -15.7]), derivative=slope)
    assert "stride" not in said
