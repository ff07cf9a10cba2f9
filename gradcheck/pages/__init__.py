"""The pages that ``gradcheck explain CODE`` prints: one Markdown file per code of the gradient checker."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib.resources import files

from .._errors import InvalidArgument

__all__ = ["cause_page", "codes", "page", "title"]


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


_EVIDENCE = """
G is the true gradient J^T u for the upstream u, and J[o, i] = d out[o] / d x[i]. The formula is tried at several
points of other values and batch sizes, with three upstreams each; the name is given only where it explains the
whole difference to the noise of the differences, and nothing simpler does."""


def cause_page(name: str) -> str:
    """Return the page of a cause that diagnosis names, as Markdown, from its entry in the catalogue.

    Raises
    ------
    InvalidArgument
        No cause is called so.

    """
    from ..diagnosis import CATALOGUE

    if name not in CATALOGUE:
        raise InvalidArgument(f"name={name!r} is no cause; `gradcheck explain causes` lists them")
    cause = CATALOGUE[name]
    blanks = defaultdict(lambda: "...", x="x")
    repair = cause.fix.format_map(blanks)
    return "\n".join(
        (
            f"# {name}: {cause.says.format_map(blanks)}",
            f"\n## How it happens\n\n{cause.arises}",
            f"\n## How it looks\n\n{cause.looks}",
            f"\n## The formula\n\n    {cause.formula}",
            _EVIDENCE,
            f"\n## Repair\n\n{repair[:1].upper()}{repair[1:]}.\n",
        )
    )
