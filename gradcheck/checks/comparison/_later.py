"""Work put off: a search fails dozens of times on its way to the smallest failing input, and tells of one.

The diagnosis waits until the end, and one wrong entry is enough where only the verdict is asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ...report import Finding

_KEPT = 16

Complete = Callable[[], Finding]


class Later:
    """The last findings that wait for their diagnosis."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Finding, Complete]] = deque(maxlen=_KEPT)

    def wait(self, finding: Finding, complete: Complete) -> None:
        """Keep what completes `finding`."""
        self._waiting.append((finding, complete))

    def completed(self, finding: Finding) -> Finding:
        """Return `finding` with its diagnosis, or as it is if none was put off."""
        return next((complete() for waiting, complete in self._waiting if waiting is finding), finding)


_LATER: ContextVar[Later | None] = ContextVar("later", default=None)


@contextmanager
def postponed() -> Iterator[Later]:
    """Let checks fail quickly as long as the context lasts; what is told of in the end is then `completed`."""
    later = Later()
    token = _LATER.set(later)
    try:
        yield later
    finally:
        _LATER.reset(token)


_HURRIED: ContextVar[bool] = ContextVar("hurried", default=False)


@contextmanager
def hurried() -> Iterator[None]:
    """Let checks end with the first wrong entry, undiagnosed, as long as the context lasts."""
    token = _HURRIED.set(True)
    try:
        with postponed():
            yield
    finally:
        _HURRIED.reset(token)


def one_is_enough() -> bool:
    """Whether no entry need be judged after one was found wrong."""
    return _HURRIED.get()


def now_or_later(finding: Finding, complete: Complete) -> Finding:
    """Return the completed finding, or `finding` itself where diagnosis is put off."""
    later = _LATER.get()
    if later is None:
        return complete()
    later.wait(finding, complete)
    return finding
