"""Code that is imported does not end the process it is imported into."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def exits_are_raised() -> Iterator[None]:
    """Make ``os._exit`` raise SystemExit in this thread of this process.

    It would end a run before anything was checked, with whatever exit code it likes, and without a word: 0 is green.
    """
    real, here = os._exit, _place()

    def told(status: int) -> None:
        if _place() != here:  # a child that was forked, or a thread of ours that gives up
            real(status)
        raise SystemExit(status)

    os._exit = told  # type: ignore[assignment]
    try:
        yield
    finally:
        os._exit = real


def _place() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()
