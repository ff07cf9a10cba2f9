"""What is going on: one moving line with an estimate on a terminal, plain lines elsewhere, nothing where quiet."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from gradcheck.cli._progress import GUESS, SILENCE, Estimate, Lines, Moving, Watch, moves, time_left, watching
from gradcheck.engine._fuzz import Tick
from gradcheck.report import Cost, Finding, LawResult, Status, SuiteReport

FINE = SuiteReport("relu", "activation", (LawResult("GC502", "t", Status.PASSED),), Cost(seconds=1.5))
WRONG = SuiteReport("bad\x1b[31m", "activation", (LawResult("GC502", "t", Status.FAILED, (Finding("GC502", "t"),)),))


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_per_subject() -> None:
    """How many are finished, the verdict, the name with its controls spelled out, checks and time."""
    log = io.StringIO()
    lines = Lines(log)
    lines.law("relu", "GC502", 0, 12)
    lines.finished(FINE, 1, 12)
    lines.finished(WRONG, 2, 12)

    assert log.getvalue() == "[ 1/12] pass  relu: 1 check, 1.5 s\n[ 2/12] FAIL  bad\\x1b[31m: 1 check, 0 ms\n"


def test_a_log_is_never_silent_for_long() -> None:
    """A subject that takes half an hour is named in between."""
    log = io.StringIO()
    lines = Lines(log)
    lines.law("slow", "GC502", 3, 12)
    lines.said -= SILENCE + 1
    lines.law("slow", "GC503", 3, 12)
    lines.law("slow", "GC504", 3, 12)

    assert log.getvalue() == "[ 3/12] at slow GC503\n"


def test_a_log_gets_a_line_per_round_and_failure() -> None:
    """A search says how far it is when a round is over."""
    log = io.StringIO()
    lines = Lines(log)
    for tick in (
        Tick(1, "f", "GC5", 10, 0, 1.0),
        Tick(2, "f", "", 12345, 0, 61.0),
        Tick(2, "f", "GC5", 13000, 0, 62.0),
    ):
        lines.tick(tick, 300.0)
    lines.failed(WRONG)

    assert log.getvalue() == (
        "round 1 done: 12,345 examples, 0 failures, 1 min 1 s of 5 min\nFAIL  bad\\x1b[31m  GC502\n"
    )


@pytest.fixture
def screen() -> tuple[io.StringIO, Moving]:
    """Return what a terminal of 80 columns shows, and whom to tell."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=80, color_system=None)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(12), TextColumn("{task.fields[done]}"), console=console
    )
    return shown, Moving(bar)


def frame(moving: Moving) -> str:
    """Return the line as it is now."""
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(moving._bar)
    return str(console.file.getvalue()).rstrip()  # type: ignore[attr-defined]


def test_the_line_says_what_and_how_far(screen: tuple[io.StringIO, Moving]) -> None:
    """Subject, law, subjects done; what failed stays above it."""
    shown, moving = screen
    moving.law("relu", "GC502", 0, 3)
    first = frame(moving)
    moving.finished(WRONG, 1, 3)

    assert first.startswith("relu GC502 ")
    assert "0/3, " in first
    assert "1/3, " in frame(moving)
    assert shown.getvalue() == "FAIL  bad\\x1b[31m\n"


@pytest.mark.parametrize("subject", ["a" * 200, "[red]", "\x1b[31m", "wide 漢字" * 9])
def test_the_line_fits_into_80_columns(screen: tuple[io.StringIO, Moving], subject: str) -> None:
    """Whatever a subject is called, and whatever its name would do to a terminal."""
    _, moving = screen
    moving.law(subject, "GC502", 119, 120)
    run = frame(moving)
    moving.tick(Tick(12, subject, "GC502", 123456789, 12, 4000.0), 8000.0)
    search = frame(moving)

    assert "\n" not in run
    assert "\n" not in search
    assert "\x1b" not in run
    assert "123,456,789 examples, 12 failures, 1 h 6 min left" in search


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(0, 5))
def test_the_estimate_never_goes_beyond_the_whole(laws: list[int], ahead: int) -> None:
    """Laws held so far are at most all of them, and all of them once everything is finished."""
    known = Estimate()
    total = len(laws) + ahead
    for number, amount in enumerate(laws):
        for _ in range(amount):
            known.law(str(number))
            held, whole = known.of(total)
            assert 0 < held <= whole
        known.suite(str(number), amount)
    held, whole = known.of(total)

    assert (held == whole) == (ahead == 0)
    if ahead:
        assert whole == pytest.approx(held * total / len(laws))


def test_before_anything_is_finished_the_estimate_is_a_guess() -> None:
    """A usual number of laws for each."""
    assert Estimate().of(3) == (0, 3 * GUESS)


@given(st.floats(0, 1e5), st.floats(1, 1e4), st.floats(1, 1e4))
def test_the_time_left_is_in_proportion(elapsed: float, held: float, more: float) -> None:
    """Twice the work that was done takes twice the time that it took."""
    left = elapsed * more / held
    assume(abs(left - 1) > 1e-6)

    assert ("about" in time_left(elapsed, held, held + more)) == (left >= 1)


@pytest.mark.parametrize(
    ("quiet", "stream", "term", "kind"),
    [
        (True, Terminal(), "xterm", Watch),
        (False, io.StringIO(), "xterm", Lines),
        (False, Terminal(), "dumb", Lines),
        (False, Terminal(), "xterm", Moving),
    ],
)
def test_whom_to_tell(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, stream: io.StringIO, term: str, kind: type[Watch]
) -> None:
    """Nobody, a log, a terminal that cannot write over a line, a terminal."""
    monkeypatch.setenv("TERM", term)
    with watching(stream, quiet=quiet) as watch:
        assert type(watch) is kind
        watch.law("relu", "GC502", 0, 1)
        watch.finished(FINE, 1, 1)
        watch.tick(Tick(1, "f", "", 1, 0, 1.0), 2.0)
        watch.failed(WRONG)
        watch.say("a line")
    assert moves(stream) == (stream.isatty() and term != "dumb")


@pytest.mark.parametrize(("variable", "escapes"), [("NO_COLOR", False), ("FORCE_COLOR", True)])
def test_color_is_the_users_choice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, escapes: bool
) -> None:
    """What stays on the screen is colored or not; the words are the same."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    with watching(Terminal(), quiet=False) as watch:
        watch.failed(WRONG)
    text = capsys.readouterr().err

    assert bool(re.search(r"\x1b\[[\d;]*m", text)) is escapes
    assert "GC502" in text
