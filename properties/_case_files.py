"""The files of a case: ``ID.json`` beside ``ID.npz``, in a folder that many processes write to at once.

Nothing in them is code: no pickle, sizes bounded before anything is read, and a version that is refused where it is
not known. A file is written beside its place and moved there, the JSON last, so that readers see a whole case or
none, and writers hold a lock on the folder. Whoever holds it may clear away what a killed process left: half a file,
or numbers without their case.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._errors import InvalidArgument

FORMAT = "gradcheck-case"
VERSION = 1
LARGEST_TEXT = 2**20
"""Bytes that the JSON of a case may have."""
_PARTS = (".json", ".npz")

Arrays = dict[str, NDArray[Any]]


def written(folder: Path, name: str, told: Mapping[str, Any], arrays: Arrays, *, most: int) -> None:
    """Write a case; the oldest beyond `most` make room.

    Raises
    ------
    OSError
        The folder cannot be written to.
    """
    text = json.dumps({"format": FORMAT, "version": VERSION, **told})
    if len(text) > LARGEST_TEXT:
        raise OSError(f"a case of {len(text)} characters is not written")
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder) as alone:
        if alone:
            _clear(folder)
        others = [path for path in newest_first(folder) if path.stem != name]
        for old in others[most - 1 :]:
            _unlink(folder, old.stem)
        with _replacing(folder / f"{name}.npz") as path, path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        with _replacing(folder / f"{name}.json") as path:
            path.write_text(text + "\n", encoding="utf-8")


def remove(folder: Path, name: str) -> None:
    """Delete a case, if it is there."""
    with contextlib.suppress(OSError), _locked(folder):
        _unlink(folder, name)


def _unlink(folder: Path, name: str) -> None:
    for suffix in _PARTS:
        (folder / f"{name}{suffix}").unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Be the only one who writes to a folder; yield whether that is certain."""
    try:
        import fcntl
    except ImportError:  # Windows: files are moved whole all the same
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)  # the lock ends with the process, however that ends
    try:
        alone = True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            alone = False
        yield alone
    finally:
        os.close(handle)


def _clear(folder: Path) -> None:
    """Delete what was begun and never finished."""
    for path in folder.glob(".*"):
        if any(f"{suffix}." in path.name for suffix in _PARTS):
            path.unlink(missing_ok=True)
    for path in folder.glob("*.npz"):
        if not path.with_suffix(".json").exists():
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Yield a file beside `target` to write, which is moved there at the end."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    path = Path(name)
    try:
        yield path
        path.chmod(0o644)
        path.replace(target)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def newest_first(folder: Path) -> list[Path]:
    """Return the cases of a folder."""
    return sorted(folder.glob("*.json"), key=_age)


def _age(path: Path) -> tuple[float, str]:
    try:
        return (-path.stat().st_mtime, path.name)
    except OSError:  # deleted meanwhile
        return (0.0, path.name)


def read(path: Path, *, largest: int) -> tuple[dict[str, Any], Arrays]:
    """Return what the JSON of a case says, and its arrays.

    Raises
    ------
    InvalidArgument
        It is damaged, too large, of another version, or something else.
    """
    try:
        data = json.loads(_text(path))
        _refuse_others(path, data)
        return data, _arrays(path.with_suffix(".npz"), largest)
    except InvalidArgument:
        raise
    except Exception as error:  # a damaged archive raises almost anything
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> InvalidArgument:
    """Return what is said of a case that cannot be read."""
    said = " ".join(str(error).split()) or type(error).__name__
    return InvalidArgument(f"case={path} cannot be read ({said}); delete it")


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise InvalidArgument(f"case={path} has {path.stat().st_size} bytes, more than a case may have")
    return content.decode()


def _refuse_others(path: Path, data: Any) -> None:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InvalidArgument(f"case={path} is no gradcheck case")
    if data.get("version") != VERSION:
        raise InvalidArgument(
            f"case={path} has version {data.get('version')!r}, but this gradcheck reads version {VERSION}: "
            "it was written by another release; delete it, or use that release"
        )


def _arrays(path: Path, largest: int) -> Arrays:
    with zipfile.ZipFile(path) as inside:
        size = sum(member.file_size for member in inside.infolist())
    if size > largest:
        raise ValueError(f"its numbers take {size} bytes, more than a case may have")
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
