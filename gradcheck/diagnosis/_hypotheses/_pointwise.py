# ruff: noqa: D401, ARG005 - docstrings are equations, and the maps of a table share a signature
"""The derivative of an elementwise function, entry by entry.

Where neither f nor the claim couples entries, all of it is two numbers per entry: the slope d = f'(x) and the slope
claimed, dhat = A(u) / u. A point costs two calls; the hypotheses are equations between d, dhat, x and y = f(x).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .._box import Array, Refused
from .._evidence import SHARE, Case, Point
from ._activations import ACTIVATIONS, Known
from ._match import Match, short

_FIT = 1e-7
_FEW = 8


@dataclass(frozen=True, slots=True)
class Slopes:
    """x, y = f(x), the slope d and the slope claimed, pooled over points; ``at`` evaluates f anywhere."""

    x: Array
    y: Array
    d: Array
    claimed: Array
    at: Callable[[Array], Array]

    def same(self, predicted: Array, where: Array | None = None) -> float | None:
        """Return the misfit of a predicted slope, None where it does not fit every entry."""
        where = np.ones(self.x.size, bool) if where is None else where
        with np.errstate(all="ignore"):
            off = np.abs(predicted - self.claimed)[where]
        if off.size < 3 or not np.isfinite(off).all():
            return None
        size = float(np.max(np.abs(np.concatenate([self.claimed[where], self.d[where]]))))
        allowed = _FIT * size
        error = float(np.max(np.abs(self.claimed - self.d)))
        worst = float(off.max())
        return None if worst > min(allowed, error / SHARE) else worst / (size or 1.0)


def slopes_of(case: Case) -> Slopes | None:
    """Return the slopes, None where f or the claim couples entries."""
    found = [_slopes_at(case, p) for p in case.points]
    if not found or any(f is None for f in found):
        return None
    x, y, d, claimed = (np.concatenate([f[k] for f in found if f is not None]) for k in range(4))
    sure = np.isfinite(x + y + d + claimed)
    if sure.sum() < 4:
        return None
    return Slopes(x[sure], y[sure], d[sure], claimed[sure], _anywhere(case))


def _slopes_at(case: Case, p: Point) -> tuple[Array, Array, Array, Array] | None:
    """Return (x, y, d, claimed) at one point, once it is certain that nothing is coupled."""
    if not p.is_elementwise(case.leaf) or len(case.box.names) > 1:  # of several inputs it is no function of x alone
        return None
    x = case.value(p)
    claims = [case.claim(p, r) / p.upstreams[r].reshape(x.shape) for r in range(len(p.upstreams))]
    size = max(float(np.max(np.abs(c))) for c in claims)
    if any(np.max(np.abs(c - claims[0])) > 1e-9 * size for c in claims[1:]):
        return None
    return x.ravel(), p.flat, np.diag(p.jacobian(case.leaf)), claims[0].ravel()


def _anywhere(case: Case) -> Callable[[Array], Array]:
    p = case.points[0]
    shape, size = case.value(p).shape, case.value(p).size

    def at(x: Array) -> Array:
        found = []
        for start in range(0, x.size, size):
            part = x[start : start + size]
            full = np.resize(part, shape)
            found.append(p.moved(case.leaf, full)[: part.size])
        return np.concatenate(found)

    return at


# -- the equations, the simplest first -------------------------------------------------------------------------------


def pointwise(case: Case) -> Iterator[Match]:
    """Try the equations in the order of their simplicity; those that are equally simple are all said."""
    try:
        s = slopes_of(case)
    except Refused:
        return
    if s is None:
        return
    for tier in (_plain, _sides, _products, _named, _apart, _slips, _ratios):
        found = list(tier(s))
        if found:
            yield from found
            return


def _try(s: Slopes, cause: str, predicted: Array, **words: object) -> Iterator[Match]:
    misfit = s.same(predicted)
    if misfit is not None:
        yield Match(cause, misfit, words)


def _plain(s: Slopes) -> Iterator[Match]:
    with np.errstate(all="ignore"):
        missing = s.same(np.ones_like(s.x))
        if missing is not None and not _two_valued(s.d):
            yield Match("derivative-missing", missing)
        elif not _two_valued(s.d):
            yield from _try(s, "derivative-twice", s.d**2)
            yield from _try(s, "derivative-inverted", 1 / s.d)
        differ = s.claimed - s.d
        if np.ptp(differ) <= _FIT * np.max(np.abs(s.claimed)) and s.x.size >= _FEW and np.ptp(s.d) > 1e-3:
            c = float(np.mean(differ))
            yield from _try(s, "constant-added", s.d + c, plus="plus" if c > 0 else "minus", c=short(abs(c)))


def _two_valued(d: Array) -> bool:
    near_low, near_high = (np.abs(d - end) < 1e-6 * np.max(np.abs(d)) for end in (d.min(), d.max()))
    return bool(np.all(near_low | near_high) and np.ptp(d) > 1e-3 * np.max(np.abs(d)))


def _sides(s: Slopes) -> Iterator[Match]:
    """A slope of two values, as a rectifier has."""
    if not _two_valued(s.d):
        return
    low, high = sorted((float(s.d.min()), float(s.d.max())), key=abs)
    words = {"low": short(low), "high": short(high)}
    yield from _try(s, "mask-inverted", np.where(np.abs(s.d - high) < np.abs(s.d - low), low, high), **words)
    yield from _try(s, "mask-dropped", np.full_like(s.d, high), **words)


def _named(s: Slopes) -> Iterator[Match]:
    with np.errstate(all="ignore"):
        own = next((k for k in ACTIVATIONS if _is(k.value(s.x), s.y) and _is(k.slope(s.x), s.d, 1e-5)), None)
        if own is not None and own.in_output is not None and not np.allclose(own.in_output(s.x), own.slope(s.x)):
            yield from _try(s, "output-formula-at-input", own.in_output(s.x), formula=own.formula)
        at_output = _slope_at(s, s.y)
        if not _is(at_output, s.d, 1e-6):
            yield from _try(s, "derivative-at-output", at_output)
        if not _is(s.y, s.d, 1e-6):
            yield from _try(s, "value-for-derivative", s.y)
        yield from _try(s, "input-for-derivative", s.x)
        yield from _others(s, own)


def _slope_at(s: Slopes, x: Array) -> Array:
    steps = 1e-5 * np.maximum(np.abs(x), 0.1)
    return np.asarray((s.at(x + steps) - s.at(x - steps)) / ((x + steps) - (x - steps)))


def _is(values: Array, wanted: Array, tolerance: float = 1e-9) -> bool:
    return bool(np.allclose(values, wanted, rtol=tolerance, atol=tolerance))


def _others(s: Slopes, own: Known | None) -> Iterator[Match]:
    """The derivative of another function, only where ours has a name and the claim is no constant."""
    if own is None or np.ptp(s.claimed) <= 1e-6 or s.x.size < _FEW:
        return
    for other in ACTIVATIONS:
        if other is not own:
            words = {"other": other.name, "own": own.name, "formula": own.formula}
            yield from _try(s, "another-activation", other.slope(s.x), **words)


def _products(s: Slopes) -> Iterator[Match]:
    """F = x g(x): one of the two terms of (x g)' = g + x g'."""
    with np.errstate(all="ignore"):
        gate = s.y / s.x
        if np.ptp(gate) > 1e-6 and np.ptp(s.d) > 1e-6:
            yield from _try(s, "product-first-term-only", gate)
            yield from _try(s, "product-second-term-only", s.d - gate)


def _apart(s: Slopes) -> Iterator[Match]:
    """Right on one side of a threshold or outside an interval; something simple or nothing simple elsewhere."""
    order = np.argsort(s.x)
    right = np.abs(s.claimed - s.d)[order] <= 3 * _FIT * np.max(np.abs(np.concatenate([s.claimed, s.d])))
    changes = np.flatnonzero(right[1:] != right[:-1])
    if changes.size not in (1, 2) or min(right.sum(), (~right).sum()) < 4:
        return
    edges = [_edge(s.x[order][cut], s.x[order][cut + 1]) for cut in changes]
    if len(edges) == 1:
        where = f"x {'<' if right[0] else '>'} {edges[0]}"
    else:
        where = f"x is {'outside' if right[0] else 'between'} {edges[0]} and {edges[1]}"
    wrong = np.zeros(s.x.size, bool)
    wrong[order[~right]] = True
    yield _elsewhere(s, wrong, {"where": where})


def _edge(below: float, above: float) -> str:
    """Return a threshold between two values, 0 or a whole number if one lies between."""
    whole = np.ceil(below)
    return f"{whole:g}" if whole < above else f"{0.5 * (below + above):.2g} or so"


def _elsewhere(s: Slopes, wrong: Array, words: dict[str, object]) -> Match:
    d, claimed = s.d[wrong], s.claimed[wrong]
    if np.all(claimed == 0):
        return Match("one-side-zero", 0.0, words)
    with np.errstate(all="ignore"):
        ratio = claimed / d
    if np.isfinite(ratio).all() and np.ptp(ratio) <= _FIT * np.abs(ratio).max():
        if abs(ratio[0] + 1) < _FIT:
            return Match("one-side-sign", 0.0, words)
        return Match("one-side-factor", 0.0, {**words, "c": short(ratio[0])})
    return Match("one-side-wrong", 0.0, words)


Basis = tuple[tuple[str, Callable[[Array, Array], Array]], ...]
_ONE = ("1", lambda x, y: np.ones_like(x))
_BASES: tuple[Basis, ...] = (
    (_ONE, ("y", lambda x, y: y), ("y^2", lambda x, y: y * y)),
    (_ONE, ("x", lambda x, y: x), ("x^2", lambda x, y: x * x)),
    (
        _ONE,
        ("y", lambda x, y: y),
        ("y^2", lambda x, y: y * y),
        ("y^3", lambda x, y: y**3),
        ("y^4", lambda x, y: y**4),
    ),
    (_ONE, ("x", lambda x, y: x), ("x^2", lambda x, y: x * x), ("x^3", lambda x, y: x**3)),
)


def _slips(s: Slopes) -> Iterator[Match]:
    """Both slopes are short polynomials in y or x with plain coefficients."""
    for basis in _BASES:
        if s.x.size < 3 * len(basis) or np.ptp(s.y) < 1e-3:
            continue
        matrix = np.stack([of(s.x, s.y) for _, of in basis], axis=1)
        said = [_polynomial(matrix, values, [name for name, _ in basis]) for values in (s.claimed, s.d)]
        if said[0] is not None and said[1] is not None and said[0] != said[1]:
            yield Match("formula-slip", 0.0, {"claimed": said[0], "right": said[1]})
            return


def _polynomial(matrix: Array, values: Array, names: list[str]) -> str | None:
    """Return a polynomial that fits, in words; None where none with plain coefficients does."""
    size = np.linalg.norm(matrix, axis=0)
    if not (np.isfinite(values).all() and np.isfinite(size).all() and size.all()):
        return None
    found = np.linalg.lstsq(matrix / size, values, rcond=None)[0] / size
    plain = np.round(12 * found) / 12
    if np.any(np.abs(found - plain) > 1e-5) or np.all(plain == 0) or np.max(np.abs(plain)) > 8:
        return None
    if np.max(np.abs(matrix @ plain - values)) > _FIT * np.max(np.abs(values)):
        return None
    text = ""
    for c, name in zip(plain, names, strict=True):
        if c:
            shown = (
                name if abs(c) == 1 and name != "1" else short(abs(c)) if name == "1" else f"{short(abs(c))} {name}"
            )
            text += (" - " if c < 0 else " + ") + shown
    return text.removeprefix(" + ").replace(" - ", "-", 1) if text.startswith(" - ") else text.removeprefix(" + ")


_FACTORS: tuple[tuple[str, Callable[[Array, Array], Array]], ...] = (
    ("x", lambda x, y: x),
    ("y = f(x)", lambda x, y: y),
    ("1 - y, with y = f(x)", lambda x, y: 1 - y),
    ("1 + y, with y = f(x)", lambda x, y: 1 + y),
    ("1 - y^2, with y = f(x)", lambda x, y: 1 - y * y),
    ("exp(-x)", lambda x, y: np.exp(-x)),
    ("exp(x)", lambda x, y: np.exp(x)),
    ("|x|", lambda x, y: np.abs(x)),
    ("sign(x)", lambda x, y: np.sign(x)),
)


def _ratios(s: Slopes) -> Iterator[Match]:
    if s.x.size < _FEW:
        return
    with np.errstate(all="ignore"):
        for name, of in _FACTORS:
            q = of(s.x, s.y)
            if np.ptp(q) < 1e-6:
                continue
            for how, repair, predicted in (
                ("once too often", f"drop one factor {name}", s.d * q),
                ("lost", f"multiply by {name}", s.d / q),
            ):
                yield from _try(s, "extra-pointwise-factor", predicted, factor=name, how=how, repair=repair)
