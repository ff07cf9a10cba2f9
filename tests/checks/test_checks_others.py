"""What a failing report says of the other inputs: certified as a whole, or open, and never right by a sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

RNG = np.random.default_rng(0)
POINT = (RNG.normal(size=(4, 9, 10)), RNG.normal(size=(10, 12)), np.zeros(12))


def _affine(x: Any, W: Any, b: Any) -> Any:
    return np.tanh(x @ W + b)


def _losing(lost: frozenset[str]) -> Any:
    """Return a vjp that forgets the first of the batch in the gradients `lost`."""

    def vjp(upstream: Any, x: Any, W: Any, b: Any) -> tuple[Any, ...]:
        whole = upstream * (1 - np.tanh(x @ W + b) ** 2)
        part = np.concatenate([0 * whole[:1], whole[1:]])
        of = {name: part if name in lost else whole for name in ("x", "W")}
        return of["x"] @ W.T, np.einsum("nij,nik->jk", x, of["W"]), whole.sum(axis=(0, 1))

    return vjp


IMAGES = (RNG.normal(size=(2, 4, 8, 8)), 0.2 * RNG.normal(size=(6, 4, 3, 3)), np.zeros(6))
OFFSETS = [(i, j) for i in range(3) for j in range(3)]


def _windows(x: Any) -> Any:
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return np.stack([padded[:, :, i : i + 8, j : j + 8] for i, j in OFFSETS], axis=2).reshape(2, 36, 64)


def _convolved(x: Any, w: Any, b: Any) -> Any:
    return (w.reshape(6, 36) @ _windows(x) + b[:, None]).reshape(2, 6, 8, 8)


def _without_the_first_image(upstream: Any, x: Any, w: Any, b: Any) -> tuple[Any, ...]:
    whole = upstream.reshape(2, 6, 64)
    part = np.stack([0 * whole[0], whole[1]])
    columns = np.einsum("fk,bfp->bkp", w.reshape(6, 36), part).reshape(2, 4, 9, 8, 8)
    dx = np.zeros((2, 4, 10, 10))
    for k, (i, j) in enumerate(OFFSETS):
        dx[:, :, i : i + 8, j : j + 8] += columns[:, :, k]
    return dx[:, :, 1:-1, 1:-1], np.einsum("bfp,bkp->fk", part, _windows(x)).reshape(w.shape), whole.sum(axis=(0, 2))


@pytest.mark.parametrize("seed", range(3))
def test_an_input_that_is_wrong_as_well_is_not_called_right(seed: int) -> None:
    """Half of it is lost; the few entries that were compared beside those of another were among the others."""
    report = gradcheck.check(_convolved, *IMAGES, vjp=_without_the_first_image, rng=seed)
    verdicts = {pair.input: pair.verdict for pair in report.comparisons}
    assert report.verdict is Verdict.FAIL
    assert Verdict.PASS not in (verdicts["inputs['x']"], verdicts["inputs['w']"])
    assert verdicts["inputs['b']"] is Verdict.PASS
    open_ = [path for path, verdict in verdicts.items() if verdict is Verdict.INCONCLUSIVE]
    assert all(f"may be wrong as well: {path}" in str(report) for path in open_)


@pytest.mark.parametrize(("lost", "right"), [("x", "W"), ("W", "x")])
def test_the_others_are_certified_together(lost: str, right: str) -> None:
    """By one look at all of them, with the resolution of that look."""
    report = gradcheck.check(_affine, *POINT, vjp=_losing(frozenset(lost)), rng=0)
    pairs = {pair.input: pair for pair in report.comparisons}
    for path in (f"inputs['{right}']", "inputs['b']"):
        assert pairs[path].verdict is Verdict.PASS
        assert 0 < (pairs[path].resolution or 0) < 1e-2
    assert pairs[f"inputs['{lost}']"].verdict is Verdict.FAIL
    assert "may be wrong" not in str(report)
