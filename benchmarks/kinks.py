"""What is said next to a kink, at distances from 0 to 1e-3, of right and of wrong gradients.

A scene puts one unit at a distance d from its kink, on a random side. Its claim is a blend of the two one-sided
gradients, g = far + t (near - far): t = 1 is the gradient of the side that the point is on (*true*), t = 0 that of
the other side (*wrong side*; at d = 0 it is a subgradient like any other), and *outside* lies 30 to 60 % beyond the
hull. Inputs in float32 are rounded to it, so that small distances are 0 or something else there.

    python benchmarks/kinks.py --write docs/measurements/kinks.md
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from _table import made_with, markdown, publish

import gradcheck

Array = np.ndarray
DISTANCES = (0.0, 1e-12, 1e-9, 1e-6, 1e-3)
CLAIMS = ("true", "wrong side", "outside")
DTYPES = ("float64", "float32")
VERDICTS = ("pass", "pass at kink", "inconclusive", "fail")
_J = 4
"""The entry that stands next to its kink."""


@dataclass(frozen=True)
class Scene:
    """A layer, its inputs at a distance from a kink, and the vjp that blends both sides."""

    name: str
    draw: Callable[[float, np.random.Generator], tuple[Array, ...]]
    """Inputs at a signed distance."""
    forward: Callable[..., Any]
    vjp: Callable[..., Any]
    """``vjp(u, t, *inputs)``."""
    at_zero: bool = True
    """Whether the point at distance 0 lies in the domain."""


def _line(at: float) -> Callable[[float, np.random.Generator], tuple[Array, ...]]:
    """Entries away from their kinks, one of them at `at` + distance."""

    def draw(distance: float, rng: np.random.Generator) -> tuple[Array, ...]:
        x = rng.uniform(0.2, 0.8, 9) * rng.choice([-1.0, 1.0], 9)
        x[_J] = at + distance
        return (x,)

    return draw


def _blend(mask: Array, t: float) -> Array:
    """Return the slopes of a mask; at the kinked entry t of it, and 1 - t of the other side's."""
    slope = mask.astype(float)
    slope.flat[_J] = t * slope.flat[_J] + (1 - t) * (1 - slope.flat[_J])
    return slope


def _near_affine(distance: float, rng: np.random.Generator) -> tuple[Array, ...]:
    x, W = rng.standard_normal((2, 5)), rng.standard_normal((5, 6))
    b = rng.standard_normal(6)
    b[_J] = distance - (x @ W)[0, _J]
    return x, W, b


def _affine_relu_vjp(u: Array, t: float, x: Array, W: Array, b: Array) -> list[Array]:
    dz = (u * _blend(x @ W + b > 0, t)).astype(x.dtype)
    return [dz @ W.T, x.T @ dz, dz.sum(axis=0)]


_TARGETS = np.array([-0.75, 0.5, 0.25, -0.5, 0.75, -0.25, 0.5, -0.75, 0.25])


def _l1_sine(x: Array) -> Any:
    return (np.abs(x - _TARGETS.astype(x.dtype)) + np.sin(x)).sum()


def _l1_sine_vjp(u: Any, t: float, x: Array) -> Array:
    sign = np.sign(x - _TARGETS.astype(x.dtype))
    if sign[_J] == 0 and t != 1:
        sign[_J] = 1  # on the kink itself: the sign is 0, so the blend is between the two slopes
    sign[_J] *= 2 * t - 1
    return u * (sign + np.cos(x))


def _near_target(distance: float, rng: np.random.Generator) -> tuple[Array, ...]:
    x = _TARGETS + rng.uniform(0.1, 0.8, 9) * rng.choice([-1.0, 1.0], 9)
    x[_J] = _TARGETS[_J] + distance
    return (x,)


