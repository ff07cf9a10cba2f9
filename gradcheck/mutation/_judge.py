"""Our own suite as the judge of a mistake: the laws of the kind, and the check at the declared inputs.

A law that the right gradient breaks judges nothing. The first law that the mistake breaks ends the matter, without a
search for a small example, without a diagnosis.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from .._errors import GradcheckError
from ..checks import check
from ..checks.comparison._later import postponed
from ..engine._check_one import has_laws
from ..report import Status, Verdict
from ..subjects import Declaration, adapt
from ._active import Active, Arguments, plain, standing_in, twin
from ._alike import told_apart
from ._mutants import Mutant
from ._sites import Site

_KEPT = 600
_MANY = 70_000
"""Entries of a large batch, which code that works block by block does not take at once."""
_GRID = np.array([-800.0, -40, -6, -3, -2, -1, -0.5, -1e-3, -0.0, 0.0, 1e-9, 0.3, 0.5, 1, 1.7, 2, 3, 5, 6, 20, 800])

_AT_KINKS: list[Arguments] = [((grid,), {}) for grid in (_GRID, _GRID[:1], _GRID[:0])]


class Judge:
    """Judges mistakes in the sites of some subjects; ``examples`` per law, from ``seed``."""

    def __init__(
        self,
        declarations: Sequence[Declaration],
        sites: Sequence[Site],
        *,
        seed: int = 0,
        examples: int | None = None,
    ) -> None:
        self.declarations, self._seed, self._examples = declarations, seed, examples
        self._claims = [site for site in sites if not site.claims]
        self._known: dict[int, frozenset[str]] = {}
        self._single: dict[tuple[int, str], bool] = {}
        self._calls: dict[FunctionType | None, list[Arguments]] = {}

    def baseline(self, number: int) -> frozenset[str]:
        """Return the codes of what the subject of that number breaks as it is, and note the calls of its claims."""
        if number not in self._known:
            with self._noting(number, _KEPT // 4):
                _look_around(self.declarations[number])
            with self._noting(number, _KEPT):
                self._known[number] = frozenset(self._broken(number))
        return self._known[number]

    @contextlib.contextmanager
    def _noting(self, number: int, most: int) -> Iterator[None]:
        """Keep the arguments of calls of the claims of a subject, as long as it lasts."""
        claims = [site.function for site in self._claims if number in site.subjects]
        notes = {claim: Active(twin(claim), keep=most) for claim in claims}
        with contextlib.ExitStack() as stack:
            for claim, active in notes.items():
                stack.enter_context(standing_in(claim, active))
            yield
        for claim, active in notes.items():
            self._calls.setdefault(claim, []).extend(active.kept)

    def killed_by(self, mutant: Mutant, site: Site) -> tuple[str | None, bool]:
        """Return the code of the first law that tells, None where none does, and whether it only ever raised."""
        active = Active(mutant.call(site))
        for number in site.subjects:
            known: set[str] = set()
            while True:
                with standing_in(site.function, active):
                    code = next((code for code in self._broken(number) if code not in known), None)
                if code is None:
                    break
                if not self._breaks_anyway(number, code):
                    return code, active.calls > 0 and not active.returned
                known.add(code)
        return None, False

    def _breaks_anyway(self, number: int, code: str) -> bool:
        """Whether the right code breaks that law as well; only the law itself is run where nothing is known yet."""
        if number in self._known:
            return code in self._known[number]
        if (number, code) not in self._single:
            self._single[number, code] = code in self._broken(number, only=code)
        return self._single[number, code]

    def told_apart(self, mutant: Mutant, site: Site) -> tuple[bool, int]:
        """Return whether a claim tells the mistake from what is right, at any call that our suite makes, or others.

        What a backward calls is judged by the gradients that come of it: digits that nobody sees are no mistake.
        """
        compared = 0
        for number in site.subjects:
            self.baseline(number)
        for claim in site.claims or (site.outer or site.function,):
            active = Active(mutant.call(site))

            def wrong(*args: Any, claim: Any = claim, active: Active = active, **options: Any) -> Any:
                with standing_in(site.function, active):
                    return claim(*args, **options)

            apart, number = told_apart(claim, wrong, [*_AT_KINKS, *self._calls.get(plain(claim), [])])
            compared += number
            if apart:
                return True, compared
        return False, compared

    def _broken(self, number: int, only: str | None = None) -> Iterator[str]:
        """Yield what a subject breaks, one code after the other, as they are found; of one law only, if told."""
        declaration = self.declarations[number]
        with warnings.catch_warnings(), postponed(), contextlib.redirect_stdout(None):
            warnings.simplefilter("ignore")
            try:
                if has_laws(declaration):
                    yield from self._broken_laws(declaration, only)
                elif _fails(declaration.thing, declaration.inputs, dict(declaration.options)):
                    yield "GC101"
            except GradcheckError:
                yield "GC907"
            except Exception:  # the subject's own: it does not survive that
                yield "GC907"

    def _broken_laws(self, declaration: Declaration, only: str | None) -> Iterator[str]:
        from ..properties import plan
        from ..properties._registry import laws
        from ..properties._run import run_law

        planned = plan(declaration)
        for law in laws(planned.kind):
            if only not in (None, law.code):
                continue
            result = run_law(planned, law.code, rng=self._seed, max_examples=self._examples, shrink=False)
            if result.status is Status.FAILED:
                yield law.code
        if declaration.inputs and "gradient" in planned.adapted.abilities:
            thing, options = planned.adapted.checkable()
            if _fails(thing, declaration.inputs, dict(options)):
                yield "GC101"


def _fails(thing: Any, inputs: tuple[Any, ...], options: dict[str, Any]) -> bool:
    return check(thing, *inputs, **{"rng": 0, **options}).verdict is Verdict.FAIL


def _look_around(declaration: Declaration) -> None:
    """Run forward and backward at the declared inputs, at ties and kinks beside them, and for other batches."""
    rng = np.random.default_rng(1)
    thing, given, options = _called(declaration)
    for inputs in _variants(given):
        with contextlib.suppress(Exception), np.errstate(all="ignore"):
            subject = adapt(thing, inputs, options)
            values = [np.array(leaf.value) for leaf in subject.leaves]
            evaluation = subject.evaluate(values)
            shapes = [np.shape(out) for out in evaluation.outputs.values()]
            evaluation.pull([rng.standard_normal(shape) for shape in shapes])


def _called(declaration: Declaration) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Return what is called, with which inputs; of a normalization that was declared as a class, one made of it."""
    if declaration.inputs or declaration.kind != "normalization":
        return declaration.thing, declaration.inputs, dict(declaration.options)
    from ..properties import plan

    adapted = plan(declaration).adapted
    thing, options = adapted.checkable()
    return thing, (np.random.default_rng(2).standard_normal(adapted.shape(5)),), dict(options)


def _variants(inputs: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if not inputs:
        return
    for scale in (1.0, 0.0, 1e-4, 30.0):
        yield tuple(scale * a if _floats(a) else a for a in inputs)
    yield tuple(np.round(a) if _floats(a) else a for a in inputs)
    rows = np.shape(inputs[0])[0] if np.ndim(inputs[0]) else None
    for size in (1, 2, 7, _MANY // (np.size(inputs[0]) // max(rows or 1, 1) or 1)):
        yield tuple(np.resize(a, (size, *a.shape[1:])) if _has_rows(a, rows) else a for a in inputs)


def _floats(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _has_rows(value: Any, rows: int | None) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0 and len(value) == rows
