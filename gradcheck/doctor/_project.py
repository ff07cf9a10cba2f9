"""The project around the current directory: the profile in effect, the configuration, and the stored cases."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .._errors import InvalidArgument
from ._line import Line, State


def project() -> Iterator[Line]:
    """Yield a line for the profile of Hypothesis, for our configuration, and for the cases."""
    yield _profile()
    yield _configuration()
    yield from _cases()


def _profile() -> Line:
    from hypothesis import settings

    name = settings.get_current_profile_name()
    known = settings()
    said = f"{name}: {known.max_examples} examples, derandomize={known.derandomize}"
    return Line("hypothesis profile", State.OK, said)


def _configuration() -> Line:
    from ..engine.config import configured
    from ..renderers._words import count

    try:
        read = configured()
    except InvalidArgument as error:
        return Line(
            "configuration", State.ATTENTION, str(error), "correct that line; `gradcheck config show` reads it"
        )
    if read.file.path is None:
        return Line("configuration", State.OK, f"none; profile {read['profile']} ({read.origin('profile')})")
    subjects = count(len(read.subjects), "entry")
    said = f"{subjects} in subjects, profile {read['profile']} ({read.origin('profile')}), {read.file.path}"
    return Line("configuration", State.OK, said)


def _cases() -> Iterator[Line]:
    from ..properties._store import VARIABLE, store_for

    store = store_for("auto")
    if store is None:
        off = f"{VARIABLE}={os.environ[VARIABLE]}" if VARIABLE in os.environ else "no .gradcheck folder, and no table"
        said = f"failing inputs are not stored ({off})"
        yield Line("cases", State.NOTE, said, "`gradcheck init` writes a configuration; then they are")
        return
    yield _folder(store.folder)


def _folder(folder: Path) -> Line:
    from ..properties._store import Store

    if not folder.is_dir():
        return Line("cases", State.OK, f"none yet; they will be stored in {folder}")
    names = sorted(path.stem for path in folder.glob("*.json"))
    unreadable = [said for name in names if (said := _unreadable(Store(folder), name))]
    if unreadable:
        said = f"{len(unreadable)} of {len(names)} in {folder} cannot be used: {unreadable[0]}"
        return Line("cases", State.ATTENTION, said, "`gradcheck replay` tells of each; delete those")
    if not os.access(folder, os.W_OK):
        return Line("cases", State.ATTENTION, f"{folder} cannot be written", "permissions, or GRADCHECK_CASES")
    return Line("cases", State.OK, f"{len(names)} stored in {folder}")


def _unreadable(store: object, name: str) -> str | None:
    from ..properties._store import Store

    assert isinstance(store, Store)
    try:
        store.load(name)
    except InvalidArgument as error:
        return str(error)
    return None
