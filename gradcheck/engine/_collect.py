"""`collect`: the subjects that targets declare, each with where it was found.

In a module these count: what `gradcheck.subject` returned, alone or in lists; what a list ``subjects`` or
``SUBJECTS`` holds, declared or not; functions of one array that stand beside their derivative; and whatever the
module or attribute named by ``__gradcheck_subjects__`` declares. A class with a forward and a backward pass counts
only where it is listed, declared or asked for by name: not every class of a module is meant.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from .._errors import InvalidArgument, TargetError
from ..subjects import Declaration, subject
from ..subjects.functions._beside import NAMES
from ._declared import from_source
from ._importing import import_file, import_named
from ._target import Target, parse, place_of
from .config import Source, project_of
from .config._expected import Expected

POINTER = "__gradcheck_subjects__"
"""Attribute of a module that says where its subjects are declared: ``"module"`` or ``"module:attribute"``."""
_DECLARES = re.compile(rf"\bgradcheck\b[\s\S]*\bsubject\b|{POINTER}")
_DEFINES = re.compile(r"^(?:def\s+(\w+)|(\w+)(?:\s*:[^=\n]*)?\s*=\s*lambda\b)", re.MULTILINE)
_SKIPPED = {"node_modules", "site-packages", "build", "dist"}


@dataclass(frozen=True, slots=True)
class Collected:
    """A declared subject; ``origin`` is the target that finds it again."""

    declaration: Declaration
    origin: str


def collect(targets: Iterable[str | Source]) -> list[Collected]:
    """Return the subjects of `targets`, in order, each once; what is known to fail is declared with them.

    Raises
    ------
    TargetError
        A target cannot be imported, or declares nothing.
    InvalidArgument
        A subject of the configuration cannot be meant.

    """
    found: dict[int, tuple[Collected, Source]] = {}
    for target in targets:
        source = Source(target) if isinstance(target, str) else target
        for item in _of_source(source):
            found.setdefault(id(item.declaration), (item, source))
    return [_placed(_expecting(item, source.expected), Path(source.root)) for item, source in found.values()]


def _placed(item: Collected, root: Path) -> Collected:
    """Return `item` with a declaration that knows where it comes from: a file by its path from the project."""
    where = place_of(item.origin, root, project_of(Path.cwd()))
    return replace(item, declaration=replace(item.declaration, origin=where))


def _of_source(source: Source) -> list[Collected]:
    root = Path(source.root)
    if not source.plain:
        return [Collected(from_source(source, lambda text: _value_of(parse(text, root), root)), source.called)]
    try:
        return _collect_target(parse(str(source.target), root), root)
    except TargetError as error:
        if not source.place:
            raise
        raise TargetError(f"{source.place}: {error}") from error


def modules_of(source: Source) -> Iterator[tuple[ModuleType, str]]:
    """Yield the modules that a target stands for as a whole, and how they are called; none for one name in them."""
    root = Path(source.root)
    target = parse(str(source.target), root)
    if target.folder is not None:
        yield from ((import_file(file, target.text), file.as_posix()) for file in declaring_files(target.folder))
    elif target.name is None:
        yield _module_of(target, root)


def _expecting(item: Collected, expected: Expected) -> Collected:
    known = expected.get(item.declaration.name)
    if not known:
        return item
    merged = {**item.declaration.expected_failures, **known}
    return replace(item, declaration=replace(item.declaration, expected_failures=merged))


def _module_of(target: Target, root: Path) -> tuple[ModuleType, str]:
    """Return the module that a target names, or that holds what it names, and how it is called."""
    if target.file is not None:
        return import_file(target.file, target.text), target.file.as_posix()
    assert target.module is not None
    return import_named(target.module, target.text, root), target.module


def _value_of(target: Target, root: Path) -> Any:
    """Return the thing that ``module:name`` names, a declaration as what it declares."""
    if target.name is None or target.folder is not None:
        raise TargetError(f"target={target.text!r} names no one thing; write `module:name` or `file.py:name`")
    module, _ = _module_of(target, root)
    value = _attribute(module, target.name)
    if value is None:
        raise _unknown(module, [], target)
    return value.thing if isinstance(value, Declaration) else value


def _attribute(module: ModuleType, dotted: str) -> Any:
    value: Any = module
    for name in dotted.split("."):
        value = getattr(value, name, None)
    return value


def _collect_target(target: Target, root: Path) -> list[Collected]:
    if target.folder is not None:
        return _in_folder(target.folder)
    module, place = _module_of(target, root)
    declared = _in_module(module, place)
    if target.name is not None:
        return _named(module, list(declared), target)
    return _something(list(declared), target.text, root)


def _in_folder(folder: Path) -> list[Collected]:
    files = declaring_files(folder)
    found = [item for file in files for item in _in_module(import_file(file, str(folder)), file.as_posix())]
    return _something(found, str(folder), Path())


def declaring_files(folder: Path) -> list[Path]:
    """Return the files below `folder` that look as if they declared subjects; none of them is imported."""
    return [file for file in sorted(folder.rglob("*.py")) if _may_declare(file, folder)]


def _may_declare(file: Path, folder: Path) -> bool:
    """Say whether a file is worth importing: code that declares nothing is not run."""
    inside = file.relative_to(folder).parts[:-1]
    if any(part.startswith((".", "__")) or part in _SKIPPED for part in inside):
        return False
    if any((parent / "pyvenv.cfg").exists() for parent in file.parents if parent.is_relative_to(folder)):
        return False
    text = file.read_text(encoding="utf-8", errors="replace")
    return bool(_DECLARES.search(text)) or _has_pair(text)


def _has_pair(text: str) -> bool:
    """Say whether a file defines a function and, by its name, the derivative of that function."""
    names = {found[1] or found[2] for found in _DEFINES.finditer(text)}
    stems = {stem for name in names for stem in (name, name.removesuffix("_forward"), name.removesuffix("Forward"))}
    return any(pattern.format(stem) in names for stem in stems for pattern in NAMES)


def _something(found: list[Collected], target: str, root: Path) -> list[Collected]:
    from ._overlooked import overlooked

    if found:
        return found
    held = overlooked([Source(target, root=str(root))], [])
    if not held:
        raise TargetError(
            f"target={target!r} declares nothing to check; write SUBJECTS = [gradcheck.subject(...)] there, "
            "put a derivative beside a function (relu, relu_grad), or name one thing as `module:name`"
        )
    names = [name.rpartition(":")[2] for name in held]
    raise TargetError(
        f"target={target!r} declares nothing to check, but holds {', '.join(names[:5])}: name one "
        f"(`gradcheck run {held[0]}`), or declare it there: SUBJECTS = [gradcheck.subject({names[0]})]"
    )


def _in_module(module: ModuleType, place: str) -> Iterator[Collected]:
    if (pointer := getattr(module, POINTER, None)) is not None:
        yield from _pointed_at(pointer, place)
        return
    declared = {id(item): item for value in list(vars(module).values()) for item in _declared(value)}
    declared |= {id(item): item for item in _bare(module, place)}
    for declaration in [*declared.values(), *_beside(module, list(declared.values()))]:
        yield Collected(declaration, f"{place}:{declaration.name}")


def _pointed_at(pointer: Any, place: str) -> Iterator[Collected]:
    if isinstance(pointer, str):
        yield from _collect_target(parse(pointer), Path())
    else:
        yield from (Collected(declaration, f"{place}:{declaration.name}") for declaration in _declared(pointer))


def _declared(value: Any) -> list[Declaration]:
    """Return the declarations that a value of a module is, or holds."""
    if isinstance(value, (list, tuple)):
        return [item for item in value if isinstance(item, Declaration)]
    return [value] if isinstance(value, Declaration) else []


def _bare(module: ModuleType, place: str) -> Iterator[Declaration]:
    """Yield what a list called ``subjects`` holds without a declaration, as subjects of the kinds that they tell."""
    for name, listed in list(vars(module).items()):
        if name.lower() == "subjects" and isinstance(listed, (list, tuple)):
            yield from (
                _guessed(value, parse(f"{place}:{name}[{k}]"))
                for k, value in enumerate(listed)
                if not isinstance(value, Declaration) and _is_checkable(value)
            )


def _beside(module: ModuleType, declared: Iterable[Declaration]) -> Iterator[Declaration]:
    """Yield the functions of `module` that have a derivative beside them and are not declared already."""
    from ..subjects.functions._beside import derivative_beside

    known = {id(part) for item in declared for part in _parts(item.thing)}
    for function in list(vars(module).values()):
        own = inspect.isfunction(function) and function.__module__ == module.__name__
        if own and id(function) not in known and derivative_beside(function) is not None:
            known.add(id(function))
            yield subject(function, kind="activation")


def _parts(thing: Any) -> tuple[Any, ...]:
    return thing if isinstance(thing, tuple) else (thing,)


def _named(module: ModuleType, declared: list[Collected], target: Target) -> list[Collected]:
    """Return what a name means: a declaration of that name, a subject called so, or anything else of that name."""
    assert target.name is not None
    value = _attribute(module, target.name)
    if found := _declared(value):
        return [Collected(item, target.text) for item in found]
    if called := [item for item in declared if item.declaration.name == target.name]:
        return called
    if value is None:
        raise _unknown(module, declared, target)
    return [Collected(_guessed(value, target), target.text)]


def _unknown(module: ModuleType, declared: list[Collected], target: Target) -> TargetError:
    names = [*vars(module), *(item.declaration.name for item in declared)]
    near = difflib.get_close_matches(str(target.name), names, 1)
    ask = f"; did you mean {near[0]!r}?" if near else ""
    return TargetError(f"target={target.text!r}: nothing there is called {target.name!r}{ask}")


def _guessed(value: Any, target: Target) -> Declaration:
    """Return `value` as a subject of the kind that its methods tell; whoever names it wants it checked."""
    from ..properties import plan
    from ..properties._guess import guess_kind

    if not _is_checkable(value):
        raise TargetError(
            f"target={target.text!r} is of type {type(value).__name__}, which is nothing to check; name a function, "
            "a class or an object with forward and backward, or fit and transform"
        )
    try:
        guess_kind(subject(value))
    except InvalidArgument as error:
        raise TargetError(f"target={target.text!r}: {error}") from error
    return subject(value, kind=plan(value).kind)


def _is_checkable(value: Any) -> bool:
    """Say whether `value` could be a subject: something to call, an object of methods, or a pair."""
    if isinstance(value, tuple):
        return len(value) == 2 and all(map(callable, value))
    methods = hasattr(value, "forward") or hasattr(value, "fit")
    return not isinstance(value, ModuleType) and (callable(value) or methods)
