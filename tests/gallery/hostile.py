"""Names that would act on whoever shows them as they are, and a report that has one wherever a name can be."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.report import (
    Comparison,
    Entry,
    Field,
    Finding,
    LawResult,
    Layers,
    Matrix,
    Pictures,
    Report,
    RunReport,
    Status,
    StepError,
    SuiteReport,
    Verdict,
)

NASTY = (
    "\x1b[31mred\x1b[0m",
    "a\r\nb\x00\x08",
    "]]></failure><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "`` ` ``` | x |",
    "::error file=a::b%0A",
    "\u202eright to left\u2028",
    "\ud800",
    "$(rm) [link](javascript:x) <b>",
)


def report_naming(name: str) -> RunReport:
    """Return a report that holds `name` wherever a name or a message can be."""
    finding = Finding(
        name or "GC101",
        name,
        path=name,
        index=(1,),
        analytic=1.0,
        numeric=2.0,
        cause=name,
        hint=name,
        location=(name or "a.py", 3),
        detail=(name,),
        entries=(Entry(name, (0,), 1.0, 2.0, 0.0), Entry(name, (1,), 1.0, 2.0, 0.0, name, (1,))),
        steps=(StepError(0.1, 1.0, 1e-9), StepError(0.01, 1.0, 1e-9)),
        source=(name, name),
        field=Field((2,), (1, 2), (1, 1), (1.0, 1.0), (2.0, 2.0), (-1.0, -1.0), (0.0, 0.0)),
    )
    pair = Comparison(name, name, Verdict.PASS, name, 3, resolution=1e-9)
    check = Report(name, name, (finding,), (pair,), scheme=name)
    law = LawResult(
        "GC502", name, Status.FAILED, (replace(finding, code="GC502"),), 3, 0.0, name, name, ((name, name),)
    )
    empty = LawResult("GC503", name, Status.VACUOUS, reason=name)
    pictures = Pictures(None, (Layers(name, 0.0, 1.0, ((1, 2),), (0.5,), (0,)),), (Matrix(name, 1, 1, (1.0,)),))
    facts = ((name, name, "inferred"),)
    suite = SuiteReport(name, name, (law, empty), facts=facts, check=check, reproduce=name, pictures=pictures)
    return RunReport((suite,), ((name, name),))
