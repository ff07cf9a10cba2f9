"""Where mistakes are put: the functions that claim a gradient, and what they alone call.

=========================  ========================================================================
``(forward, backward)``    the backward
``vjp=``, ``grad=``, ...   that function; the derivative beside a function likewise
a layer, or its class      the method ``backward``, functions that the layer holds by such a name
``autograd.Function``      its ``backward``
what those call            functions and methods of the same package that no forward calls
=========================  ========================================================================
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import CodeType, FunctionType, ModuleType
from typing import Any

from ..subjects import Declaration
from ..subjects.functions._beside import NAMES, derivative_beside
from ._active import plain

_CLAIMS = ("vjp", "grad", "derivative")
_HELD = re.compile(r"backward|grad\b|derivative|vjp|bwd")
_BACKWARDS = re.compile(
    "|".join(re.escape(name).replace(r"\{\}", r"\w+") for name in NAMES if "_" in name) + r"|backward|\w+_vjp"
)
"""Names that a function has which nobody declared: those of the derivative beside a function, and ``backward``."""
_DEEP = 3


@dataclass(frozen=True)
class Site:
    """A function to put mistakes into; ``upstream`` is the position of that argument, ``subjects`` who is affected.

    ``keeps`` says that the function leaves gradients in the object that it is a method of. ``outer`` is the function
    with its decorators; ``claims`` are the outer ones of the backwards that it is called by, if it is none itself.
    """

    function: FunctionType
    upstream: int | None = None
    keeps: bool = False
    subjects: tuple[int, ...] = ()
    outer: Any = None
    claims: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.function.__qualname__.replace("<locals>.", "")

    @property
    def file(self) -> str:
        """Where its code is from."""
        return self.function.__code__.co_filename

    @property
    def line(self) -> int:
        """Where it begins, its decorators included."""
        return self.function.__code__.co_firstlineno


def sites_of(declarations: Sequence[Declaration]) -> list[Site]:
    """Return every site of the subjects, each once, in the order of the subjects."""
    found: dict[FunctionType, Site] = {}
    for number, declaration in enumerate(declarations):
        roots = list(_roots(declaration))
        mine = {site.function: site for site in roots}
        forwards = _reached(_forwards(declaration), declaration.thing)
        for site in roots:
            for helper in _reached([site.function], declaration.thing) - forwards:
                known = mine.get(helper, Site(helper))
                if helper not in {root.function for root in roots}:
                    mine[helper] = Site(helper, claims=(*known.claims, site.outer or site.function))
        for function, site in sorted(mine.items(), key=lambda item: (item[1].file, item[1].line)):
            known = found.get(function, replace(site, subjects=(), claims=()))
            claims = tuple(dict.fromkeys((*known.claims, *site.claims)))
            found[function] = replace(known, subjects=(*known.subjects, number), claims=claims)
    return list(found.values())


def sites_named(module: ModuleType) -> list[Site]:
    """Return the functions and methods of a module that are called like a backward; nobody declared them."""
    found = []
    for value in list(vars(module).values()):
        holders = vars(value).items() if inspect.isclass(value) else [(getattr(value, "__name__", ""), value)]
        for name, held in holders:
            function = plain(held)
            own = function is not None and function.__module__ == module.__name__
            if function is not None and own and _BACKWARDS.fullmatch(name):
                found.append(_site(function, is_method=inspect.isclass(value)))
    return list({site.function: site for site in found}.values())


def _roots(declaration: Declaration) -> Iterator[Site]:
    thing, options = declaration.thing, declaration.options
    if isinstance(thing, tuple):
        yield from _claim(thing[-1], 0)
    for name in _CLAIMS:
        for claim in _several(options.get(name)):
            yield from _claim(claim, 0 if name == "vjp" else None)
    if not isinstance(thing, tuple) and not any(options.get(name) for name in _CLAIMS):
        yield from _of_object(thing)
        yield from _beside(thing)


def _of_object(thing: Any) -> Iterator[Site]:
    """Yield the backward of a layer, of its class, of an ``autograd.Function``, and those that it holds."""
    owner = getattr(thing, "__self__", thing)
    kind = owner if inspect.isclass(owner) else type(owner)
    backward = plain(inspect.getattr_static(kind, "backward", None))
    if backward is not None:
        yield replace(_site(backward, is_method=True), outer=_callable(inspect.getattr_static(kind, "backward")))
    if not hasattr(owner, "__dict__") or inspect.isroutine(owner) or inspect.isclass(owner):
        return
    for name, held in vars(owner).items():
        function = plain(held) if callable(held) and _HELD.search(name) else None
        if function is not None:
            yield _site(function, is_method=False)
        for inner in held if isinstance(held, list | tuple) else ():
            if callable(getattr(inner, "backward", None)):
                yield from _of_object(inner)


def _site(function: FunctionType, *, is_method: bool) -> Site:
    names = list(inspect.signature(function).parameters)
    at = 1 if is_method else 0
    takes = len(names) > at and not re.search(r"derivative|grad$|prime", function.__name__)
    keeps = is_method and names[:1] == ["self"]
    return Site(function, at if takes else None, keeps)


def _claim(claim: Any, upstream: int | None) -> Iterator[Site]:
    function = plain(claim)
    if function is not None:
        yield Site(function, upstream, outer=claim)


def _callable(held: Any) -> Any:
    """Return what a class holds by a name as a function of all arguments, the object among them."""
    return getattr(held, "__func__", held)


def _beside(thing: Any) -> Iterator[Site]:
    if inspect.isroutine(thing) and (beside := derivative_beside(thing)) is not None:
        name = beside[1].partition("(")[0]
        yield from _claim(getattr(inspect.unwrap(thing), "__globals__", {}).get(name), None)


def _several(claim: Any) -> Iterable[Any]:
    return claim if isinstance(claim, tuple | list) else [claim]


def _forwards(declaration: Declaration) -> list[FunctionType]:
    thing = declaration.thing[0] if isinstance(declaration.thing, tuple) else declaration.thing
    kind = thing if inspect.isclass(thing) else type(thing)
    methods = [inspect.getattr_static(kind, name, None) for name in ("__init__", "forward", "__call__")]
    held = [v for name, v in getattr(thing, "__dict__", {}).items() if callable(v) and not _HELD.search(name)]
    return [function for value in (thing, *methods, *held) if (function := plain(value)) is not None]


def _reached(functions: Iterable[FunctionType], thing: Any) -> set[FunctionType]:
    """Return the functions and what they call, three calls deep, as far as it is of the same package."""
    found: set[FunctionType] = set(functions)
    layer = set(found)
    for _ in range(_DEEP):
        layer = {called for function in layer for called in _called(function, thing)} - found
        found |= layer
    return found


def _called(function: FunctionType, thing: Any) -> Iterator[FunctionType]:
    home = (function.__module__ or "").partition(".")[0]
    kind = thing if inspect.isclass(thing) else type(thing)
    for name in _names(function.__code__):
        held = function.__globals__.get(name) or inspect.getattr_static(kind, name, None)
        called = plain(held)
        if called is not None and home and (called.__module__ or "").partition(".")[0] == home:
            yield called


def _names(code: CodeType) -> set[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return {*code.co_names, *(name for part in inner for name in _names(part))}
