"""The pages that ``gradcheck explain CODE`` prints: one Markdown file per code of the gradient checker."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from .._errors import InvalidArgument

__all__ = ["codes", "page", "title"]


@cache
def codes() -> tuple[str, ...]:
    """Return the codes that have a page, sorted."""
    names = [entry.name for entry in files(__package__).iterdir()]
    return tuple(sorted(name.removesuffix(".md") for name in names if name.endswith(".md")))


def page(code: str) -> str:
    """Return the page of `code`, as Markdown.

    Raises
    ------
    InvalidArgument
        It has none.

    """
    if code not in codes():
        raise InvalidArgument(f"code={code!r} has no page; the pages are {', '.join(codes())}")
    return files(__package__).joinpath(f"{code}.md").read_text(encoding="utf-8")


def title(code: str) -> str:
    """Return what the first line of the page of `code` says after the code."""
    return page(code).split("\n", 1)[0].removeprefix(f"# {code}: ")
