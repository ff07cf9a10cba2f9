# ruff: noqa: D401, FBT001 - docstrings are equations, and the maps of a table share a signature
"""An array of the forward that is multiplied in too often, too rarely, transposed or flipped.

A = q G, G / q, q^2 G, G / q^2    for every leaf, output or centred leaf q that fits the shape of the leaf
A = J^T (q u), ...                the same at the output's side
A = sum of q u                    where G is such a sum with another q
A = G of the forward with one leaf transposed or flipped, along random directions
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .._box import Array
from .._evidence import FIT, SHARE, Case, Point
from ._match import Match, matched

_POWERS: tuple[tuple[str, int, dict[str, str]], ...] = (
    ("operand-missing", -1, {}),
    ("operand-extra", 1, {}),
    ("operand-inverted", 2, {"how": "multiplied by", "repair": "divide by"}),
    ("operand-inverted", -2, {"how": "divided by", "repair": "multiply by"}),
)


def _arrays(case: Case) -> Iterator[tuple[str, Callable[[Point], Array]]]:
    """Yield the arrays that a factor could be."""
    for k, name in enumerate(case.box.names):
        yield name, lambda p, k=k: p.values[k]  # type: ignore[misc]
    if not any(p.is_elementwise(case.leaf) for p in case.points):  # there it is a function of the leaf, as any other
        yield "the output", lambda p: p.out


def scaled_entries(case: Case) -> Iterator[Match]:
    """A = q^k G or J^T (q^k u)."""
    for name, of in _arrays(case):
        for cause, power, words in _POWERS:
            if _varies(case, of, lambda p: case.value(p).shape):

                def inside(p: Point, r: int, of: object = of, power: int = power) -> Array:
                    with np.errstate(all="ignore"):
                        return np.asarray(case.truth(p, r) * np.asarray(of(p)) ** float(power))  # type: ignore[operator]

                yield from matched(case, cause, inside, what=name, **words)
            if all(len(p.outputs) == 1 for p in case.points) and _varies(case, of, lambda p: p.out.shape):

                def outside(p: Point, r: int, of: object = of, power: int = power) -> Array:
                    with np.errstate(all="ignore"):
                        q = np.broadcast_to(of(p), p.out.shape).ravel() ** float(power)  # type: ignore[operator]
                    return case.truth(p, r, p.upstreams[r] * q)

                yield from matched(case, cause, outside, what=name, **words)


def _varies(case: Case, of: Callable[[Point], Array], shape: Callable[[Point], tuple[int, ...]]) -> bool:
    """Whether an array fits a shape at every point, and is no constant that any factor could be taken for."""
    for p in case.points:
        q = of(p)
        if q.size == 0 or q.ndim > len(shape(p)) or not np.isfinite(q).all():
            return False
        if any(a not in (1, b) for a, b in zip(q.shape[::-1], shape(p)[::-1], strict=False)):
            return False
    everything = np.concatenate([of(p).ravel() for p in case.points])
    return bool(np.ptp(everything) > 1e-3 * np.max(np.abs(everything))) and np.unique(everything).size > 2


def added(case: Case) -> Iterator[Match]:
    """The upstream plus q, where it is to be multiplied by q."""
    if any(len(p.outputs) > 1 for p in case.points):
        return
    for name, of in _arrays(case):
        if _varies(case, of, lambda p: p.out.shape):

            def predict(p: Point, r: int, of: object = of) -> Array:
                with np.errstate(all="ignore"):
                    q = np.broadcast_to(of(p), p.out.shape).ravel()  # type: ignore[operator]
                    return case.truth(p, r, (p.upstreams[r] + q) / q)

            yield from matched(case, "operand-added", predict, what=name)


def penalty(case: Case) -> Iterator[Match]:
    """R = c q, c times the upstream of a scalar: q the leaf itself or its signs, c one number at all points."""
    for shown, of in ((case.name, lambda v: v), (f"sign({case.name})", np.sign)):
        for scalar in (True, False):
            factors = [_penalty_factor(case, p, r, of, scalar) for p, r in case.pairs]
            if any(c is None for c in factors):
                continue
            found = np.array(factors, dtype=float)
            if np.ptp(found) > 1e-6 * np.max(np.abs(found)) or np.max(np.abs(found)) == 0:
                continue
            c = float(found.mean())
            cause = "regularization-extra" if c > 0 else "regularization-missing"

            def predict(p: Point, r: int, c: float = c, of: object = of, scalar: bool = scalar) -> Array:
                weight = float(p.upstreams[r][0]) if scalar else 1.0
                return case.truth(p, r) + c * weight * of(case.value(p))  # type: ignore[operator, no-any-return]

            yield from matched(case, cause, predict, c=f"{abs(c):.6g}", q=shown)


def _penalty_factor(case: Case, p: Point, r: int, of: Callable[[Array], Array], scalar: bool) -> float | None:
    if case.value(p).size < 3 or (scalar and p.flat.size > 1):
        return None
    q = of(case.value(p)).ravel()
    residual = (case.claim(p, r) - case.truth(p, r)).ravel() / (float(p.upstreams[r][0]) if scalar else 1.0)
    known = np.isfinite(residual)
    square = float(q[known] @ q[known])
    return float(q[known] @ residual[known]) / square if square > 0 else None


def replaced(case: Case) -> Iterator[Match]:
    """The claim is the gradient of the forward with one other leaf transposed or flipped, along three directions."""
    for other, name in enumerate(case.box.names):
        if other == case.leaf:
            continue
        shape = case.points[0].values[other].shape
        changes: list[tuple[str, Callable[[Array], Array]]] = []
        if len(shape) == 2 and shape[0] == shape[1]:
            changes.append(("operand-transposed", lambda v: v.T))
        if shape and min(shape[-2:]) > 1:
            axes = tuple(range(max(0, len(shape) - 2), len(shape))) if len(shape) > 2 else (len(shape) - 1,)
            changes.append(("kernel-not-flipped", lambda v, axes=axes: np.flip(v, axes)))  # type: ignore[misc]
        for cause, change in changes:
            misfit = _along_directions(case, other, change)
            if misfit is not None:
                yield Match(cause, misfit, {"what": name})


def turned(case: Case) -> Iterator[Match]:
    """A = G q^-T q, the transpose of a square matrix being forgotten, behind or in front, beside a skip or not."""
    for k, name in enumerate(case.box.names):
        if k == case.leaf or any(p.values[k].ndim != 2 or np.ptp(p.values[k].shape) for p in case.points):
            continue
        for behind in (True, False):
            for skip in (False, True):

                def predict(p: Point, r: int, k: int = k, behind: bool = behind, skip: bool = skip) -> Array | None:
                    return _turned(case, p, r, p.values[k], behind, skip)

                yield from matched(case, "operand-transposed", predict, what=name)


def _turned(case: Case, p: Point, r: int, q: Array, behind: bool, skip: bool) -> Array | None:
    truth = case.truth(p, r)
    if (
        truth.ndim not in (1, 2)
        or truth.shape[-1 if behind else 0] != len(q)
        or (skip and p.out.shape != truth.shape)
    ):
        return None
    passed = p.upstreams[r].reshape(p.out.shape) if skip else np.zeros_like(truth)
    if np.linalg.cond(q) > 1e3 or np.allclose(q, q.T):
        return None
    rest = truth - passed
    return np.asarray((rest @ np.linalg.inv(q.T) @ q if behind else q @ np.linalg.inv(q.T) @ rest) + passed)


def _along_directions(case: Case, other: int, change: Callable[[Array], Array]) -> float | None:
    worst = 0.0
    for p in case.points:
        q = p.values[other]
        if q.ndim == 2 and q.shape[0] != q.shape[1] and change(q).shape != q.shape:
            return None
        values = [np.ascontiguousarray(change(q)) if k == other else v for k, v in enumerate(p.values)]
        x = values[case.leaf]
        for _ in range(3):
            v = p.rng.normal(size=x.shape)
            step = 1e-5 * (float(np.max(np.abs(x))) or 1.0)
            ends = [[x + s * step * v if k == case.leaf else a for k, a in enumerate(values)] for s in (1, -1)]
            slope = (p.flat_run(ends[0]) - p.flat_run(ends[1])) / (2 * step)
            for r, u in enumerate(p.upstreams):
                claim = case.claim(p, r)
                size = float(np.linalg.norm(claim) * np.linalg.norm(v)) or 1.0
                off = abs(float(np.vdot(claim, v)) - float(u @ slope)) / size
                right = abs(float(np.vdot(claim - np.nan_to_num(case.truth(p, r)), v))) / size
                if not off <= max(FIT, right / SHARE) or off > 10 * FIT:
                    return None
                worst = max(worst, off)
    return worst
