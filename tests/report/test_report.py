"""Reports are frozen data: comparable, picklable, strict JSON, and without a truth value."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcheck
from gradcheck import Finding, Report, RunReport, SuiteReport, Verdict
from gradcheck.report import Comparison, Cost, Entry, LawResult, Readable, Status, StepError

verdicts = st.sampled_from(Verdict)
floats = st.none() | st.floats(allow_nan=True, allow_infinity=True)
names = st.text(max_size=8)
entries = st.builds(
    Entry,
    names,
    st.tuples(st.integers(0, 9)),
    *(st.floats(allow_nan=False) for _ in range(3)),
    output=st.none() | names,
    output_index=st.none() | st.just(()),
)
findings = st.builds(
    Finding,
    st.sampled_from(["GC101", "GC901"]),
    names,
    verdicts,
    st.none() | names,
    st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)),
    floats,
    floats,
    floats,
    entries=st.lists(entries, max_size=2).map(tuple),
    steps=st.lists(st.builds(StepError, *(st.floats() for _ in range(3))), max_size=2).map(tuple),
    location=st.none() | st.tuples(names, st.integers(1, 99)),
    detail=st.lists(names, max_size=2).map(tuple),
)
comparisons = st.builds(
    Comparison, names, names, verdicts, names, st.integers(0, 99), resolution=st.none() | st.floats(0, 1)
)
reports = st.builds(
    Report,
    names,
    names,
    st.lists(findings, max_size=3).map(tuple),
    st.lists(comparisons, max_size=3).map(tuple),
    st.builds(Cost, st.integers(0, 99), st.integers(0, 99), st.floats(0, 9)),
    st.none() | st.integers(0, 2**64),
    settings=st.lists(st.tuples(names, names), max_size=2).map(tuple),
)
laws = st.builds(LawResult, names, names, st.sampled_from(Status), st.lists(findings, max_size=2).map(tuple))
suites = st.builds(SuiteReport, names, names, st.lists(laws, max_size=3).map(tuple), check=st.none() | reports)
runs = st.builds(RunReport, st.lists(suites, max_size=2).map(tuple))
readables = reports | suites | runs


def _strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def _same(one: Any, other: Any) -> bool:
    """Whether two nested structures are equal, NaN being equal to itself."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    if dataclasses.is_dataclass(one):
        return type(one) is type(other) and all(
            _same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one)
        )
    return bool(one == other)


@given(report=readables)
def test_a_report_survives_pickling_and_copying(report: Readable) -> None:
    """What arrives on the other side of a process is the same data, with the same verdict."""
    for back in (pickle.loads(pickle.dumps(report)), copy.deepcopy(report)):
        assert type(back) is type(report)
        assert _same(back, report)
        assert back.verdict is report.verdict


@given(report=readables, indent=st.none() | st.integers(0, 4))
def test_a_report_is_strict_json(report: Readable, indent: int | None) -> None:
    """Whatever numbers are inside, the text has no NaN and no Infinity, and parses to `to_dict`."""
    data = _strict(report.to_json(indent=indent))
    assert data == json.loads(json.dumps(report.to_dict()))
    assert data["verdict"] == report.verdict.value


@given(report=readables)
def test_a_dictionary_holds_every_field_in_plain_types(report: Readable) -> None:
    """Dictionaries, lists, strings, numbers, booleans, None: nothing else, at any depth."""

    def assert_plain(value: Any) -> None:
        assert type(value) in (dict, list, str, int, float, bool, type(None))
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            assert_plain(item)

    data = report.to_dict()
    assert_plain(data)
    assert set(data) == {"verdict", *(field.name for field in dataclasses.fields(report))}


@given(report=readables)
def test_a_report_has_no_truth_value(report: Readable) -> None:
    """Bool raises a TypeError that names ``.ok``, in every way of asking."""
    for ask in (bool, lambda r: not r, lambda r: r and True):
        with pytest.raises(TypeError, match=r"\.ok"):
            ask(report)


@given(report=readables)
def test_ok_means_pass(report: Readable) -> None:
    """Undecided is not ok."""
    assert report.ok == (report.verdict is Verdict.PASS)


@given(data=readables | findings | comparisons | entries)
def test_nothing_in_a_report_can_be_changed(data: Any) -> None:
    """Every field of every part is frozen, and no field can be added."""
    for field in dataclasses.fields(data):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(data, field.name, None)
    with pytest.raises((AttributeError, TypeError)):
        data.extra = 1


# -- verdicts --------------------------------------------------------------------------------------------------------


