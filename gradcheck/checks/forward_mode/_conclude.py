"""What the comparison of a ``jvp`` means: comparisons and findings by input, output and index.

A wrong jvp is GC101, like a wrong gradient, with the output that it is wrong for beside the entry of the input.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...numerics import Box, Problem, Ruling, Vector, wrong_boxes
from ...report import Comparison as Compared
from ...report import Entry, Finding, Verdict
from ...subjects import Array, Transposed, location_of
from ..bench._bench import Bench
from ..bench._pieces import Piece, piece_of
from ..comparison._compare import compare_entries
from ..comparison._comparison import Comparison, problem_of
from ..comparison._outcome import Tolerance
from ..conclusion._conclude import conclude
from ..conclusion._limits import LIMITS
from ._comparison import ForwardComparison, Pushed

_ENTRIES, _LARGEST_JACOBIAN = 512, 2**22
_MOST = 8
_KINKS_EXPECTED = 0.02
SCHEME = "centred differences of every output along random tangents"


@dataclass(slots=True)
class Concluded:
    """Comparisons and findings of one part of a check, and the differences that they rest on."""

    comparisons: list[Compared] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    mode: str = "projection"
    scheme: str = SCHEME


def compare_jvp(
    bench: Bench,
    problem: Problem,
    base: Vector,
    rng: np.random.Generator,
    *,
    mode: str,
    kinks: str,
    allowed: Tolerance | None,
) -> Concluded:
    """Compare the jvp of the subject on `bench` with differences."""
    small = problem.x.size <= _ENTRIES and problem.x.size * base.size <= _LARGEST_JACOBIAN
    if mode == "entries" or allowed is not None:
        return _entries(bench, problem, rng, kinks, allowed)
    comparison = ForwardComparison(bench, problem, base, rng)
    seen = comparison.run()
    clear = all(pushed.settled and not pushed.kinked for pushed in seen)
    if not clear and small and mode == "auto":
        return _entries(bench, problem, rng, kinks, None)
    concluded = Concluded([_compared(bench, piece, seen) for piece in bench.inputs])
    for piece in bench.inputs:
        mine = [pushed for pushed in seen if pushed.piece == piece and not pushed.settled]
        if mine:
            concluded.findings += _findings(comparison, mine, kinks)
    kinked = sum(pushed.kinked for pushed in seen)
    if kinked:
        concluded.findings.append(_on_a_kink(kinked, kinks))
    return concluded


# -- entry by entry --------------------------------------------------------------------------------------------------


def _entries(
    bench: Bench, problem: Problem, rng: np.random.Generator, kinks: str, allowed: Tolerance | None
) -> Concluded:
    """Judge the transpose of the jvp entry by entry, as if it were a gradient."""

    def push(values: Any, tangents: Any) -> Array:
        return bench.flat_tangents(bench.tangents([v.copy() for v in values], tangents))

    turned = Bench(Transposed(bench.subject, push), bench.most)
    turned.forward_calls, turned.backward_calls = bench.forward_calls, 0
    try:
        base = turned.value(turned.x)
        upstream = turned.draw_upstream(base, rng)
        posed = problem_of(turned, problem.precision)
        comparison = Comparison(
            turned, posed, base, upstream, turned.gradient(turned.x, upstream), rng, allowed=allowed
        )
        outcome = compare_entries(comparison)
        concluded = conclude(comparison, outcome, kinks)
    finally:
        bench.forward_calls = turned.forward_calls
    rows = outcome.lanes.upstreams if outcome.lanes is not None else np.zeros((0, 0))
    lanes = dict(zip(outcome.columns.position, outcome.columns.lane, strict=True)) if outcome.columns else {}
    findings = [_of_the_jvp(bench, finding, lanes, rows) for finding in concluded.findings]
    return Concluded(concluded.comparisons, findings, "entries", "centred differences, one tangent per entry")


def _of_the_jvp(bench: Bench, finding: Finding, lanes: dict[int, int], rows: np.ndarray) -> Finding:
    """Return `finding` in the words of forward mode, with the output of each entry where it is one."""
    if finding.severity is not Verdict.FAIL or finding.path is None:
        return finding
    piece = next(p for p in bench.inputs if p.path == finding.path)
    entries = tuple(_with_output(bench, piece, entry, lanes, rows) for entry in finding.entries)
    worst = entries[0] if entries else None
    where = f", first for {worst.output}{list(worst.output_index or ())}" if worst and worst.output else ""
    return replace(
        finding,
        title=f"the jvp of {bench.subject.name} is wrong for tangents of {finding.path}{where}",
        entries=entries,
        hint=finding.hint and finding.hint.replace("backward", "jvp").replace("upstream", "tangent"),
    )


def _with_output(bench: Bench, piece: Piece, entry: Entry, lanes: dict[int, int], rows: np.ndarray) -> Entry:
    position = piece.where.start + int(np.ravel_multi_index(entry.index, piece.shape)) if piece.shape else None
    lane = lanes.get(piece.where.start if position is None else position)
    if lane is None or np.count_nonzero(rows[lane]) != 1:
        return entry
    at = int(np.argmax(rows[lane] != 0))
    output = piece_of(bench.outputs, at)
    return replace(entry, output=output.path, output_index=output.index(at))


# -- along tangents --------------------------------------------------------------------------------------------------


def _compared(bench: Bench, piece: Piece, seen: list[Pushed]) -> Compared:
    mine = [pushed for pushed in seen if pushed.piece == piece]
    settled = all(pushed.settled for pushed in mine)
    wrong = any(pushed.wrong.size for pushed in mine)
    verdict = Verdict.FAIL if wrong else Verdict.PASS if settled else Verdict.INCONCLUSIVE
    known = [r for pushed in mine if (r := pushed.resolution()) is not None]
    silent = all(not pushed.tangent.any() for pushed in mine)
    return Compared(
        bench.outputs[0].path if len(bench.outputs) == 1 else "outputs",
        piece.path,
        verdict,
        SCHEME,
        piece.where.stop - piece.where.start,
        resolution=max(known, default=None) if verdict is Verdict.PASS else None,
        note="jvp; the tangent is zero, and no output moves" if silent else "jvp",
    )


def _findings(comparison: ForwardComparison, mine: list[Pushed], kinks: str) -> list[Finding]:
    pushed = next((p for p in mine if p.wrong.size), mine[0])
    if pushed.wrong.size:
        return [_wrong(comparison, pushed, int(pushed.wrong[0]))]
    judged = pushed.judged
    assert judged is not None
    at = int(np.flatnonzero(judged.ruling == Ruling.OPEN)[0]) if np.any(judged.ruling == Ruling.OPEN) else 0
    limit = judged.limit[at] or "noise"
    if limit == "kink" and kinks == "ignore":
        return []
    told = LIMITS[limit]
    count = int(np.sum(judged.ruling == Ruling.OPEN))
    return [
        Finding(
            told.code,
            told.title.format(what=f"the jvp of {comparison.bench.subject.name} for tangents of {pushed.piece.path}"),
            Verdict.INCONCLUSIVE,
            pushed.piece.path,
            bound=float(judged.bound[at]),
            hint=told.remedy,
            detail=(f"{count} of {pushed.tangent.size} output tangents are undecided",),
        )
    ]


def _wrong(comparison: ForwardComparison, pushed: Pushed, lane: int) -> Finding:
    """Name the output whose tangent is wrong, and the entries of the input that make it so, found by halving."""
    bench, judged = comparison.bench, pushed.judged
    assert judged is not None
    output = piece_of(bench.outputs, lane)
    k = int(np.flatnonzero(pushed.lanes == lane)[0])
    entries = tuple(_convicted(comparison, pushed, lane))
    worst = max(entries, key=lambda e: abs(e.analytic - e.numeric), default=None)
    numbers = (judged.analytic[k], judged.numeric[k], judged.bound[k])
    shown = f"{output.path}{list(output.index(lane))}"
    return Finding(
        "GC101",
        f"the jvp of {bench.subject.name} is wrong for tangents of {pushed.piece.path}, first for {shown}",
        Verdict.FAIL,
        pushed.piece.path,
        worst.index if worst else None,
        worst.analytic if worst else float(numbers[0]),
        worst.numeric if worst else float(numbers[1]),
        worst.bound if worst else float(numbers[2]),
        entries=entries,
        location=location_of(bench.subject.forward_mode),
        detail=(
            f"{pushed.wrong.size} of {pushed.tangent.size} output tangents are wrong along a random tangent; that of "
            f"{shown} is {numbers[0]:.6g}, differences give {numbers[1]:.6g}",
        ),
    )


def _convicted(comparison: ForwardComparison, pushed: Pushed, lane: int) -> list[Entry]:
    """Return the entries of the input that are wrong for output `lane`, each judged on its own."""
    problem, bench, base = comparison.problem, comparison.bench, comparison.base
    output = piece_of(bench.outputs, lane)
    start, size = pushed.piece.where.start, pushed.piece.where.stop - pushed.piece.where.start
    step = float(np.clip(_KINKS_EXPECTED / size, 2.0**-24, 2.0**-17))

    def residual(box: Box) -> float:
        inside = np.zeros(problem.x.size)
        part = slice(start + box.ranges[0][0], start + box.ranges[0][1])
        inside[part] = pushed.direction[part]
        right, left = (problem.point(sign * step * inside) for sign in (1, -1))
        difference = problem.value(right) - problem.value(left) - bench.push(problem.x, right - left)
        return float(difference[lane]) / (2 * step)

    blur = 16 * problem.precision.eps * abs(float(base[lane])) / step + 1e-7 * abs(float(pushed.tangent[lane]))
    found: list[Entry] = []
    for box in wrong_boxes(residual, lambda _: blur, [Box.whole(0, (size,))], comparison.rng):
        direction = np.zeros(problem.x.size)
        at = start + box.first
        direction[at] = problem.sizes[at]
        tangent = bench.push(problem.x, direction)
        judged = comparison.along(direction, np.array([lane]), tangent, single=True)
        if judged.ruling[0] == Ruling.FAIL:
            analytic, numeric, bound = (
                float(v[0]) / direction[at] for v in (judged.analytic, judged.numeric, judged.bound)
            )
            entry = Entry(pushed.piece.path, pushed.piece.index(at), analytic, numeric, bound)
            found.append(replace(entry, output=output.path, output_index=output.index(lane)))
        if len(found) >= _MOST or not found:
            break
    return found


def _on_a_kink(count: int, kinks: str) -> Finding:
    return Finding(
        "GC901",
        f"{count} output tangents lie on a kink, "
        + (
            "where any value between the one-sided slopes is accepted"
            if kinks != "error"
            else "which kinks='error' does not accept"
        ),
        Verdict.FAIL if kinks == "error" else Verdict.PASS,
        hint="kinks='error' refuses them, kinks='ignore' does not look at them",
    )
