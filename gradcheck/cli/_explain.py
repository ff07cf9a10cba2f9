"""``gradcheck explain``: what a code means, how it happens, and how to repair it."""

from __future__ import annotations

import difflib
import re
import sys

import click

from .._errors import InvalidArgument
from . import _complete
from ._style import color_option


@click.command()
@click.argument("code", metavar="CODE|CAUSE", required=False, shell_complete=_complete.codes)
@color_option
def explain(code: str | None, color: str) -> None:
    """Explain CODE, or a CAUSE that a report names: its meaning, the usual mistake, the formula, the repair.

    A family such as GC2 is listed, `causes` lists the mistakes that have a name; without CODE all codes are listed.
    """
    from ..diagnosis import CATALOGUE
    from ..pages import cause_page, codes, page

    if code is None:
        click.echo("\n".join(_family("")))
        return
    if code.strip().lower() == "causes":
        width = max(map(len, CATALOGUE))
        click.echo("\n".join(f"{name:{width}}  {cause.looks}" for name, cause in sorted(CATALOGUE.items())))
        return
    if code.strip().lower() in CATALOGUE:
        _show(cause_page(code.strip().lower()), color)
        return
    wanted = code.strip().upper()
    if re.fullmatch(r"GC\d{0,2}(XX)?", wanted) and (family := _family(wanted.removesuffix("XX"))):
        click.echo("\n".join(family))
        return
    _show(page(wanted) if wanted in codes() else _law_page(wanted, code), color)


def _family(stem: str) -> list[str]:
    return [f"{code}  {title}" for code, title in sorted(titles().items()) if code.startswith(stem)]


def titles() -> dict[str, str]:
    """Return what each code says in a few words."""
    from ..pages import codes, title
    from ..properties._registry import laws

    return {law.code: law.title for law in laws()} | {code: title(code) for code in codes()}


def _law_page(code: str, typed: str) -> str:
    from ..properties._registry import laws

    for law in laws():
        if law.code == code:
            kinds = f"A law of: {', '.join(law.kinds)}.\n\n" if law.kinds else ""
            return f"# {code}: {law.title}\n\n{kinds}{law.explanation}\n"
    known = sorted(titles())
    from ..diagnosis import CATALOGUE

    if re.match(r"[a-z-]{3,}$", typed.strip()) and (alike := difflib.get_close_matches(typed, CATALOGUE, 3)):
        raise InvalidArgument(f"code={typed!r} is no cause; did you mean {' or '.join(alike)}?")
    digits = code.translate(str.maketrans("OIL", "011"))
    near = [digits] if digits in known else difflib.get_close_matches(code, known, 3)
    ask = f"did you mean {' or '.join(near)}?" if near else "`gradcheck explain` lists them all"
    raise InvalidArgument(f"code={typed!r} is not a code; {ask}")


def _show(markdown: str, color: str) -> None:
    from ._style import console, wants_color

    if not wants_color(color, terminal=sys.stdout.isatty()):
        click.echo(markdown.rstrip())
        return
    from rich.markdown import Markdown

    out = console("always")
    out.print(Markdown(markdown, code_theme="ansi_dark"), width=min(out.width, 100), soft_wrap=False)
