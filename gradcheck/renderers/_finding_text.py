"""A finding as text: the line that stands alone, where, the verdict, the numbers, the cause, the way out."""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterable, Sequence
from textwrap import wrap

from ..report import Entry, Finding, StepError, Verdict
from ._chart import chart
from ._escape import visible, visible_lines
from ._run_view import Problem
from ._words import count, headline, number, place, position, size

FEW, ENTRIES = 10, 8
"""Rows of entries that a reader takes in."""
STEPS = 7
DETAIL = 8
WIDTH = 160
"""Longer lines of user text are cut."""
LONG = 4 * WIDTH
"""What is to be pasted is cut later."""
IMPORT = "to paste it: from gradcheck.properties.strategies import tensor"
_MARGIN = "   = "
_INSIDE = "       "
_FLAT = 10.0


def long_form(problem: Problem, ink: str | None = None) -> list[str]:
    """Return everything known about a finding, 30 lines at most; a picture drawn with `ink` takes ten more."""
    finding = problem.finding
    return [
        *short_form(problem),
        *_verdict(finding),
        *_picture(finding, ink),
        *_entries(finding),
        *advice(problem),
        *_detail(finding),
        *counterexample(problem),
    ]


def short_form(problem: Problem, *, placed: bool = True) -> list[str]:
    """Return the line that stands alone, and the place in the source unless it was just named."""
    lines = [cut(headline(problem.suite.subject, problem.finding) + _found_by(problem), 2 * WIDTH)]
    if placed and problem.location is not None:
        lines.append(f"  --> {place(problem.location)} in {_code_at(problem)}")
    return lines


def _found_by(problem: Problem) -> str:
    finding, law = problem.finding, problem.law
    named = law is None or law.code in (finding.code, *re.findall(r"GC\d+", finding.title))
    return "" if law is None or named else f" (found by {visible(law.code)})"


def _code_at(problem: Problem) -> str:
    """Return what the place is in where the source can be read: `Layer.backward`, `tanh_grad`; else the subject."""
    subject = visible(problem.suite.subject)
    if problem.location is None:
        return subject
    found = _function_around(*problem.location)
    if found is None:
        return subject
    indent, name = found
    return f"{subject}.{name}" if indent else name


def _function_around(file: str, line: int) -> tuple[int, str] | None:
    """Return indentation and name of the function that begins at a line, or that it is inside of."""
    try:
        source = linecache.getlines(file)[:line]
    except ValueError:  # no file can be called so
        return None
    if not source or "lambda" in source[-1]:  # a function of its own, without a name
        return None
    least = None
    for text in reversed(source):
        indent = len(text) - len(text.lstrip())
        if not text.strip() or (least is not None and indent >= least):
            continue
        least = indent
        if found := re.match(r"\s*(?:async )?(def|class) (\w+)", text):
            return (indent, found[2]) if found[1] == "def" else None
    return None


def counterexample(problem: Problem) -> list[str]:
    """Return the smallest failing input of a law, where its search found one."""
    law = problem.shown_by
    if law is None:
        return []
    tried = f" ({count(law.examples, 'example')} tried)" if law.examples > 1 else ""
    lines = [*_said(f"smallest failing input{tried}", law.counterexample, LONG), *stored(law.case)]
    facts = [f"{visible(name)} {visible(value)}" for name, value in law.statistics if name != "structures"]
    return [*lines, note(f"statistics: {', '.join(facts)}")] if facts else lines


def stored(case: str | None) -> list[str]:
    """Return the line that says under which name a failing input is stored, where it is."""
    return [note(f"stored: gradcheck.load_case({visible(case)!r}).run() tries it again")] if case else []


def note(text: str) -> str:
    """Return `text` as a line of evidence below the line that stands alone."""
    return cut(_MARGIN + text)


def cut(line: str, width: int = WIDTH) -> str:
    """Return `line`, its tail replaced by dots if it is very long."""
    return line if len(line) <= width else line[: width - 4] + " ..."


def advice(problem: Problem) -> list[str]:
    """Return what caused a finding, and what to do about it; sentences, so that they are wrapped and not cut."""
    said = [*_said("cause", problem.finding.cause, LONG), *_said("help", problem.finding.hint, LONG)]
    return [part for line in said for part in wrap(line, WIDTH, subsequent_indent=_INSIDE)]


def needs_import(problem: Problem) -> bool:
    """Say whether the smallest failing input of a problem is written with a word of ours."""
    law = problem.shown_by
    return law is not None and "tensor(" in (law.counterexample or "")


def _said(label: str, text: str | None, width: int = WIDTH) -> list[str]:
    if not text:
        return []
    first, *rest = visible_lines(text.strip())[:DETAIL]
    return [cut(f"{_MARGIN}{label}: {first}", width), *(cut(_INSIDE + line, width) for line in rest)]


