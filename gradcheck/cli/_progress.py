"""What is going on right now: on a terminal one moving line on standard error, elsewhere nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..renderers._escape import visible
from ._style import console

Tell = Callable[[str, str, int, int], None]


@contextmanager
def live_progress(*, wanted: bool = True) -> Iterator[Tell | None]:
    """Yield what the engine is to tell its progress to, or None where nobody watches."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console(err=True), transient=True) as bar:
        task = bar.add_task("collecting", total=None)

        def tell(subject: str, law: str, done: int, total: int) -> None:
            bar.update(task, description=escape(f"{visible(subject)} {law}".strip()), completed=done, total=total)

        yield tell
