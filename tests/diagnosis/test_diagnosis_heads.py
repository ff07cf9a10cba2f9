"""What is wrong of some heads alone is told by their numbers; where no head shows, none is invented."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gallery.heads import SIDE_BY_SIDE, SLIPS, SPLIT, SelfAttention, Slip, X, pair_of

import gradcheck
from gradcheck.subjects import adapt, heads_of

INPUTS = {"attention": SIDE_BY_SIDE, "split": SPLIT}
SIDE = ", where heads lie side by side"


def told(report: gradcheck.Report, path: str) -> str:
    return "\n".join(
        text for f in report.findings if f.path == path for text in (f.cause or "", f.hint or "", *f.detail)
    )


class Wrong(SelfAttention):
    """Self-attention whose gradient of one parameter, or of the input, is too large in some slices."""

    def __init__(self, width: int, heads: int, name: str, *slices: Any) -> None:
        super().__init__(width, heads)
        self._name, self._slices = name, slices

    def backward(self, dout: Any) -> Any:
        dx = super().backward(dout)
        spoilt = dx if self._name == "x" else getattr(self, f"d{self._name}")
        part = spoilt[self._slices]
        spoilt[self._slices] = part * (2 + np.arange(part.size).reshape(part.shape))
        return dx


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.layer}: {slip.new}")
def test_a_wrong_head_of_queries_keys_or_values_is_named(slip: Slip) -> None:
    """Whether heads have an axis of their own or lie side by side, and whether or not the slip has a name."""
    said = told(gradcheck.check(pair_of(slip), *INPUTS[slip.layer]), f"inputs[{slip.path!r}]")

    assert slip.said in said
    assert slip.never not in said


@pytest.mark.parametrize(
    ("name", "slices", "said"),
    [
        ("Wq", (slice(None), slice(4, 6)), f"only columns 4 and 5 (head 2 of 4{SIDE}) are wrong"),
        ("Wo", (slice(6, 8),), f"only rows 6 and 7 (head 3 of 4{SIDE}) are wrong"),
        ("Wv", (slice(None), [0, 1, 6, 7]), f"only columns 0, 1, 6 and 7 (heads 0 and 3 of 4{SIDE}) are wrong"),
        ("Wk", (slice(None), slice(3, 5)), "only columns 3 and 4 are wrong"),
        ("x", (..., slice(2, 4)), "only indices 2 and 3 along axis 2, the second of 4 equal blocks, are wrong"),
    ],
)
def test_blocks_of_a_weight_are_those_of_heads_where_heads_lie_side_by_side(
    name: str, slices: Any, said: str
) -> None:
    """Of a weight it is said with that reservation; of what mixes all heads, and of parts of two, it is not."""
    path = "inputs['x']" if name == "x" else f"params[{name!r}]"
    report = gradcheck.check(Wrong(8, 4, name, *slices), X)

    assert said in told(report, path)


def test_a_large_weight_has_its_head_named_with_the_box() -> None:
    """Of many entries a few are compared; the box that they stand for is that of a head."""
    x = np.random.default_rng(1).normal(size=(2, 3, 32))
    said = told(gradcheck.check(Wrong(32, 4, "Wv", slice(None), slice(8, 16)), x), "params['Wv']")

    assert "params['Wv'][:, 8:16] is wrong as a whole" in said
    assert f"that is head 1 of 4{SIDE}" in said


def test_without_a_number_of_heads_it_is_a_block() -> None:
    """A layer that says nothing of heads may have some, or gates, or nothing of the kind."""

    def forward(x: Any, w: Any) -> Any:
        return np.tanh(x @ w).sum(axis=1, keepdims=True) * x, (x, w)

    def backward(dout: Any, cache: Any) -> Any:
        x, w = cache
        h = np.tanh(x @ w)
        g = (dout * x).sum(axis=1, keepdims=True) * (1 - h**2)
        dw = x.T @ g
        dw[:, 3:6] *= 1 + w[:, 3:6] ** 2
        return dout * h.sum(axis=1, keepdims=True) + g @ w.T, dw

    x, w = np.random.default_rng(2).normal(size=(4, 3)), np.random.default_rng(3).normal(size=(3, 6))
    said = told(gradcheck.check((forward, backward), x, w), "inputs['w']")

    assert "only columns 3 to 5, the second of 2 equal blocks (a head, if it has 2), are wrong" in said


def with_default(x: Any, num_heads: int = 3) -> Any:
    return x * num_heads, None


def test_the_number_of_heads_is_what_the_layer_says() -> None:
    """An attribute, an argument, a default; no shape, no flag, and nothing where two numbers differ."""
    layer, other = SelfAttention(8, 4), SelfAttention(8, 4)
    other.n_heads = 2  # type: ignore[attr-defined]
    flagged = SelfAttention(8, 4)
    flagged.num_heads = True

    def numbers(*things: Any) -> list[int | None]:
        return [heads_of(adapt(thing, inputs, {})) for thing, *inputs in things]

    split = pair_of(SLIPS[-1])
    assert numbers((layer, X), (other, X), (split, *SPLIT)) == [4, None, None]
    assert numbers((pair_of(SLIPS[0]), *SIDE_BY_SIDE)) == [4]
    scaled = (with_default, lambda dout, _: 3 * dout)
    assert numbers((scaled, X), (scaled, X, 2)) == [3, 2]
