"""What is going on right now, on standard error: on a terminal one moving line, elsewhere a line per subject.

The moving line has an estimate of the time that is left: laws done, against the laws that the subjects still to come
will have if they are like those before them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from ..renderers._escape import visible
from ._duration import told as duration
from ._style import console

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..engine._fuzz import Tick
    from ..report import SuiteReport

SILENCE = 30.0
"""Seconds without a line in a log."""
GUESS = 20
"""Laws of a subject, before any subject is finished."""


class Watch:
    """Somebody who is told what a run does; this one does not care."""

    def law(self, subject: str, code: str, done: int, total: int) -> None:
        """Hear that a law was held, or a subject begun, where `done` of `total` subjects are finished."""

    def finished(self, suite: SuiteReport, done: int, total: int) -> None:
        """Hear that a subject is finished."""

    def step(self, what: str, which: str, done: int, total: int) -> None:
        """Hear what is in hand, where `done` of `total` of its sort are finished."""

    def failed(self, suite: SuiteReport) -> None:
        """Hear that a search found a failure."""

    def tick(self, tick: Tick, seconds: float) -> None:
        """Hear how far a search of so many seconds is."""

    def say(self, line: str) -> None:
        """Show a line that stays."""


@contextmanager
def watching(stream: TextIO, *, quiet: bool) -> Iterator[Watch]:
    """Yield whom to tell: a moving line, plain lines, or nobody."""
    if quiet:
        yield Watch()
    elif not moves(stream):
        yield Lines(stream)
    else:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        what, far = TextColumn("{task.description}"), TextColumn("{task.fields[done]}")
        columns = (SpinnerColumn("line"), what, BarColumn(bar_width=12), far)
        with Progress(*columns, console=console(err=True), transient=True, redirect_stdout=False) as bar:
            yield Moving(bar)


def moves(stream: TextIO) -> bool:
    """Say whether a line can be written over on `stream`."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


@dataclass
class Lines(Watch):
    """A line per subject, for logs."""

    stream: TextIO
    round: int = 1
    said: float = field(default_factory=time.monotonic)

    def law(self, subject: str, code: str, done: int, total: int) -> None:
        """Write what is being done where nothing was written for a while: some services end what is silent."""
        if time.monotonic() - self.said > SILENCE:
            self.say(f"[{done:{len(str(total))}}/{total}] at {visible(subject)} {visible(code)}".rstrip())

    def step(self, what: str, which: str, done: int, total: int) -> None:
        """Write a line for every tenth."""
        if done and done * 10 // total > (done - 1) * 10 // total:
            self.say(f"[{done:{len(str(total))}}/{total}] {visible(what)}: {visible(which)}")

    def failed(self, suite: SuiteReport) -> None:
        """Write what fails."""
        self.say(_found(suite))

    def tick(self, tick: Tick, seconds: float) -> None:
        """Write a line when a round is over."""
        if tick.round > self.round:
            self.say(f"round {self.round} done: {_seen(tick)}, {duration(tick.seconds)} of {duration(seconds)}")
            self.round = tick.round

    def finished(self, suite: SuiteReport, done: int, total: int) -> None:
        """Write what became of a subject."""
        from ..renderers._words import count, seconds

        head = f"[{done:{len(str(total))}}/{total}] {_mark(suite)}  {visible(suite.subject)}"
        self.say(f"{head}: {count(suite.ran, 'check')}, {seconds(suite.cost.seconds)}")

    def say(self, line: str) -> None:
        """Write a line."""
        self.said = time.monotonic()
        print(line, file=self.stream, flush=True)


def _mark(suite: SuiteReport) -> str:
    from ..renderers._full import _MARKS as MARKS

    return MARKS[suite.verdict] if suite.ran else "none"


