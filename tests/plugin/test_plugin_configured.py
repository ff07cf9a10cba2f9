"""Subjects of ``[tool.gradcheck]`` under pytest: items without a test file, chosen and counted as others."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import gradcheck

ACTS = """
import numpy as np
def falling(x): return -x
def rising(x): return np.tanh(x)
"""
TABLE = """
[tool.gradcheck]
max-examples = 3
subjects = [
    { target = "acts_of_user:falling", kind = "activation", traits = { monotone = true } },
    { target = "acts_of_user:rising", kind = "activation", traits = { monotone = true } },
]
"""
ITEM = "pyproject.toml::falling::GC502"


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """Import what checks import: a run in this process takes its own modules with it, and NumPy has one life."""
    for name in ("numpy.fft", "scipy.stats", "scipy.sparse.linalg", "gradcheck.properties.adapters.activation"):
        import_module(name)
    assert gradcheck.run_suite(np.tanh, "activation", checks=["GC502"], max_examples=1).ran


@pytest.fixture
def user(stranger: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Make a project whose subjects stand in its configuration, beside one test of another sort."""
    monkeypatch.delenv("GRADCHECK_CASES", raising=False)
    stranger.makepyfile(acts_of_user=ACTS, test_other="def test_other(): pass")
    Path("pyproject.toml").write_text(TABLE)
    return stranger


