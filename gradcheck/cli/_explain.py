"""``gradcheck explain``: what a code means, how it happens, and how to repair it."""

from __future__ import annotations

import difflib
import sys

import click

from .._errors import InvalidArgument


@click.command()
@click.argument("code", required=False)
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True)
def explain(code: str | None, color: str) -> None:
    """Explain CODE: its meaning, the usual mistake, the formula, the repair. Without CODE: list them all."""
    from ..pages import codes, page

    if code is None:
        click.echo("\n".join(f"{known}  {title}" for known, title in sorted(_titles().items())))
        return
    wanted = code.strip().upper()
    _show(page(wanted) if wanted in codes() else _law_page(wanted), color)


def _titles() -> dict[str, str]:
    from ..pages import codes, title
    from ..properties._registry import laws

    return {law.code: law.title for law in laws()} | {code: title(code) for code in codes()}


def _law_page(code: str) -> str:
    from ..properties._registry import laws

    for law in laws():
        if law.code == code:
            kinds = f"A law of: {', '.join(law.kinds)}.\n\n" if law.kinds else ""
            return f"# {code}: {law.title}\n\n{kinds}{law.explanation}\n"
    known = sorted(_titles())
    digits = code.translate(str.maketrans("OIL", "011"))
    near = [digits] if digits in known else difflib.get_close_matches(code, known, 3)
    ask = f"did you mean {' or '.join(near)}?" if near else "`gradcheck explain` lists them all"
    raise InvalidArgument(f"code={code!r} is not a code; {ask}")


def _show(markdown: str, color: str) -> None:
    from ._style import console, wants_color

    if not wants_color(color, terminal=sys.stdout.isatty()):
        click.echo(markdown.rstrip())
        return
    from rich.markdown import Markdown

    out = console("always")
    out.print(Markdown(markdown, code_theme="ansi_dark"), width=min(out.width, 100), soft_wrap=False)
