"""The table of kinks, in small: a true gradient never fails, and one that is wrong never passes without a word."""

from __future__ import annotations

import kinks
import numpy as np
import pytest
from kinks import SCENES, Scene, Sighting

EACH = pytest.mark.parametrize("scene", SCENES, ids=lambda s: s.name)


@EACH
def test_no_true_gradient_fails_and_no_wrong_one_passes_without_a_word(scene: Scene) -> None:
    """Two trials a cell in float64, at every distance and for every claim."""
    assert list(kinks.broken_promises(kinks.run([scene], "float64", 2))) == []


@EACH
def test_the_true_claim_is_the_slope_beside_the_kink(scene: Scene) -> None:
    """At a distance of a thousandth, differences that stay on that side agree; the other side's claim is another."""
    rng = np.random.default_rng(3)
    inputs = scene.draw(1e-3, rng)
    u = rng.uniform(0.5, 1.5, np.shape(scene.forward(*inputs)))
    claim, other = (_listed(scene.vjp(u, t, *inputs)) for t in (1.0, 0.0))
    direction = [rng.standard_normal(a.shape) for a in inputs]
    h = 1e-6

    def value(k: float) -> float:
        moved = scene.forward(*(a + k * h * v for a, v in zip(inputs, direction, strict=True)))
        return float(np.sum(u * moved))

    slopes, near, far = (value(1) - value(-1)) / (2 * h), _along(claim, direction), _along(other, direction)
    assert near == pytest.approx(slopes, rel=1e-4, abs=1e-6)
    assert abs(far - slopes) > 1e-3


def _listed(gradients: object) -> list[np.ndarray]:
    return gradients if isinstance(gradients, list) else [np.asarray(gradients)]


def _along(gradients: list[np.ndarray], direction: list[np.ndarray]) -> float:
    return float(sum(np.sum(g * v) for g, v in zip(gradients, direction, strict=True)))


def test_a_cell_counts_every_verdict_and_a_broken_promise_is_named() -> None:
    """A true gradient that fails and an outside one that passes are listed, a subgradient at 0 is not."""
    seen = [
        Sighting("s", "float64", 1e-6, "true", 0, "fail"),
        Sighting("s", "float64", 1e-6, "true", 1, "pass"),
        Sighting("s", "float64", 0.0, "outside", 0, "pass"),
        Sighting("s", "float64", 0.0, "wrong side", 0, "pass"),
    ]
    assert "| s | true | - | - | - | 1 / 0 / 0 / 1 | - |" in kinks.table(seen)
    assert len(list(kinks.broken_promises(seen))) == 2


@pytest.mark.parametrize("distance", [0.0, 1e-3])
@pytest.mark.parametrize("name", ["clip, edge", "relu(x)", "sum abs(x - t) + sin"])
def test_a_claim_outside_the_hull_fails(name: str, distance: float) -> None:
    """Steps that have the kink inside see another mean slope, and do not contradict those below it."""
    scene = next(s for s in SCENES if s.name == name)
    said = [kinks.sighting(scene, "float64", distance, "outside", seed).verdict for seed in range(8)]
    assert set(said) == {"fail"}


@pytest.mark.parametrize("scale", [1.0, 1e-8, 1e5])
@pytest.mark.parametrize("claim", [1.5, -0.5])
def test_a_claim_outside_the_hull_of_clip_fails_in_any_unit(claim: float, scale: float) -> None:
    """Exactly on the edge the one-sided slopes are 1 and 0."""
    x = scale * np.array([0.3, -0.5, 0.6, 0.7, 1.0])

    def derivative(x: np.ndarray) -> np.ndarray:
        return np.append(np.ones(4), claim)

    report = kinks.gradcheck.check(lambda x: np.clip(x, -scale, scale), x, derivative=derivative)
    assert str(report.verdict) == "fail"
