"""The page in a browser: everything is there, at any width, in the dark and on paper, without scripts or requests."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from gradcheck.renderers import render
from gradcheck.renderers._run_view import problems
from gradcheck.report import RunReport

pytestmark = pytest.mark.browser

PICTURES = {"field": 3, "scatter": 1, "steps": 1, "curve": 2, "layers": 4, "initializations": 4, "covariance": 2}
"""Sort of picture -> panels on the page of `real_run`."""

CONTRAST = """() => {
  const bright = c => { const [r, g, b] = c.map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = node => { for (; node; node = node.parentElement) {
      const c = parse(getComputedStyle(node).backgroundColor); if (c.length === 3 || c[3] > 0) return c; }
      return [255, 255, 255]; };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
    if (!text || node.closest('style, title, svg') || !node.getClientRects().length) continue;
    const [a, b] = [bright(parse(getComputedStyle(node).color)), bright(ground(node))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), text.slice(0, 40)]);
  }
  return found;
}"""
"""Contrast of every visible word with the ground behind it."""


def test_every_card_and_every_picture_is_there(opened: Callable[..., Any], real_run: RunReport) -> None:
    """A card per problem, each sort of picture with all of its panels, none of them without an extent."""
    page = opened(render(real_run, "html")).page
    boxes = page.eval_on_selector_all(
        "svg", "all => all.map(s => s.getBoundingClientRect()).map(b => [b.width, b.height])"
    )

    assert page.locator("article").count() == len(problems(real_run)) >= 2
    assert {name: page.locator(f"figure.{name} svg").count() for name in PICTURES} == PICTURES
    assert all(width > 60 and height > 20 for width, height in boxes)
    assert page.locator("table.laws-table tbody tr").count() == len(real_run.suites)
    assert "def backward" in page.locator("pre.source").first.inner_text()
    assert "reproduce" in page.locator("article dl").first.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_said_and_nothing_is_asked_for(
    opened: Callable[..., Any], real_run: RunReport, scheme: str
) -> None:
    """The console stays empty, and the one request is for the file itself."""
    seen = opened(render(real_run, "html"), color_scheme=scheme)

    assert seen.said == []
    assert [url.rpartition("/")[2] for url in seen.asked] == ["report.html"]


def test_no_width_makes_the_page_scroll_sideways(opened: Callable[..., Any], real_run: RunReport) -> None:
    """Wide tables and long lines scroll inside their own frames; every frame is open to the keyboard."""
    page = opened(render(real_run, "html")).page
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    hidden = "all => all.filter(e => e.scrollWidth > e.clientWidth && !(e.tabIndex >= 0)).map(e => e.className)"

    for width in (320, 360, 768, 1400):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.eval_on_selector_all(".scroll", hidden) == []


def test_it_works_without_scripts(opened: Callable[..., Any], real_run: RunReport) -> None:
    """What is folded unfolds, and a cell of the table leads to its card, with scripts turned off."""
    page = opened(render(real_run, "html"), java_script_enabled=False).page
    summary = page.locator("summary", has_text="What the codes mean")
    summary.click()
    page.locator("table.laws-table a").first.click()

    assert page.locator("details[open] dl.codes").is_visible()
    assert "#finding-" in page.url
    assert page.locator("article:target").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(opened: Callable[..., Any], real_run: RunReport, scheme: str) -> None:
    """The contrast of words with their ground is 4.5 at least, as WCAG AA asks."""
    page = opened(render(real_run, "html"), color_scheme=scheme).page
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = page.evaluate(CONTRAST)

    assert len(found) > 100
    assert [(round(ratio, 2), text) for ratio, text in found if ratio < 4.5] == []


def test_day_and_night_differ_and_paper_is_white(opened: Callable[..., Any], real_run: RunReport) -> None:
    """The system's choice decides, but paper is light in any case."""
    ground = "getComputedStyle(document.querySelector('article')).backgroundColor"
    page = opened(render(real_run, "html"), color_scheme="dark").page
    night = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    day = page.evaluate(ground)
    page.emulate_media(media="print", color_scheme="dark")

    assert night != day == page.evaluate(ground) == "rgb(255, 255, 255)"


def test_it_prints(opened: Callable[..., Any], real_run: RunReport) -> None:
    """A PDF of several pages comes out."""
    pdf = opened(render(real_run, "html")).page.pdf()

    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type/Page") >= 2
    assert len(pdf) > 20_000


def test_readers_of_the_screen_find_their_way(opened: Callable[..., Any], real_run: RunReport) -> None:
    """Landmarks, headings without a gap, words for every picture, headers for every table, a name for every frame."""
    page = opened(render(real_run, "html")).page
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "all => all.map(h => Number(h.tagName[1]))")
    names = page.eval_on_selector_all(
        "svg", "all => all.map(s => s.getAttribute('role') + s.getAttribute('aria-label'))"
    )

    assert [page.locator(name).count() for name in ("main", "header", "footer", "h1")] == [1, 1, 1, 1]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(len(name) > 20 and name.startswith("img") for name in names)
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator(".scroll:not([aria-label])").count() == 0
    assert page.evaluate("document.documentElement.lang") == "en"


def test_the_keyboard_reaches_what_can_be_used(opened: Callable[..., Any], real_run: RunReport) -> None:
    """The tabulator goes through links, frames and folds, and what has the focus is outlined."""
    page = opened(render(real_run, "html")).page
    focus = "(e => [e.tagName, getComputedStyle(e).outlineStyle])(document.activeElement)"
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focus))

    assert {"DIV", "A", "SUMMARY"} <= {tag for tag, _ in reached}
    assert {style for _, style in reached} == {"solid"}
