"""The plugin inside somebody's pytest run, alone and under xdist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gradcheck import InvalidArgument, parametrize

LAYERS = """
import numpy as np
class BatchNorm:
    def __init__(self):
        self.gamma, self.beta = np.ones(3), np.zeros(3)
    def forward(self, x):
        self.std = np.sqrt(x.var(0) + 1e-5)
        self.xhat = (x - x.mean(0)) / self.std
        return self.gamma * self.xhat + self.beta
    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xhat).sum(0), dout.sum(0)
        dxhat = dout * self.gamma
        return (dxhat - self.xhat * (dxhat * self.xhat).mean(0)) / self.std
def falling(x):
    return -x
X = np.random.default_rng(0).normal(size=(5, 3))
"""

TESTS = """
import gradcheck, numpy as np, pytest
from layers_of_user import BatchNorm, X
def test_fixture(gradcheck):
    gradcheck(BatchNorm(), X)
def test_bare():
    gradcheck.assert_gradients(np.sin, np.linspace(-2, 2, 9), derivative=np.sin)
def test_right(gradcheck):
    assert gradcheck(np.sin, np.linspace(-2, 2, 9), derivative=np.cos).ok
"""


@pytest.fixture
def user(stranger: pytest.Pytester) -> pytest.Pytester:
    """Make a stranger's project: layers and tests."""
    pytester = stranger
    pytester.makepyfile(layers_of_user=LAYERS, test_user=TESTS)
    return pytester


def run(user: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest in a process of its own."""
    return user.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_the_report_is_shown_and_survives_the_way_to_the_controller(
    user: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: list[str]
) -> None:
    """Failures show the report, the summary names each finding, and files and annotations are written once."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    result = run(
        user, *workers, "--junitxml=j.xml", "--gradcheck-report=html=r.html", "--gradcheck-report=json=r.json"
    )
    text = result.stdout.str()

    result.assert_outcomes(passed=1, failed=2)
    assert text.count("E   ") > 10
    assert "error[GC101]: " in text
    assert "gradcheck/checks" not in text
    assert "::error " in "\n".join(line for line in result.outlines if line.startswith("::error "))
    assert len([line for line in result.outlines if line.startswith("error GC101 ")]) == 2
    assert len([line for line in result.outlines if line.startswith("ran 3 · passed 1 · failed 2")]) == 1
    assert Path("r.html").read_text().count("<article") == 2
    assert [s["subject"] for s in json.loads(Path("r.json").read_text())["suites"]] == ["sin", "BatchNorm", "sin"]
    assert Path("summary.md").read_text().count("## gradcheck") == 1
    failures = ET.parse("j.xml").getroot().findall(".//failure")
    assert ["GC101" in failure.attrib["message"] for failure in failures] == [True, True]


def test_codes_are_properties_where_junit_allows_them(user: pytest.Pytester) -> None:
    """The older schema has properties in a test case, the newer one does not."""
    for family, amount in (("xunit1", 2), ("xunit2", 0)):
        run(user, "--junitxml=j.xml", "-o", f"junit_family={family}")

        assert len(ET.parse("j.xml").getroot().findall(".//property[@name='gradcheck']")) == amount


def test_the_users_line_is_shown(user: pytest.Pytester) -> None:
    """The traceback holds the line of the test, and nothing of ours; --full-trace gives everything."""
    short, full = run(user, "-k", "bare").stdout.str(), run(user, "-k", "bare", "--full-trace").stdout.str()

    assert ": in test_bare\n    gradcheck.assert_gradients(np.sin" in short
    assert "checks" not in short.split("error[GC101]")[0]
    assert "raise GradientError" in full


def test_one_line_is_one_line(user: pytest.Pytester) -> None:
    """--tb=line gives a line per failure, --tb=no none."""
    lines, nothing = (run(user, "-k", "bare", f"--tb={style}").outlines for style in ("line", "no"))

    assert len([line for line in lines if "GradientError" in line and line.startswith("/")]) == 1
    assert not any("verdict: " in line for line in [*lines, *nothing])


