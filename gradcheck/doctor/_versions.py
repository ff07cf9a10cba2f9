"""Versions: Python, what gradcheck needs, and the frameworks whose functions it can check."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from .. import __version__
from ._line import Line, State

FRAMEWORKS = ("torch", "jax", "autograd", "mygrad")
"""Extras that bring a framework of the same name."""
PYTHON = (3, 11)


def versions() -> Iterator[Line]:
    """Yield a line for Python and for gradcheck, for each of its requirements, and for each framework."""
    yield _python()
    yield Line("gradcheck", State.OK, __version__)
    needed, extras = _requirements()
    for name, wanted in needed.items():
        yield _package(name, wanted, f"pip install '{name}{wanted}'")
    present = [name for name in FRAMEWORKS if _installed(name)]
    for name in present:
        yield _package(name, extras.get(name, ""), f"pip install 'gradcheck[{name}]'")
    if absent := [name for name in FRAMEWORKS if name not in present]:
        yield Line("frameworks", State.OK, f"not installed: {', '.join(absent)}; needed by nobody who has none")


def _python() -> Line:
    said = f"{platform.python_version()} ({platform.system()} {platform.machine()})"
    least = ".".join(map(str, PYTHON))
    if sys.version_info[:2] < PYTHON:
        return Line("python", State.ATTENTION, said, f"gradcheck needs {least} or newer")
    return Line("python", State.OK, said)


def _requirements() -> tuple[dict[str, str], dict[str, str]]:
    """Return the versions that gradcheck asks for: of what it always needs, and of the frameworks."""
    from packaging.requirements import Requirement

    try:
        known = [Requirement(text) for text in requires("gradcheck") or ()]
    except PackageNotFoundError:  # a checkout that is not installed
        return dict.fromkeys(("numpy", "scipy", "hypothesis", "pytest", "click", "rich"), ""), {}
    needed = {r.name: str(r.specifier) for r in known if r.marker is None}
    extras = {
        r.name: str(r.specifier)
        for r in known
        if r.marker is not None and r.name in FRAMEWORKS and r.marker.evaluate({"extra": r.name})
    }
    return needed, extras


def _package(name: str, wanted: str, remedy: str) -> Line:
    from packaging.specifiers import SpecifierSet

    found = _installed(name)
    if found is None:
        return Line(name, State.ATTENTION, "not installed", remedy)
    if wanted and not SpecifierSet(wanted).contains(found, prereleases=True):
        return Line(name, State.ATTENTION, f"{found}, but gradcheck needs {wanted}", remedy)
    return Line(name, State.OK, found)


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
