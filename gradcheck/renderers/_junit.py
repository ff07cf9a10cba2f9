"""``junit``: one test case per subject and law, for every system that reads JUnit's XML."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from ..report import LawResult, Readable, Report, Status, SuiteReport
from ._escape import visible
from ._finding_text import counterexample, long_form, short_form
from ._run_view import Problem, as_run, law_problems, report_problems
from ._words import headline

Told = set[tuple[object, ...]]
"""The problems of a suite that an earlier test case told in full."""
_SKIPPED = (Status.NOT_APPLICABLE, Status.EXPECTED_FAILURE)


def render(report: Readable) -> str:
    """Return `report` as a JUnit document."""
    root = ET.Element("testsuites", name="gradcheck")
    for suite in as_run(report).suites:
        root.append(_suite(suite))
    _add_up(root, list(root))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode")


def _suite(suite: SuiteReport) -> ET.Element:
    node = ET.Element("testsuite", name=visible(suite.subject), time=f"{suite.cost.seconds:.3f}")
    told: set[tuple[object, ...]] = set()
    cases = [
        *([_check(suite, suite.check, told)] if suite.check is not None else []),
        *(_law(suite, law, told) for law in suite.results),
    ]
    node.extend(cases)
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        node.set(name, str(sum(case.find(tag) is not None for case in cases)))
    node.set("tests", str(len(cases)))
    return node


def _add_up(root: ET.Element, suites: Sequence[ET.Element]) -> None:
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))


def _check(suite: SuiteReport, check: Report, told: Told) -> ET.Element:
    found = [Problem(suite, finding) for finding in report_problems(check)]
    return _case(suite, "GC101 gradients", check.cost.seconds, found, told, failed=check.verdict == "fail")


def _law(suite: SuiteReport, law: LawResult, told: Told) -> ET.Element:
    found = [Problem(suite, finding, law) for finding in law_problems(law)]
    failed = law.status in (Status.FAILED, Status.UNEXPECTED_PASS)
    case = _case(suite, f"{law.code} {law.title}", law.seconds, found, told, failed=failed)
    if law.status in _SKIPPED:
        ET.SubElement(case, "skipped", message=visible(f"{law.status}: {law.reason or 'no reason given'}"))
    return case


def _case(
    suite: SuiteReport, name: str, time: float, found: Sequence[Problem], told: Told, *, failed: bool
) -> ET.Element:
    case = ET.Element("testcase", classname=visible(suite.subject), name=visible(name), time=f"{time:.3f}")
    if not found:
        return case
    text = "\n".join(line for problem in found for line in _text(problem, told))
    told.update(problem.same for problem in found)
    first = headline(suite.subject, found[0].finding)
    if failed:
        ET.SubElement(case, "failure", message=first, type=visible(found[0].finding.code)).text = text
    else:
        ET.SubElement(case, "system-out").text = text
    return case


def _text(problem: Problem, told: Told) -> list[str]:
    return [*short_form(problem), *counterexample(problem)] if problem.same in told else long_form(problem)
