"""The claim of second order: a pair in place of the gradient, and the gradient as a subject of its own.

===========================  ========================================  ===============================================
option                       the second function                       how it is checked
===========================  ========================================  ===============================================
``derivative=(df, d2f)``     ``d2f(x)``, elementwise                   ``check(df, x, derivative=d2f)``
``grad=(df, hvp)``           ``hvp(v, *inputs)``: H v, as df returns   ``check(df, *inputs, vjp=hvp)``
``vjp=(g, g_vjp)``           ``g_vjp(w, upstream, *inputs)``           ``check(g, upstream, *inputs, vjp=g_vjp)``
===========================  ========================================  ===============================================

So the second claim is called exactly as the first one would be, were the gradient the function. The last is the vjp
of the vjp, for all of its arguments, the upstream first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any

import numpy as np

from ..._errors import InvalidArgument
from .._adapt import adapt
from .._declaration import Declaration, name_of
from .._subject import Array, Malformed, Subject

_FORMS = {"derivative": "derivative", "grad": "vjp", "vjp": "vjp"}
"""Option of the first claim -> option by which the second is handed on."""

Claims = tuple[str, Callable[..., Any], Callable[..., Any]]


def parted_claims(
    thing: Any, inputs: tuple[Any, ...], options: Mapping[str, Any], order: int
) -> tuple[Any, tuple[Any, ...], dict[str, Any], Claims | None]:
    """Return the subject, its inputs and its options with the first claim alone, and both claims where there are two.

    Raises
    ------
    InvalidArgument
        A pair of claims is given for order 1, or is no pair of functions.

    """
    given = {key: value for key, value in options.items() if value is not None}
    if isinstance(thing, Declaration):
        thing, inputs, given = thing.thing, inputs or thing.inputs, {**thing.options, **given}
    pairs = [form for form in _FORMS if isinstance(given.get(form), (tuple, list))]
    if not pairs:
        return thing, inputs, given, None
    form = pairs[0]
    claims = tuple(given[form])
    if len(claims) != 2 or not all(callable(claim) for claim in claims):
        hole = next((k for k, claim in enumerate(claims[:2]) if not callable(claim)), None)
        what = f"has {len(claims)} entries"
        if len(claims) == 2 and hole is not None:
            what += f", and its {('first', 'second')[hole]} entry is {claims[hole]!r:.40}"
        raise InvalidArgument(f"{form}= {what}; pass one function, or two: (first, second order)")
    if order == 1:
        raise InvalidArgument(
            f"{form}= is a pair, first and second order, but order=1 checks the first; pass order=2"
        )
    return thing, inputs, {**given, form: claims[0]}, (form, *claims)


def gradient_subject(
    claims: Claims, function: Any, inputs: tuple[Any, ...], wrt: Any, upstream: Array | None
) -> Subject:
    """Return the gradient as a subject that claims its own derivative; `upstream` is the one of a vjp."""
    form, first, second = claims
    arguments = inputs
    if form == "vjp":
        if upstream is None:
            raise InvalidArgument("vjp=(first, second) is for functions of one output; check the outputs one by one")
        arguments = (upstream, *inputs)
    elif form == "grad":
        first, second = _as_arrays(first, function), _as_product(second)
    subject = adapt(first, arguments, {_FORMS[form]: second, "wrt": None if form == "vjp" else wrt})
    subject.name = name_of(claims[1])
    return subject


def _as_product(hvp: Callable[..., Any]) -> Callable[..., Any]:
    """Return `hvp`, refused where it returns H in place of H v, which would look like a forgotten sum."""

    @wraps(hvp)
    def product(v: Any, *inputs: Any) -> Any:
        returned = hvp(v, *inputs)
        shape, own = getattr(returned, "shape", None), np.shape(v)
        if own and shape != own and shape in (own + own, (np.size(v), np.size(v))):
            raise Malformed(
                "GC104",
                f"{name_of(hvp)} returned the whole Hessian, of shape {shape}, for v of shape {own}",
                hint="return its product with v, H @ v, which has the shape of v",
            )
        return returned

    return product


def _as_arrays(gradient: Callable[..., Any], function: Any) -> Callable[..., Any]:
    """Return `gradient` with numbers as arrays, so that two of them are two outputs, and the names of `function`."""

    @wraps(gradient)
    def arrays(*inputs: Any) -> Any:
        returned = gradient(*inputs)
        if isinstance(returned, (tuple, list)):
            return tuple(np.asarray(part) for part in returned)
        return returned

    with suppress(TypeError, ValueError):
        arrays.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return arrays
