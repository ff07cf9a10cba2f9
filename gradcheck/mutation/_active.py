"""A function with a mistake in it, for as long as it lasts: its code is exchanged, not the function.

Whoever holds the function (another module, a dictionary, a partial, a layer) then calls the mistake, and nothing on
disk is touched. Needs nothing but the standard library, because it also runs inside of other people's test processes.
"""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class Active:
    """Stands in for a function: counts its calls, notes the arguments of some, and calls something else.

    Parameters
    ----------
    call
        What is called instead.
    keep
        Of how many calls the arguments are kept, as copies.
    tell
        Told ``"called"`` at the first call and ``"returned"`` at the first that comes back.

    """

    def __init__(
        self, call: Callable[..., Any], *, keep: int = 0, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self.call, self.keep, self.tell = call, keep, tell
        self.calls = self.returned = 0
        self.kept: list[Arguments] = []

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Call it."""
        self.calls += 1
        if self.calls == 1:
            self.tell("called")
        if len(self.kept) < self.keep:
            kept = _copied((args, options))
            self.kept += [] if kept is None else [kept]
        result = self.call(*args, **options)
        self.returned += 1
        if self.returned == 1:
            self.tell("returned")
        return result


def _copied(arguments: Arguments) -> Arguments | None:
    """Return copies; None of what cannot be copied, as a context of autograd."""
    try:
        return copy.deepcopy(arguments)
    except Exception:
        return None


def twin(function: FunctionType, code: CodeType | None = None) -> FunctionType:
    """Return another function like `function`, with other code if that is given."""
    code, names = code or function.__code__, function.__globals__
    other = FunctionType(code, names, function.__name__, function.__defaults__, function.__closure__)
    other.__kwdefaults__ = function.__kwdefaults__
    return other


@contextmanager
def standing_in(function: FunctionType, active: Active) -> Iterator[None]:
    """Let every call of `function` be one of `active`; what was remembered of other calls is forgotten."""
    code, signature = function.__code__, inspect.signature(function)
    put(function, active)
    forget(function.__module__)
    try:
        yield
    finally:
        function.__code__ = code
        del function.__signature__  # type: ignore[attr-defined]
        forget(function.__module__)
    assert inspect.signature(function) == signature


def forget(module: str) -> None:
    """Empty the caches (`functools.lru_cache`) of the functions of a module and its neighbours in the package."""
    package = module.rpartition(".")[0]
    for name, known in list(sys.modules.items()):
        if name == module or (package and name.startswith(f"{package}.")):
            for value in list(vars(known).values()):
                if isinstance(value, _lru_cache_wrapper):
                    value.cache_clear()


def put(function: FunctionType, active: Active) -> None:
    """Exchange the code of `function` for a call of `active`; what it looks like from outside stays."""
    function.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    code = function.__code__
    names = ", ".join(code.co_freevars)
    outer = f"  {' = '.join(code.co_freevars)} = None\n" if names else ""
    text = f"def outer():\n{outer}  def inner(*args, **options):\n"
    text += f"    {names}\n" if names else ""
    text += "    active = 'active'\n    return active(*args, **options)\n  return inner"
    space: dict[str, Any] = {}
    exec(text, space)
    inner = space["outer"]().__code__
    constants = tuple(active if constant == "active" else constant for constant in inner.co_consts)
    function.__code__ = inner.replace(
        co_consts=constants,
        co_filename=code.co_filename,
        co_firstlineno=code.co_firstlineno,
        co_name=code.co_name,
        co_qualname=code.co_qualname,
    )


def code_in(text: str, file: str, qualname: str, line: int) -> CodeType:
    """Return the code of one function of the module whose source is `text`, without running the module.

    Raises
    ------
    LookupError
        No function of that qualified name begins in that line.
    SyntaxError
        `text` cannot be compiled.

    """
    queue: list[CodeType] = [compile(text, file, "exec", dont_inherit=True)]
    while queue:
        code = queue.pop()
        if code.co_qualname == qualname and code.co_firstlineno == line:
            return code
        queue += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    raise LookupError(f"no function {qualname} in line {line} of {file}")


def found_in(namespace: dict[str, Any], qualname: str, file: str, line: int) -> FunctionType | None:
    """Return the function of that qualified name, below what decorates it; None if there is none."""
    head, *rest = qualname.split(".")
    value = namespace.get(head)
    for name in rest:
        value = inspect.getattr_static(value, name, None)
    function = plain(value)
    if function is None or function.__code__.co_firstlineno != line:
        return None
    return function if same_file(function.__code__.co_filename, file) else None


def plain(value: Any) -> FunctionType | None:
    """Return the Python function below methods and decorators; None where there is none."""
    value = getattr(value, "__func__", value)  # a bound, static or class method
    value = getattr(value, "func", value) if not isinstance(value, FunctionType) else value  # functools.partial
    while not isinstance(value, FunctionType) or hasattr(value, "__wrapped__"):
        inner = getattr(value, "__wrapped__", None)
        if inner is None:
            return None
        value = inner
    return value


def same_file(one: str, other: str) -> bool:
    """Whether two names are of one file."""
    return one == other or Path(one).resolve() == Path(other).resolve()
