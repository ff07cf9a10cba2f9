"""The first look may certify what is right and must certify nothing that is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerics.posed import Counted, elementwise, pose

from gradcheck.numerics import Glance, glance, weights

X = np.random.default_rng(4).normal(size=24)


def _look(value, slope, x: np.ndarray = X, *, fine: bool = True, seed: int = 0) -> Glance:
    problem, rng = elementwise(x, value, slope), np.random.default_rng(seed)
    base = problem.value(x)
    upstream = weights(base.size, rng)
    return glance(problem, base, upstream, problem.pull(x, upstream), rng, fine=fine)


SMOOTH = {
    "sin": (np.sin, np.cos),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "exp": (np.exp, np.exp),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    "linear": (lambda x: 3 * x, lambda x: np.full_like(x, 3.0)),
}


@given(name=st.sampled_from(sorted(SMOOTH)), fine=st.booleans(), seed=st.integers(0, 10**6))
def test_right_gradients_are_certified(name: str, fine: bool, seed: int) -> None:
    """Ordinary functions at ordinary points need no second look."""
    assert _look(*SMOOTH[name], fine=fine, seed=seed).certified


@given(name=st.sampled_from(sorted(SMOOTH)), power=st.floats(-5, 1), fine=st.booleans(), seed=st.integers(0, 10**6))
def test_a_common_factor_is_never_certified(name: str, power: float, fine: bool, seed: int) -> None:
    """From one in a hundred thousand on, an error of all entries shows along any direction."""
    value, slope = SMOOTH[name]
    assert not _look(value, lambda x: (1 + 10.0**power) * slope(x), fine=fine, seed=seed).certified


@given(at=st.integers(0, 23), power=st.floats(-4, 2), fine=st.booleans(), seed=st.integers(0, 10**6))
def test_one_wrong_entry_is_never_certified(at: int, power: float, fine: bool, seed: int) -> None:
    """An error of one entry of a ten-thousandth of its size, or more, cannot hide in a random direction."""

    def slope(x: np.ndarray) -> np.ndarray:
        out = np.exp(x)
        out[at] *= 1 + 10.0**power
        return out

    assert not _look(np.exp, slope, fine=fine, seed=seed).certified


@pytest.mark.parametrize("seed", range(20))
def test_one_wrong_entry_among_many_is_never_certified(seed: int) -> None:
    """A thousandth of one typical entry among a hundred thousand is seen by a single coarse look."""
    x = np.random.default_rng(seed).uniform(0.5, 1.0, 100_000)
    at = int(np.random.default_rng(seed).integers(x.size))

    def slope(x: np.ndarray) -> np.ndarray:
        out = np.cos(x)
        out[at] *= 1.001
        return out

    assert _look(np.sin, np.cos, x, fine=False, seed=seed).certified
    assert not _look(np.sin, slope, x, fine=False, seed=seed).certified


@given(power=st.integers(-14, 0), at=st.integers(0, 23), seed=st.integers(0, 1000))
def test_a_small_entry_shows_among_its_like(power: int, at: int, seed: int) -> None:
    """On small problems an entry decades below the rest is looked at apart, so that a tenth of it shows."""
    scale = np.ones(24)
    scale[at] = 10.0**power

    def slope(x: np.ndarray) -> np.ndarray:
        out = scale * np.cos(x)
        out[at] *= 1.1
        return out

    x = np.linspace(0.2, 1.2, 24)
    assert not _look(lambda x: scale * np.sin(x), slope, x, seed=seed).certified


def test_zero_is_certified_only_where_nothing_moves() -> None:
    """A gradient that is zero everywhere needs a function that does not change, to the last bit."""
    assert _look(lambda x: np.ones_like(x), np.zeros_like).certified
    assert not _look(lambda x: 1e-9 * x, np.zeros_like).certified
    assert not _look(lambda x: 1e6 + 1e-9 * x, np.zeros_like).certified


def test_a_kink_is_not_certified_on_small_problems() -> None:
    """At a kink central differences agree with the mean of the slopes, so a fine look does not trust them."""
    x = np.append(X, 0.0)
    assert not _look(np.abs, np.sign, x).certified


@given(a=st.integers(-9, 9), b=st.integers(-9, 9), wrong=st.booleans(), seed=st.integers(0, 100))
def test_the_look_has_no_units(a: int, b: int, wrong: bool, seed: int) -> None:
    """Units change neither what is certified nor what is not."""
    scale, size, factor = 10.0**a, 10.0**b, 1.01 if wrong else 1.0
    look = _look(
        lambda x: size * np.tanh(x / scale),
        lambda x: factor * size / scale / np.cosh(x / scale) ** 2,
        scale * X,
        seed=seed,
    )
    assert look.certified != wrong


@given(seed=st.integers(0, 10**6), at=st.integers(0, 23))
def test_the_stated_resolution_is_kept(seed: int, at: int) -> None:
    """An error of twice the resolution that a look states is not certified by the same look."""
    seen = _look(np.sin, np.cos, seed=seed)
    block = slice(0, X.size)
    stated = [r for look in seen.looks if (r := look.resolution(block, seen.analytic)) is not None]
    typical = float(np.sqrt(np.mean(seen.analytic**2)))
    problem, rng = elementwise(X, np.sin, np.cos), np.random.default_rng(seed)
    upstream = weights(X.size, rng)
    wrong = problem.pull(X, upstream)
    wrong[at] += 4 * max(stated) * typical
    assert not glance(problem, np.sin(X), upstream, wrong, rng, fine=True).certified


def test_a_coarse_look_costs_two_calls() -> None:
    """One centred difference: the value at the point itself is known."""
    value = Counted(np.sin)
    problem = pose(X, value, lambda x, u: u * np.cos(x))
    upstream = weights(X.size, np.random.default_rng(0))
    seen = glance(problem, np.sin(X), upstream, upstream * np.cos(X), np.random.default_rng(1), fine=False)
    assert seen.certified
    assert value.calls == 2


@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.0, 1e-4, 1e-2, 1.0]))
def test_a_small_group_that_bends_is_certified_without_its_curvature(seed: int, share: float) -> None:
    """Rounding of the others forbids small steps, and large ones bend: two steps tell the truncation of both."""
    factor = np.where(np.arange(X.size) % 3 == 0, 1e-4, 1.0)
    mix = np.random.default_rng(7).normal(size=(X.size, X.size))
    value = Counted(lambda x: mix @ (factor * np.exp(x / 4)))

    def pull(x: np.ndarray, u: np.ndarray) -> np.ndarray:
        gradient = (mix.T @ u) * factor * np.exp(x / 4) / 4
        gradient[3] *= 1 + share  # one of the small ones
        return gradient

    problem, rng = pose(X, value, pull), np.random.default_rng(seed)
    base = problem.value(X)
    upstream = weights(base.size, rng)
    value.calls = 0

    seen = glance(problem, base, upstream, problem.pull(X, upstream), rng, fine=True)

    assert not (share and seen.certified)
    assert share or not seen.certified or value.calls <= 16


@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.0, 1e-4, 1e-2, 1.0]), kinked=st.booleans())
def test_an_output_that_stands_still_is_looked_at_closer(seed: int, share: float, kinked: bool) -> None:
    """It bends more than it rises, at the first step; a kink does so at every step, and a wrong entry stays wrong."""
    factor = np.where(np.arange(X.size) == 5, 1e-4, 1.0)  # two groups

    def value(x: np.ndarray) -> np.ndarray:
        away = x[0] - X[0]
        return np.append(factor * np.exp(x / 4), abs(away) if kinked else 1e-4 * away + away**2)

    def pull(x: np.ndarray, u: np.ndarray) -> np.ndarray:
        gradient = u[:-1] * factor * np.exp(x / 4) / 4
        gradient[0] += 0.0 if kinked else u[-1] * (1e-4 + 2 * (x[0] - X[0]))
        gradient[3] *= 1 + share
        return gradient

    problem, rng = pose(X, value, pull), np.random.default_rng(seed)
    base = problem.value(X)
    upstream = weights(base.size, rng)

    seen = glance(problem, base, upstream, problem.pull(X, upstream), rng, fine=True)

    assert seen.certified == (share == 0 and not kinked)


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_no_step_is_tried_beyond_one_that_curvature_has_spoiled(share: float) -> None:
    """An entry whose slope is 1e-5 of the others' drowns at a small step and curves at 2^-8: more at 2^-5."""
    few, mixed = np.where(np.arange(X.size) == 5, 1e-5, 1.0), np.random.default_rng(6).normal(size=(X.size, X.size))

    def pull(x: np.ndarray, u: np.ndarray) -> np.ndarray:
        gradient = (u @ mixed) * few * 20 * np.cos(20 * x)
        gradient[5] *= 1 + share
        return gradient

    value, certified = Counted(lambda x: mixed @ (few * np.sin(20 * x))), 0
    problem = pose(X, value, pull)
    base = problem.value(X)
    for seed in range(8):
        rng = np.random.default_rng(seed)
        upstream = weights(base.size, rng)
        seen = glance(problem, base, upstream, problem.pull(X, upstream), rng, fine=True, beside=True)
        certified += seen.certified

    assert certified == (0 if share else 7)  # one is bent at the first step
    assert value.calls <= 8 * 14


