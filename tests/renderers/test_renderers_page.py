"""The page without a browser: how large it becomes, what it leaves out and says so, what a notebook gets of it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import gradcheck
from gradcheck.renderers import render
from gradcheck.renderers._html import CARDS, NOTEBOOK, PAGE, notebook_card
from gradcheck.report import Field, LawResult, Readable, Report, RunReport, Status, SuiteReport


def _large_run(samples: dict[str, Readable]) -> RunReport:
    """Return a run of a thousand subjects, each with a wrong gradient that fills its grid, and thirty laws."""
    check = samples["check-fail"]
    assert isinstance(check, Report)
    numbers = tuple(float(f"{v:.6g}") for v in np.random.default_rng(0).standard_normal(24 * 32))
    full = Field((1000, 1000), (24, 32), (42, 32), numbers, numbers, numbers, numbers)
    wrong = replace(check.findings[0], field=full)
    laws = tuple(LawResult(f"GC5{k:02}", "a law", Status.PASSED, examples=50) for k in range(30))
    suites = (
        SuiteReport(f"layer{k}", "layer", laws, check=replace(check, subject=f"layer{k}", findings=(wrong,)))
        for k in range(1000)
    )
    return RunReport(tuple(suites))


def test_a_large_run_makes_a_small_page_that_says_what_it_left_out(samples: dict[str, Readable]) -> None:
    """A thousand failures stay below 5 MB; cards, pictures and subjects beyond the caps are counted."""
    page = render(_large_run(samples), "html")

    assert len(page) < 5_000_000
    assert page.count("<article") == CARDS
    assert f"and {1000 - CARDS} more problems" in page
    assert re.search(r"\d+ pictures left out, so that the page stays small", page)
    assert "made smaller: a cell is the worst of 42 x 32 entries" in page
    assert sum(map(len, re.findall(r"<svg.*?</svg>", page))) < PAGE


def test_a_wrong_gradient_of_many_entries_makes_a_small_report() -> None:
    """Report, page and notebook card stay small, and the picture says that it was made smaller."""
    x = np.random.default_rng(0).standard_normal((200, 200))

    def slope(x: np.ndarray) -> np.ndarray:
        wrong = np.cos(x)
        wrong[3, 5] += 1
        return wrong

    report = gradcheck.check(np.sin, x, derivative=slope)
    (finding,) = (f for f in report.findings if f.field is not None)

    assert finding.field is not None
    assert finding.field.shape == (200, 200)
    assert len(report.to_json()) < 150_000
    assert len(render(report, "html")) < 150_000
    assert "made smaller" in render(report, "html")


def test_a_notebook_card_stays_below_its_limit(samples: dict[str, Readable]) -> None:
    """Whatever the run, a cell of a notebook grows by less than 100 kB, and says what is missing."""
    card = notebook_card(_large_run(samples))

    assert len(card.encode()) < NOTEBOOK + 40_000 == 100_000
    assert "995 more problems" in card


def test_reports_show_themselves_in_a_notebook(sample: tuple[str, Readable]) -> None:
    """`_repr_html_` is a part of a page: no document around it, its style bound to its own class."""
    card = sample[1]._repr_html_()
    style = card[card.index("<style>") : card.index("</style>")]

    assert "<html" not in card
    assert "<body" not in card
    assert card.count('<div class="gradcheck">') == 1
    assert "id=" not in card
    selectors = re.findall(r"(?:^|\})\s*([^{}@]+)\{", re.sub(r"@media[^{]*\{|@page\s*\{[^}]*\}", "", style[7:]))
    assert [s for s in selectors if s.strip() and ".gradcheck" not in s and ".pic" not in s] == []


def test_the_table_leads_to_the_cards(samples: dict[str, Readable]) -> None:
    """Every address on the page is that of a card that is there."""
    page = render(samples["run-fail"], "html")
    cards = set(re.findall(r'<article id="([^"]+)"', page))

    assert set(re.findall(r'href="#([^"]+)"', page)) == cards
    assert len(cards) == 4


def test_the_source_is_shown_though_the_file_is_gone(samples: dict[str, Readable]) -> None:
    """The lines travel with the report; the first of them, which the place names, is marked."""
    page = render(samples["check-fail"], "html")

    assert re.search(r"<mark><span class=\"no\">  14</span>     def backward\(self, dout\):</mark>", page)
    assert "dxhat = dout * self.gamma" in page


def test_a_line_that_the_help_names_is_marked(samples: dict[str, Readable]) -> None:
    """Where a repair says its line, that line is marked in place of the first."""
    check = samples["check-fail"]
    assert isinstance(check, Report)
    (finding,) = check.findings
    page = render(replace(check, findings=(replace(finding, hint="in line 15 write a + b"),)), "html")

    assert re.findall(r"<mark><span class=\"no\">\s*(\d+)", page) == ["15"]


@pytest.mark.parametrize("name", ["run-empty", "run-interrupted"])
def test_short_runs_say_what_they_are(samples: dict[str, Readable], name: str) -> None:
    """Nothing at all has no table, and an interrupted run says so at the top."""
    page = render(samples[name], "html")

    assert ("was interrupted" in page) == (name == "run-interrupted")
    assert ("<table" in page) == (name == "run-interrupted")
