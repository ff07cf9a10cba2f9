"""A law, a kind or a suite of somebody else's: one decorated function, found through an entry point.

::

    from gradcheck.properties import add_law, expect
    from gradcheck.properties.strategies import batches

    @add_law("MINE-1", "rows sum to one", kind="layer", traits=("deterministic",))
    def rows_sum_to_one(layer, x: batches(3)):
        '''Every row of the output sums to 1.

        The usual mistake is a sum over the wrong axis.
        '''
        expect(layer.fresh().forward(x).sum(axis=1), "the sum of a row").close_to(1.0, scale=1.0, ulps=16)

Strategies stand where types do: whatever is annotated with one is drawn, arrays as arrays. A function of the subject
is called for one, so that it can depend on a width. An argument without a strategy gets the `Case`.

A package makes its laws known to everybody who installs it by an entry point of the group ``gradcheck.suites`` that
names the module in which they stand.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from numbers import Real
from typing import Any

from hypothesis.strategies import SearchStrategy

from .._errors import InvalidArgument
from ..subjects import Declaration
from ..subjects._keywords import refuses_unknown_options
from ..subjects._traits import NEW_KINDS, Traits, known_kinds
from ._case import Case
from ._law import Law
from ._registry import register

GROUP = "gradcheck.suites"
OURS = re.compile(r"GC\d")
CODE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-?\d+")

Adapt = Callable[[Declaration], tuple[Any, tuple[tuple[str, str, str], ...]]]
"""Returns the subject as laws call it, with ``traits`` and ``abilities``, and the facts relied on."""


@refuses_unknown_options
def add_law(
    code: str,
    title: str,
    *,
    kind: str | Iterable[str],
    traits: Iterable[str] = (),
    needs: Iterable[str] = (),
    effort: float = 1.0,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a law of the decorated function.

    Parameters
    ----------
    code
        Capital letters and a number, such as ``"MINE-1"``; those that begin with GC and a digit are taken.
    title
        The sentence of a table.
    kind
        The kind of subjects that it is a law of, or several.
    traits
        The law applies where at least one of these is known and true.
    needs
        Abilities that the subject must have, such as ``"gradient"``.
    effort
        Share of ``max_examples`` to spend.

    Returns
    -------
    decorator
        The function comes back as it was. It is called with the subject, in the form that the adapter of its kind
        gives it, and with what the strategies draw; it raises what `expect` raises, or any `AssertionError`.

    Raises
    ------
    InvalidArgument
        The code is taken or malformed, the kind or a trait is unknown, the function has no docstring or no argument
        for the subject, or a type stands where a strategy should.
    """
    kinds = (kind,) if isinstance(kind, str) else tuple(kind)
    share: object = effort  # whatever the caller gives
    if not isinstance(share, Real) or not float(share) > 0:
        raise InvalidArgument(f"effort={share!r} must be a number above 0, such as 0.5 for half of the examples")

    def add(check: Callable[..., None]) -> Callable[..., None]:
        _refuse(code, kinds, tuple(traits), check)
        _refuse_signature(code, check)
        register(Law(code, title, kinds, _drawing(check), tuple(traits), tuple(needs), effort=effort))
        return check

    return add


def add_kind(name: str, adapt: Adapt) -> None:
    """Make a kind known: `gradcheck.subject` accepts it, and `adapt` says how such a thing is called.

    Raises
    ------
    InvalidArgument
        There is such a kind.
    """
    if name in known_kinds():
        raise InvalidArgument(f"name={name!r} is a kind already; the kinds are {', '.join(known_kinds())}")
    NEW_KINDS[name] = adapt


def load_entry_points() -> None:
    """Import what other packages declare in the group ``gradcheck.suites``.

    Raises
    ------
    InvalidArgument
        One of them cannot be imported; the message names it.
    """
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        _load(point)


def _load(point: EntryPoint) -> None:
    try:
        point.load()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise InvalidArgument(
            f"the entry point {point.name!r} of the group {GROUP!r} ({point.value}) cannot be loaded ({said}); "
            "repair or uninstall the package that declares it"
        ) from error


def _refuse(code: str, kinds: tuple[str, ...], traits: tuple[str, ...], check: Callable[..., None]) -> None:
    if OURS.match(code) or not CODE.fullmatch(code):
        raise InvalidArgument(
            f"code={code!r} cannot be the code of a law; take capital letters and a number, such as 'MINE-1' "
            "(GC and a digit is gradcheck's own)"
        )
    if unknown := [kind for kind in kinds if kind not in known_kinds()]:
        raise InvalidArgument(f"kind={unknown[0]!r} is not a kind of subject; add_kind makes it one")
    if unknown := [trait for trait in traits if trait not in Traits.__dataclass_fields__]:
        raise InvalidArgument(f"traits names {unknown[0]!r}, which is not a trait")
    if not inspect.getdoc(check):
        raise InvalidArgument(f"the law {code} has no docstring; it is what people read when it fails")


def _refuse_signature(code: str, check: Callable[..., None]) -> None:
    """Raise `InvalidArgument` where a call could only fail, so that no subject is blamed for it."""
    if not inspect.signature(check).parameters:
        raise InvalidArgument(f"the law {code} takes no argument; its first one is the subject")
    try:
        asked = _strategies(check)
    except Exception as error:
        raise InvalidArgument(f"an annotation of the law {code} cannot be evaluated: {error}") from error
    for name, strategy in asked.items():
        if strategy is None or strategy is Case or (callable(strategy) and not isinstance(strategy, type)):
            continue
        if not isinstance(strategy, SearchStrategy):
            raise InvalidArgument(
                f"{name}: {getattr(strategy, '__name__', strategy)} of the law {code} is no strategy, such as "
                "tensors(), no function of the subject that returns one, and not Case"
            )


def _drawing(check: Callable[..., None]) -> Callable[[Any, Case], None]:
    """Return `check` as laws are called: with the subject and a case."""

    @functools.wraps(check)
    def drawn(subject: Any, case: Case) -> None:
        asked = _strategies(check)
        check(subject, **{name: _value(strategy, subject, case, name) for name, strategy in asked.items()})

    return drawn


@functools.cache
def _strategies(check: Callable[..., None]) -> dict[str, Any]:
    """Return the annotation of every argument but the first, None where there is none."""
    names = list(inspect.signature(check).parameters)[1:]
    told = inspect.get_annotations(check, eval_str=True)
    return {name: told.get(name) for name in names}


def _value(strategy: Any, subject: Any, case: Case, name: str) -> Any:
    if strategy is None or strategy is Case:
        return case
    if not isinstance(strategy, SearchStrategy):
        strategy = strategy(subject)
    return case.value(name, strategy)
