"""Reports in files: there in full or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .._errors import InvalidArgument
from ..report import Readable
from . import check_format, render


def destination(text: str) -> tuple[str, Path]:
    """Return the format and the file of ``FORMAT=PATH``.

    Raises
    ------
    InvalidArgument
        It has not that form, or there is no such format.

    """
    format_name, equals, path = text.partition("=")
    if not equals or not path:
        raise InvalidArgument(f"report={text!r} must be FORMAT=PATH, such as html=report.html")
    return check_format(format_name, f"report={text!r}"), Path(path)


def write_report(report: Readable, format_name: str, path: Path) -> None:
    """Write `report` to `path`: never half of it, whoever else writes there.

    Raises
    ------
    InvalidArgument
        The file cannot be written.

    """
    try:
        write_atomically(path, render(report, format_name) + "\n")
    except OSError as error:
        raise InvalidArgument(f"report={format_name}={path} cannot be written: {error.strerror}") from error


def write_atomically(path: Path, text: str) -> None:
    """Replace the content of `path` by `text` in one step."""
    write_bytes_atomically(path, text.encode("utf-8"))


def write_bytes_atomically(path: Path, data: bytes) -> None:
    """Replace the content of `path` by `data` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():  # /dev/stdout, a pipe
        path.write_bytes(data)
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
