"""Ties of several entries: whichever of them an order statistic takes is right; what is no choice at all is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict


@dataclass(frozen=True)
class Ordered:
    """Weights times the sorted entries; the gradient is that of a stable sort."""

    weights: tuple[tuple[float, ...], ...]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """W sort(x)."""
        return np.asarray(self._matrix(x.size) @ np.sort(x))

    def vjp(self, u: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the gradient."""
        g = np.zeros_like(x)
        g[np.argsort(x, kind="stable")] = self._matrix(x.size).T @ u
        return g

    def _matrix(self, n: int) -> np.ndarray:
        return np.eye(n) if not self.weights else np.array([(*w, *[0.0] * n)[:n] for w in self.weights])


FUNCTIONS = {
    "sort": Ordered(()),
    "two smallest": Ordered(((1.0,), (0.0, 1.0))),
    "median": Ordered(((0.0, 0.0, 0.5, 0.5),)),
    "quantile": Ordered(((0.0, 0.3, 0.7),)),
}

Draw = Callable[[np.random.Generator], np.ndarray]


def _nearly(rng: np.random.Generator) -> np.ndarray:
    x = np.full(6, rng.normal())
    return np.asarray(x + np.spacing(x) * rng.integers(-3, 4, x.size))


POINTS: dict[str, Draw] = {
    "all are equal": lambda rng: np.full(6, rng.normal()),
    "all are equal but for a few ulps": _nearly,
    "three are equal": lambda rng: np.array([*np.repeat(rng.normal(), 3), *rng.normal(size=4)]),
    "four by four": lambda rng: np.repeat(rng.normal(size=6), 4),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("mode", ["auto", "projection"])
def test_whichever_of_the_equal_entries_is_taken_is_right(name: str, point: str, mode: str) -> None:
    """No coordinate alone shows it, and a few random neighbours may all take the same."""
    f = FUNCTIONS[name]
    for seed in range(4):
        x = POINTS[point](np.random.default_rng(seed))
        report = gradcheck.check(f, x, vjp=f.vjp, mode=mode, rng=seed)
        assert report.verdict is not Verdict.FAIL, (seed, str(report))


@pytest.mark.parametrize("name", ["median", "quantile"])
def test_half_of_what_equal_entries_share_is_wrong(name: str) -> None:
    """Each entry on its own is admissible; moved with all of its equals, the sum is short."""
    f = FUNCTIONS[name]

    def short(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        g = f.vjp(u, x)
        g[np.argmax(np.abs(g))] = 0
        return g

    verdicts = [gradcheck.check(f, np.full(6, 0.3 + seed), vjp=short, rng=seed).verdict for seed in range(4)]
    assert Verdict.PASS not in verdicts
    assert Verdict.FAIL in verdicts


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("point", ["three are equal", "four by four"])
def test_twice_the_gradient_is_wrong_at_any_tie(name: str, point: str) -> None:
    """The neighbours that excuse a choice do not excuse that; a share of a tie may be left open among others."""
    f, verdicts = FUNCTIONS[name], []
    for seed in range(4):
        x = POINTS[point](np.random.default_rng(seed))
        verdicts.append(gradcheck.check(f, x, vjp=lambda u, x: 2 * f.vjp(u, x), rng=seed).verdict)
    assert Verdict.PASS not in verdicts
    assert Verdict.FAIL in verdicts


@pytest.mark.parametrize("n", [20, 60])
@pytest.mark.parametrize("side", [1, -1])
def test_a_sort_of_many_equal_entries_is_right_in_either_order(n: int, side: int) -> None:
    """The first of sixty equals may be the first or the last by index; a random neighbour seldom has it so."""

    def vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        g = np.zeros_like(x)
        g[np.arange(n)[::side][np.argsort(x[::side], kind="stable")]] = u
        return g

    assert gradcheck.check(np.sort, np.full(n, 1.25), vjp=vjp).ok
    assert gradcheck.check(np.sort, np.full(n, 1.25), vjp=lambda u, x: vjp(u, x) / 2).verdict is Verdict.FAIL


def test_a_random_order_of_twenty_equals_never_fails() -> None:
    """Whatever breaks the tie, a permutation is a limit of gradients nearby."""

    def vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        g = np.zeros_like(x)
        g[np.lexsort((np.random.default_rng(5).permutation(x.size), x))] = u
        return g

    for seed in range(3):
        assert gradcheck.check(np.sort, np.full(20, 1.25), vjp=vjp, rng=seed).verdict is not Verdict.FAIL


def _windows(x: np.ndarray) -> np.ndarray:
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)


def _pooled(share: Callable[[np.ndarray], np.ndarray]) -> tuple[Callable[..., object], Callable[..., object]]:
    """Return max pooling in windows of 2 by 2, whose backward gives each entry of a window its `share`."""

    def backward(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        n, c, h, w = x.shape
        spread = (share(_windows(x)) * u[..., None]).reshape(n, c, h // 2, w // 2, 2, 2)
        return spread.transpose(0, 1, 2, 4, 3, 5).reshape(x.shape)

    return (lambda x: (_windows(x).max(-1), x)), backward


def _first(v: np.ndarray) -> np.ndarray:
    return np.asarray(np.arange(4) == v.argmax(-1)[..., None], dtype=float)


def _all(v: np.ndarray) -> np.ndarray:
    return np.asarray(v == v.max(-1, keepdims=True), dtype=float)


@pytest.mark.parametrize("share", [_first, lambda v: _all(v) / _all(v).sum(-1, keepdims=True)], ids=["first", "mean"])
@pytest.mark.parametrize("seed", range(2))
def test_max_pooling_of_small_integers_costs_some_forwards_an_entry(
    share: Callable[[np.ndarray], np.ndarray], seed: int
) -> None:
    """It took seventeen for each of 384 entries, of which more than a hundred tie."""
    x = np.random.default_rng(seed).integers(0, 8, (2, 3, 8, 8)).astype(float)
    report = gradcheck.check(_pooled(share), x, rng=seed)
    assert report.verdict is Verdict.PASS
    assert report.cost.forward < 10 * x.size


@pytest.mark.parametrize(
    "share", [_all, lambda v: 1.5 * _first(v), lambda v: _first(-v)], ids=["all", "more", "least"]
)
def test_what_is_no_share_of_a_tie_in_a_pool_fails(share: Callable[[np.ndarray], np.ndarray]) -> None:
    """Few steps at a kink are enough to see it."""
    x = np.random.default_rng(0).integers(0, 8, (1, 2, 6, 8)).astype(float)
    assert gradcheck.check(_pooled(share), x).verdict is Verdict.FAIL
