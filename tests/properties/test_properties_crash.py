"""What is told of an exception of the subject: its own frames, and the function that raised."""

from __future__ import annotations

import numpy as np

import gradcheck
from gradcheck.engine import Collected, Settings
from gradcheck.engine import run as engine_run
from gradcheck.renderers import render


def forward(x):
    return np.tanh(x)


def slope(x):
    if x.size:
        raise ValueError("not written yet")
    return x


class Reshaping:
    """Raises inside of NumPy."""

    def forward(self, x):
        return x.reshape(-1, 5, 7).max(axis=9)

    def backward(self, g):
        return g


def test_only_the_frames_of_the_subject_are_shown() -> None:
    """What stands between the call and its code is of no use to its author; the arrow names the function."""
    report = gradcheck.run_suite(
        gradcheck.subject(forward, kind="activation", derivative=slope), checks=["GC101"], cases=None
    )
    (finding,) = report.results[0].findings

    assert finding.code == "GC907"
    assert [" in slope: " in line for line in finding.detail] == [True, False]
    assert finding.detail[-1] == "ValueError: not written yet"
    assert " in slope\n" in render(report)


def test_a_call_inside_of_numpy_is_placed_where_the_subject_made_it() -> None:
    """The line of NumPy is in the traceback, and the place is one that its author can mend."""
    declared = gradcheck.subject(Reshaping(), np.ones((5, 7)), kind="layer")
    (suite,) = engine_run([Collected(declared, "here")], Settings(max_examples=3)).suites
    text = render(suite)

    assert "in Reshaping.forward" in text
    assert "numpy" not in text.split("-->")[1].split("\n")[0]


def test_a_function_without_a_name_is_told_by_its_own() -> None:
    """The test that it is written in has not raised."""
    report = gradcheck.run_suite(
        gradcheck.subject(lambda x: 2 * x, kind="activation", derivative=lambda x: 0 * x, name="twice"),
        checks=["GC101"],
        cases=None,
    )
    assert " in twice\n" in render(report)
