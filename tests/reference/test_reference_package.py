"""The package as a whole: what it exports, that its examples run, that its traits are known words."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import gradcheck
from gradcheck import reference

MODULES = [
    importlib.import_module(name)
    for name in [
        reference.__name__,
        *(found.name for found in pkgutil.walk_packages(reference.__path__, f"{reference.__name__}.")),
    ]
]
PACKAGES = [module for module in MODULES if hasattr(module, "__path__")]
ROOMS = [package for package in PACKAGES if package is not reference and hasattr(package, "TRAITS")]


def name(module: ModuleType) -> str:
    """Return what a module is called in the names of tests."""
    return module.__name__


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_exports_are_complete_and_sorted(package: ModuleType) -> None:
    """`__all__` names every public attribute, constants and classes first, in alphabetical order."""
    # Where pytest rewrites the assertions of an installed plugin it leaves names such as `@pytest_ar` behind.
    names = {key for key in vars(package) if key.isidentifier()}
    public = {key for key in names if not key.startswith("_")} - {"annotations"}

    assert set(package.__all__) == public
    assert list(package.__all__) == sorted(public, key=_order)


def _order(key: str) -> tuple[int, str]:
    return (0 if key.isupper() else 1 if key[0].isupper() else 2, key)


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_examples_run(module: ModuleType) -> None:
    """Every example of a docstring gives what it says."""
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("thing", [key for key in reference.__all__ if callable(getattr(reference, key))], ids=str)
def test_everything_public_has_an_example(thing: str) -> None:
    """Every public function and class shows in its docstring how it is used."""
    assert ">>> " in (getattr(reference, thing).__doc__ or "")


@pytest.mark.parametrize("thing", [key for key in reference.__all__ if callable(getattr(reference, key))], ids=str)
def test_everything_public_is_derived_and_described(thing: str) -> None:
    """Its file has a formula and a source on top; its docstring names each argument, and what is returned."""
    subject = inspect.unwrap(getattr(reference, thing))
    page, text = inspect.getdoc(sys.modules[subject.__module__]) or "", inspect.getdoc(subject) or ""

    assert ".. math::" in page
    assert re.search(r"^Sources?:", page, re.MULTILINE)
    for argument in inspect.signature(subject).parameters:
        assert re.search(rf"^[\w*, ]*\b{argument}\b", text, re.MULTILINE), argument
    assert isinstance(subject, type) or "Returns\n-------" in text


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_imports_nothing_of_ours(module: ModuleType) -> None:
    """The reference stands alone: relative imports that stay inside it, numpy and the standard library."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    depth = module.__name__.count(".") - 1 + hasattr(module, "__path__")
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level <= depth, ast.unparse(node)
            names = [str(node.module)] if node.level == 0 else []
        assert not {found.split(".")[0] for found in names} & {"gradcheck", "reference", "properties"}


@pytest.mark.parametrize("room", ROOMS, ids=name)
def test_traits_are_known_words_about_public_things(room: ModuleType) -> None:
    """`TRAITS` speaks of what the package exports, in the vocabulary of `gradcheck.Traits`."""
    for subject, facts in room.TRAITS.items():
        assert subject.split("[")[0] in room.__all__
        gradcheck.Traits.of(facts)


def test_every_room_has_traits() -> None:
    """Each folder of subjects states what is known about them."""
    assert [name(room).rpartition(".")[2] for room in ROOMS] == [
        "activations",
        "initializers",
        "normalization",
        "preprocessing",
    ]


def test_the_command_line_is_told_where_the_subjects_are() -> None:
    """The package names the module that declares its subjects, as a string, and does not import it."""
    assert reference.__gradcheck_subjects__ == "gradcheck.properties.catalogue"
