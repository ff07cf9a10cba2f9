"""The error against the step as a picture of characters: what it shows, how large it is, where it appears."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.cli._style import ink_for, styled
from gradcheck.renderers import _full, render
from gradcheck.renderers._chart import HEIGHT, INKS, WIDTH, chart
from gradcheck.report import Readable, StepError

FLAT = tuple(StepError(10.0**-k, 0.5, max(10.0 ** (-2 * k), 10.0 ** (k - 16))) for k in range(1, 10))
LINES = HEIGHT + 3
BRAILLE = "[\u2801-\u28ff]"


def test_a_mistake_is_a_flat_line_above_a_v() -> None:
    """The error stays in one row from edge to edge; what is explicable lies below it, lowest in the middle."""
    rows = [line[8:] for line in chart(FLAT, "braille")[:HEIGHT]]
    (flat,) = [k for k, row in enumerate(rows) if "●" in row]
    lower = [(k, row) for k, row in enumerate(rows) if re.search(BRAILLE, row)]
    bottom = [found.start() for found in re.finditer(BRAILLE, lower[-1][1])]

    assert (set(rows[flat]), len(rows[flat])) == ({"●", "•"}, WIDTH)
    assert min(k for k, _ in lower) > flat
    assert min(bottom) > WIDTH // 8
    assert max(bottom) < WIDTH - WIDTH // 8


@pytest.mark.parametrize("ink", sorted(INKS))
def test_both_axes_carry_powers_of_ten_and_the_legend_words(ink: str) -> None:
    """At least two powers of ten on each axis, and both curves named without color."""
    *field, axis, words, legend = chart(FLAT, ink)

    assert len(re.findall(r"1e-?\d+", "".join(field))) >= 2
    assert len(re.findall(r"1e-?\d+", words)) >= 2
    assert words.endswith("relative step")
    assert len(re.findall(INKS[ink].mark.replace("+", r"\+"), axis)) >= 2
    assert "relative error" in legend
    assert "explicable by rounding and truncation" in legend


def test_ascii_has_nothing_else() -> None:
    """What is drawn for a dumb terminal is ASCII to the last character."""
    assert "\n".join(chart(FLAT, "ascii")).isascii()


floats = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 1e30)


@given(st.lists(st.builds(StepError, floats, floats, floats), max_size=12), st.sampled_from(sorted(INKS)))
def test_any_numbers_make_a_picture_of_one_size_or_none(steps: list[StepError], ink: str) -> None:
    """Zeros, infinities, equal steps: ten lines of at most 72 columns, or nothing."""
    lines = chart([StepError(s.step, abs(s.error), abs(s.allowed)) for s in steps], ink)

    assert len(lines) in (0, LINES)
    assert all(len(line) <= 72 for line in lines)


@pytest.mark.parametrize("steps", [(), FLAT[:1], (StepError(0.0, 1.0, 1.0), StepError(1e-3, float("nan"), 1.0))])
def test_one_point_is_no_curve(steps: tuple[StepError, ...]) -> None:
    """Fewer than two steps that can be drawn make no picture."""
    assert chart(steps, "ascii") == []


def test_the_picture_is_for_terminals(samples: dict[str, Readable]) -> None:
    """The stored text has numbers only; asked for with an ink, the picture stands below them."""
    report = samples["check-fail"]
    drawn = _full.render(report, ink="braille").split("\n")
    below = next(k for k, line in enumerate(drawn) if line.lstrip().startswith("explicable"))

    assert "●" not in render(report)
    assert "●" in "".join(drawn[below + 1 : below + 1 + LINES])


@pytest.mark.parametrize("name", ["check-fail", "check-large"])
def test_with_the_picture_a_check_still_fits_on_a_screen(samples: dict[str, Readable], name: str) -> None:
    """Forty lines at most: where the picture does not fit, the numbers stay alone."""
    assert len(_full.render(samples[name], ink="braille").split("\n")) <= 40


class _Stream(io.TextIOWrapper):
    def __init__(self, encoding: str, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("encoding", "terminal", "term", "color", "ink"),
    [
        ("utf-8", True, "xterm", "auto", "braille"),
        ("utf-8", True, "xterm", "never", "braille"),
        ("utf-8", True, "dumb", "auto", "ascii"),
        ("latin-1", True, "xterm", "auto", "ascii"),
        ("ascii", True, "xterm", "auto", "ascii"),
        ("utf-8", False, "xterm", "auto", None),
        ("utf-8", False, "xterm", "always", "braille"),
    ],
)
def test_the_ink_follows_the_terminal(
    monkeypatch: pytest.MonkeyPatch, encoding: str, terminal: bool, term: str, color: str, ink: str | None
) -> None:
    """Braille where it can be shown, ASCII where not, nothing in a log; color is another question."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", term)

    assert ink_for(color, _Stream(encoding, terminal=terminal)) == ink


def test_the_two_curves_have_their_own_colors() -> None:
    """On a color terminal the error is red, and what is explicable is not."""
    text = styled("\n".join(chart(FLAT, "braille")))
    styles = {style.style for style in text.spans if text.plain[style.start] in "●•"}

    assert styles == {"bold red"}
