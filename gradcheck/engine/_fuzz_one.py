"""`fuzz_one`: one subject in one round of fuzzing; what it raises becomes a finding, as in a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..report import SuiteReport
from ..subjects import Declaration
from ._check_one import contained, has_laws, store_of
from ._select import Selection
from ._settings import OnFault, Settings, Tell


@dataclass(frozen=True, slots=True)
class Round:
    """What a subject is put through: seed and examples of every law, seconds in all, and the codes to leave out."""

    number: int
    seed: int
    max_examples: int
    seconds: float
    exclude: tuple[str, ...] = ()

    @classmethod
    def revived(cls, data: Mapping[str, Any]) -> Round:
        """Return the round of which `data` are the fields."""
        return cls(**{**data, "exclude": tuple(data["exclude"])})


def fuzz_one(
    declaration: Declaration, settings: Settings, selection: Selection, turn: Round, tell: Tell, on_fault: OnFault
) -> SuiteReport:
    """Return what one round found; an exception of the subject becomes a finding."""
    look = partial(_laws if has_laws(declaration) else _gradient, declaration, settings, selection, turn, tell)
    return contained(declaration, settings, tell, on_fault, look)


def _laws(declaration: Declaration, settings: Settings, selection: Selection, turn: Round, tell: Tell) -> SuiteReport:
    from ..properties._fuzz import fuzz_suite

    suite: SuiteReport = fuzz_suite(
        declaration,
        seed=turn.seed,
        max_examples=turn.max_examples,
        seconds=turn.seconds,
        codes=selection.laws - set(turn.exclude),
        cases=store_of(settings),
        first=turn.number == 0,
        on_result=lambda result: tell(result.code, result),
    )
    return suite


def _gradient(
    declaration: Declaration, settings: Settings, selection: Selection, turn: Round, tell: Tell
) -> SuiteReport:
    """Search for an input at which the gradient of a subject of no kind is wrong."""
    from ..properties._fuzz import fuzz_search

    if not selection.gradients or turn.exclude:
        return SuiteReport(declaration.name, "", seed=turn.seed)
    tell("gradients", None)
    suite: SuiteReport = fuzz_search(
        declaration,
        seed=turn.seed,
        max_examples=turn.max_examples,
        seconds=turn.seconds,
        cases=store_of(settings),
    )
    return suite
