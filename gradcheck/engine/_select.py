"""Which laws a run is about: codes, or families of codes, chosen or excluded."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from .._errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen codes, and the codes that laws have."""

    chosen: frozenset[str]
    law_codes: frozenset[str]

    @classmethod
    def of(cls, checks: Iterable[str], exclude: Iterable[str]) -> Selection:
        """Return the selection of `checks` (everything if empty) without `exclude`.

        Raises
        ------
        InvalidArgument
            A code is unknown.

        """
        from ..pages import codes
        from ..properties._registry import laws

        of_laws = frozenset(law.code for law in laws())
        known = of_laws | frozenset(codes())
        checks, exclude = list(checks), list(exclude)
        chosen = _expand(checks, known, "checks") if checks else known
        return cls(chosen - _expand(exclude, known, "exclude_checks"), of_laws)

    @property
    def gradients(self) -> bool:
        """Whether the gradient check of a subject without a kind belongs to the run."""
        return any(code.startswith("GC1") for code in self.chosen)

    @property
    def laws(self) -> frozenset[str]:
        """The chosen codes that are codes of laws."""
        return self.chosen & self.law_codes


def _expand(names: Iterable[str], known: frozenset[str], argument: str) -> frozenset[str]:
    return frozenset(code for name in names for code in _family(name.strip().upper(), known, argument))


def _family(name: str, known: frozenset[str], argument: str) -> list[str]:
    stem = name.removesuffix("XX")
    ours = stem.startswith("GC") and len(stem) < len("GC101")
    found = [code for code in known if code in (name, stem) or code.startswith(stem if ours else f"{stem}-")]
    if not found:
        near = difflib.get_close_matches(name, sorted(known), 1)
        ask = f"did you mean {near[0]}?" if near else "`gradcheck explain` lists the codes"
        raise InvalidArgument(f"{argument}={name!r} is no code and no family of codes; {ask}")
    return found
