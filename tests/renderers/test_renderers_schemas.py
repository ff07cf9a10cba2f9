"""What programs read keeps to its schema: JSON to ours, SARIF to the official one, GitLab to what it takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck import reference
from gradcheck.engine import Settings, collect
from gradcheck.engine import run as engine_run
from gradcheck.renderers import render
from gradcheck.renderers._schema import published
from gradcheck.report import Finding, Readable, Report

jsonschema = pytest.importorskip("jsonschema")

OFFICIAL = Path(__file__).parent.parent / "data" / "sarif-2.1.0.schema.json"
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1, "not": {"pattern": "^\\./"}},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}
"""The fields that GitLab's documentation of code quality reports asks for."""


def _validator(schema: dict[str, object]) -> object:
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


OURS = _validator(json.loads(published()))
SARIF = _validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))
VALIDATORS = {"json": OURS, "sarif": SARIF, "gitlab": _validator(GITLAB)}


def _hold(report: Readable) -> None:
    for format_name, validator in VALIDATORS.items():
        validator.validate(json.loads(render(report, format_name)))  # type: ignore[attr-defined]


def test_every_sample_keeps_to_the_schemas(sample: tuple[str, Readable]) -> None:
    """Checks, suites and runs, passed, failed, interrupted and empty."""
    _hold(sample[1])


def _wrong(x: np.ndarray) -> np.ndarray:
    return np.where(x > 1, np.nan, np.cos(x) + 0.1)


def test_real_reports_keep_to_the_schemas() -> None:
    """What check, search, a suite and a run make of broken and of sound code, infinities included."""
    x = np.linspace(-2, 2, 9)
    _hold(gradcheck.check(np.sin, x, derivative=_wrong))
    _hold(gradcheck.check(np.sin, x, derivative=np.cos))
    _hold(gradcheck.search(np.sin, x, derivative=lambda x: np.cos(x) + 0.1, max_examples=5))
    _hold(gradcheck.run_suite(reference.relu, "activation", max_examples=2))
    _hold(gradcheck.run_suite(reference.he, "initializer", checks=["GC405"]))
    settings_ = Settings(max_examples=2, checks=("GC101", "GC303"))
    _hold(engine_run(collect([str(EXAMPLES / "quickstart.py"), str(EXAMPLES / "broken_batchnorm.py")]), settings_))


@given(st.text(), st.text(), st.integers(-5, 10**6))
@settings(max_examples=40, deadline=None)
def test_no_name_and_no_place_breaks_a_schema(name: str, file: str, line: int) -> None:
    """Whatever a file is called, its address is one; whatever a line is, it counts from 1."""
    _hold(Report(name, name, (Finding(name or "GC101", name, location=(file, line)),) * 2))


def test_a_field_that_nobody_declared_is_refused() -> None:
    """The schema would notice a field that it does not know, and one that is missing."""
    data = json.loads(render(Report("f", ""), "json"))

    assert OURS.is_valid(data)  # type: ignore[attr-defined]
    assert not OURS.is_valid({**data, "surprise": 1})  # type: ignore[attr-defined]
    assert not OURS.is_valid({k: v for k, v in data.items() if k != "subject"})  # type: ignore[attr-defined]
    assert not OURS.is_valid({**data, "version": 2})  # type: ignore[attr-defined]


def test_gitlab_wants_each_fingerprint_once() -> None:
    """Two findings that only differ in their words have two marks; the first keeps its own."""
    twice = Report("f", "", (Finding("GC101", "one", path="x"), Finding("GC101", "two", path="x")))
    alone = Report("f", "", (Finding("GC101", "one", path="x"),))
    marks = [[issue["fingerprint"] for issue in json.loads(render(r, "gitlab"))] for r in (twice, alone)]

    assert len(set(marks[0])) == 2
    assert marks[0][0] == marks[1][0]


def test_addresses_are_relative_to_the_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the workspace a path is relative, elsewhere it has its scheme; a space is encoded."""
    monkeypatch.setenv("GITHUB_WORKSPACE", "/w")
    monkeypatch.setenv("CI_PROJECT_DIR", "/w")
    inside, outside = (Report("f", "", (Finding("GC101", "t", location=(p, 3)),)) for p in ("/w/a b.py", "/x/c.py"))
    places = [json.loads(render(r, "sarif"))["runs"][0]["results"][0]["locations"][0] for r in (inside, outside)]

    assert places[0]["physicalLocation"]["artifactLocation"] == {"uri": "a%20b.py", "uriBaseId": "%SRCROOT%"}
    assert places[1]["physicalLocation"]["artifactLocation"] == {"uri": "file:///x/c.py"}
    assert json.loads(render(inside, "gitlab"))[0]["location"] == {"path": "a b.py", "lines": {"begin": 3}}