@dataclass
class Estimate:
    """How many laws there will have been in the end."""

    finished: int = 0
    laws: int = 0
    under_way: dict[str, int] = field(default_factory=dict)

    def law(self, subject: str) -> None:
        """Count one law of a subject."""
        self.under_way[subject] = self.under_way.get(subject, 0) + 1

    def suite(self, subject: str, ran: int) -> None:
        """Count a finished subject."""
        self.under_way.pop(subject, None)
        self.finished, self.laws = self.finished + 1, self.laws + max(ran, 1)

    def of(self, total: int) -> tuple[int, float]:
        """Return how many laws were held, and how many there are in all of `total` subjects, by what is known."""
        usual = self.laws / self.finished if self.finished else GUESS
        begun = self.under_way.values()
        ahead = max(total - self.finished - len(begun), 0) * usual
        return self.laws + sum(begun), self.laws + ahead + sum(max(usual, laws + 1) for laws in begun)


def time_left(elapsed: float, held: float, in_all: float) -> str:
    """Return how long it took so far, and how long it will still take if it goes on like that.

    >>> time_left(30, 60, 100), time_left(0.5, 0, 100), time_left(30, 100, 100)
    ('30 s, about 20 s left', '0.5 s', '30 s')
    """
    left = elapsed * (in_all - held) / held if held else 0.0
    return f"{duration(elapsed)}, about {duration(left)} left" if left >= 1 else duration(elapsed)


class Moving(Watch):
    """One line that is written over, and is gone in the end."""

    def __init__(self, bar: Progress) -> None:
        self._bar, self._known, self._since = bar, Estimate(), time.monotonic()
        self._task = bar.add_task("collecting", total=None, done="")

    def law(self, subject: str, code: str, done: int, total: int) -> None:
        """Show what is being done."""
        if code:
            self._known.law(subject)
        self._show(_cut(f"{visible(subject)} {visible(code)}".strip()), done, total)

    def finished(self, suite: SuiteReport, done: int, total: int) -> None:
        """Show that one more is finished; what failed stays on the screen."""
        self._known.suite(suite.subject, suite.ran)
        if suite.verdict == "fail":
            self.say(f"{_mark(suite)}  {visible(suite.subject)}")
        self._show(_cut(visible(suite.subject)), done, total)

    def step(self, what: str, which: str, done: int, total: int) -> None:
        """Show what is in hand, and how long it will still take."""
        left = time_left(time.monotonic() - self._since, done, total)
        self._update(_cut(f"{visible(what)} {visible(which)}".strip()), f"{done}/{total}, {left}", done, total)

    def failed(self, suite: SuiteReport) -> None:
        """Show what fails."""
        self.say(_found(suite))

    def tick(self, tick: Tick, seconds: float) -> None:
        """Show how much of the time is over."""
        what = _cut(f"{visible(tick.subject)} {visible(tick.law)}".strip())
        left = f"{duration(max(seconds - tick.seconds, 0.0))} left"
        self._update(what, f"{_seen(tick)}, {left}", min(tick.seconds, seconds), seconds)

    def say(self, line: str) -> None:
        """Show a line above the moving one."""
        from ._style import styled

        self._bar.console.print(styled(line))

    def _show(self, what: str, done: int, total: int) -> None:
        held, in_all = self._known.of(total)
        self._update(what, f"{done}/{total}, {time_left(time.monotonic() - self._since, held, in_all)}", held, in_all)

    def _update(self, what: str, done: str, part: float, whole: float) -> None:
        from rich.markup import escape

        fields: Any = {"done": done}
        self._bar.update(self._task, description=escape(what), completed=part, total=whole, **fields)


def _found(suite: SuiteReport) -> str:
    from ..report import Verdict

    codes = dict.fromkeys(finding.code for finding in suite.findings if finding.severity is Verdict.FAIL)
    return f"{_mark(suite)}  {visible(suite.subject)}  {', '.join(map(visible, codes))}"


def _seen(tick: Tick) -> str:
    from ..renderers._words import count

    return f"{tick.examples:,} examples, {count(tick.failures, 'failure')}"


WIDEST = 26
"""Characters of the name of what is being done; the line has to fit into 80 columns."""


def _cut(text: str) -> str:
    """Return `text` as wide as there is room for it; some characters take two columns."""
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= WIDEST else f"{set_cell_size(text, WIDEST - 3)}..."
