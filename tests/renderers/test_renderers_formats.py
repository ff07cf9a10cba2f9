"""What each format promises to the program that reads it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from gradcheck import InvalidArgument
from gradcheck.renderers import FORMATS, render
from gradcheck.renderers._markdown import within
from gradcheck.report import Finding, LawResult, Readable, Report, RunReport, Status, SuiteReport, Verdict


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_every_report(sample: tuple[str, Readable], name: str) -> None:
    """Each format has a text for each sort of report."""
    assert isinstance(render(sample[1], name), str)


def test_an_unknown_format_suggests_the_right_one() -> None:
    """The message names the format that was probably meant."""
    with pytest.raises(InvalidArgument, match="did you mean 'json'"):
        render(RunReport(), "jsn")


def test_json_is_strict(sample: tuple[str, Readable]) -> None:
    """JSON holds no word that the standard does not know, and names its layout."""
    data = json.loads(render(sample[1], "json"), parse_constant=pytest.fail)

    assert (data["format"], data["version"]) == ("gradcheck-report", 1)


def test_junit_counts_its_cases(samples: dict[str, Readable]) -> None:
    """The totals of the document are the numbers of its elements."""
    root = ET.fromstring(render(samples["run-fail"], "junit"))

    assert int(root.attrib["tests"]) == len(root.findall(".//testcase")) == 12
    assert int(root.attrib["failures"]) == len(root.findall(".//failure")) == 3
    assert int(root.attrib["skipped"]) == len(root.findall(".//skipped")) == 2
    assert root.findall(".//failure")[-1].attrib["message"].startswith("error[GC101]")


def test_what_is_found_twice_is_told_once(samples: dict[str, Readable]) -> None:
    """A law that repeats what the check found adds its smallest input; every count is one of distinct problems."""
    check = samples["check-fail"]
    assert isinstance(check, Report)
    laws = tuple(LawResult(code, "t", Status.FAILED, check.findings, counterexample="x = 1") for code in TWINS)
    suite = SuiteReport("BatchNorm", "normalization", laws, check=check)
    texts = {name: render(RunReport((suite,)), name) for name in FORMATS}
    title = "the backward pass is wrong for the input x"

    for name in ("full", "concise", "github", "markdown", "sarif"):
        assert texts[name].count(title) == 1, name
    assert all(texts[name].count("x = 1") == 1 for name in ("full", "github", "markdown"))
    assert "1 error in 1 subject" in texts["full"]
    assert texts["junit"].count("12 of 12 entries differ") == 1
    assert len(ET.fromstring(texts["junit"]).findall(".//failure")) == 3


TWINS = ("GC101", "GC217")


def test_github_stops_at_ten_of_a_sort_and_says_so() -> None:
    """Ten errors, then ten warnings at most; the last of each counts the others."""
    findings = tuple(Finding("GC101", f"number {k}", location=("a.py", 3)) for k in range(23))
    doubts = tuple(Finding("GC902", f"number {k}", Verdict.INCONCLUSIVE) for k in range(12))
    lines = render(Report("f", "", (*doubts, *findings)), "github").split("\n")

    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10
    assert lines[0] == "::error file=a.py,line=3,title=gradcheck GC101 f::number 0"
    assert "14 more findings" in lines[9]
    assert "3 more findings" in lines[19]


def test_github_paths_are_relative_to_the_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    """An absolute path below the workspace is shortened, as GitHub wants it."""
    monkeypatch.setenv("GITHUB_WORKSPACE", "/somewhere/repo")
    report = Report("f", "", (Finding("GC101", "wrong", location=("/somewhere/repo/pkg/a.py", 3)),))

    assert "file=pkg/a.py," in render(report, "github")


def test_markdown_stays_below_the_limit_of_a_job_summary() -> None:
    """Many long failures are cut, and the text says how many are missing."""
    finding = Finding("GC101", "wrong", cause="x" * 150, detail=("y" * 150,) * 8)
    suites = tuple(SuiteReport(f"f{k}", "layer", check=Report(f"f{k}", "", (finding,))) for k in range(2000))
    text = render(RunReport(suites), "markdown")

    assert len(text.encode()) <= 900_000
    assert re.search(r"\d+ more subjects with problems left out", text)


@pytest.mark.parametrize("room", [100, 5_000, 50_000])
def test_markdown_keeps_to_the_room_that_is_left(room: int) -> None:
    """Whatever room a summary has left, the text fits, and is cut between characters."""
    suites = tuple(
        SuiteReport(f"ä{k}", "layer", check=Report("ä", "", (Finding("GC101", "ü"),))) for k in range(3000)
    )

    assert len(within(RunReport(suites), room).encode()) <= room


def test_markdown_tells_the_worst_first(samples: dict[str, Readable]) -> None:
    """Subjects that fail stand above those that pass."""
    rows = [line for line in render(samples["run-fail"], "markdown").split("\n") if line.startswith("| ")]

    assert [row.split("|")[1].strip() for row in rows[1:]] == ["❌", "❌", "✅"]


def test_sarif_names_rule_place_and_fingerprint(samples: dict[str, Readable]) -> None:
    """A result has its rule, its place, and a fingerprint that ignores the numbers and the line."""
    report = samples["check-fail"]
    assert isinstance(report, Report)
    moved = replace(report, findings=(replace(report.findings[0], analytic=7.0, location=("mypkg/layers.py", 99)),))
    first, second = (json.loads(render(r, "sarif"))["runs"][0]["results"][0] for r in (report, moved))

    assert first["ruleId"] == "GC101"
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 14}
    assert first["partialFingerprints"] == second["partialFingerprints"]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [f"{name}={value}" for name, value in attrs if name in ("src", "href")]


def test_html_needs_nothing_else(samples: dict[str, Readable]) -> None:
    """The page has no script, no import and no link but to itself; a card per problem, and each of its pictures."""
    text = render(samples["run-fail"], "html")
    page = _Page()
    page.feed(text)

    assert all(link.startswith("href=#finding-") for link in page.links)
    assert "script" not in page.tags
    assert "@import" not in text
    assert "url(" not in text
    assert page.tags.count("article") == 4
    assert page.tags.count("svg") == 3 + 1 + 1 + 1 + 1 + 2


def test_concise_is_one_line_per_problem(samples: dict[str, Readable]) -> None:
    """Place, severity, code and path stand on one line."""
    lines = render(samples["check-fail"], "concise").split("\n")

    assert lines[0].startswith("mypkg/layers.py:14: error GC101 BatchNorm.inputs['x']: ")
    assert len(lines) == 2
