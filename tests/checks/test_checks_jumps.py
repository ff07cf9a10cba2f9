"""Where f jumps over one input, a gradient of another one is no matter of choice: gradients beyond are no limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, ...]]


@dataclass(frozen=True)
class Jumping:
    """A function, its gradient, and one whose mask is drawn on the other side of the jump."""

    forward: Callable[..., Any]
    right: Callable[..., Any]
    wrong: Callable[..., Any]
    draw: Draw


def _half_at_zero(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    return np.maximum(rng.normal(size=n), 0), rng.normal(size=n) + 2


def _one_at_zero(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    gate = np.abs(rng.normal(size=n)) + 0.1
    gate[n // 3] = 0
    return gate, rng.normal(size=n) + 2


def _with_a_bias(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    return np.maximum(rng.normal(size=n), 0), np.array(1.5), np.array(0.7)


def _coordinates(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    return rng.normal(size=n), rng.integers(0, 2 * n - 2, size=2 * n) / 2


def _step_vjp(u: np.ndarray, x: np.ndarray, a: np.ndarray, on: np.ndarray) -> tuple[np.ndarray, ...]:
    return u * a * (x > 0), (u * x * (x > 0)).sum(), (u * on).sum()


def _sample(image: np.ndarray, c: np.ndarray) -> np.ndarray:
    return np.asarray(image[np.clip(np.floor(c + 0.5).astype(int), 0, image.size - 1)])


def _scatter(u: np.ndarray, image: np.ndarray, where: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, ...]:
    gradient = np.zeros_like(image)
    np.add.at(gradient, np.clip(where.astype(int), 0, image.size - 1), u)
    return gradient, 0 * c


def _gate(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.asarray(x * (g >= 0))


FUNCTIONS = {
    "a gate, half of it closed at 0": Jumping(
        _gate, lambda u, g, x: (0 * g, u * (g >= 0)), lambda u, g, x: (0 * g, u * (g > 0)), _half_at_zero
    ),
    "a gate, one entry at 0": Jumping(
        _gate, lambda u, g, x: (0 * g, u * (g >= 0)), lambda u, g, x: (0 * g, u * (g > 0)), _one_at_zero
    ),
    "a step with a bias": Jumping(
        lambda x, a, b: np.where(x >= 0, a * x + b, 0),
        lambda u, x, a, b: _step_vjp(u, x, a, x >= 0),
        lambda u, x, a, b: _step_vjp(u, x, a, x > 0),
        _with_a_bias,
    ),
    "the nearest pixel": Jumping(
        _sample,
        lambda u, image, c: _scatter(u, image, np.floor(c + 0.5), c),
        lambda u, image, c: _scatter(u, image, np.round(c), c),
        _coordinates,
    ),
}


@pytest.mark.parametrize("n", [12, 400, 30_000])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_mask_of_the_other_side_never_passes(name: str, n: int) -> None:
    """The forward says >=, the backward >: what is smooth in its input has one slope at the jump of another."""
    subject = FUNCTIONS[name]
    for seed in range(4 if n < 1000 else 1):
        inputs = subject.draw(np.random.default_rng(seed), n)
        assert gradcheck.check(subject.forward, *inputs, vjp=subject.wrong, rng=seed).verdict is not Verdict.PASS


@pytest.mark.parametrize("n", [12, 400])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_right_mask_never_fails(name: str, n: int) -> None:
    """With the mask of the forward the gradient is right, and few entries at their jumps are told."""
    subject = FUNCTIONS[name]
    for seed in range(4):
        inputs = subject.draw(np.random.default_rng(seed), n)
        report = gradcheck.check(subject.forward, *inputs, vjp=subject.right, rng=seed)
        assert report.verdict is not Verdict.FAIL
        assert n > 12 or report.ok


@pytest.mark.parametrize("name", FUNCTIONS)
def test_with_the_jump_at_rest_the_mistake_is_certain(name: str) -> None:
    """Where only the smooth input is looked at, the wrong mask fails."""
    subject = FUNCTIONS[name]
    inputs = subject.draw(np.random.default_rng(0), 12)
    smooth = {"a step with a bias": "b", "the nearest pixel": "image"}.get(name, "x")
    assert gradcheck.check(subject.forward, *inputs, vjp=subject.wrong, wrt=smooth).verdict is Verdict.FAIL


def test_a_jvp_has_the_same_slope_at_the_jump() -> None:
    """Forward mode alone is held to the same."""
    inputs = _half_at_zero(np.random.default_rng(0), 12)
    assert gradcheck.check(_gate, *inputs, jvp=lambda t, g, x: t[1] * (g >= 0)).ok
    assert not gradcheck.check(_gate, *inputs, jvp=lambda t, g, x: t[1] * (g > 0)).ok


def test_beside_a_branch_cut_the_slope_along_it_is_told() -> None:
    """The root of a complex number jumps across the negative axis and is smooth along it."""
    z = np.array([-1.5 + 0j, -0.5 + 0j, 2 + 0j, 1j])
    flipped = gradcheck.check(
        np.sqrt, z, derivative=lambda z: 0.5 / np.sqrt(z) * np.where((z.real < 0) & (z.imag == 0), -1, 1)
    )
    assert not flipped.ok


def test_a_choice_at_a_tie_stays_a_choice_beside_a_jump() -> None:
    """Six equal entries in a gate that stands on its jump: the order of a stable sort is one of many right ones."""

    def vjp(u: np.ndarray, g: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gradient = np.zeros_like(x)
        gradient[np.argsort(x, kind="stable")] = u * (g >= 0)
        return 0 * g, gradient

    for seed in range(10):
        gate = np.maximum(np.random.default_rng(seed).normal(size=6), 0)
        report = gradcheck.check(lambda g, x: np.sort(x) * (g >= 0), gate, np.full(6, 1.25), vjp=vjp, rng=seed)
        assert report.verdict is not Verdict.FAIL