def run(user: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest here: this costs no start of an interpreter."""
    return user.runpytest_inprocess("-p", "no:randomly", *arguments)


def listed(user: pytest.Pytester, *arguments: str) -> list[str]:
    """Return the node ids of what would run."""
    return [line for line in run(user, "--collect-only", "-q", *arguments).outlines if "::" in line]


def test_each_law_is_an_item_that_appears_once(user: pytest.Pytester) -> None:
    """Whatever is given: nothing, folder and file, ``testpaths``; and not where a test file is asked for."""
    everything = listed(user)
    Path("tests_of_user").mkdir()
    Path("tests_of_user/test_more.py").write_text("def test_more(): pass")
    Path("pytest.ini").write_text("[pytest]\ntestpaths = tests_of_user\n")
    elsewhere = listed(user)

    assert ITEM in everything
    assert "test_other.py::test_other" in everything
    assert len(everything) == len(set(everything))
    assert sorted(listed(user, ".", "pyproject.toml")) == sorted(
        [*everything, "tests_of_user/test_more.py::test_more"]
    )
    assert sorted(elsewhere) == sorted([*everything[:-1], "tests_of_user/test_more.py::test_more"])
    assert listed(user, "test_other.py") == ["test_other.py::test_other"]
    assert ITEM in listed(user, "test_other.py", "--gradcheck")
    assert listed(user, "--gradcheck-skip", ".")[-2:] == [
        "test_other.py::test_other",
        "tests_of_user/test_more.py::test_more",
    ]


def test_an_item_is_chosen_as_any_other(user: pytest.Pytester) -> None:
    """By its node id, by words, by the marker, by codes, and by what failed last."""
    by_id = run(user, ITEM)

    by_id.assert_outcomes(failed=1)
    by_id.stdout.fnmatch_lines(
        ["error?GC502?: `falling`: f(y) - f(x) for x < y*", "  --> acts_of_user.py:2 in falling"]
    )
    run(user, "-k", "GC502", "-p", "cacheprovider").assert_outcomes(passed=1, failed=1)
    assert listed(user, "--lf", "-p", "cacheprovider") == [ITEM]
    assert not any("test_other" in name for name in listed(user, "-m", "gradcheck"))
    assert listed(user, "--gradcheck-select=GC502", "--gradcheck-only") == [ITEM, ITEM.replace("falling", "rising")]
    assert ITEM not in listed(user, "--gradcheck-ignore", "GC5")


def test_a_name_with_brackets_is_found_again(user: pytest.Pytester) -> None:
    """By the command of its report, and among what failed last, also after a run whose configuration was wrong."""
    table = TABLE.replace('falling",', 'falling", name = "f[v2]",')
    Path("pyproject.toml").write_text(table.replace("rising", "missing"))
    run(user, "pyproject.toml", "-p", "cacheprovider").assert_outcomes(errors=1)
    Path("pyproject.toml").write_text(table)
    text = run(user, "-p", "cacheprovider").stdout.str()
    found = re.search(r"reproduce: pytest (.*)", text)
    assert found is not None

    run(user, *shlex.split(found[1])).assert_outcomes(failed=1)
    # After an error of collection pytest runs once more whatever stands below it.
    assert run(user, "--lf", "-p", "cacheprovider").parseoutcomes()["failed"] == 1
    run(user, "--lf", "-p", "cacheprovider").assert_outcomes(failed=1)


def test_names_that_pytest_reads_alike_stay_apart(user: pytest.Pytester) -> None:
    """Two subjects whose names differ by their brackets alone have two node ids."""
    table = TABLE.replace('falling",', 'falling", name = "f[2]",').replace('rising",', 'rising", name = "f(2)",')
    Path("pyproject.toml").write_text(table)
    found = listed(user, "--gradcheck-select=GC502", "--gradcheck-only")

    assert [name.split("::")[1] for name in found] == ["f(2)", "f(2) 2"]


def test_the_header_has_every_setting_with_its_origin(user: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Default, line, variable and option; the service chooses the profile as it does for Hypothesis."""
    monkeypatch.setenv("GRADCHECK_MAX_EVALS", "70")
    monkeypatch.setenv("BUILDKITE", "true")
    (line,) = (
        text for text in run(user, "--gradcheck-seed=4", "test_other.py").outlines if text.startswith("gradcheck:")
    )

    for told in (
        " profile=ci (environment BUILDKITE) ",
        " seed=4 ",
        " max-examples=3 (pyproject.toml:3) ",
        " max-evals=70 (environment GRADCHECK_MAX_EVALS) ",
        " min-checks=0 ",
        " cases=auto ",
        " subjects=falling,rising (pyproject.toml:4)",
    ):
        assert told in line


@pytest.mark.parametrize(
    ("change", "arguments", "says"),
    [
        (("max-examples", "max-example"), [], "*pyproject.toml:3: *unknown key 'max-example'; did you mean 'max-*"),
        (("monotone", "monotony"), [], "*traits has the unknown key 'monotony'; did you mean 'monotone'*"),
        (("acts_of_user:falling", "acts_of_user:faling"), [], "*did you mean 'falling'*"),
        (("", ""), ["--gradcheck-select=GC5O2"], "*--gradcheck-select='GC5O2' is no code*; did you mean GC502*"),
        (("", ""), ["--gradcheck-profile=nigthly"], "*did you mean 'nightly'*"),
        (("", ""), ["--gradcheck-annotate=yes"], '*"auto" or "always" or "never"*'),
        (("subjects", "# subjects"), ["--gradcheck"], "*declares no subjects*"),
        (("gradcheck", "other"), ["--gradcheck-max-examples=0"], "*--gradcheck-max-examples = 0 must be *"),
        (("gradcheck", "other"), ["--gradcheck-max-evals=0"], "*--gradcheck-max-evals = 0 must be *"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence_before_anything_runs(
    user: pytest.Pytester, change: tuple[str, str], arguments: list[str], says: str
) -> None:
    """In the table, in a subject, in an option: at the start or while collecting, without a traceback of ours."""
    text = TABLE.replace(*change) if change[0] != "subjects" else "[tool.gradcheck]\n"
    Path("pyproject.toml").write_text(text)
    result = run(user, "--collect-only", *arguments)

    assert result.ret in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERRUPTED)
    lines = [*result.outlines, *result.errlines]
    assert any(Path(line).match(says) or _matches(line, says) for line in lines), "\n".join(lines)
    assert not any("Traceback" in line for line in lines)


def _matches(line: str, pattern: str) -> bool:
    from fnmatch import fnmatchcase

    return fnmatchcase(line, pattern.replace("[", "[[]"))


def test_cases_are_kept_replayed_and_healed(user: pytest.Pytester) -> None:
    """A failure is on disk; ``--gradcheck-replay`` runs it alone; once it is repaired it is gone."""
    run(user, "-k", "GC502").assert_outcomes(passed=1, failed=1)
    assert len(list(Path(".gradcheck/cases").glob("GC502-*.json"))) == 1
    run(user, "--gradcheck-replay").assert_outcomes(failed=1)
    assert listed(user, "--gradcheck-replay") == [ITEM]
    assert ITEM not in listed(user, "--gradcheck-replay", "--gradcheck-cases=off")
    Path("acts_of_user.py").write_text(ACTS.replace("-x", "1.0 * x "))
    user.runpytest_subprocess("--gradcheck-replay").assert_outcomes(passed=1)
    assert list(Path(".gradcheck/cases").iterdir()) == []


def test_expected_failures_are_written_and_pruned(user: pytest.Pytester) -> None:
    """What fails is written with its reason, is expected from then on, and goes once it is stale; the rest stays."""
    Path("pyproject.toml").write_text(TABLE + "# a comment\n[project]\nname = 'mine'\n")
    first = run(user, "-k", "GC502", "--gradcheck-update-expected", "see #41")
    first.stdout.fnmatch_lines(["gradcheck: 1 expected failure added, 0 removed"])
    text = Path("pyproject.toml").read_text()

    assert "# a comment\n[project]\nname = 'mine'\n" in text
    assert tomllib.loads(text)["tool"]["gradcheck"]["expected-failures"] == {"falling": {"GC502": "see #41"}}
    run(user, "-k", "GC502").assert_outcomes(passed=1, xfailed=1)
    Path("pyproject.toml").write_text(text.replace('"falling"]', '"rising"]'))
    stale = run(user, "-k", "GC502", "--gradcheck-update-expected", "see #42")
    stale.assert_outcomes(failed=2)
    assert tomllib.loads(Path("pyproject.toml").read_text())["tool"]["gradcheck"]["expected-failures"] == {
        "rising": {},
        "falling": {"GC502": "see #42"},
    }
    refused = run(user, "-k", "GC502", "--gradcheck-update-expected", "")
    assert "a reason is needed" not in refused.stdout.str()  # nothing is new
    Path("pyproject.toml").write_text(TABLE)
    run(user, "-k", "GC502", "--gradcheck-update-expected", " ").stdout.fnmatch_lines(["*a reason is needed*"])


def test_an_expectation_that_does_not_apply_is_red(user: pytest.Pytester) -> None:
    """A code that is not even tried, and a subject that is not there, are errors, not silence."""
    Path("pyproject.toml").write_text(TABLE + "[tool.gradcheck.expected-failures.falling]\nGC101 = 'see #41'\n")
    run(user, "pyproject.toml::falling::GC101").stdout.fnmatch_lines(
        ["*expected to fail (see #41), but it does not apply: *"]
    )
    Path("pyproject.toml").write_text(TABLE + "[tool.gradcheck.expected-failures.faling]\nGC502 = 'see #41'\n")
    run(user).stdout.fnmatch_lines(["*which is not checked; did you mean 'falling'*"])


def test_fewer_checks_than_asked_for_are_red(user: pytest.Pytester) -> None:
    """Of the whole session; a part of it that somebody chose is not counted, unless the option says so."""
    Path("pyproject.toml").write_text(TABLE.replace("max-examples", "min-checks = 500\nmax-examples"))
    result = run(user, "--gradcheck-select=GC503")
    result.assert_outcomes(passed=2)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["gradcheck: 1 checks ran in all, but min-checks = 500 (pyproject.toml:3) asks for more"]
    )
    assert run(user, "test_other.py").ret == pytest.ExitCode.OK
    assert run(user, "test_other.py", "--gradcheck-min-checks=2").ret == pytest.ExitCode.TESTS_FAILED


def test_annotations_are_asked_for_or_left(user: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """On GitHub by themselves; always or never where somebody says so."""

    def annotations(*arguments: str) -> int:
        return sum(line.startswith("::error ") for line in run(user, ITEM, *arguments).outlines)

    assert [annotations(), annotations("--gradcheck-annotate=always")] == [0, 1]
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert [annotations(), annotations("--gradcheck-annotate=never")] == [1, 0]


def test_doubt_is_red_where_asked_for(user: pytest.Pytester) -> None:
    """A law that nothing could break is a skipped test otherwise."""
    Path("acts_of_user.py").write_text(f"{ACTS}\ndef zero(x): return 0.0 * x\n")
    Path("conftest.py").write_text(
        "import gradcheck\nfrom gradcheck.properties import add_law\n"
        "@add_law('MINE-1', 'never broken', kind='activation')\n"
        "def never(f, case): \n    'Nothing breaks it.'\n    case.idle('nothing to see')\n"
    )
    item = "pyproject.toml::rising::MINE-1"
    user.runpytest_subprocess(item, "--gradcheck-fail-on=vacuous").assert_outcomes(failed=1)


def test_a_stranger_runs_it_in_parallel(user: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under xdist, with JUnit, annotations, a summary and HTML: everything once, with code, file and line."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    arguments = ("-n", "2", "-k", "GC502 or other", "--junitxml=j.xml", "-o", "junit_family=xunit1")
    result = user.runpytest_subprocess(*arguments, "--gradcheck-report=html=r.html", "--gradcheck-report=json=r.json")
    text = result.stdout.str()

    result.assert_outcomes(passed=2, failed=1)
    assert len([line for line in result.outlines if line.startswith("error GC502 falling")]) == 1
    assert "::error file=acts_of_user.py,line=2,title=gradcheck GC502 falling::" in text
    assert "GC502" in Path("r.html").read_text()
    assert "GC502" in Path("summary.md").read_text()
    assert [suite["subject"] for suite in json.loads(Path("r.json").read_text())["suites"]] == ["falling", "rising"]
    junit = ET.parse("j.xml").getroot()
    assert [p.attrib["value"] for p in junit.findall(".//property[@name='gradcheck']")] == ["GC502"]
    assert "GC502" in junit.findall(".//failure")[0].attrib["message"]


def test_it_gets_along_with_others(user: pytest.Pytester) -> None:
    """Subtests, and the measurement of coverage, go on around a check; what the subject prints is captured."""
    Path("test_other.py").write_text(
        "import numpy as np\n"
        "def test_all(subtests, gradcheck):\n"
        "    for scale in (1.0, 2.0):\n"
        "        with subtests.test(scale=scale):\n"
        "            gradcheck(np.sin, scale * np.ones(3), derivative=np.cos if scale < 2 else np.sin)\n"
    )
    if not hasattr(pytest, "Subtests"):
        pytest.skip("subtests came with pytest 9")
    pytest.importorskip("coverage")
    measured = user.run("python", "-m", "coverage", "run", "-m", "pytest", "-k", "GC502 or all")

    measured.stdout.fnmatch_lines(["*error?GC101?*", "error GC101 sin*(test_other.py::test_all)"])
    assert measured.parseoutcomes()["failed"] >= 2
    report = user.run("python", "-m", "coverage", "report", "--include=acts_of_user.py").stdout.str()
    assert "100%" in report
