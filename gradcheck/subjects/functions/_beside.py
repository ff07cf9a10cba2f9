"""The derivative that stands beside a function: ``relu_grad`` beside ``relu``.

People rarely declare it; they write it next to the function, under one of a few names. What is found is printed, so
that nobody has to guess what was checked.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

NAMES = (
    "{}_grad",
    "{}_gradient",
    "{}_derivative",
    "{}_deriv",
    "{}_prime",
    "d_{}",
    "d{}",
    "grad_{}",
    "{}_backward",
    "{}_backprop",
    "{}Grad",
    "{}Derivative",
    "{}Prime",
    "{}Backward",
)
"""How the derivative of ``{}`` is called, most telling first."""

UPSTREAM = frozenset({"upstream", "dout", "dy", "dz", "da", "grad", "g", "gy", "delta", "grad_output", "dA", "dout_"})
"""Parameter names that mean the gradient from above."""

OUTPUT = frozenset({"y", "out", "output", "a", "activated"})
"""Parameter names that mean the value of the function, as in ``sigmoid_prime(a): return a * (1 - a)``."""

CACHE = frozenset({"cache", "ctx", "saved"})
"""Parameter names that mean what the forward pass kept: then forward and backward are a pair, not f and f'."""

Function = Callable[..., Any]


def derivative_beside(function: Function) -> tuple[Function, str] | None:
    """Return the derivative that the module of `function` defines beside it, and what reports call it.

    Parameters
    ----------
    function
        A function of one array, defined at the top of a module.

    Returns
    -------
    tuple or None
        ``(derivative, name)`` where ``derivative(x)`` has the shape of ``x``; None where nothing is found, or where
        what is found needs more than the input (a cache).

    """
    namespace = _namespace(function)
    own = getattr(function, "__name__", "")
    stems = dict.fromkeys([own, own.removesuffix("_forward"), own.removesuffix("Forward")])
    for name in (pattern.format(stem) for stem in stems if stem for pattern in NAMES):
        beside = namespace.get(name)
        if inspect.isroutine(beside) and beside is not function:
            derivative = _of_input(beside, function)
            if derivative is not None:
                return derivative, _called(beside, name)
    return None


def _namespace(function: Function) -> Mapping[str, Any]:
    own = getattr(inspect.unwrap(function), "__globals__", None)
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    return own if own is not None else getattr(module, "__dict__", {})


def _of_input(beside: Function, function: Function) -> Function | None:
    names = _required(beside)
    if names is None or CACHE & set(names):
        return None
    upstream = [name for name in names if name in UPSTREAM]
    others = [name for name in names if name not in UPSTREAM]
    if len(others) != 1 or len(upstream) > 1:
        return None
    return _bind(beside, function, names, takes_output=others[0] in OUTPUT)


def _bind(beside: Function, function: Function, names: list[str], *, takes_output: bool) -> Function:
    if names == [names[-1]] and not takes_output:
        return beside

    def derivative(x: Any) -> Any:
        point = function(x) if takes_output else x
        given = [np.ones_like(np.asarray(point)) if name in UPSTREAM else point for name in names]
        return beside(*given)

    return derivative


def _required(function: Function) -> list[str] | None:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if any(p.default is p.empty and p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters):
        return None
    return [p.name for p in parameters if p.kind in positional and p.default is p.empty]


def _called(beside: Function, name: str) -> str:
    return f"{name}({', '.join(_required(beside) or ())})"
