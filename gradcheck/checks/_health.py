"""Health first: whether the subject can be measured at all.

Deterministic, pure, of the right shapes, finite; the same on a second call, linear in the upstream, indifferent to
strides. Each fault has its own code, so that a random forward is never reported as a wrong gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from ..numerics import Vector, weights
from ..report import Finding, Verdict
from ..subjects import Array, Evaluation, Malformed, location_of
from ._bench import Bench, Piece

_THOROUGH = 20_000
"""Inputs plus outputs up to which every call is repeated; above, the gradient check itself would notice."""


@dataclass(slots=True)
class Health:
    """What the examination found, and what the gradient check goes on with.

    ``base`` is the output at the point, ``upstream`` and ``analytic`` the first pair; ``fit`` says whether a
    comparison makes sense.
    """

    findings: list[Finding] = field(default_factory=list)
    base: Vector = field(default_factory=lambda: np.zeros(0))
    upstream: Vector = field(default_factory=lambda: np.zeros(0))
    analytic: Vector = field(default_factory=lambda: np.zeros(0))
    fit: bool = True

    def report(self, finding: Finding, *, fatal: bool = False) -> None:
        """Add `finding`; a fatal one ends the check."""
        self.findings.append(finding)
        self.fit = self.fit and not fatal


def examine(bench: Bench, upstream: Vector | Callable[[Bench], Vector] | None, rng: np.random.Generator) -> Health:
    """Return the state of health of the subject on `bench`."""
    health = Health()
    _visit_another_point(bench, rng)
    _forward(bench, health)
    if health.fit:
        health.upstream = upstream(bench) if callable(upstream) else weights(health.base.size, rng)
        try:
            _backward(bench, health, rng)
        except Malformed as broken:
            health.report(malformed(bench, broken), fatal=True)
    return health


# -- forward ---------------------------------------------------------------------------------------------------------


def _forward(bench: Bench, health: Health) -> None:
    values = bench.values(bench.x)
    evaluation = bench.evaluate(values)
    health.base = bench.flat_outputs(evaluation)
    _report_writes(bench, health, values, "forward")
    _report_alias(bench, health, evaluation, values)
    if not np.isfinite(health.base).all():
        health.report(_not_finite(bench, health.base), fatal=True)
    elif bench.x.size + health.base.size <= _THOROUGH:
        _report_random_forward(bench, health)


def _report_random_forward(bench: Bench, health: Health) -> None:
    again = bench.value(bench.x)
    differ = np.abs(again - health.base)
    if not differ.any():
        return
    at = int(np.argmax(differ))
    piece = piece_of(bench.outputs, at)
    index, first, second = piece.index(at), float(health.base[at]), float(again[at])
    health.report(
        Finding(
            "GC904",
            f"the forward is random: two calls with equal inputs differ at {piece.path}{show(index)}, "
            f"{first:.6g} and {second:.6g}",
            Verdict.INCONCLUSIVE,
            piece.path,
            index,
            hint="fix the randomness for each call: draw the mask outside, or seed a generator inside forward",
        ),
        fatal=True,
    )


def _report_alias(bench: Bench, health: Health, evaluation: Evaluation, values: Sequence[Array]) -> None:
    for path, out in evaluation.outputs.items():
        for piece, value in zip(bench.inputs, values, strict=False):
            if isinstance(out, np.ndarray) and np.may_share_memory(out, value) and np.shares_memory(out, value):
                health.report(
                    Finding(
                        "GC118",
                        f"{path} shares memory with {piece.path}: writing into one changes the other",
                        Verdict.PASS,
                        path,
                        hint="return a copy, unless a view is what you promise",
                    )
                )


def _not_finite(bench: Bench, base: Vector) -> Finding:
    at = int(np.flatnonzero(~np.isfinite(base))[0])
    piece = piece_of(bench.outputs, at)
    index = piece.index(at)
    return Finding(
        "GC902",
        f"the forward is not finite here: {piece.path}{show(index)} is {base[at]}",
        Verdict.INCONCLUSIVE,
        piece.path,
        index,
        hint="check at a point inside the domain, or make the forward stable there",
    )


# -- backward --------------------------------------------------------------------------------------------------------


def _visit_another_point(bench: Bench, rng: np.random.Generator) -> None:
    """Run forward and backward at other inputs first.

    A cache that is never renewed, or a buffer never cleared, would otherwise look right. What happens there is
    nobody's fault, so nothing of it is reported.
    """
    with suppress(Exception):
        evaluation = bench.evaluate(_elsewhere(bench))
        outputs = [np.asarray(out) for out in evaluation.outputs.values()]
        bench.pull(evaluation, [weights(out.size, rng).reshape(out.shape).astype(out.dtype) for out in outputs])


def _elsewhere(bench: Bench) -> list[Array]:
    """Return other inputs from the same domain, entry by entry: the given ones, rolled by one place."""
    return [np.roll(v, 1) if v.size > 1 else v * 0.75 for v in bench.values(bench.x)]


def _backward(bench: Bench, health: Health, rng: np.random.Generator) -> None:
    values, upstreams = bench.values(bench.x), bench.upstreams(health.upstream)
    evaluation = bench.evaluate(values)
    _between(bench)
    health.analytic = bench.flat_gradient(bench.pull(evaluation, upstreams))
    _report_writes(bench, health, values, "backward")
    for piece, given, kept in zip(bench.outputs, upstreams, bench.upstreams(health.upstream), strict=True):
        if not np.array_equal(given, kept):
            health.report(_wrote(bench, "backward", f"the upstream of {piece.path}", piece.path))
    if not np.isfinite(health.analytic).all():
        return
    if bench.x.size + health.base.size <= _THOROUGH:
        _report_second_call(bench, health)
    if health.fit and not bench.subject.linear:
        _report_nonlinear(bench, health, rng)


def _between(bench: Bench) -> None:
    """Where a cache is handed over, another forward in between must not matter."""
    if bench.subject.outlives and not bench.subject.linear:
        with suppress(Exception):
            bench.evaluate(_elsewhere(bench))


def _report_second_call(bench: Bench, health: Health) -> None:
    again = bench.gradient(bench.x, health.upstream)
    differ = np.abs(again - health.analytic)
    if not np.any(differ > 1e-12 * _leaf_sizes(bench, health.analytic)):
        return
    at = int(np.argmax(differ))
    piece = piece_of(bench.inputs, at)
    third = bench.gradient(bench.x, health.upstream)
    first_step, second_step = again - health.analytic, third - again
    scale = 1e-6 * float(np.max(np.abs(first_step)))
    if float(np.max(np.abs(second_step - first_step))) <= scale:
        code = "GC107"
        said = "grows by the same amount with every call: it accumulates"
        hint = "assign instead of +=, or clear the gradient at the start of backward (a zero_grad method is called)"
    elif float(np.max(np.abs(third - again))) <= scale:
        code, said = "GC106", "differs on the second call"
        hint = "backward depends on what an earlier call left behind; save what it needs in every forward"
    else:
        code, said = "GC111", "differs from call to call"
        hint = "backward draws random numbers of its own; reuse the forward's"
    index = piece.index(at)
    health.report(
        Finding(
            code,
            f"the gradient of {piece.path} {said}: {piece.path}{show(index)} is "
            f"{health.analytic[at]:.6g}, then {again[at]:.6g}, then {third[at]:.6g}",
            Verdict.FAIL,
            piece.path,
            index,
            hint=hint,
            location=location_of(bench.subject.backward),
        ),
        fatal=True,
    )


def _report_nonlinear(bench: Bench, health: Health, rng: np.random.Generator) -> None:
    """B(u + w) = B(u) + B(w), with w much larger than u and of other signs; small subjects see w strided, too."""
    large = -37.0 * weights(health.base.size, rng)
    if health.base.size > 1:
        large *= rng.random(health.base.size) < 0.5
    alone, both = bench.gradient(bench.x, large), bench.gradient(bench.x, health.upstream + large)
    sizes = _leaf_sizes(bench, np.maximum(np.abs(alone), np.maximum(np.abs(both), np.abs(health.analytic))))
    off = np.abs(health.analytic + alone - both)
    if not np.isfinite(off).all() or np.any(off > 1e-6 * sizes):
        health.report(_nonlinear(bench, health, off / np.where(sizes > 0, sizes, 1)))
        return
    _report_strides(bench, health, sizes)


def _nonlinear(bench: Bench, health: Health, off: Vector) -> Finding:
    nothing = bench.gradient(bench.x, np.zeros_like(health.upstream))
    if np.any(nothing != 0):
        at = int(np.argmax(np.abs(nothing)))
        piece = piece_of(bench.inputs, at)
        return Finding(
            "GC109",
            f"a zero upstream gives a non-zero gradient: {piece.path}{show(piece.index(at))} is {nothing[at]:.6g}",
            Verdict.FAIL,
            piece.path,
            piece.index(at),
            hint="every term of a backward carries the upstream as a factor",
            location=location_of(bench.subject.backward),
        )
    at = int(np.argmax(np.nan_to_num(off, nan=np.inf)))
    piece = piece_of(bench.inputs, at)
    return Finding(
        "GC108",
        f"the backward is not linear in the upstream: the gradient of {piece.path} for u + w is not the sum of those "
        f"for u and for w (off by {100 * min(off[at], 9.99):.3g} % at {show(piece.index(at)) or 'its only entry'})",
        Verdict.FAIL,
        piece.path,
        piece.index(at),
        hint="a backward multiplies the upstream; it must not clip, rectify, square or normalize it",
        location=location_of(bench.subject.backward),
    )


def _report_strides(bench: Bench, health: Health, sizes: Vector) -> None:
    """The same upstream as a strided view must give the same gradient."""
    evaluation = bench.evaluate(bench.values(bench.x))
    views = [_strided(u) for u in bench.upstreams(health.upstream)]
    try:
        got = bench.flat_gradient(bench.pull(evaluation, views))
    except Malformed as broken:
        health.report(malformed(bench, broken))
        return
    off = np.abs(got - health.analytic)
    if np.any(off > 1e-6 * sizes):
        at = int(np.argmax(off))
        piece = piece_of(bench.inputs, at)
        health.report(
            Finding(
                "GC116",
                f"a strided upstream gives another gradient: {piece.path}{show(piece.index(at))} is {got[at]:.6g} "
                f"instead of {health.analytic[at]:.6g}",
                Verdict.FAIL,
                piece.path,
                piece.index(at),
                hint="the backward reads the upstream's memory as if it were contiguous; copy it or respect strides",
                location=location_of(bench.subject.backward),
            )
        )


def _strided(upstream: Array) -> Array:
    """Return an equal array that is neither contiguous nor in C order where it has more than one entry."""
    if upstream.ndim == 0:
        return upstream
    wide = np.zeros((*upstream.shape[:-1], 2 * upstream.shape[-1]), upstream.dtype)
    wide[..., ::2] = upstream
    return wide[..., ::2]


# -- common ----------------------------------------------------------------------------------------------------------


def _report_writes(bench: Bench, health: Health, values: Sequence[Array], during: str) -> None:
    for piece, value, kept in zip(bench.inputs, values, bench.values(bench.x), strict=True):
        if "inputs" in piece.path and not np.array_equal(value, kept):
            health.report(_wrote(bench, during, piece.path, piece.path))
    kept_by_path = {piece.path: kept for piece, kept in zip(bench.inputs, bench.values(bench.x), strict=True)}
    for path, held in bench.subject.parameter_values().items():
        if not np.array_equal(held, kept_by_path[path]):
            health.report(_wrote(bench, during, path, path))


def _wrote(bench: Bench, during: str, what: str, path: str) -> Finding:
    place = bench.subject.backward if during == "backward" else None
    return Finding(
        "GC105",
        f"{during} writes into {what}",
        Verdict.FAIL,
        path,
        hint="work on a copy: x = x * a instead of x *= a",
        location=location_of(place) if place is not None else None,
    )


def malformed(bench: Bench, broken: Malformed) -> Finding:
    return Finding(
        broken.code,
        broken.title,
        Verdict.FAIL,
        broken.path,
        hint=broken.hint,
        location=location_of(bench.subject.backward),
    )


def _leaf_sizes(bench: Bench, gradient: Vector) -> Vector:
    """Return, for every entry, the largest magnitude of its own leaf."""
    sizes = np.zeros(gradient.size)
    for piece in bench.inputs:
        sizes[piece.where] = np.max(np.abs(gradient[piece.where]), initial=0.0)
    return sizes


def piece_of(pieces: Sequence[Piece], position: int) -> Piece:
    return next(p for p in pieces if p.where.start <= position < p.where.stop)


def show(index: tuple[int, ...]) -> str:
    return str(list(index)) if index else ""
