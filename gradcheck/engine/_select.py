"""Which laws a run is about: codes, or families of codes, chosen or excluded."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from .._errors import InvalidArgument
from .config import Configuration


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
        return cls._of(checks, exclude, "select", "ignore")

    @classmethod
    def configured(cls, configuration: Configuration) -> Selection:
        """Return the selection of a configuration.

        Raises
        ------
        InvalidArgument
            A code of it is unknown, one that is expected to fail included; the message says where it is written.

        """
        _refuse_unknown_failures(configuration)
        places = [_place(configuration, key) for key in ("select", "ignore")]
        return cls._of(configuration["select"], configuration["ignore"], *places)

    @classmethod
    def _of(cls, checks: Iterable[str], exclude: Iterable[str], wanted: str, unwanted: str) -> Selection:
        of_laws, known = _known()
        checks = list(checks)
        chosen = _expand(checks, known, wanted) if checks else known
        return cls(chosen - _expand(exclude, known, unwanted), of_laws)

    @property
    def gradients(self) -> bool:
        """Whether the gradient check of a subject without a kind belongs to the run."""
        return any(code.startswith("GC1") for code in self.chosen)

    @property
    def laws(self) -> frozenset[str]:
        """The chosen codes that are codes of laws."""
        return self.chosen & self.law_codes


def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Return the codes of laws, and all codes."""
    from ..pages import codes
    from ..properties._registry import laws

    of_laws = frozenset(law.code for law in laws())
    return of_laws, of_laws | frozenset(codes())


def _place(configuration: Configuration, key: str) -> str:
    origin = configuration.origin(key)
    return origin if origin.startswith("--") else f"{origin}: {key}"


def _refuse_unknown_failures(configuration: Configuration) -> None:
    _, known = _known() if configuration.expected else ((), ())
    for subject, codes in configuration.expected.items():
        for code in set(codes).difference(known):
            near = difflib.get_close_matches(code.upper().translate(LOOK_ALIKES), sorted(known), 1)
            ask = f"did you mean {near[0]}?" if near else "`gradcheck explain` lists the codes"
            place = configuration.file.place("expected-failures", subject, code)
            raise InvalidArgument(f"{place}: expected-failures.{subject} names the unknown code {code!r}; {ask}")


LOOK_ALIKES = str.maketrans("OIL", "011")
"""Letters that are typed for digits."""


def _expand(names: Iterable[str], known: frozenset[str], argument: str) -> frozenset[str]:
    return frozenset(code for name in names for code in _family(name.strip(), known, argument))


def _family(typed: str, known: frozenset[str], argument: str) -> list[str]:
    name = typed.upper()
    stem = name.removesuffix("XX")
    ours = stem.startswith("GC") and len(stem) < len("GC101")
    found = [code for code in known if code in (name, stem) or code.startswith(stem if ours else f"{stem}-")]
    if not found:
        near = difflib.get_close_matches(name.translate(LOOK_ALIKES), sorted(known), 1)
        ask = f"did you mean {near[0]}?" if near else "`gradcheck explain` lists the codes"
        raise InvalidArgument(f"{argument}={typed!r} is no code and no family of codes; {ask}")
    return found
