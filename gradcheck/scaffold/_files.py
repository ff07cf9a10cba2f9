"""Files for continuous integration: one that is there already is never overwritten, unless somebody asks for it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

from .._errors import InvalidArgument
from ._edit import Edit, appended, text_of

_INCLUDE = "include:\n  - local: .gitlab/gradcheck.yml\n"


def github(root: Path, *, force: bool) -> Iterator[Edit]:
    """Yield the workflow for GitHub.

    Raises
    ------
    InvalidArgument
        There is one already, and `force` is not set.

    """
    minute = zlib.crc32(root.name.encode()) % 60  # not every project of the world at the same time
    text = _template("github.yml").replace("{minute}", str(minute)).replace("{install}", _installed(root))
    yield _new(root / ".github" / "workflows" / "gradcheck.yml", text, force=force)


def gitlab(root: Path, *, force: bool) -> Iterator[Edit]:
    """Yield the job for GitLab in a file of its own, and a pipeline that includes it where there is no pipeline yet.

    Raises
    ------
    InvalidArgument
        There is such a file already, and `force` is not set.

    """
    text = _template("gitlab.yml").replace("{install}", _installed(root))
    yield _new(root / ".gitlab" / "gradcheck.yml", text, force=force)
    pipeline = root / ".gitlab-ci.yml"
    if text_of(pipeline) is None:
        yield Edit(pipeline, None, _INCLUDE)


def advice(root: Path) -> str | None:
    """Return what has to be done by hand: a pipeline that is somebody's own is not edited."""
    text = text_of(root / ".gitlab-ci.yml")
    if text is None or ".gitlab/gradcheck.yml" in text:
        return None
    return f"add this to .gitlab-ci.yml:\n{_INCLUDE.rstrip()}"


SERVICES: dict[str, Callable[..., Iterator[Edit]]] = {"github": github, "gitlab": gitlab}
"""Service -> the files that it wants."""


def pre_commit(root: Path) -> Edit:
    """Return the edit that puts our hook behind the last one of ``.pre-commit-config.yaml``.

    Raises
    ------
    InvalidArgument
        The file has one of ours already, or something stands behind its list of repositories.

    """
    path, hook = root / ".pre-commit-config.yaml", _template("pre-commit.yaml")
    before = text_of(path)
    if before is None:
        return Edit(path, None, "repos:\n" + _indented(hook, "  "))
    if re.search(r"^\s*-?\s*(?:id|entry):\s*[\"']?gradcheck\b", before, re.MULTILINE):
        raise InvalidArgument(f"file={path} has a hook of gradcheck already")
    indent = _list_at_the_end(before)
    if indent is None:
        raise InvalidArgument(
            f"file={path} does not end with its list of `repos`, so that nothing can be appended to it; "
            f"add this to the list by hand:\n{hook.rstrip()}"
        )
    return Edit(path, before, appended(before, _indented(hook, indent)))


def _installed(root: Path) -> str:
    """Return what pip is to install: gradcheck, and the project with what it needs, however it says so."""
    packaged = re.search(r"^\s*\[project\]", text_of(root / "pyproject.toml") or "", re.MULTILINE)
    if packaged or (root / "setup.py").exists():
        return "gradcheck -e ."
    return "gradcheck -r requirements.txt" if (root / "requirements.txt").exists() else "gradcheck"


def _list_at_the_end(text: str) -> str | None:
    """Return the indent of the entries of ``repos``, None where that list is not the last thing in the file."""
    found = re.search(
        r"^repos:[ \t]*(?:#.*)?\r?\n((?:[ \t]*(?:-.*|#.*)?\r?\n|[ \t]+.*\r?\n)+)\Z", text + "\n", re.MULTILINE
    )
    entry = re.search(r"^([ \t]*)- ", found[1], re.MULTILINE) if found else None
    return entry[1] if entry else None


def _indented(text: str, indent: str) -> str:
    return "".join(f"{indent}{line}" for line in text.splitlines(keepends=True))


def _new(path: Path, text: str, *, force: bool) -> Edit:
    before = text_of(path)
    if before not in (None, text) and not force:
        raise InvalidArgument(f"file={path} exists already; --force overwrites it")
    return Edit(path, before, text)


def _template(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
