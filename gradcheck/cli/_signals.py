"""Interruptions: what asks a run to stop is one exception, so that what was found is written all the same."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_LIKE_CTRL_C = ("SIGTERM", "SIGHUP")


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM, and a terminal that was closed, do what Ctrl-C does: raise KeyboardInterrupt here."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    present = [getattr(signal, name) for name in _LIKE_CTRL_C if hasattr(signal, name)]
    known = [number for number in present if signal.getsignal(number) is not signal.SIG_IGN]  # nohup stays nohup
    before: dict[Any, Any] = {number: signal.signal(number, _interrupt) for number in known}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
