"""Who may import whom: a table of data, held against every import statement in the source."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = {"gradcheck": ROOT / "gradcheck", "gradcheck.reference": ROOT / "reference"}
FOLDERS["gradcheck.properties"] = ROOT / "properties"

LONGEST = 400
LONG_TABLES: dict[str, str] = {}
FRAMEWORKS = frozenset(
    {"torch", "jax", "jaxlib", "tensorflow", "autograd", "cupy", "mxnet", "chainer", "paddle", "flax", "mygrad"}
)
TERMINAL = frozenset({"click", "rich"})
DRAWING = frozenset({"matplotlib", "jinja2", "cairosvg"})
TESTING = frozenset({"hypothesis", "pytest", "_pytest", "pluggy", "sklearn", "mpmath", "ml_dtypes"})


class Import(NamedTuple):
    """One imported module, and where the statement stands."""

    name: str
    file: Path
    line: int
    at_module_level: bool
    for_types: bool = False
    """Whether type checkers alone make it."""

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.name}"


@dataclass(frozen=True)
class Room:
    """What the modules below `name` may import.

    ``ours`` are the packages of this project, by prefix, and ``others`` those of other people; the standard library
    is free. ``lazily`` are imports that only the named files may make, inside functions.
    """

    name: str
    ours: tuple[str, ...] = ()
    others: tuple[str, ...] = ("numpy",)
    lazily: tuple[tuple[str, str], ...] = ()


CORE = tuple(
    f"gradcheck.{room}" for room in ("_errors", "report", "numerics", "pictures", "subjects", "diagnosis", "checks")
)

ROOMS = (
    Room("gradcheck.reference", ("gradcheck.reference",), ("numpy", "scipy.special")),
    Room("gradcheck._errors", lazily=(("_errors.py", "gradcheck.report"),), others=()),
    Room("gradcheck.report", ("gradcheck.report",), (), lazily=(("_readable.py", "gradcheck.renderers"),)),
    Room("gradcheck.pictures", ("gradcheck.pictures", "gradcheck.report"), ("numpy",)),
    Room("gradcheck.numerics", ("gradcheck.numerics",), ("numpy", "scipy")),
    Room(
        "gradcheck.subjects",
        ("gradcheck.subjects", "gradcheck._errors"),
        ("numpy", "scipy"),
        lazily=(
            ("torch/_functions.py", "torch"),
            ("torch/_arrays.py", "ml_dtypes"),
            ("torch/_mapped.py", "torch"),
            ("torch/_draws.py", "torch"),
            ("jax/_functions.py", "jax"),
        ),
    ),
    Room(
        "gradcheck.diagnosis", ("gradcheck.diagnosis", "gradcheck.report", "gradcheck.numerics"), ("numpy", "scipy")
    ),
    Room("gradcheck.checks", CORE, ("numpy", "scipy")),
    Room(
        "gradcheck.properties",
        (*CORE, "gradcheck.properties"),
        ("numpy", "scipy", "hypothesis"),
        lazily=(("catalogue.py", "gradcheck.reference"),),
    ),
    Room(
        "gradcheck.renderers",
        ("gradcheck.renderers", "gradcheck.report", "gradcheck._errors", "gradcheck.__version__"),
        ("numpy", "rich"),
        lazily=(("_png.py", "cairosvg"),),
    ),
)
"""The table. The faces (command line, plugin, engine) may import everything, so they do not stand in it."""


# -- reading the source ----------------------------------------------------------------------------------------------


def _modules() -> Iterator[tuple[str, Path]]:
    for package, folder in FOLDERS.items():
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(folder).with_suffix("").parts
            yield ".".join([package, *(p for p in parts if p != "__init__")]), file


@cache
def _imports(module: str, file: Path) -> tuple[Import, ...]:
    """Return every import of `file`, functions' own and those for type checkers included, by absolute name."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    for_types = _below_nodes(tree, _is_for_type_checkers)
    inside = for_types | _below_nodes(tree, lambda node: isinstance(node, functions))
    found = []
    for node in ast.walk(tree):
        where = (file, getattr(node, "lineno", 0), id(node) not in inside, id(node) in for_types)
        if isinstance(node, ast.Import):
            found += [Import(alias.name, *where) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            names = [f"{base}.{alias.name}" for alias in node.names]
            known = [name if _is_module(name) or base in FOLDERS else base for name in names]
            found += [Import(name, *where) for name in dict.fromkeys(known)]
    return tuple(found)


def _below_nodes(tree: ast.AST, chosen: Callable[[ast.AST], bool]) -> set[int]:
    return {id(node) for top in ast.walk(tree) if chosen(top) for node in ast.walk(top)}


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _is_module(name: str) -> bool:
    return any(name == module for module, _ in _modules_once())


@cache
def _modules_once() -> tuple[tuple[str, Path], ...]:
    return tuple(_modules())


def _below(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def _allowed(room: Room, imported: Import) -> bool:
    if _below(imported.name, room.ours) or _below(imported.name, room.others):
        return True
    return _is_granted_lazily(room, imported) or imported.name.split(".")[0] in sys.stdlib_module_names


def _is_granted_lazily(room: Room, imported: Import) -> bool:
    lazily = [name for file, name in room.lazily if imported.file.as_posix().endswith(f"/{file}")]
    module_level = imported.at_module_level and imported.file.name != "catalogue.py"
    return _below(imported.name, tuple(lazily)) and not module_level


def _room_of(module: str) -> Room | None:
    fitting = [room for room in ROOMS if _below(module, (room.name,))]
    return max(fitting, key=lambda room: len(room.name), default=None)


# -- the rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_imports_only_what_it_may(room: Room) -> None:
    """No module of a room imports what the table does not grant it, not even inside a function."""
    offending = [
        str(imported)
        for module, file in _modules_once()
        if _room_of(module) is room
        for imported in _imports(module, file)
        if not _allowed(room, imported)
    ]
    assert offending == []


def test_every_room_has_modules() -> None:
    """A room that was renamed would otherwise pass unnoticed."""
    lived_in = {room.name for module, _ in _modules_once() if (room := _room_of(module)) is not None}
    assert lived_in == {room.name for room in ROOMS}


@pytest.mark.parametrize("room", ["numerics", "subjects", "checks", "diagnosis"])
def test_nothing_in_a_room_leads_back_to_itself(room: str) -> None:
    """Neither files nor the rooms inside a room import each other in a circle, not even inside a function."""
    below = f"gradcheck.{room}"
    files = {
        (module, imported.name)
        for module, file in _modules_once()
        if _below(module, (below,)) and file.name != "__init__.py"
        for imported in _imports(module, file)
        if imported.name.startswith(f"{below}.") and not imported.for_types
    }
    inside = {tuple(name.rpartition(".")[0] for name in arrow) for arrow in files}
    rooms = {arrow for arrow in inside if below not in arrow and len(set(arrow)) > 1}
    assert (_circle(files), _circle(rooms)) == ([], [])


def _circle(arrows: set[tuple[str, ...]]) -> list[str]:
    """Return the first circle of `arrows`, if there is one."""
    graph: dict[str, set[str]] = {}
    for start, end in arrows:
        graph.setdefault(start, set()).add(end)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def test_no_framework_is_imported_at_module_level() -> None:
    """Torch, JAX and their like are met only by those who bring them."""
    offending = [
        str(imported)
        for module, file in _modules_once()
        for imported in _imports(module, file)
        if imported.at_module_level and imported.name.split(".")[0] in FRAMEWORKS
    ]
    assert offending == []


def test_the_core_knows_no_test_tool_no_terminal_and_no_picture() -> None:
    """No Hypothesis, pytest, click, rich or matplotlib is named in the core, no framework but in its own file."""
    core = ("gradcheck._errors", "gradcheck.report", "gradcheck.numerics", "gradcheck.subjects")
    core += ("gradcheck.checks", "gradcheck.diagnosis", "gradcheck.reference")
    offending = [
        str(imported)
        for module, file in _modules_once()
        if _below(module, core)
        for imported in _imports(module, file)
        if imported.name.split(".")[0] in TESTING | TERMINAL | DRAWING | FRAMEWORKS
        and not ((room := _room_of(module)) is not None and _is_granted_lazily(room, imported))
    ]
    assert offending == []


def test_the_table_would_notice() -> None:
    """Three imports that the table forbids are refused, and three that it grants are not."""
    numerics, report = (next(r for r in ROOMS if r.name == f"gradcheck.{n}") for n in ("numerics", "report"))
    here = Path(__file__)
    readable = ROOT / "gradcheck" / "report" / "_readable.py"
    assert not _allowed(numerics, Import("gradcheck.subjects", here, 1, False))
    assert not _allowed(numerics, Import("hypothesis", here, 1, False))
    assert not _allowed(report, Import("gradcheck.renderers", readable, 1, True))
    assert _allowed(numerics, Import("scipy.special", here, 1, True))
    assert _allowed(numerics, Import("dataclasses", here, 1, True))
    assert _allowed(report, Import("gradcheck.renderers", readable, 1, False))
    assert _circle({("a", "b"), ("b", "c")}) == []
    assert _circle({("a", "b"), ("b", "c"), ("c", "a")}) != []


def test_imports_are_read_wherever_they_stand(tmp_path: Path) -> None:
    """Inside functions, relative, and renamed: the reader misses none."""
    file = tmp_path / "_made_up.py"
    file.write_text(
        "import os as o\nfrom .report import Report\nfrom . import numerics\n"
        "def f():\n    from ..reference import ReLU\n    import torch.nn\n"
    )
    found = {(i.name, i.at_module_level) for i in _imports("gradcheck.made_up", file)}
    assert found >= {("os", True), ("gradcheck.report", True), ("gradcheck.numerics", True), ("torch.nn", False)}


@pytest.mark.parametrize("folder", [*(folder.name for folder in FOLDERS.values()), "tests", "examples", "benchmarks"])
def test_no_file_is_longer_than_four_hundred_lines(folder: str) -> None:
    """A longer file holds more than one idea."""
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in (ROOT / folder).rglob("*.py")
    }
    tables = {file for file in LONG_TABLES if file.startswith(f"{folder}/") and (ROOT / file).exists()}
    assert {file for file, length in lengths.items() if length > LONGEST} == tables


PUBLIC = [
    module
    for module, file in _modules()
    if file.name == "__init__.py" and not any(p.startswith("_") for p in module.split("."))
]


def test_every_test_says_its_law_in_a_sentence() -> None:
    """The docstring is what people read when a test fails: it is there, and its first line is a sentence."""
    silent = []
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                first = (ast.get_docstring(node) or "").partition("\n")[0]
                if not first.endswith((".", "?", "!", ":")):
                    silent.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert silent == []


def _isort(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, each in the order of the alphabet: what the formatter enforces."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("module", PUBLIC)
def test_what_a_package_exports_is_sorted_and_exists(module: str) -> None:
    """``__all__`` is sorted, without duplicates, and can be imported; without one, exports are written X as X."""
    package = importlib.import_module(module)
    exported = getattr(package, "__all__", None)
    if exported is None:
        assert _passed_on_silently(Path(str(package.__file__))) == []
        return
    assert list(exported) == sorted(set(exported), key=_isort)
    for name in exported:
        assert hasattr(package, name)


def _passed_on_silently(file: Path) -> list[str]:
    """Return what a package without ``__all__`` imports other than as ``X as X``, which marks it as exported."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    froms = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.level]
    return [alias.name for node in froms for alias in node.names if alias.asname != alias.name]


@pytest.mark.parametrize("module", ["gradcheck", "gradcheck.report", "gradcheck.reference", "gradcheck.properties"])
def test_packages_that_users_import_say_what_they_export(module: str) -> None:
    """They have an ``__all__``, and each public name they hold is in it."""
    package = importlib.import_module(module)
    public = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "").startswith(module)
        and not isinstance(value, type(ast))
    }
    assert public <= set(package.__all__)


def test_the_types_that_checkers_see_are_those_that_are_exported() -> None:
    """The names imported for type checkers in the package's own file are the names that it hands out."""
    file = FOLDERS["gradcheck"] / "__init__.py"
    tree = ast.parse(file.read_text(encoding="utf-8"))
    guarded = [node for node in tree.body if _is_for_type_checkers(node)]
    seen = {
        alias.asname or alias.name
        for block in guarded
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    import gradcheck

    assert seen == set(gradcheck.__all__)


# -- what an import costs --------------------------------------------------------------------------------------------


def _loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("statement", "forbidden"),
    [
        ("import gradcheck", {"numpy", "scipy", *TESTING, *TERMINAL, *DRAWING, *FRAMEWORKS}),
        ("import gradcheck.pytest_plugin", {"numpy", "scipy", "hypothesis", *TERMINAL, *DRAWING, *FRAMEWORKS}),
        ("import gradcheck.checks", {*TESTING, *TERMINAL, *DRAWING, *FRAMEWORKS}),
        ("import gradcheck.reference", {*TESTING, *TERMINAL, *DRAWING, *FRAMEWORKS}),
        ("import gradcheck; gradcheck.check; gradcheck.Report", {*TESTING, *TERMINAL, *DRAWING, *FRAMEWORKS}),
    ],
)
def test_an_import_loads_no_more_than_it_needs(statement: str, forbidden: set[str]) -> None:
    """In a fresh interpreter the heavy packages stay away until something needs them."""
    assert _loaded_by(statement) & forbidden == set()


def test_a_wrong_name_is_an_attribute_error() -> None:
    """The lazy package refuses what it does not have, and lists what it has."""
    import gradcheck

    with pytest.raises(AttributeError, match="chek"):
        gradcheck.chek  # noqa: B018
    assert set(gradcheck.__all__) <= set(dir(gradcheck))
