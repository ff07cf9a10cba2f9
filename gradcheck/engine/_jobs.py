"""`in_order`: several subjects at the same time, each in a process of its own; the answers keep their order."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor

from ..report import SuiteReport
from ._contain import Container


def in_order(
    check: Callable[[int], SuiteReport], count: int, container: Container | None
) -> Generator[SuiteReport, None, None]:
    """Yield ``check(0)``, ``check(1)``, ...: as many at a time as the container has processes.

    Whoever stops listening ends what is still being done.
    """
    if container is None or container.jobs == 1:
        yield from map(check, range(count))
        return
    threads = ThreadPoolExecutor(container.jobs)  # each only waits for its process
    try:
        yield from threads.map(check, range(count))
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        container.end()