DECAYING = np.exp(-1.5 * np.arange(64.0)) * np.random.default_rng(3).uniform(0.5, 1.0, 64)
"""Over forty decades, as the taps of a long filter."""


@pytest.mark.parametrize("fine", [True, False])
@pytest.mark.parametrize("wrong", ["nothing", "entry", "factor", "kink", "zeros"])
@pytest.mark.parametrize("seed", range(5))
def test_inputs_whose_own_steps_drown_are_moved_by_a_share_of_the_others(fine: bool, wrong: str, seed: int) -> None:
    """Where all outputs round alike, steps in proportion to the smallest entries show nothing, and larger ones do."""
    n, data = DECAYING.size, np.random.default_rng(5).normal(size=64)

    def value(x: np.ndarray) -> np.ndarray:
        taps = np.where(np.arange(n) > 40, np.maximum(x, 0), x) if wrong == "kink" else x
        return np.fft.irfft(np.fft.rfft(taps, 2 * n) * np.fft.rfft(data, 2 * n), 2 * n)[:n]

    def pull(x: np.ndarray, u: np.ndarray) -> np.ndarray:
        gradient = np.fft.irfft(np.fft.rfft(u, 2 * n) * np.conj(np.fft.rfft(data, 2 * n)), 2 * n)[:n]
        gradient[50] *= 1.01 if wrong == "entry" else 1.0
        gradient[41:] *= {"factor": 1.001, "kink": 0.5, "zeros": 0.0}.get(wrong, 1.0)
        return gradient

    problem, rng = pose(DECAYING, value, pull), np.random.default_rng(seed)
    base = problem.value(DECAYING)
    upstream = weights(base.size, rng)

    seen = glance(problem, base, upstream, problem.pull(DECAYING, upstream), rng, fine=fine)

    assert seen.certified == (wrong == "nothing")


