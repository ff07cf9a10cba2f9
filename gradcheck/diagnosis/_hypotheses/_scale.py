# ruff: noqa: D401, ARG005 - docstrings are equations, and the maps of a table share a signature
"""The gradient times a number: c is fitted at each point, and read by how it moves with the sizes.

    A(u) = c G(u) for all u at a point;   c = -1, a constant, 1/N, N, sqrt(N), n/(n - 1), or a scalar of the forward.

A constant needs two points where the sizes differ; where it equals a size of which no other was tried, that is said
first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from .._box import Array, Refused
from .._evidence import Case, Point
from .._points import another_width
from ._match import Match, matched, short

_SAME = 1e-7
_EXAMPLES = "the number of examples"


def zero(case: Case) -> Iterator[Match]:
    """A = 0."""
    yield from matched(case, "zero", lambda p, r: np.zeros_like(case.value(p)))


def scaled(case: Case) -> Iterator[Match]:
    """A = c G."""
    fitted = _factors(case)
    if fitted is None:
        return
    if np.all(np.abs(fitted[0] + 1) < _SAME):
        yield Match("sign", fitted[1])
        return
    wider = next(_wider(case), None)
    again = None if wider is None else _factors(wider)
    case, (found, misfit) = (case, fitted) if wider is None or again is None else (wider, again)
    sizes = list(_sizes(case))
    if np.ptp(found) <= _SAME * abs(found[0]):
        yield from _constant(float(found[0]), misfit, sizes)
    else:
        yield from _moving(case, found, misfit, sizes)


def _factors(case: Case) -> tuple[Array, float] | None:
    """Return the factor at each point, and how well they fit; None where they do not."""
    factors = [_factor(case, point) for point in case.points]
    if any(c is None or not np.isfinite(c) for c in factors):
        return None
    found = np.array(factors, dtype=float)
    by_point = {id(p): c for p, c in zip(case.points, found, strict=True)}
    misfit = case.fit(lambda p, r: by_point[id(p)] * case.truth(p, r))
    return None if misfit is None else (found, misfit)


def _wider(case: Case) -> Iterator[Case]:
    """Yield `case` with a point of another width besides, if the subject takes one."""
    first, rng = case.points[0], np.random.default_rng(22)
    for values in another_width(case.box, first.outputs, rng):
        try:
            yield replace(case, points=[*case.points, Point(case.box, values, rng, first)])
        except Refused:
            return


def _factor(case: Case, point: Point) -> float | None:
    truths = np.concatenate([case.truth(point, r).ravel() for r in range(len(point.upstreams))])
    claims = np.concatenate([case.claim(point, r).ravel() for r in range(len(point.upstreams))])
    known = np.isfinite(truths)
    square = float(truths[known] @ truths[known])
    return float(claims[known] @ truths[known]) / square if square > 0 and known.sum() > 1 else None


Size = tuple[str, list[float]]


def _sizes(case: Case) -> Iterator[Size]:
    """Yield every size that an array has, under its name, at each of the points."""
    arrays: list[tuple[str, Callable[[Point], Array]]] = [("the output", lambda p: p.out)]
    arrays += [(name, lambda p, k=k: p.values[k]) for k, name in enumerate(case.box.names)]  # type: ignore[misc]
    inputs = {name for name, mine in zip(case.box.names, case.box.is_input, strict=True) if mine}
    seen: set[tuple[float, ...]] = set()
    for name, of in arrays:
        for axis in range(min(of(p).ndim for p in case.points)):
            numbers = [float(of(p).shape[axis]) for p in case.points]
            batch = axis == 0 and len(set(numbers)) > 1
            label = f"the batch size (axis 0 of {name})" if batch else f"the size of axis {axis} of {name}"
            if axis == 0 and name in inputs and not batch:
                label = f"{_EXAMPLES} (axis 0 of {name})"
            if tuple(numbers) not in seen:
                seen.add(tuple(numbers))
                yield label, numbers
        numbers = [float(of(p).size) for p in case.points]
        if tuple(numbers) not in seen:
            seen.add(tuple(numbers))
            yield f"the number of entries of {name}", numbers


_SHAPES: tuple[tuple[str, str, Callable[[Array], Array]], ...] = (
    ("averaged", "{n}", lambda n: 1 / n),
    ("not-averaged", "{n}", lambda n: n),
    ("size-factor", "the square root of {n}", np.sqrt),
    ("size-factor", "one over the square root of {n}", lambda n: 1 / np.sqrt(n)),
    ("size-factor", "n/(n - 1) for {n}", lambda n: n / np.maximum(n - 1, 1e-9)),
    ("size-factor", "(n - 1)/n for {n}", lambda n: (n - 1) / n),
    ("size-factor", "n - 1 for {n}", lambda n: n - 1),
    ("size-factor", "1/(n - 1) for {n}", lambda n: 1 / np.maximum(n - 1, 1e-9)),
    ("size-factor", "the inverse square of {n}", lambda n: 1 / n**2),
    ("size-factor", "the square of {n}", lambda n: n**2),
)


def _constant(c: float, misfit: float, sizes: list[Size]) -> Iterator[Match]:
    """A constant; before it the division by a size that it could be as well, where that size did not change either.

    A 2 or its half is the 2 of a square, unless it is the number of examples too.
    """
    could_be = [
        (cause, said.format(n=name), name)
        for name, numbers in sizes
        for cause, said, of in _SHAPES[:4]
        if np.all(np.abs(of(np.array(numbers)) - abs(c)) < _SAME * abs(c)) and numbers[0] > 1
    ]
    first = [(cause, name) for cause, _, name in could_be[:1] if cause != "size-factor" and c > 0]
    first = [(cause, name) for cause, name in first if not _is_of_a_square(c) or name.startswith(_EXAMPLES)]
    for cause, name in first:
        yield Match(cause, misfit, {"c": short(c), "n": name, "moves": f"equals {name}, of which no other was tried"})
    others = " or ".join(_as_size(*found[:2]) for found in could_be[len(first) : 2])
    words = f", which is also {others}" if others else ""
    if not could_be and any(np.ptp(numbers) > 0 for _, numbers in sizes):
        words = ", whatever the sizes"
    yield Match("factor", misfit, {"c": short(c), "inverse": short(1 / c) if c else "1", "sizes": words})


def _is_of_a_square(c: float) -> bool:
    return abs(c - 2) <= 0.1 or abs(c - 0.5) <= 0.1


def _as_size(cause: str, said: str) -> str:
    return f"one over {said}" if cause == "averaged" else said


def _moving(case: Case, found: Array, misfit: float, sizes: list[Size]) -> Iterator[Match]:
    moving = [(name, np.array(numbers)) for name, numbers in sizes if np.ptp(numbers) > 0]
    fits = [_as_a_size(found, *size, constants) for constants in _CONSTANTS for size in moving]
    for cause, told in [fit for fit in fits if fit is not None][:1]:
        yield Match(cause, misfit, {"c": short(found[0]), "n": told, "moves": f"follows {told}"})
        return
    for name, values in _scalars(case):
        if np.all(np.abs(found - values) < _SAME * np.abs(found)):
            yield Match("scalar-factor", misfit, {"c": short(found[0]), "n": name})
            return


_CONSTANTS = (1.0,), (-1.0, 2.0, -2.0, 0.5, -0.5)
"""What a size may be multiplied by: twice the number of rows of two is the number of entries."""


def _as_a_size(found: Array, name: str, n: Array, constants: Sequence[float]) -> tuple[str, str] | None:
    """Return the cause, and what the factor is, if it moves as this size does, times one of `constants`."""
    for cause, said, of in _SHAPES:
        wanted = of(n)
        with np.errstate(all="ignore"):
            ratio = found / wanted
        for k in constants:
            if np.all(np.abs(ratio - k) < _SAME * abs(k)):
                told = said.format(n=name)
                return cause, told if k == 1 else f"{short(k)} times {told}"
    return None


def _scalars(case: Case) -> Iterator[tuple[str, Array]]:
    """Yield numbers of the forward that a factor could be, with their inverses and squares."""
    arrays: list[tuple[str, list[Array]]] = [("the output", [p.out for p in case.points])]
    arrays += [(name, [p.values[k] for p in case.points]) for k, name in enumerate(case.box.names)]
    for name, found in arrays:
        for said, of in _REDUCED:
            with np.errstate(all="ignore"):
                values = np.array([of(v) for v in found])
                for power, shown in (
                    (1, said),
                    (-1, f"1 / {said}"),
                    (2, f"the square of {said}"),
                    (-2, f"1 / {said}^2"),
                ):
                    yield f"{shown} of {name}", np.asarray(values**power)


_REDUCED: tuple[tuple[str, Callable[[Array], float]], ...] = (
    ("the norm", lambda v: float(np.sqrt(np.sum(v * v)))),
    ("the sum", lambda v: float(np.sum(v))),
    ("the mean", lambda v: float(np.mean(v))),
    ("the standard deviation", lambda v: float(np.std(v))),
    ("the largest value", lambda v: float(np.max(v))),
)


def rounded(case: Case) -> Iterator[Match]:
    """A is off by roundings of a shorter format: powers of two pass through it bit by bit, and three does not."""
    for dtype in (np.float16, np.float32):
        unit = float(np.finfo(dtype).eps)
        if all(_is_rounded(case, p, unit) for p in case.points):
            yield Match("low-precision", unit, {"dtype": np.dtype(dtype).name})
            return


def _is_rounded(case: Case, p: Point, unit: float) -> bool:
    u, claim, error = p.upstreams[0], case.claim(p, 0), p.error(case.leaf, 0)
    size = float(np.max(np.abs(claim), initial=0.0))
    if not unit / 64 * size < error < 16 * unit * size:
        return False
    twice, thrice = (p.claim(k * u)[case.leaf] for k in (2.0, 3.0))
    return np.array_equal(twice, 2 * claim) and float(np.max(np.abs(thrice - 3 * claim))) > 1e-2 * error
