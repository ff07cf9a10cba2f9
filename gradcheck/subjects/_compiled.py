"""Whether code may end in a kernel that looks at no bounds, so that it must not be handed arrays of other sizes.

NumPy, torch and JAX refuse what does not fit. A compiled kernel may not: handed more rows than the labels that it
reads beside them it reads past their end, and the process dies, report and all. Whatever the code names is followed,
through functions, classes and objects, as far as packages that are known to refuse:

==============================  ====================================================================
a package of kernels            ctypes, cffi, Numba, Triton, CuPy, ...: what it made, or its name
a compiled module               of a package that is not known
the address of an array         ``x.ctypes``, ``x.data_ptr()``: somebody goes on from there
too much to follow              nothing is known then
==============================  ====================================================================
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from importlib.machinery import ExtensionFileLoader
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from .layers._inside import held

KERNELS = frozenset(
    {
        "_cffi_backend",
        "_ctypes",
        "cffi",
        "ctypes",
        "cupy",
        "cupyx",
        "numba",
        "pycuda",
        "pyopencl",
        "taichi",
        "triton",
    }
)
"""Packages whose kernels look at no bounds unless told to."""

ADDRESSES = frozenset({"data_ptr", "__array_interface__", "__cuda_array_interface__", "from_address"})
"""Attributes that give away where an array lies; ``ctypes`` is one of NumPy's arrays, too."""

CAREFUL = (sys.stdlib_module_names | {"numpy", "scipy", "torch", "jax", "jaxlib", "gradcheck", "reference"}) - KERNELS
"""Packages that refuse what does not fit."""

_MOST = 3000
"""So many things are looked at."""


def may_skip_bounds(things: Iterable[Any]) -> bool:
    """Whether `things`, functions or layers, may hand arrays to what does not look at their bounds."""
    waiting, seen = list(things), set[int]()
    while waiting and len(seen) < _MOST:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        try:
            if _is_kernel(thing):
                return True
            waiting += _named_by(thing)
        except Exception:  # an object of somebody else may raise whatever it is asked
            return True
    return bool(waiting)


def _root(thing: Any) -> str:
    """Return the package that a module is of, or that made a function, a class or an object."""
    made = thing.__name__ if isinstance(thing, ModuleType) else getattr(thing, "__module__", None)
    name = made if isinstance(made, str) else type(thing).__module__
    return str(name).partition(".")[0]


def _is_kernel(thing: Any) -> bool:
    named = set(_names(thing.__code__)) if isinstance(thing, FunctionType) and not _is_careful(thing) else set[str]()
    roots = {_root(thing), _root(type(thing)), *(name.partition(".")[0] for name in named)}
    return bool(roots & KERNELS or named & ADDRESSES) or _is_compiled(thing)


def _is_compiled(thing: Any) -> bool:
    """Whether a compiled module of an unknown package made it, or it is one."""
    if _root(thing) in CAREFUL:
        return False
    module = thing if isinstance(thing, ModuleType) else sys.modules.get(str(getattr(thing, "__module__", "")))
    return isinstance(getattr(module, "__loader__", None), ExtensionFileLoader)


def _is_careful(function: FunctionType) -> bool:
    return str(function.__globals__.get("__name__", "")).partition(".")[0] in CAREFUL


def _names(code: CodeType) -> Iterator[str]:
    """Yield every name that `code`, and what is defined in it, reads, imports or looks up."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _named_by(thing: Any) -> list[Any]:
    """Return what `thing` refers to; nothing inside of careful packages."""
    if isinstance(thing, partial):
        return [thing.func, *thing.args, *thing.keywords.values()]
    if isinstance(thing, MethodType):
        return [thing.__func__, thing.__self__]
    if isinstance(thing, (tuple, list)):
        return [item for item in thing if _leads_on(item)]
    if isinstance(thing, Mapping):
        return [item for item in thing.values() if _leads_on(item)]
    if isinstance(thing, FunctionType):
        return [*_enclosed(thing), *([] if _is_careful(thing) else _from_outside(thing))]
    if isinstance(thing, ModuleType) or (inspect.isclass(thing) and _root(thing) in CAREFUL):
        return []
    if inspect.isclass(thing):
        return [*thing.__bases__, *(_bare(value) for value in vars(thing).values() if _leads_on(value))]
    return [type(thing), *(value for _, value in held(thing) if _leads_on(value))]


def _leads_on(value: Any) -> bool:
    return not isinstance(value, (str, bytes, int, float, complex, type(None)))


def _bare(value: Any) -> Any:
    """Return the function in a static method, a class method or a property."""
    return getattr(value, "__func__", None) or getattr(value, "fget", None) or value


def _enclosed(function: FunctionType) -> Iterator[Any]:
    """Yield what a function holds in its closure and its defaults, and what it wraps."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not yet filled
            continue
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()


def _from_outside(function: FunctionType) -> Iterator[Any]:
    """Yield the globals that a function names, and of modules among them what it names there."""
    names = set(_names(function.__code__))
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        yield value
        if isinstance(value, ModuleType) and _root(value) not in CAREFUL:
            yield from (vars(value)[inner] for inner in names & vars(value).keys())
