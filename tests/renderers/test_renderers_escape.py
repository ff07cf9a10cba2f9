"""Nothing that user code can name acts on a terminal, a page, a document or a log."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from gallery.hostile import NASTY, report_naming
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradcheck.renderers import FORMATS, render
from gradcheck.renderers._escape import for_markdown, github_data, github_property, markdown_block, visible
from gradcheck.renderers._html import notebook_card
from gradcheck.renderers._pictures import of_run
from gradcheck.report import RunReport

text = st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=30))


Make = Callable[[RunReport], str]


def _alone(run: RunReport) -> str:
    """Return every picture of a run as a file of its own."""
    return "".join(picture.whole().alone() for _, picture in of_run(run))


@pytest.mark.parametrize("format_name", FORMATS)
@settings(max_examples=30, deadline=None)
@given(name=text)
@example(name="".join(NASTY))
def test_no_format_lets_a_control_through(format_name: str, name: str) -> None:
    """No output holds a character that steers a terminal, and every output can be encoded."""
    shown = render(report_naming(name), format_name)
    shown.encode("utf-8")

    assert {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")} <= {"\n"}


@settings(max_examples=50, deadline=None)
@given(name=text)
def test_names_never_become_markup(name: str) -> None:
    """Letters in place of what markup is made of leave the page's elements, and JUnit's tree, as they were."""
    tame = "".join("x" if character in "<>&\"'`" else character for character in name)
    pages = [_elements(render(report_naming(each), "html")) for each in (tame, name)]
    trees = [[node.tag for node in ET.fromstring(render(report_naming(n), "junit")).iter()] for n in (tame, name)]

    assert pages[0] == pages[1]
    assert trees[0] == trees[1]


@pytest.mark.parametrize("make", [notebook_card, _alone])
@settings(max_examples=30, deadline=None)
@given(name=text)
def test_neither_a_notebook_nor_a_picture_takes_a_name_for_markup(make: Make, name: str) -> None:
    """Nor do a card of a notebook, and a picture that stands alone."""
    tame = "".join("x" if character in "<>&\"'`" else character for character in name)

    assert _elements(make(report_naming(tame))) == _elements(make(report_naming(name)))


@settings(max_examples=50, deadline=None)
@given(name=text)
def test_a_name_is_on_the_page_as_it_is(name: str) -> None:
    """What a reader of the page sees of a subject's name is the name, controls spelled out."""
    texts: list[str] = []
    parser = HTMLParser()
    parser.handle_data = texts.append  # type: ignore[method-assign]
    parser.feed(render(report_naming(name), "html"))

    assert visible(name) in "".join(texts)


def _elements(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return every element with the names of its attributes."""
    found: list[tuple[str, tuple[str, ...]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append((tag, tuple(k for k, _ in attrs)))  # type: ignore[method-assign]
    parser.feed(page)
    return found


@settings(max_examples=50, deadline=None)
@given(name=text)
def test_a_workflow_command_is_one_line_each(name: str) -> None:
    """As many lines as findings, each a command; and no name opens a second one."""
    lines = render(report_naming(name), "github").split("\n")

    assert len(lines) == 2
    assert all(line.startswith("::error ") for line in lines)


@given(st.text(st.characters()))
def test_workflow_text_is_encoded(name: str) -> None:
    """No raw percent sign, and in properties neither colon nor comma."""
    assert "%" not in github_data(name).replace("%25", "").replace("%0A", "").replace("%0D", "")
    assert not set(":,\n\r") & set(github_property(name))


@given(st.text(st.sampled_from("`~ab \n")))
def test_a_fence_is_longer_than_any_inside(name: str) -> None:
    """No line of the text closes the block."""
    first, *inside, last = markdown_block(name).split("\n")

    assert first == f"{last}text"
    assert all(last not in line for line in inside)


def test_markdown_punctuation_is_escaped() -> None:
    """Emphasis, links, tables, tags and mentions stay plain characters."""
    assert for_markdown("*a* [b](c) | <d> @e") == r"\*a\* \[b\]\(c\) \| \<d\> \@e"


def test_an_escape_sequence_is_spelled_out() -> None:
    """The reader sees the characters instead of their effect."""
    assert visible("\x1b[31m\n\u202e") == r"\x1b[31m\n\u202e"
