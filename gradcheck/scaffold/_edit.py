"""`Edit`: one file as it is and as it will be; nothing is written before every file is known."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .._errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Edit:
    """A file with its text before (None: there is none) and after."""

    path: Path
    before: str | None
    after: str

    @property
    def did(self) -> str:
        """What the edit does, in a word."""
        if self.before is None:
            return "wrote"
        return "left" if self.before == self.after else "changed"

    def diff(self, root: Path) -> Iterator[str]:
        """Yield what changes, as a unified diff of paths below `root`."""
        name = self.path.relative_to(root).as_posix()
        old = (self.before or "").splitlines()
        source = "/dev/null" if self.before is None else f"a/{name}"
        yield from difflib.unified_diff(old, self.after.splitlines(), source, f"b/{name}", lineterm="")

    def apply(self) -> None:
        """Write the file, in one step.

        Raises
        ------
        InvalidArgument
            It cannot be written.

        """
        from ..renderers._files import write_atomically

        try:
            if self.before != self.after:
                write_atomically(self.path.resolve(), self.after)
        except OSError as error:
            raise InvalidArgument(f"file={self.path} cannot be written: {error.strerror}") from error


def text_of(path: Path) -> str | None:
    """Return the text of a file, its line ends as they are; None where there is no file.

    Raises
    ------
    InvalidArgument
        It cannot be read, or is no text.

    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"file={path} cannot be read: {error}") from error


def appended(text: str, block: str) -> str:
    r"""Return `text` with `block` below it, after an empty line, in the line ends that it has.

    >>> appended("[a]\r\nb = 1", "[c]\n")
    '[a]\r\nb = 1\r\n\r\n[c]\r\n'
    """
    end = "\r\n" if "\r\n" in text else "\n"
    head = text.rstrip()
    return (f"{head}{end}{end}" if head else "") + block.replace("\n", end)