def test_an_annotation_of_a_function_without_source_is_at_the_test(
    user: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ufunc has no file, but the test has one; and the command is that of the test."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    (line,) = (line for line in run(user, "-k", "bare").outlines if line.startswith("::error "))

    assert "file=test_user.py,line=5," in line
    assert "reproduce: pytest test_user.py::test_bare --gradcheck-seed 0" in line


def test_the_command_finds_the_test_again(user: pytest.Pytester) -> None:
    """A name may hold spaces, brackets, and words that pytest takes for operators."""
    user.makepyfile(
        test_named="""
        import gradcheck
        from layers_of_user import falling
        DECLARED = gradcheck.subject(falling, kind="activation", name="my f[v2] and not", traits={"monotone": True})
        @gradcheck.parametrize([DECLARED])
        def test_it(check): check()
        """
    )
    text = run(user, "test_named.py", "-k", "GC502").stdout.str()
    found = re.search(r"reproduce: pytest (.*)", text)
    assert found is not None

    run(user, *shlex.split(found[1])).assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("bogus=1", "bogus= is not an option of pytest.mark.gradcheck; the options are"),
        ("'nightly'", "pytest.mark.gradcheck('nightly') takes options by name alone, such as"),
        ("seed='a'", "seed='a' must be a seed"),
    ],
)
def test_what_the_marker_does_not_take_is_named(user: pytest.Pytester, given: str, words: str) -> None:
    """A sentence that names what was written, where a TypeError would name the call."""
    user.makepyfile(
        test_marked=f"""
        import numpy as np, pytest
        @pytest.mark.gradcheck({given})
        def test_it(gradcheck): gradcheck(np.sin, np.ones(3), derivative=np.cos)
        """
    )

    assert words in run(user, "test_marked.py").stdout.str()


SHORT = """
import gradcheck, numpy as np, pytest
from layers_of_user import BatchNorm, X, falling
def test_fixture(gradcheck):
    gradcheck(BatchNorm(), X)
def helper():
    gradcheck.assert_gradients(np.sin, np.linspace(-2, 2, 9), derivative=np.sin)
class TestGroup:
    def test_helper(self):
        helper()
@pytest.fixture
def broken():
    helper()
def test_in_a_fixture(broken):
    pass
DECLARED = gradcheck.subject(falling, kind="activation", traits={"monotone": True})
@gradcheck.parametrize([DECLARED], expected_failures={"GC503": "see #41", "GC514": "see #42"})
def test_law(check):
    check(max_examples=3)
"""


def test_only_the_users_frames_are_shown(user: pytest.Pytester) -> None:
    """However a check was made, the way from pytest to the test and the way through ours are not told."""
    user.makepyfile(test_short=SHORT)
    lines = run(user, "test_short.py", "-k", "fixture or helper or GC502 or GC514").outlines
    frames = [line for line in lines if re.match(r"\S+:\d+: in ", line)]

    assert [re.sub(r"\d+", "N", frame) for frame in frames] == [
        "test_short.py:N: in broken",
        "test_short.py:N: in helper",
        "test_short.py:N: in test_fixture",
        "test_short.py:N: in test_helper",
        "test_short.py:N: in helper",
        "test_short.py:N: in test_law",
        "test_short.py:N: in test_law",
    ]


