"""Options by name: a misspelt one is answered with the nearest that there is, not with Python's own sentence."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

from .._errors import UnknownOption

Given = ParamSpec("Given")
Returned = TypeVar("Returned")

OPTIONS = (
    *("vjp", "grad", "derivative", "jvp", "params", "grads", "wrt", "upstream", "order"),
    *("mode", "rtol", "atol", "kinks", "max_evals", "rng"),
)
"""The keyword options of `gradcheck.check`; a test compares them with its signature."""

_POSITIONAL = ("input", "inputs", "arg", "args", "arguments", "x", "X")
"""What people call the inputs, which have no name."""

_BY_OTHERS = {"seed": "rng", "random_state": "rng", "expected": "expected_failures"}
"""Options of other libraries, or of our command line, and what they are called here."""

_WITHOUT_INPUTS = ("run_suite", "parametrize")
"""Functions that take what belongs to a subject with its declaration."""


def refuse_unknown_options(options: Iterable[str], known: Iterable[str], owner: str) -> None:
    """Raise `UnknownOption` for the first of `options` that is none of `known`."""
    names = list(known)
    for option in options:
        if option not in names:
            raise UnknownOption(f"{option}= is not an option of {owner}; {_instead(option, names, owner)}")


def _instead(option: str, names: list[str], owner: str) -> str:
    if owner in _WITHOUT_INPUTS and option in (*OPTIONS, *_POSITIONAL):
        told = "x" if option in _POSITIONAL else f"{option}=..."
        return f"it belongs to the subject: {owner}(gradcheck.subject(thing, {told}), ...)"
    if option in _POSITIONAL:
        return f"inputs are positional: {owner.split()[-1]}(thing, x)"
    meant = _BY_OTHERS.get(option)
    near = [meant] if meant in names else difflib.get_close_matches(option, names, 1)
    return f"did you mean {near[0]}=?" if near else f"the options are {', '.join(names)}"


def refuses_unknown_options(function: Callable[Given, Returned]) -> Callable[Given, Returned]:
    """Let `function`, which lists its options, answer for one that it does not have; its signature stays as it is."""
    parameters = inspect.signature(function).parameters.values()
    known = frozenset(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
    optional = [p.name for p in parameters if p.name in known and p.default is not p.empty]

    @wraps(function)
    def called(*args: Given.args, **options: Given.kwargs) -> Returned:
        __tracebackhide__ = True
        if not options.keys() <= known:
            unknown = [option for option in options if option not in known]
            refuse_unknown_options(unknown, optional, function.__qualname__.removesuffix(".__init__"))
        return function(*args, **options)

    return called
