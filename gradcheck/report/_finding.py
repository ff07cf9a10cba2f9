"""One thing that is wrong or doubtful, and the numbers that convince."""

from __future__ import annotations

from dataclasses import dataclass

from ._picture import Field
from ._verdict import Verdict

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a gradient that was compared on its own.

    ``analytic`` is what the code says, ``numeric`` what differences say, ``bound`` how far `numeric` can be
    from the truth.
    """

    path: str
    index: Index
    analytic: float
    numeric: float
    bound: float
    output: str | None = None
    output_index: Index | None = None


@dataclass(frozen=True, slots=True)
class StepError:
    """The disagreement seen with one step: ``step`` is relative to the size of the input.

    ``allowed`` is what truncation and rounding could explain at that step. A mistake stays flat while the step
    shrinks; an error of the differences falls with the step, then rises when rounding takes over.
    """

    step: float
    error: float
    allowed: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or doubtful.

    Attributes
    ----------
    code
        Stable code, such as ``"GC101"``; ``gradcheck explain CODE`` prints its page.
    title
        One sentence that stands alone.
    severity
        What this finding alone does to the verdict: `Verdict.PASS` marks a note.
    path
        Where: ``inputs['x']``, ``params['W']``, ``outputs[0]``.
    index, analytic, numeric, bound
        The worst entry: its index, what the code says, what differences say, how far those can be off.
    cause
        The mistake that explains the numbers, where one was tested and fits.
    hint
        What to do.
    entries, wrong, compared
        The entries worth showing, how many are wrong, and how many were compared one by one.
    steps
        The disagreement at the worst entry against the step.
    location
        ``(file, line)`` of the code that the finding is about.
    detail
        Lines of further evidence (a traceback, two shapes, a second value).
    source
        The lines of the code at ``location``, from there on.
    field
        The whole gradient on a grid, for a picture.

    """

    code: str
    title: str
    severity: Verdict = Verdict.FAIL
    path: str | None = None
    index: Index | None = None
    analytic: float | None = None
    numeric: float | None = None
    bound: float | None = None
    cause: str | None = None
    hint: str | None = None
    entries: tuple[Entry, ...] = ()
    wrong: int | None = None
    compared: int | None = None
    steps: tuple[StepError, ...] = ()
    location: tuple[str, int] | None = None
    detail: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    field: Field | None = None