@given(many=st.lists(verdicts))
def test_the_worst_verdict_wins(many: list[Verdict]) -> None:
    """Fail before inconclusive before pass; nothing at all is a pass."""
    worst = Verdict.worst(many)
    if Verdict.FAIL in many:
        assert worst is Verdict.FAIL
    else:
        assert worst is (Verdict.INCONCLUSIVE if Verdict.INCONCLUSIVE in many else Verdict.PASS)


@given(report=reports)
def test_the_verdict_of_a_report_is_the_gravest_inside(report: Report) -> None:
    """Findings and comparisons count alike."""
    inside = [f.severity for f in report.findings] + [c.verdict for c in report.comparisons]
    assert report.verdict is Verdict.worst(inside)


def test_verdicts_are_strings() -> None:
    """They compare and print as the words that the documentation uses."""
    assert [str(v) for v in Verdict] == ["pass", "inconclusive", "fail"]
    assert Verdict.FAIL == "fail"
    assert f"{Verdict.INCONCLUSIVE}" == "inconclusive"


@pytest.mark.parametrize(
    ("resolutions", "expected"),
    [([], None), ([1e-9], 1e-9), ([1e-9, 1e-6], 1e-6), ([1e-9, None], None), ([None], None)],
)
def test_the_resolution_is_that_of_the_coarsest_comparison(
    resolutions: list[float | None], expected: float | None
) -> None:
    """And unknown as soon as one of them is."""
    compared = tuple(Comparison("outputs[0]", "x", Verdict.PASS, "", 1, resolution=r) for r in resolutions)
    assert Report("f", "", comparisons=compared).resolution == expected


@given(status=st.sampled_from(Status), finding=findings)
def test_a_suite_shows_the_findings_of_laws_that_ended_badly(status: Status, finding: Finding) -> None:
    """A law that failed as expected, or does not apply, adds no finding; an empty one does, but no verdict."""
    suite = SuiteReport("f", "layer", (LawResult("GC501", "odd", status, (finding,)),))
    bad = status in (Status.FAILED, Status.INCONCLUSIVE, Status.UNEXPECTED_PASS)
    assert len(suite.findings) == (bad or status is Status.VACUOUS)
    assert suite.ok == (not bad)
    assert suite.counts == {status: 1}
    assert suite.ran == (status is not Status.NOT_APPLICABLE)


@given(run=runs)
def test_a_run_is_the_sum_of_its_suites(run: RunReport) -> None:
    """Its findings are theirs, in order, and its verdict the gravest."""
    assert len(run.findings) == sum(len(suite.findings) for suite in run.suites)
    assert run.verdict is Verdict.worst(suite.verdict for suite in run.suites)


# -- what a check puts in --------------------------------------------------------------------------------------------


def test_the_report_of_a_failure_holds_the_numbers_that_convince() -> None:
    """Index, analytic, numeric, bound, the worst entries, the steps, the cost and the seed are all there."""
    x = np.linspace(0.2, 1.0, 5)
    wrong = np.array([1, 1, 1.2, 1, 1.1])
    report = gradcheck.check(np.sin, x, derivative=lambda x: wrong * np.cos(x), rng=5)
    (finding,) = report.findings
    assert (finding.code, finding.path, finding.index) == ("GC101", "inputs['x']", (2,))
    assert finding.analytic == pytest.approx(1.2 * np.cos(0.6))
    assert finding.numeric == pytest.approx(np.cos(0.6), rel=1e-9)
    assert 0 < finding.bound < 1e-6
    assert [(entry.index, entry.path) for entry in finding.entries] == [((2,), finding.path), ((4,), finding.path)]
    assert (finding.wrong, finding.compared) == (2, 5)
    assert len(finding.steps) >= 4
    assert report.cost.forward > 0
    assert report.cost.backward > 0
    assert report.cost.seconds > 0
    assert report.seed == 5
    assert _strict(report.to_json())["findings"][0]["index"] == [2]


def test_findings_come_gravest_first() -> None:
    """A failure stands before the note about a view."""
    report = gradcheck.check(lambda x: x[::-1], np.array([0.3, 0.6, 1.0]), vjp=lambda g, x: 2 * g[::-1])
    assert [f.severity for f in report.findings] == sorted(
        (f.severity for f in report.findings), key=list(Verdict).index, reverse=True
    )
    assert {f.code for f in report.findings} >= {"GC101", "GC118"}


def test_a_gradient_that_is_not_finite_is_json_all_the_same() -> None:
    """NaN in the numbers becomes a string."""
    report = gradcheck.check(np.sin, np.array([0.5, 1.0]), derivative=lambda x: np.where(x > 0.7, np.nan, np.cos(x)))
    assert _strict(report.to_json())["findings"][0]["analytic"] == "nan"
