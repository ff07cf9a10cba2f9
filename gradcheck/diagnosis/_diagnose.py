"""From a leaf whose gradient is wrong to the mistake: the first rank of hypotheses that explains all of it.

A name is given only where one equation fits to the noise of differences at every point, for three upstreams each, and
nothing simpler does. Whatever happens in here, the verdict stands: a hypothesis that fails is dropped.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ._box import Array, Box, Refused
from ._causes import CATALOGUE
from ._evidence import Case, Point
from ._hypotheses import RANKS, Hypothesis, Match
from ._points import other_points
from ._repair import FEW, MANY, repair
from ._structure import confined, structure

_POINTS, _SAID = 3, 3
_LARGEST = 2_000_000

STRICT = "GRADCHECK_STRICT_DIAGNOSIS"
"""Set in this project's own tests: a hypothesis that raises is then a failure, not a silence."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is said of one leaf: names of causes (several where they are the same function), and the words."""

    names: tuple[str, ...] = ()
    cause: str | None = None
    hint: str | None = None
    evidence: tuple[str, ...] = ()


def diagnose(box: Box, leaf: int) -> Diagnosis | None:
    """Return what explains the wrong gradient of `leaf`; None where it could not be looked at."""
    with np.errstate(all="ignore"):
        points = _points(box, leaf)
        if not points:
            return None
        case = Case(box, leaf, points)
        if not case.is_wrong():
            return None
        for rank in RANKS:
            found = [match for hypothesis in rank for match in _tried(hypothesis, case)]
            if found:
                return _with_repair(case, _told(case, found))
        return _with_repair(case, _unexplained(case))


def _points(box: Box, leaf: int) -> list[Point]:
    """Return up to three points: where it went wrong, another batch, and one more.

    None where the entries that are wrong are so few that a sample of them all shows nothing.
    """
    rng = np.random.default_rng(20)
    found: list[Point] = []
    outputs = box.run(box.values)
    for values in (list(box.values), *other_points(box, outputs, rng)):
        found += _point(box, leaf, values, rng, found[0] if found else None)
        if len(found) == _POINTS:
            break
        if len(found) == 1 and found[0].is_sampled(leaf) and not Case(box, leaf, found).is_wrong():
            return []
    return [p for p in found if _is_known(p, leaf)]


def _point(box: Box, leaf: int, values: list[Array], rng: np.random.Generator, before: Point | None) -> list[Point]:
    """Return the point, unless it is refused, not finite, or too large for a Jacobian."""
    if values[leaf].size * max(v.size for v in values) > _LARGEST:
        return []
    try:
        point = Point(box, values, rng, before)
    except Refused:
        return []
    if values[leaf].size * point.flat.size > _LARGEST:
        return []
    finite = all(np.isfinite(a).all() for a in (*point.outputs, *(c for cs in point.claims for c in cs)))
    return [point] if finite else []


def _is_known(p: Point, leaf: int) -> bool:
    return bool(np.isfinite(p.jacobian(leaf)).any())


def _tried(hypothesis: Hypothesis, case: Case) -> Iterable[Match]:
    """Return what a hypothesis finds; one that fails finds nothing."""
    try:
        return list(hypothesis(case))
    except Refused:
        return []
    except Exception:
        if os.environ.get(STRICT):
            raise
        return []


def _told(case: Case, found: list[Match]) -> Diagnosis:
    """Put the matches into words; what is the same function is said with an `or`."""
    distinct = {(m.cause, _says(case, m)): m for m in found}
    matches = list(distinct.values())[:_SAID]
    names = tuple(dict.fromkeys(m.cause for m in matches))
    cause = "; or, which is the same here: ".join(_says(case, m) for m in matches)
    hint = "; or ".join(dict.fromkeys(_filled(case, m, CATALOGUE[m.cause].fix) for m in matches))
    return Diagnosis(names, cause, hint, (_evidence(case, matches[0]), *_pages(names)))


def _with_repair(case: Case, diagnosis: Diagnosis) -> Diagnosis:
    """Add the line and what belongs there, where one edit makes it right; without another name it is the name."""
    try:
        found = repair(case, FEW if diagnosis.names else MANY)
    except Exception as error:
        if os.environ.get(STRICT) and not isinstance(error, Refused):
            raise
        return diagnosis
    if found is None:
        return diagnosis
    words = {"wrong": found.wrong, "right": found.right, "line": found.line}
    match = Match("slip", 0.0, words)
    if not diagnosis.names:
        told = _told(case, [match])
        return replace(told, evidence=(*(f"where: {place}" for place in confined(case)), *told.evidence))
    return replace(diagnosis, hint=f"{diagnosis.hint}\n{_filled(case, match, CATALOGUE['slip'].fix)}")


def _says(case: Case, match: Match) -> str:
    return _filled(case, match, CATALOGUE[match.cause].says)


def _filled(case: Case, match: Match, template: str) -> str:
    return template.format_map({"x": case.name, **match.words})


def _evidence(case: Case, match: Match) -> str:
    shapes = [str(tuple(case.value(p).shape)) for p in case.points]
    count = f"{len(shapes)} points" if len(shapes) > 1 else "this point"
    told = ", ".join(dict.fromkeys(shapes))
    misfit = f"to {match.misfit:.0e} of the gradient" if match.misfit else "to the noise of the differences"
    return f"this fits {misfit} at {count}, shapes {told}, 3 upstreams each"


def _pages(names: Iterable[str]) -> tuple[str, ...]:
    return (f"more: {' and '.join(f'gradcheck explain {name}' for name in names)}",)


def _unexplained(case: Case) -> Diagnosis:
    said = structure(case)
    rules = sum(len(rank) for rank in RANKS)
    known = f"; structure: {'; '.join(said)}" if said else ""
    return Diagnosis((), f"unexplained by {rules} families of known mistakes{known}")