def _near_tie(distance: float, rng: np.random.Generator) -> tuple[Array, ...]:
    x = rng.permuted(np.linspace(-1, 1, 12).reshape(3, 4) + rng.uniform(-0.05, 0.05, (3, 4)), axis=1)
    x[1, :2] = 1.5, 1.5 + distance
    return (x,)


def _max_vjp(u: Array, t: float, x: Array) -> Array:
    hit = np.zeros_like(x)
    hit[np.arange(3), x.argmax(axis=1)] = 1
    other = hit[1, 1::-1].copy()
    hit[1, :2] = t * hit[1, :2] + (1 - t) * other
    return u[:, None] * hit


def _near_twin(distance: float, rng: np.random.Generator) -> tuple[Array, ...]:
    x = rng.permutation(9) / 4 + rng.uniform(-0.05, 0.05, 9)
    x[0] = x[_J] + distance
    return (x,)


def _sort_vjp(u: Array, t: float, x: Array) -> Array:
    g = np.zeros_like(x)
    g[np.argsort(x, kind="stable")] = u
    swapped = g[[_J, 0]]
    g[[0, _J]] = t * g[[0, _J]] + (1 - t) * swapped
    return g


def _near_origin(distance: float, rng: np.random.Generator) -> tuple[Array, ...]:
    v = rng.standard_normal(3)
    return (distance * v / np.linalg.norm(v),)


def _length_vjp(u: Any, t: float, x: Array) -> Array:
    length = np.sqrt((x * x).sum())
    if not length:
        return u * (0.0 if t == 1 else 2 * t - 1) * np.eye(3)[0].astype(x.dtype)
    return u * (2 * t - 1) * x / length


def _scaled(slope: Callable[[Array], Array], wrong: float) -> Callable[..., Array]:
    """Return the vjp of a slope without a second side: from `wrong` times the slope to the slope."""

    def vjp(u: Array, t: float, x: Array) -> Array:
        factor = np.ones_like(x)
        factor[_J] = t + (1 - t) * wrong
        return u * factor * slope(x)

    return vjp


def _floor_vjp(u: Array, t: float, x: Array) -> Array:
    claim = np.zeros_like(x)
    claim[_J] = 1 - t
    return u * claim


def _stepped(x: Array) -> Array:
    return x + (x > 0)


def _positive(distance: float, rng: np.random.Generator) -> tuple[Array, ...]:
    x = rng.uniform(0.2, 0.8, 9)
    x[_J] = abs(distance)
    return (x,)


SCENES = (
    Scene("relu(x)", _line(0), lambda x: np.maximum(x, 0), lambda u, t, x: u * _blend(x > 0, t)),
    Scene("relu(W x + b)", _near_affine, lambda x, W, b: np.maximum(x @ W + b, 0), _affine_relu_vjp),
    Scene("sum abs(x - t) + sin", _near_target, _l1_sine, _l1_sine_vjp),
    Scene("max pool, near tie", _near_tie, lambda x: x.max(axis=1), _max_vjp),
    Scene("clip, edge", _line(1), lambda x: np.clip(x, -1, 1), lambda u, t, x: u * _blend(np.abs(x) < 1, t)),
    Scene("sort, near tie", _near_twin, np.sort, _sort_vjp),
    Scene("length, near 0", _near_origin, lambda x: np.sqrt((x * x).sum()), _length_vjp),
    Scene("floor, jump without slope", _line(1), np.floor, _floor_vjp),
    Scene("x + (x > 0), jump with slope", _line(0), _stepped, _scaled(np.ones_like, 0.0)),
    Scene("log, edge of the domain", _positive, np.log, _scaled(lambda x: 1 / x, 2.0), at_zero=False),
    Scene("sqrt, edge of the domain", _positive, np.sqrt, _scaled(lambda x: 0.5 / np.sqrt(x), 2.0), at_zero=False),
)


@dataclass(frozen=True)
class Sighting:
    """One check next to a kink."""

    scene: str
    dtype: str
    distance: float
    claim: str
    seed: int
    verdict: str