def _verdict(finding: Finding) -> list[str]:
    sentence = verdict_sentence(finding)
    if sentence is None:
        return []
    return [note(f"verdict: {sentence}"), *_steps(finding.steps)]


def verdict_sentence(finding: Finding) -> str | None:
    """Return what makes the verdict certain: the error against the step, or the bound; None for a law."""
    if finding.severity is Verdict.INCONCLUSIVE:
        return "inconclusive; the gradient is neither confirmed nor refuted"
    if finding.severity is Verdict.PASS:
        return "pass; this is a note"
    if _stays(finding.steps):
        return "fail; the error stays while the step shrinks, so the code is wrong and not the differences"
    if finding.bound is not None:
        return f"fail; the numeric value is certain to {size(finding.bound)}, which cannot excuse the difference"
    return None


def _stays(steps: Sequence[StepError]) -> bool:
    errors = [step.error for step in steps]
    least = min((step.allowed for step in steps), default=0.0)
    return len(errors) > 1 and max(errors) <= _FLAT * min(errors) and min(errors) > _FLAT * least


def _steps(steps: Sequence[StepError]) -> list[str]:
    if not steps:
        return []
    shown = spread(sorted(steps, key=lambda step: -step.step), STEPS)
    rows = [
        ["relative step", *(size(step.step) for step in shown)],
        ["error", *(size(step.error) for step in shown)],
        ["explicable", *(size(step.allowed) for step in shown)],
    ]
    return [_INSIDE + line for line in columns(rows)]


def _picture(finding: Finding, ink: str | None) -> list[str]:
    """Return the error against the step, drawn where the numbers stand beside it."""
    if ink is None or verdict_sentence(finding) is None:
        return []
    return [_INSIDE + line for line in chart(finding.steps, ink)]


def spread(items: Sequence[StepError], most: int) -> list[StepError]:
    """Return at most `most` of `items`, first and last among them, evenly spread."""
    if len(items) <= most:
        return list(items)
    return [items[round(k * (len(items) - 1) / (most - 1))] for k in range(most)]


def shown_entries(finding: Finding) -> list[Entry]:
    """Return the entries worth showing, the largest difference first: all of a few, the first of many."""
    entries = finding.entries or _single(finding)
    most = len(entries) if len(entries) <= FEW else ENTRIES
    return sorted(entries, key=lambda entry: -_weight(entry))[:most]


def _weight(entry: Entry) -> float:
    difference = abs(entry.analytic - entry.numeric)
    return difference if difference == difference else float("inf")  # a NaN is the worst of all


def _single(finding: Finding) -> tuple[Entry, ...]:
    if finding.analytic is None or finding.numeric is None or finding.path is None:
        return ()
    return (Entry(finding.path, finding.index or (), finding.analytic, finding.numeric, finding.bound or 0.0),)


def _entries(finding: Finding) -> list[str]:
    entries = shown_entries(finding)
    if not entries:
        return []
    rows = [["index", "analytic", "numeric", "difference"], *(entry_cells(entry) for entry in entries)]
    return [
        note(f"entries: {how_many(finding, len(entries))}"),
        *(_INSIDE + line for line in columns(rows)),
    ]


def entry_cells(entry: Entry) -> list[str]:
    """Return where an entry is, its analytic and its numeric value, and their difference."""
    where = visible(entry.path) + position(entry.index)
    if entry.output is not None and entry.output_index is not None:
        where += f" <- {visible(entry.output)}{position(entry.output_index)}"
    values = (entry.analytic, entry.numeric, entry.analytic - entry.numeric)
    return [where, *(number(value) for value in values)]


def how_many(finding: Finding, shown: int) -> str:
    """Return how many entries are wrong of how many compared."""
    if finding.wrong is None or not finding.compared:
        return "the worst of those compared" if shown > 1 else "the worst"
    rest = f"; the {shown} worst" if shown < finding.wrong else ""
    alone = any("compared one by one" in line for line in finding.detail)  # a sample, not the whole array
    what = "compared entries" if alone else "entries"
    return f"{finding.wrong} of {finding.compared} {what} differ{rest}"


def _detail(finding: Finding) -> list[str]:
    lines = [line for text in finding.detail for line in visible_lines(text.rstrip())]
    dropped = max(0, len(lines) - DETAIL)
    # The end of a traceback says what happened, its start says where: both are kept.
    kept = [*lines[:2], f"... {count(dropped, 'line')} left out ...", *lines[dropped + 2 :]] if dropped else lines
    return [cut(_INSIDE + line) for line in kept]


def columns(rows: Iterable[Sequence[str]], *, right: bool = True) -> list[str]:
    """Return `rows` as aligned lines: the first column flush left, the others flush `right` if so asked."""
    table = [list(row) for row in rows]
    if not table:
        return []
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    align = str.rjust if right else str.ljust
    return ["  ".join([row[0].ljust(widths[0]), *map(align, row[1:], widths[1:])]).rstrip() for row in table]
