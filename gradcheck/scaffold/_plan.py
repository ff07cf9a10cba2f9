"""`planned`: every edit that `gradcheck init` makes, before any is made."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from .._errors import TargetError
from ._edit import Edit
from ._files import SERVICES, pre_commit
from ._pyproject import pyproject

_TESTS = ("test_", "conftest")
MOST = 20
"""Files that are listed; a project with more names its folder."""


def planned(
    root: Path,
    targets: Sequence[str] = (),
    *,
    service: str | None = "github",
    hook: bool = False,
    force: bool = False,
) -> tuple[Edit, ...]:
    """Return what is to be written into the project at `root`.

    Parameters
    ----------
    root
        Folder of the ``pyproject.toml``.
    targets
        Subjects to list; without any, the files that look as if they declared some.
    service, hook
        One of `SERVICES` or None; whether to add a hook for pre-commit.
    force
        Replace what is there.

    Raises
    ------
    InvalidArgument
        A target is not there, or something is there already, or cannot be edited; then nothing is written at all.

    """
    for target in targets:
        _refuse_missing(target, root)
    edits = [pyproject(root, tuple(targets) or found(root), force=force)]
    if service is not None:
        edits += SERVICES[service](root, force=force)
    if hook:
        edits.append(pre_commit(root))
    return tuple(edits)


def found(root: Path) -> tuple[str, ...]:
    """Return the files below `root` that declare subjects, or have a function beside its derivative; no tests."""
    from ..engine._collect import declaring_files

    files = [file for file in declaring_files(root) if not _is_test(file.relative_to(root))]
    names = [file.relative_to(root).as_posix() for file in files]
    return tuple(names) if len(names) <= MOST else tuple(dict.fromkeys(name.split("/")[0] for name in names))


def _refuse_missing(text: str, root: Path) -> None:
    """Raise `TargetError` where a target is no file, no folder and no module; nothing is imported to find out."""
    from ..engine._target import parse

    module = parse(text, root).module
    if module is None:
        return
    top = module.split(".")[0]
    near = any((folder / name).exists() for folder in (root, root / "src") for name in (top, f"{top}.py"))
    if not near and find_spec(top) is None:
        raise TargetError(f"target={text!r} names the module {top!r}, which is neither here nor installed")


def _is_test(file: Path) -> bool:
    return file.name.startswith(_TESTS) or any(part in ("tests", "test") for part in file.parts[:-1])
