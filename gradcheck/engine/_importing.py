"""Import a user's module or file so that nothing of theirs stands in the way of ours, nor ours in theirs.

A lone file is imported under a private name, so that a ``reference.py`` or a ``properties.py`` disturbs nobody;
a file inside a package is imported as the module that it is, so that its relative imports work.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from .._errors import TargetError
from . import _exits

_LINES = 12
"""Lines of a traceback that are shown; the end says what happened."""


def import_named(name: str, target: str, root: Path) -> ModuleType:
    """Import a module by its name, the folder `root` first.

    Raises
    ------
    TargetError
        There is no such module, or its code raises.

    """
    with _first_on_path(root.resolve()), _exits.exits_are_raised():
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name is not None and f"{name}.".startswith(f"{error.name}."):
                raise TargetError(
                    f"target={target!r}: there is no module {error.name!r} here or among the installed ones"
                ) from None
            raise _failed(target, error, name) from error
        except (Exception, SystemExit) as error:
            raise _failed(target, error, name) from error


def import_file(file: Path, target: str) -> ModuleType:
    """Import a file, its own folder first on the path while its code runs.

    Raises
    ------
    TargetError
        Its code raises.

    """
    file = file.resolve()
    root, name = _module_of(file)
    with _first_on_path(root), _exits.exits_are_raised():
        try:
            return _in_package(name, file) or _alone(file)
        except (Exception, SystemExit) as error:
            raise _failed(target, error, str(file)) from error


def _module_of(file: Path) -> tuple[Path, str]:
    """Return the folder that holds the outermost package of `file`, and its dotted name from there."""
    folder, parts = file.parent, [] if file.name == "__init__.py" else [file.stem]
    while (folder / "__init__.py").exists() and folder.name.isidentifier():
        folder, parts = folder.parent, [folder.name, *parts]
    return folder, ".".join(parts)


def _in_package(name: str, file: Path) -> ModuleType | None:
    if "." not in name and file.name != "__init__.py":
        return None
    module = import_module(name)
    same = module.__file__ is not None and Path(module.__file__).resolve() == file
    return module if same else None  # another package of that name came first


def _alone(file: Path) -> ModuleType:
    name = f"_gradcheck_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _first_on_path(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _failed(target: str, error: BaseException, place: str) -> TargetError:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != _exits.__file__]
    ours = [k for k, frame in enumerate(frames) if frame.filename == __file__ or "importlib" in frame.filename]
    theirs = frames[ours[-1] + 1 :] if ours else frames
    lines = "".join(traceback.format_list(theirs) + traceback.format_exception_only(error)).rstrip().split("\n")
    said = "\n".join(f"  {line}" for line in lines[-_LINES:])
    return TargetError(f"target={target!r}: importing {place} raised {type(error).__name__}\n{said}")