def test_what_rounding_does_not_drown_is_not_moved_further() -> None:
    """A dead zone around zero is plain to steps of the entries' own size, and no other step may excuse it."""
    value, slope = (lambda x: np.where(np.abs(x) < 1e-12, 0.0, x)), np.ones_like
    assert not _look(value, slope, DECAYING).certified
    assert _look(value, lambda x: (np.abs(x) >= 1e-12) * 1.0, DECAYING).certified


def _sharpened(x: np.ndarray) -> np.ndarray:
    """Return softmax(log softmax(x) / 0.1) of every row: all entries of a row round again when one moves."""
    logits = x.reshape(16, -1)
    sharp = 10 * (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))
    parts = np.exp(sharp - sharp.max(axis=1, keepdims=True))
    return (parts / parts.sum(axis=1, keepdims=True)).ravel()


@pytest.mark.parametrize(("fine", "wrong"), [(True, "nothing"), (True, "factor"), (True, "kink"), (False, "factor")])
def test_outputs_that_round_by_their_argument_do_not_bend(fine: bool, wrong: str) -> None:
    """The bend of a kink falls with the step, that of rounding does not: small entries pass beside the others."""
    x, certified = np.random.default_rng(2).normal(size=16 * 20), 0
    row, kink = _sharpened(x).reshape(16, -1), 1e-5 * (wrong == "kink")

    def value(moved: np.ndarray) -> np.ndarray:
        return _sharpened(moved) * (1 + kink * np.abs(moved - x))

    def pull(_: np.ndarray, u: np.ndarray) -> np.ndarray:
        upstream = u.reshape(row.shape)
        gradient = (10 * row * (upstream - (upstream * row).sum(axis=1, keepdims=True))).ravel()
        small = (np.abs(gradient) > 1e-7) & (np.abs(gradient) < 1e-4)
        return np.where(small & (wrong == "factor"), 1.01, 1.0) * gradient

    problem = pose(x, value, pull)
    base = problem.value(x)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        upstream = weights(base.size, rng)
        seen = glance(problem, base, upstream, problem.pull(x, upstream), rng, fine=fine, beside=True)
        certified += seen.certified

    assert certified == (4 if wrong == "nothing" else 0)  # in one, what does not bend rounds as much
