"""The report of one check."""

from __future__ import annotations

from dataclasses import dataclass

from ._finding import Finding, Index
from ._readable import Readable
from ._verdict import Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one input or parameter compared with the differences.

    ``resolution`` is the smallest error of one entry that this comparison would have noticed, relative to
    ``scale``, the typical size of an entry's contribution; ``method`` names the differences that it rests on.
    """

    output: str
    input: str
    verdict: Verdict
    method: str
    entries: int
    index: Index | None = None
    analytic: float | None = None
    numeric: float | None = None
    bound: float | None = None
    resolution: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a check took: calls of the subject's forward and backward, and seconds of wall time in all."""

    forward: int = 0
    backward: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report(Readable):
    """What `gradcheck.check` found; frozen, picklable data without any formatting.

    Attributes
    ----------
    subject
        Name of what was checked, and ``convention``, how it was understood.
    findings
        Everything wrong, doubtful or worth a note, gravest first.
    comparisons
        One per output and input pair.
    cost
        Calls of the subject, and seconds.
    seed
        The seed that repeats this check, or None where a generator was handed in.
    mode
        ``"projection"`` or ``"entries"``; None where health ended the check before any comparison.
    scheme
        The differences that the verdict rests on, in words.
    case
        Identifier of the stored counterexample, where one was stored.
    settings
        Every option in force, as text.

    """

    subject: str
    convention: str
    findings: tuple[Finding, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    cost: Cost = Cost()
    seed: int | None = 0
    mode: str | None = None
    scheme: str | None = None
    case: str | None = None
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of the findings and the comparisons."""
        return Verdict.worst([f.severity for f in self.findings] + [c.verdict for c in self.comparisons])

    @property
    def resolution(self) -> float | None:
        """The smallest relative error of one entry that this check would have noticed; None if undecided."""
        known = [c.resolution for c in self.comparisons]
        return None if not known or None in known else max(r for r in known if r is not None)
