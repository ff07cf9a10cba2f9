"""From a test's outcome to the reports: what a test expects to fail is no failure of the session."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import gradcheck

EXPECTING = """
import gradcheck as g, numpy as np, pytest
X = np.linspace(-2, 2, 9)
@pytest.mark.xfail(reason="known #41")
def test_marked(gradcheck): gradcheck(np.sin, X, derivative=np.sin)
def test_caught(gradcheck):
    with pytest.raises(g.GradientError): gradcheck(np.sin, X, derivative=np.sin)
    assert 1
@pytest.mark.xfail(reason="known #42")
@g.parametrize([g.subject(np.sin, kind="activation", name="sin", derivative=np.sin)])
def test_law(check): check()
"""


def run(stranger: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest in a process of its own."""
    return stranger.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_what_a_test_expects_is_no_error_of_the_session(stranger: pytest.Pytester) -> None:
    """A check that failed under xfail, or was caught in a test that passed, is an expected failure everywhere."""
    stranger.makepyfile(test_expecting=EXPECTING)
    options = ("--gradcheck-report=junit=j.xml", "--gradcheck-annotate=always", "--gradcheck-select=GC101")
    result = run(stranger, "test_expecting.py", *options)

    result.assert_outcomes(passed=1, xfailed=2)
    result.stdout.fnmatch_lines(["ran 3 · passed 0 · failed 0 · expected failure 3 *"])
    assert not [line for line in result.outlines if line.startswith(("::error", "error"))]
    junit = ET.parse("j.xml").getroot()
    assert (junit.attrib["failures"], junit.attrib["skipped"]) == ("0", "3")
    assert "known #41" in Path("j.xml").read_text()


def test_what_a_test_caught_before_it_failed_is_an_error(stranger: pytest.Pytester) -> None:
    """Only a test that passed, or is expected to fail, speaks for the failures of its checks."""
    stranger.makepyfile(test_expecting=re.sub("@pytest.mark.xfail.*", "", EXPECTING).replace("assert 1", "assert 0"))
    result = run(stranger, "test_expecting.py", "--gradcheck-annotate=always", "--gradcheck-select=GC101")

    assert result.parseoutcomes()["failed"] == 3
    assert len([line for line in result.outlines if line.startswith("::error")]) == 3


def test_a_subject_may_stand_in_a_param() -> None:
    """Its marks are those of each of its tests, and its id is its name."""
    sine = gradcheck.subject(np.sin, kind="activation", derivative=np.cos)
    made = gradcheck.parametrize([pytest.param(sine, marks=pytest.mark.xfail, id="wave"), sine])
    first, *_, last = made.mark.args[1]  # type: ignore[attr-defined]

    assert (first.id.split("-")[0], [mark.name for mark in first.marks]) == ("wave", ["xfail"])
    assert (last.id.split("-")[0], list(last.marks)) == ("sin", [])
