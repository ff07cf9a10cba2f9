"""`examine`: every topic, in the order in which one thing rests on another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ._arithmetic import arithmetic
from ._blas import blas
from ._disturbances import disturbances
from ._line import Line, State
from ._project import project
from ._terminal import terminal
from ._versions import versions

TOPICS: dict[str, Callable[[], Iterable[Line]]] = {
    "versions": versions,
    "arithmetic": arithmetic,
    "blas": blas,
    "terminal": terminal,
    "project": project,
}
"""Topics that need nothing but this process."""


def examine(targets: Sequence[str] = ()) -> tuple[Line, ...]:
    """Return what there is to say about this environment.

    Parameters
    ----------
    targets
        Targets whose import is watched as well: a library that changes the arithmetic of the process is found by
        the target that brings it in.

    Returns
    -------
    tuple of Line
        A topic that cannot be looked at is a line that says why.

    """
    found = [line for name, look in TOPICS.items() for line in _looked(name, look)]
    return (*found, *_looked("imports", lambda: disturbances(targets)))


def _looked(name: str, look: Callable[[], Iterable[Line]]) -> list[Line]:
    try:
        return list(look())
    except Exception as error:  # one broken package must not keep the rest from being told
        said = " ".join(f"{type(error).__name__}: {error}".split())
        return [Line(name, State.ATTENTION, f"could not be looked at ({said})", "repair or reinstall what it names")]
