"""The backward is linear in the upstream: B(u + w) = B(u) + B(w), whatever the signs, sizes and strides of u and w.

A backward that clips, rectifies, squares or normalizes what comes from above gives right answers for one upstream
and wrong ones for the next (GC108); one that adds something of its own does so even for none at all (GC109); one that
reads memory instead of the array does so for a strided view (GC116).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

import numpy as np

from ...numerics import Vector, largest, middle, roundoff, weights
from ...report import Finding, Verdict
from ...subjects import Array, Evaluation, Malformed, location_of
from ..bench._bench import Bench
from ..bench._pieces import place_of, show
from ._second_call import another_gradient, left_to_chance
from ._vitals import Health, cancelled, is_repeated, leaf_sizes, malformed, rounding_of_entries

LARGE, _HUGE, _TINY = -37.0, 2.0**13, 2.0**-24
_OUTPUTS, _SAME, _ALIKE = 4, 1e-12, 16
_HAIRS = (3 * 2.0**-32, 5 * 2.0**-31)
_WIDTHS, _SECOND_DIFFERENCES, _MORE = (2.0**-10, 2.0**-20), 24, 256
_MORE_OF_FEW, _FEW_NUMBERS = 3, 3
_FAINT = 1e-3
"""Share of the largest entry of a leaf below which more second differences are taken: an ulp is not lost often."""


def examine_linearity(bench: Bench, health: Health, evaluation: Evaluation, rng: np.random.Generator) -> None:
    """Report GC108, GC109 and GC116. Large subjects get two calls: one huge upstream, strided, and a small one."""
    health.coarse = _coarse(bench, health, rng)
    small, singly = is_repeated(bench, health), bench.alone or not _maps(bench)
    off, sizes = _additivity(bench, health, rng) if small else _homogeneity(bench, health, evaluation)
    if is_off(bench, health, off, sizes) and not (small and singly):
        bench.alone = True  # what batches calls may be wrong itself, as the vmap of some operators is
        off, sizes = _additivity(bench, health, rng)
    if is_off(bench, health, off, sizes) and not is_dust(bench, health, off):
        health.report(left_to_chance(bench, health) or _nonlinear(bench, health, off / np.where(sizes > 0, sizes, 1)))
    elif is_repeated(bench, health) or is_off(bench, health, *_homogeneity(bench, health, evaluation)):
        _report_strides(bench, health)


def _coarse(bench: Bench, health: Health, rng: np.random.Generator) -> float:
    """Return the unit roundoff of ordinary gradients; of more than one where few numbers may be simple by chance."""
    more = (health.upstream * rng.uniform(0.5, 1.0, health.upstream.size) for _ in range(_MORE_OF_FEW))
    coarse = bench.coarse
    for upstream in more if health.analytic.size <= _FEW_NUMBERS else ():
        bench.gradient(bench.x, upstream)
        coarse = max(coarse, bench.coarse)
    return coarse


def is_off(bench: Bench, health: Health, off: Vector, sizes: Vector) -> bool:
    """Whether `off` is more than rounding: a share of the leaf, or a few ulps of what the outputs are worth.

    A gradient much smaller than the outputs, as in saturation, is a difference of terms as large as they are.
    """
    coarse = max(health.coarse, roundoff(bench.dtype))  # the upstreams have the dtype of the outputs
    floor = abs(LARGE) * cancelled(bench, health)
    return not np.isfinite(off).all() or bool(np.any(off > rounding_of_entries(coarse) * sizes + floor))


def is_dust(bench: Bench, health: Health, off: Vector) -> bool:
    """Whether a hair of change in the inputs or the upstream moves the gradient as much: then it is rounding.

    A product with a nearly singular matrix loses its digits to every change of the upstream, and to none of x. Second
    differences over hairs, B(u + d) - 2 B(u) + B(u - d), are rounding and nothing else, whether B is linear or not;
    some upstreams lose no ulp at all, so they are taken at many.
    """
    large, rng = LARGE * health.upstream, np.random.default_rng(0)
    ulp, here = np.spacing(np.abs(bench.x)), bench.gradient(bench.x, large)
    moved = np.abs(bench.gradient(bench.x + ulp, large) - here)
    for hair in _HAIRS:
        moved = np.fmax(moved, np.abs(bench.gradient(bench.x, (1 + hair) * large) / (1 + hair) - here))
    faint = bool(np.all(off <= _FAINT * leaf_sizes(bench, here)))
    for _, width in zip(range(_MORE if faint else _SECOND_DIFFERENCES), cycle(_WIDTHS), strict=False):
        at = large * rng.uniform(0.5, 2, large.size)
        hairs = width * at * rng.uniform(-1, 1, large.size)
        behind, middle, ahead = (bench.gradient(bench.x, at + k * hairs) for k in (-1, 0, 1))
        moved = np.fmax(moved, np.abs(ahead - 2 * middle + behind))
        if np.all(off <= _ALIKE * leaf_sizes(bench, moved)):
            return another_gradient(bench, large, here) is None  # random numbers scatter as well
    return False


def _additivity(bench: Bench, health: Health, rng: np.random.Generator) -> tuple[Vector, Vector]:
    """Return |B(u) + B(w) - B(u + w)| and the sizes to judge it by.

    w is large, against u, and half zero; in the end u itself is the sum of its parts, as small as a mean makes them.
    """
    larges = list(_against(bench, health.upstream, rng))
    small, parts = _small(bench, health), _parts(bench, health.upstream, rng)
    asked = [u for large in larges for u in (large, health.upstream + large)]
    found = _pulled(bench, health, [*asked, *(small * part for part in parts)])
    gradients, of_parts = found[: len(asked)], np.array(found[len(asked) :])
    off = np.abs(health.analytic - np.sum(of_parts / small, axis=0))
    off[~np.isfinite(off)] = np.inf
    sizes = leaf_sizes(bench, health.analytic)
    for alone, both in zip(gradients[::2], gradients[1::2], strict=True):
        each = np.maximum(np.abs(alone), np.maximum(np.abs(both), np.abs(health.analytic)))
        off = np.fmax(off, np.abs(health.analytic + alone - both))
        sizes = np.fmax(sizes, leaf_sizes(bench, each))
        off[~np.isfinite(alone + both)] = np.inf
    return off, sizes


def _parts(bench: Bench, upstream: Vector, rng: np.random.Generator) -> Iterator[Vector]:
    """Yield what `upstream` is the sum of: one entry of it, the middle of its outputs, and what is around that."""
    one, inside = np.zeros(upstream.size, dtype=bool), np.zeros(upstream.size, dtype=bool)
    one[rng.integers(max(upstream.size, 1)) :][:1] = True
    for piece in bench.outputs:
        inside[piece.where].reshape(piece.shape)[middle(piece.shape)] = True
    parts = (one, inside & ~one, ~inside & ~one)
    yield from (np.where(part, upstream, 0.0) for part in parts if part.any())


def _pulled(bench: Bench, health: Health, upstreams: list[Vector]) -> Sequence[Vector]:
    """Return the gradient for each of `upstreams`: by one call, if that says for u what a call for u alone said.

    In its first row and in its last: what batches calls has been wrong in all rows but the first.
    """
    rows = np.array([health.upstream, *upstreams, health.upstream])
    many = bench.gradients_of_many(rows) if _maps(bench) else None
    if many is not None:
        off = np.abs(many[[0, -1]] - health.analytic)
        if np.all(off <= _SAME * leaf_sizes(bench, health.analytic)):
            return list(many[1:-1])
    return [bench.gradient(bench.x, u) for u in upstreams]


def _maps(bench: Bench) -> bool:
    return bench.subject.maps and not bench.native


def _against(bench: Bench, upstream: Vector, rng: np.random.Generator) -> Iterator[Vector]:
    """Yield large upstreams of the opposite sign: for either half of the entries, or for one output at a time."""
    large = LARGE * upstream * np.abs(weights(upstream.size, rng))
    if len(bench.outputs) > 1:
        for piece in bench.outputs[:_OUTPUTS]:
            only = np.zeros_like(large)
            only[piece.where] = large[piece.where]
            yield only
    else:
        half = rng.random(upstream.size) < 0.5
        yield from (large * part for part in (half, ~half) if part.any())


def _homogeneity(bench: Bench, health: Health, evaluation: Evaluation) -> tuple[Vector, Vector]:
    """Return |37 B(c u) / c - 37 B(u)| for a huge negative c, strided, and a small c; and sizes to judge it by."""
    factor = huge(bench)
    if not bench.subject.outlives:
        evaluation = bench.evaluate(bench.values(bench.x))
    scaled = bench.flat_gradient(
        bench.pull(evaluation, [strided(factor * LARGE * u) for u in bench.upstreams(health.upstream)])
    )
    small = _small(bench, health)
    tiny = bench.gradient(bench.x, small * health.upstream) / small if small < 1 else health.analytic
    off = np.fmax(np.abs(scaled / factor - LARGE * health.analytic), np.abs(LARGE * (tiny - health.analytic)))
    off[~np.isfinite(scaled + tiny)] = np.inf
    return off, leaf_sizes(bench, LARGE * health.analytic)


def _nonlinear(bench: Bench, health: Health, off: Vector) -> Finding:
    nothing = bench.gradient(bench.x, np.zeros_like(health.upstream))
    if np.any(nothing != 0):
        at = int(np.argmax(np.abs(nothing)))
        place = place_of(bench.inputs, at)
        return Finding(
            "GC109",
            f"a zero upstream gives a non-zero gradient: {place} is {nothing[at]:.6g}",
            Verdict.FAIL,
            *place,
            hint="every term of a backward carries the upstream as a factor",
            location=location_of(bench.subject.backward),
        )
    at = int(np.argmax(np.nan_to_num(off, nan=np.inf)))
    place = place_of(bench.inputs, at)
    return Finding(
        "GC108",
        f"the backward is not linear in the upstream: the gradient of {place.path} for u + w is not the sum of those "
        f"for u and for w (off by {100 * min(off[at], 9.99):.3g} % at {show(place.entry) or 'its only entry'})",
        Verdict.FAIL,
        *place,
        hint="a backward multiplies the upstream; it must not clip, rectify, square or normalize it",
        location=location_of(bench.subject.backward),
    )


def _report_strides(bench: Bench, health: Health) -> None:
    """Report GC116 where the same upstream as a strided view gives another gradient.

    The view is scaled far beyond what the other calls were given, for a clip that none of them reached.
    """
    sixteen = health.coarse > np.finfo(np.float32).eps  # has no room for more
    factor, sizes = (1 if sixteen else LARGE) * huge(bench), leaf_sizes(bench, health.analytic)
    views = [strided(factor * u) for u in bench.upstreams(health.upstream)]
    try:
        got = bench.flat_gradient(bench.pulled(bench.x, views)) / factor
    except Malformed as broken:
        health.report(malformed(bench, broken))
        return
    off = np.abs(got - health.analytic)
    if is_off(bench, health, off, sizes) and not is_dust(bench, health, abs(LARGE) * off):
        plain = np.abs(bench.gradient(bench.x, factor * health.upstream) / factor - health.analytic)
        if is_off(bench, health, plain, sizes):
            health.report(_nonlinear(bench, health, plain / np.where(sizes > 0, sizes, 1)))
            return
        health.report(left_to_chance(bench, health) or _strides(bench, health, got, int(np.argmax(off))))


def _strides(bench: Bench, health: Health, got: Vector, at: int) -> Finding:
    place = place_of(bench.inputs, at)
    return Finding(
        "GC116",
        f"a strided upstream gives another gradient: {place} is {got[at]:.6g} instead of {health.analytic[at]:.6g}",
        Verdict.FAIL,
        *place,
        hint="the backward reads the upstream's memory as if it were contiguous; copy it or respect strides",
        location=location_of(bench.subject.backward),
    )


def _small(bench: Bench, health: Health) -> float:
    """Return a factor that makes an upstream as small as a mean makes it; 1 where gradients would underflow."""
    info = np.finfo(bench.dtype) if bench.dtype.kind == "f" else None
    least = np.min(leaf_sizes(bench, health.analytic), initial=np.inf)
    fine = info is not None and max(float(info.eps), health.coarse) <= np.finfo(np.float32).eps
    fits = info is not None and fine and least * _TINY > info.tiny / info.eps**2
    return _TINY if fits else 1.0


def huge(bench: Bench) -> float:
    """Return a factor that no clip survives, 1 where the dtype has no room for it."""
    return _HUGE if largest(bench.dtype) > _HUGE**4 else 1.0


def strided(upstream: Array) -> Array:
    """Return an equal array that is neither contiguous nor in C order where it has more than one entry."""
    if upstream.ndim == 0:
        return upstream
    wide = np.zeros((2 * upstream.shape[0], *upstream.shape[1:]), upstream.dtype, order="F")
    wide[::2] = upstream
    return wide[::2]
