"""Reports that other runs wrote, read back from their files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import InvalidArgument

if TYPE_CHECKING:
    from ..report import RunReport


def read_report(path: Path) -> RunReport:
    """Return the report in a file of the ``json`` format, of a check, a suite, a search or a run.

    Raises
    ------
    InvalidArgument
        The file cannot be read, or holds something else.

    """
    from ..renderers._revive import revive
    from ..renderers._run_view import as_run

    way_out = "write one with `gradcheck run ... --report json=PATH`"
    try:
        return as_run(revive(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InvalidArgument(f"report={path} cannot be read: {error.strerror}; {way_out}") from error
    except InvalidArgument as error:
        raise InvalidArgument(f"report={path} cannot be used: {error}; {way_out}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, StopIteration) as error:
        raise InvalidArgument(f"report={path} is no JSON report of gradcheck; {way_out}") from error
