"""Names that would act on a page stay text in a browser; so they do in a notebook, and in a picture alone."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from gallery.hostile import NASTY, report_naming

from gradcheck.renderers import render
from gradcheck.renderers._escape import visible
from gradcheck.renderers._html import notebook_card
from gradcheck.renderers._pictures import of_run
from gradcheck.report import RunReport

pytestmark = pytest.mark.browser

ACTING = (*NASTY, "<script>window.hacked = 1</script>", '" onload="window.hacked=1', "</style><svg onload=hacked()>")
HOST = "<!doctype html><html><body data-jp-theme-light='{}'><h1>notebook</h1><p>text</p>{}</body></html>"


def test_names_stay_text(opened: Callable[..., Any]) -> None:
    """No element comes of them, nothing runs, nothing is asked for, and the reader sees the names themselves."""
    suites = [suite for name in ACTING for suite in report_naming(name).suites]
    seen = opened(render(RunReport(tuple(suites)), "html"))
    titles = seen.page.eval_on_selector_all(
        "main .subject h3", "all => all.map(h => h.firstChild.textContent.trim())"
    )

    assert seen.page.evaluate("window.hacked") is None
    assert seen.page.locator("script, img, iframe, object, svg [onload]").count() == 0
    assert seen.said == []
    assert len(seen.asked) == 1
    assert titles == [visible(name).strip() for name in ACTING]


def test_long_names_and_many_of_them_fit_on_a_telephone(opened: Callable[..., Any]) -> None:
    """A name of five hundred letters without a space breaks instead of widening the page."""
    page = opened(render(report_naming("x" * 500), "html"), width=360).page

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("light", ["true", "false"])
def test_a_notebook_card_follows_the_notebook_and_leaves_it_alone(
    opened: Callable[..., Any], real_run: RunReport, light: str
) -> None:
    """The card takes the notebook's theme, not the system's, stays below 100 kB, and changes nothing around it."""
    style = (
        "(({color, fontSize, margin}) => [color, fontSize, margin])(getComputedStyle(document.querySelector('h1')))"
    )
    bare = opened(HOST.format(light, "")).page.evaluate(style)
    card = notebook_card(real_run)
    page = opened(HOST.format(light, card), color_scheme="dark" if light == "true" else "light").page
    ground = page.evaluate("getComputedStyle(document.querySelector('.gradcheck article')).backgroundColor")

    assert len(card.encode()) < 100_000
    assert page.evaluate(style) == bare
    assert (ground == "rgb(255, 255, 255)") == (light == "true")


def test_pictures_that_stand_alone_are_drawn(opened: Callable[..., Any], real_run: RunReport) -> None:
    """Each is a well-formed file that a browser draws, and that asks for nothing."""
    frame = "<!doctype html><meta charset=utf-8><img src='data:image/svg+xml;base64,{}'>"
    for _, picture in of_run(real_run):
        drawn = picture.whole().alone()
        ET.fromstring(drawn)
        assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")
    coded = base64.b64encode(drawn.encode()).decode()
    page = opened(frame.format(coded)).page

    assert page.evaluate("document.querySelector('img').naturalWidth") > 100