def test_without_the_plugin_asserting_still_works(user: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-p no:gradcheck`` leaves plain assertions; laws still run."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    monkeypatch.delenv("PYTEST_PLUGINS")
    user.makepyfile(
        test_laws="""
        import gradcheck, numpy as np
        @gradcheck.parametrize([gradcheck.subject(np.tanh, kind="activation")])
        def test_law(check):
            check(max_examples=3)
        """
    )
    result = run(user, "-p", "no:gradcheck", "-k", "bare or GC502")

    result.assert_outcomes(failed=1, passed=1)
    assert "GradientError" in result.stdout.str()


def test_nothing_is_imported_where_nothing_is_used(
    stranger: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run without gradcheck imports neither NumPy nor Hypothesis' strategies, nor any room of ours."""
    pytester = stranger
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others import what they like
    monkeypatch.setenv("PYTEST_PLUGINS", "gradcheck.pytest_plugin")
    pytester.makepyfile(
        """
        import sys
        def test_modules():
            ours = {name for name in sys.modules if name.startswith("gradcheck.")}
            assert ours <= {"gradcheck.pytest_plugin", "gradcheck._pytest", "gradcheck._pytest.running"}
            assert not {"numpy", "scipy", "rich", "hypothesis.strategies"} & sys.modules.keys()
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=1)
    assert "gradcheck:" not in result.stdout.str()


CONFORMANCE = """
import gradcheck, numpy as np, pytest
from layers_of_user import falling
SUBJECTS = [
    gradcheck.subject(np.tanh, kind="activation", name="tanh", traits={"monotone": True}),
    gradcheck.subject(falling, kind="activation", traits={"monotone": True}),
]
"""


def conformance(user: pytest.Pytester, options: str, *arguments: str) -> pytest.RunResult:
    """Run the laws of two activations."""
    user.makepyfile(
        test_conformance=f"{CONFORMANCE}@gradcheck.parametrize(SUBJECTS{options})\ndef test_it(check): check()\n"
    )
    return run(user, "test_conformance.py", "-k", "GC502 or GC503", "--gradcheck-max-examples=3", *arguments)


def test_a_law_is_a_test(user: pytest.Pytester) -> None:
    """One test per subject and law that applies, with a name that lasts."""
    result = conformance(user, "", "-v")

    result.stdout.fnmatch_lines(["*test_it?tanh-GC502? PASSED*", "*test_it?falling-GC502? FAILED*"])
    assert "falling-GC503" not in result.stdout.str()
    assert " max-examples=3 " in result.stdout.str()


def test_expected_failures_are_strict(user: pytest.Pytester) -> None:
    """By subject or for all; what passes in spite of it fails the test unless told otherwise."""
    user.makepyfile(
        test_expected=f"""{CONFORMANCE}
@gradcheck.parametrize(SUBJECTS, expected_failures={{'falling': {{'GC502': 'see #1'}}}})
def test_by_name(check): check()
@gradcheck.parametrize(SUBJECTS, expected_failures={{'GC502': 'see #1'}})
def test_for_all(check): check()
@gradcheck.parametrize(SUBJECTS, expected_failures={{'GC502': 'see #1'}}, strict=False)
def test_not_strict(check): check()
"""
    )
    result = run(user, "test_expected.py", "-k", "GC502", "-rA", "--gradcheck-max-examples=3")

    result.assert_outcomes(passed=2, failed=1, xfailed=3)
    assert "FAILED test_expected.py::test_for_all[tanh-GC502]" in result.stdout.str()
    assert "expected to fail (see #1), but it passed" in result.stdout.str()


def test_stale_expectations_are_errors() -> None:
    """A code or a subject that does not exist is refused with a sentence when the tests are collected."""
    with pytest.raises(InvalidArgument, match="unknown code 'GC5O2'; did you mean 'GC502'"):
        parametrize([], expected_failures={"GC5O2": "x"})
    with pytest.raises(InvalidArgument, match="unknown subject 'tanhh'"):
        parametrize([], expected_failures={"tanhh": {"GC502": "x"}})
    with pytest.raises(InvalidArgument, match=r"subjects=\[\] makes no test"):
        parametrize([])


def test_laws_of_a_subject_come_together_in_the_report(user: pytest.Pytester) -> None:
    """Whatever process ran them, the report has one row per subject, and its pictures once."""
    conformance(user, "", "-n", "2", "--gradcheck-report=json=r.json")
    suites = json.loads(Path("r.json").read_text())["suites"]

    assert [suite["subject"] for suite in suites] == ["falling", "tanh"]
    assert [len(suite["results"]) for suite in suites] == [1, 2]
    assert all(len(suite["pictures"]["curve"]["x"]) > 100 for suite in suites)


def test_markers_and_options_reach_the_check(user: pytest.Pytester) -> None:
    """The marker nearest to the test wins over the session, the call over both."""
    user.makepyfile(
        test_settings="""
        import numpy as np, pytest
        pytestmark = pytest.mark.gradcheck(seed=5)
        X = np.ones(3)
        def test_module(gradcheck):
            assert gradcheck(np.sin, X, derivative=np.cos).seed == 5
        @pytest.mark.gradcheck(seed=7, rtol=1e-3, max_examples=3)
        def test_function(gradcheck):
            report = gradcheck(np.sin, X, derivative=np.cos)
            assert report.seed == 7
            assert float(dict(report.settings)["rtol"]) == 1e-3
        def test_call(gradcheck):
            assert gradcheck(np.sin, X, derivative=np.cos, rng=9).seed == 9
        """
    )
    run(user, "test_settings.py", "--gradcheck-seed=3", "--strict-markers").assert_outcomes(passed=3)


def test_the_fixture_works_in_a_property_test(user: pytest.Pytester) -> None:
    """It keeps no state, so Hypothesis has nothing to complain about."""
    user.makepyfile(
        test_property="""
        import numpy as np
        from hypothesis import given, settings, strategies as st
        @settings(max_examples=3, deadline=None)
        @given(st.integers(1, 3))
        def test_sizes(gradcheck, n):
            gradcheck(np.sin, np.linspace(-1, 1, n), derivative=np.cos)
        """
    )
    run(user, "test_property.py").assert_outcomes(passed=1)


def test_a_report_that_cannot_be_written_is_said(user: pytest.Pytester) -> None:
    """The results are shown all the same, and the session is not green."""
    Path("file").touch()
    result = run(user, "-k", "right", "--gradcheck-report=html=file/r.html")

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["gradcheck: report=html=file/r.html cannot be written: *"])


LOW = ("--gradcheck-seed=-1", "--gradcheck-max-examples=0", "--gradcheck-cases=test_user.py")


@pytest.mark.parametrize(
    "argument", ["--gradcheck-report=htm=x", "--gradcheck-report=x", "--gradcheck-profile=no", *LOW]
)
def test_wrong_options_are_usage_errors(user: pytest.Pytester, argument: str) -> None:
    """Refused at the start, with a sentence, not after an hour."""
    result = run(user, argument)

    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_law_that_is_never_called_fails(user: pytest.Pytester) -> None:
    """A test that forgets the brackets checks nothing, and would pass for every law."""
    user.makepyfile(
        test_forgot="""
        import numpy as np, gradcheck
        SUBJECTS = [gradcheck.subject(np.sin, np.ones(3), derivative=np.cos)]
        @gradcheck.parametrize(SUBJECTS)
        def test_forgot(check): check
        @gradcheck.parametrize(SUBJECTS)
        def test_called(check): check()
        """
    )
    done = run(user, "test_forgot.py")
    done.assert_outcomes(passed=1, failed=1)
    assert (
        "<check sin-GC101> was never called, so nothing was checked: write check() in the test" in done.stdout.str()
    )


def test_what_cannot_be_checked_shows_the_line_of_the_test(user: pytest.Pytester) -> None:
    """And none of ours: the sentence says what to change there."""
    user.makepyfile(
        test_order="""
        import numpy as np
        def test_order(gradcheck):
            gradcheck(np.ones(3), np.sin, derivative=np.cos)
        """
    )
    text = run(user, "test_order.py").stdout.str()
    assert "gradcheck(np.ones(3), np.sin, derivative=np.cos)" in text
    assert "the function comes first" in text
    assert "_adapt.py" not in text