def sighting(scene: Scene, dtype: str, distance: float, claim: str, seed: int) -> Sighting:
    """Return what a check says of one claim at one distance."""
    rng = np.random.default_rng([seed, int(1e12 * distance)])
    inputs = [a.astype(dtype) for a in scene.draw(distance * rng.choice([-1.0, 1.0]), rng)]
    t = {"true": 1.0, "wrong side": 0.0, "outside": _outside(rng)}[claim]

    def vjp(u: Any, *arrays: Array) -> Any:
        claimed = scene.vjp(u, t, *arrays)
        return [g.astype(dtype_of(arrays)) for g in claimed] if isinstance(claimed, list) else claimed

    report = gradcheck.check(scene.forward, *inputs, vjp=vjp, rng=seed)
    kinked = any(f.code == "GC901" for f in report.findings)
    verdict = "pass at kink" if report.ok and kinked else str(report.verdict)
    return Sighting(scene.name, dtype, distance, claim, seed, verdict)


def dtype_of(arrays: Sequence[Array]) -> Any:
    """Return the dtype that the inputs have."""
    return arrays[0].dtype


def _outside(rng: np.random.Generator) -> float:
    beyond = float(rng.uniform(0.3, 0.6))
    return 1 + beyond if rng.random() < 0.5 else -beyond


def run(scenes: Sequence[Scene], dtype: str, trials: int, distances: Sequence[float] = DISTANCES) -> list[Sighting]:
    """Return every sighting of one dtype."""
    return [
        sighting(scene, dtype, distance, claim, seed)
        for scene in scenes
        for claim in CLAIMS
        for distance in distances
        if distance or scene.at_zero
        for seed in range(trials)
    ]


def table(sightings: Sequence[Sighting]) -> str:
    """Return one row per scene and claim: pass / pass at kink / inconclusive / fail at each distance."""
    rows = []
    for scene, claim in dict.fromkeys((s.scene, s.claim) for s in sightings):
        mine = [s for s in sightings if (s.scene, s.claim) == (scene, claim)]
        rows.append([scene, claim, *(_cell([s for s in mine if s.distance == d]) for d in DISTANCES)])
    return markdown(("scene", "claim", *(f"{d:g}" for d in DISTANCES)), rows)


def _cell(some: Sequence[Sighting]) -> str:
    seen = Counter(s.verdict for s in some)
    return " / ".join(str(seen[v]) for v in VERDICTS) if some else "-"


def broken_promises(sightings: Sequence[Sighting]) -> Iterator[str]:
    """Yield a line per cell with a true gradient that failed, or a wrong one that passed without a word of a kink."""
    wrong = {"true": "fail", "wrong side": "pass", "outside": "pass"}
    bad = Counter(
        (s.scene, s.dtype, s.distance, s.claim)
        for s in sightings
        if s.verdict == wrong[s.claim] and (s.distance or s.claim != "wrong side")
    )
    for (scene, dtype, distance, claim), count in bad.items():
        yield f"- {claim} is called {wrong[claim]}: {scene}, {dtype}, distance {distance:g}, {count} times"


def main() -> None:
    """Run the trials and print a table per dtype."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=30, help="trials per cell")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the tables to this file")
    asked = parser.parse_args()
    parts = [f"## Next to a kink: {' / '.join(VERDICTS)}, of {asked.trials} trials, by distance"]
    seen = {dtype: run(SCENES, dtype, asked.trials) for dtype in DTYPES}
    for dtype, sightings in seen.items():
        parts += [f"### {dtype}", table(sightings)]
    every = [line for sightings in seen.values() for line in broken_promises(sightings)]
    parts.append("\n".join(every) or "No true gradient failed, and none that is wrong passed without a word.")
    publish("\n\n".join([*parts, made_with()]), asked.write)


if __name__ == "__main__":
    main()
