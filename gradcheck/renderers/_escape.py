"""Names and messages come from users' code: nothing in them may act on the reader's terminal, page or log."""

from __future__ import annotations

import html
import re
import unicodedata

_ACTIVE = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
"""Unicode categories that steer instead of show: controls, marks, surrogates, line ends, unassigned."""


def visible(text: object) -> str:
    r"""Return `text` on one line, whatever would steer a terminal spelled out: an escape becomes ``\x1b``.

    >>> visible("red \x1b[31m" + chr(10) + "next")
    'red \\x1b[31m\\nnext'
    """
    plain = str(text)
    return plain if plain.isascii() and plain.isprintable() else "".join(map(_spelled, plain))


def visible_lines(text: object) -> list[str]:
    """Return the lines of `text`, each of them `visible`; tabs become spaces."""
    return [visible(line) for line in str(text).expandtabs(4).split("\n")]


def _spelled(character: str) -> str:
    if unicodedata.category(character) not in _ACTIVE:
        return character
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    code = ord(character)
    return short or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def for_html(text: object) -> str:
    """Return `text` so that HTML and XML show it as it is, inside an attribute too."""
    return html.escape(visible(text), quote=True)


def for_markdown(text: object) -> str:
    """Return `text` so that Markdown shows it as it is, in a paragraph and in a cell of a table."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~@$&:=^\"'])", r"\\\1", visible(text))


def markdown_code(text: object) -> str:
    """Return `text` as inline code, whatever backticks it holds."""
    shown = visible(text).replace("|", "\\|")
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def markdown_block(text: str) -> str:
    """Return `text` as a fenced block that nothing inside can close."""
    lines = [visible(line) for line in text.split("\n")]
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return "\n".join([f"{fence}text", *lines, fence])


def github_data(text: object) -> str:
    """Return `text` as the message of a workflow command: percent signs and line ends are encoded."""
    lines = "\n".join(visible_lines(text))
    return lines.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def github_property(text: object) -> str:
    """Return `text` as a property of a workflow command, where colons and commas are encoded as well."""
    return github_data(visible(text)).replace(":", "%3A").replace(",", "%2C")
