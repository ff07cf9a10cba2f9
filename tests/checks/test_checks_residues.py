"""Outputs of which nothing but rounding is left, beside outputs that stayed: no mistake, and none to hide behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special

import gradcheck
from gradcheck import Verdict
from gradcheck.numerics import DOUBLE, Lanes, Problem, without_residues

torch = pytest.importorskip("torch", reason="torch derives the gradients of these")


def _matrix(seed: int, *shape: int) -> Any:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def _eliminated(a: Any) -> Any:
    """Gaussian elimination by reciprocals, that which is eliminated left as it comes out."""
    a = a @ a.T + 2 * torch.eye(4, dtype=a.dtype)
    for j in range(3):
        below = a[j + 1 :, j] * (1 / a[j, j])
        a = torch.cat([a[: j + 1], a[j + 1 :] - torch.outer(below, a[j])])
    return a


def _updated(a: Any, x: Any) -> Any:
    """Update a Cholesky factor by x x^T, column by column."""
    lower = torch.linalg.cholesky(a @ a.T + 2 * torch.eye(3, dtype=a.dtype))
    pivots, lower = torch.diagonal(lower) ** 2, lower * (1 / torch.diagonal(lower))[None]
    b, columns, found = torch.ones((), dtype=a.dtype), [], []
    for j in range(3):
        gamma = b * pivots[j] + x[j] ** 2
        found.append(gamma / b)
        step, x = x[j], x - x[j] * lower[:, j]
        columns.append(lower[:, j] + (step / gamma) * x)
        b = gamma / found[-1]
    return torch.stack(columns, 1) * torch.sqrt(torch.stack(found))[None]


class _Off(torch.autograd.Function):
    """The identity, of which the gradient is a thousandth too large."""

    @staticmethod
    def forward(_: Any, x: Any) -> Any:
        return x.clone()

    @staticmethod
    def backward(_: Any, upstream: Any) -> Any:
        return upstream * 1.001


RESIDUES: dict[str, Any] = {
    "elimination": (_eliminated, lambda seed: (_matrix(seed, 4, 4),)),
    "an update": (_updated, lambda seed: (_matrix(seed, 3, 3), _matrix(seed + 99, 3))),
    "an inverse": (
        lambda a: torch.cat([torch.linalg.inv(a) @ a, a * a]),
        lambda seed: (_matrix(seed, 3, 3) + 2 * torch.eye(3, dtype=torch.float64),),
    ),
}


@pytest.mark.parametrize("seed", [2, 7])
@pytest.mark.parametrize("name", RESIDUES)
def test_what_rounding_leaves_is_no_mistake(name: str, seed: int) -> None:
    """A gradient of 2e-17 beside others of 1 is the rounding of a zero."""
    function, inputs = RESIDUES[name]
    given = inputs(seed)

    assert gradcheck.check(function, *given, rng=seed).verdict is Verdict.PASS
    wrong = gradcheck.check(lambda x, *rest: function(_Off.apply(x), *rest), *given, rng=seed)
    assert wrong.verdict is Verdict.FAIL


def _lanes(base: Any, slopes: Any) -> Lanes:
    base, slopes = np.asarray(base), np.asarray(slopes, dtype=float)
    x, here = np.ones(1), slice(0, 1)
    problem = Problem(
        x, lambda x: base + slopes * (x - 1), lambda x, u: np.array([u @ slopes]), (here,), np.ones(1), DOUBLE
    )
    claimed = np.where(slopes == 1e-6, 0.0, slopes)
    return Lanes(
        problem,
        base,
        np.eye(base.size),
        claimed[:, None],
        np.random.default_rng(0),
        (slice(0, base.size),),
    )


@pytest.mark.parametrize(
    ("base", "slope", "is_residue"),
    [
        (0.0, 2e-17, True),
        (2.0**-53, 1e-16, True),
        (1.0, 1e-17, True),
        (0.0, 1e-3, False),
        (1e-15 / 3, 1e-14, False),
        (1e8, 1e-6, False),
        (1.0, 1e-6, False),
    ],
)
def test_a_residue_is_left_without_a_lane(base: float, slope: float, is_residue: bool) -> None:
    """What is small by itself keeps its own, and so does what moves although a zero is claimed (1e-6 here)."""
    lanes = without_residues(_lanes([1.0, base], [1.0, slope]))

    assert list(np.any(lanes.upstreams != 0, axis=1)) == [True, not is_residue]


SATURATED: dict[str, Any] = {
    "a normal distribution": (lambda x: 0.5 * (1 + scipy.special.erf(x)), lambda x: np.exp(-(x**2)) / np.sqrt(np.pi)),
    "a hyperbolic tangent": (lambda x: 1 + np.tanh(2 * x), lambda x: 2 / np.cosh(2 * x) ** 2),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", SATURATED)
def test_stairs_of_the_last_digit_are_no_format(name: str, seed: int) -> None:
    """Next to -1 a sum with 1 has the stairs of 1e-16, which are those of float32 beside a value of 1e-9."""
    function, derivative = SATURATED[name]
    x = 5 * np.random.default_rng(seed).normal(size=(4, 5))

    said = str(gradcheck.check(function, x, derivative=derivative, rng=seed))

    assert "sixteen bits" not in said
    assert "float32" not in said
    assert not gradcheck.check(function, x, derivative=lambda x: 1.001 * derivative(x), rng=seed).ok


def test_a_residue_needs_no_lane() -> None:
    """Where a unit is dead, the others decide as if it were not there."""
    lanes = without_residues(_lanes([1.0, 0.0], [1.0, 0.0]))

    assert lanes.residues == {1}
    assert lanes.complete


def test_dead_units_beside_a_kink_leave_it_to_the_others() -> None:
    """A layer with a unit on its kink passes, whether another one is dead or not."""
    x = np.random.default_rng(3).normal(size=(4, 3))
    w = np.random.default_rng(4).normal(size=(3, 5))
    w[:, 0] = 0.0

    def vjp(upstream: Any, x: Any, b: Any) -> Any:
        d = upstream * (x @ w + b > 0)
        return d @ w.T, d.sum(axis=0)

    b = np.array([-30.0, 0.0, 0.1, 0.2, 0.3])
    b[1] = -(x @ w)[0, 1]
    report = gradcheck.check(lambda x, b: np.maximum(x @ w + b, 0), x, b, vjp=vjp, mode="entries")

    assert report.ok, str(report)
