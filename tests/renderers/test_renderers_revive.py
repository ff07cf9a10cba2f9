"""Reports travel as JSON and come back as they were."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gradcheck import InvalidArgument
from gradcheck._pytest._session import collected
from gradcheck.renderers import render
from gradcheck.renderers._revive import revive
from gradcheck.report import (
    Comparison,
    Cost,
    Entry,
    Finding,
    LawResult,
    Report,
    RunReport,
    Status,
    StepError,
    SuiteReport,
    Verdict,
)

FINDING = Finding(
    "GC101",
    "wrong",
    path="inputs['x']",
    index=(0, 2),
    analytic=math.inf,
    numeric=2.0,
    entries=(Entry("inputs['x']", (0, 2), math.inf, 2.0, 0.0, "outputs[0]", (1,)),),
    steps=(StepError(0.1, 1.0, 1e-9),),
    location=("a.py", 3),
    detail=("one", "two"),
)
PAIR = Comparison("outputs[0]", "inputs['x']", Verdict.FAIL, "central", 3, (0,), 1.0, 2.0)
REPORT = Report("f", "a function", (FINDING,), (PAIR,), Cost(1, 2, 0.5), None, settings=(("rtol", "None"),))
LAW = LawResult("GC502", "monotone", Status.FAILED, (FINDING,), 3, 0.5, statistics=(("a", "b"),))
SUITE = SuiteReport("f", "activation", (LAW,), facts=(("odd", "True", "inferred"),), check=REPORT)


@pytest.mark.parametrize("report", [REPORT, SUITE, RunReport((SUITE,), (("a", "b"),), 0.5, complete=False)])
def test_there_and_back_again(report: Report | SuiteReport | RunReport) -> None:
    """Every field is what it was, its type included, and infinities too."""
    assert revive(render(report, "json")) == report


@pytest.mark.parametrize("text", ["{}", "[]", '{"format": "gradcheck-report", "version": 99, "type": "Report"}'])
def test_strangers_are_refused(text: str) -> None:
    """Another format or another version is a sentence, not a crash."""
    with pytest.raises(InvalidArgument, match="no gradcheck report of version 1"):
        revive(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "is no JSON"),
        ("", "is no JSON"),
        (render(REPORT, "json")[:-200], "is no JSON"),
        (render(REPORT, "json").replace('"GC101"', "17"), "damaged"),
        (render(REPORT, "json").replace('"subject": "f",', ""), "damaged"),
        (render(REPORT, "json").replace('"fail"', '"perhaps"'), "damaged"),
    ],
)
def test_what_is_damaged_is_refused_with_a_sentence(text: str, said: str) -> None:
    """Truncated text, fields that are missing or of another type, words that no enumeration has."""
    with pytest.raises(InvalidArgument, match=said):
        revive(text)


def test_fields_of_a_later_version_1_are_left_out() -> None:
    """A reader takes what it knows: what was added since does not disturb it."""
    text = render(REPORT, "json").replace('"subject"', '"added": {"deep": [1]}, "subject"')

    assert revive(text) == REPORT


def test_laws_of_one_subject_are_merged() -> None:
    """Tests of one file and one subject become one suite; those of another file stay apart."""
    first, second = (replace(SUITE, check=None, results=(replace(LAW, code=code),)) for code in ("GC501", "GC502"))
    seen = [("a.py::t[2]", render(second, "json")), ("a.py::t[1]", render(first, "json"))]
    run = collected([*seen, ("b.py::t[1]", render(first, "json"))])

    assert [[law.code for law in suite.results] for suite in run.suites] == [["GC501", "GC502"], ["GC501"]]
