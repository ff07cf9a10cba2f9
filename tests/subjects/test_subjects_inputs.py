"""What becomes of the arguments: leaves, constants, or one clear sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument, Verdict

RNG = np.random.default_rng(0)
P, X = {"W": RNG.normal(size=(3, 4)), "b": RNG.normal(size=3)}, RNG.normal(size=(5, 4))


def _affine(p: dict[str, Any], x: np.ndarray) -> np.ndarray:
    return np.asarray(x @ p["W"].T + p["b"])


def _vjp(u: np.ndarray, p: dict[str, Any], x: np.ndarray) -> tuple[dict[str, Any], np.ndarray]:
    return {"W": 0 * p["W"], "b": u.mean(0)}, u @ p["W"]


def test_a_gradient_of_a_dict_is_not_thrown_away() -> None:
    """A dictionary is a constant; where a gradient of it comes back, the sentence says how to have it checked."""
    for call in (
        lambda: gradcheck.check(_affine, P, X, vjp=_vjp),
        lambda: gradcheck.check((lambda p, x: (_affine(p, x), (p, x)), lambda u, kept: _vjp(u, *kept)), P, X),
    ):
        way_out = r"check\(lambda W, b, x: f\({.W.: W, .b.: b}, x\), p\[.W.\], p\[.b.\], x\)"
        with pytest.raises(InvalidArgument, match=way_out):
            call()


def test_a_dict_without_a_gradient_is_a_constant() -> None:
    """No gradient, or None in its place, says that the dictionary is meant to stay as it is."""
    assert gradcheck.check(_affine, P, X, vjp=lambda u, p, x: (None, u @ p["W"])).ok
    assert gradcheck.check(_affine, P, X, vjp=lambda u, p, x: u @ p["W"]).ok
    many = {f"layer.{k}": np.ones(2) for k in range(9)}
    with pytest.raises(InvalidArgument, match=r"\*p\.values\(\)"):
        gradcheck.check(lambda p, x: 2 * x, many, X, vjp=lambda u, p, x: (p, 2 * u))


def test_an_index_beyond_its_table_is_a_domain() -> None:
    """Labels as numbers are moved like any input; what lies beyond the last class is no fault of the code."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        scores, y = rng.normal(size=(6, 4)), rng.integers(0, 4, size=6).astype(float)

        def grad(scores: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            out = np.zeros_like(scores)
            out[np.arange(y.size), y.astype(int)] = -1
            return out, 0 * y

        def loss(scores: np.ndarray, y: np.ndarray) -> Any:
            return -scores[np.arange(y.size), y.astype(int)].sum()

        assert gradcheck.check(loss, scores, y, grad=grad, rng=seed).verdict is not Verdict.FAIL
