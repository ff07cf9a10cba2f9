"""From a search to its report."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ...report import Cost, Finding, SearchReport, Verdict
from ...subjects import location_of
from ._hunt import Hunt

MOST_UNDECIDED = 0.5
"""Share of the examples that may show nothing before the search says that it has shown little."""


def told(hunt: Hunt, *, seconds: float, case: str | None) -> SearchReport:
    """Return what the search came to."""
    reports = [outcome.report for outcome in hunt.outcomes if outcome.report is not None]
    cost = Cost(sum(r.cost.forward for r in reports), sum(r.cost.backward for r in reports), seconds)
    best = hunt.best
    return SearchReport(
        hunt.name,
        hunt.convention,
        (*(best.outcome.findings if best is not None else _doubts(hunt)), *_notes(hunt)),
        examples=len(hunt.outcomes),
        found_after=hunt.found_after,
        counterexample=hunt.line,
        check=best.outcome.report if best is not None else None,
        facts=_facts(hunt),
        statistics=_statistics(hunt),
        cost=cost,
        seed=hunt.seed,
        case=case,
        location=location_of(hunt.target.thing),
        reproduce=f"gradcheck.search of the same subject and inputs, with rng={hunt.seed}",
    )


def _doubts(hunt: Hunt) -> tuple[Finding, ...]:
    """Return what keeps a search without a failure from having shown anything."""
    total, undecided = len(hunt.outcomes), _undecided(hunt)
    looked = [outcome.vacuous for outcome in hunt.outcomes if outcome.report is not None]
    if looked and all(looked):
        title = f"`{hunt.name}`: no input that was tried could have shown a wrong gradient: all of them are zero"
        return (Finding("GC905", title, Verdict.INCONCLUSIVE),)
    if undecided.total() > MOST_UNDECIDED * total:
        (reason, count), *_ = undecided.most_common(1)
        title = f"`{hunt.name}`: {total} inputs tried, {total - undecided.total()} counted; {count} of them: {reason}"
        hint = "hand in example inputs from where the function lives; the search follows their sign and size"
        return (Finding("GC906", title, Verdict.INCONCLUSIVE, hint=hint),)
    return ()


def _notes(hunt: Hunt) -> tuple[Finding, ...]:
    known = hunt.best.outcome.findings if hunt.best is not None else ()
    titles = {finding.title for finding in known}
    return tuple(
        replace(finding, severity=Verdict.PASS) for finding in hunt.crashes.values() if finding.title not in titles
    )


def _undecided(hunt: Hunt) -> Counter[str]:
    return Counter(outcome.undecided for outcome in hunt.outcomes if outcome.undecided is not None)


def _facts(hunt: Hunt) -> tuple[tuple[str, str, str], ...]:
    space = hunt.space
    sides = [
        (side.named(space.names), f"{'batch, ' if side.is_batch else ''}tried {', '.join(map(str, side.sizes))}")
        for side in space.sides
    ]
    refusals = [
        (f"{side.named(space.names)} = {size}", f"refused ({said})")
        for side in space.sides
        for size, said in side.refusals
    ]
    roles = [(name, role.name) for name, role in zip(space.names, space.roles, strict=True)]
    inferred = tuple((name, value, "inferred") for name, value in [*sides, *refusals, *roles])
    return (*hunt.target.made_as(space.arguments), *inferred)


def _statistics(hunt: Hunt) -> tuple[tuple[str, str], ...]:
    pairs = {"structures": hunt.seen, "inconclusive examples": _undecided(hunt)}
    return tuple(
        (name, ", ".join(f"{what} {count}" for what, count in counts.most_common()))
        for name, counts in pairs.items()
        if counts
    )
