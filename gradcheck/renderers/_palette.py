"""The colors of pages and pictures, light and dark: text on its ground has a contrast of 4.5 at least."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LEVELS = 11
"""Colors of a scale that goes from negative over nothing to positive."""


def _mixed(one: str, other: str, share: float) -> str:
    pairs = [(int(one[k : k + 2], 16), int(other[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)


def _scale(negative: str, nothing: str, positive: str) -> dict[str, str]:
    half = LEVELS // 2
    low = [_mixed(negative, nothing, k / half) for k in range(half)]
    high = [_mixed(nothing, positive, k / half) for k in range(half + 1)]
    return {f"level{k}": color for k, color in enumerate([*low, *high])}


LIGHT = {
    "page": "#f5f6f8",
    "card": "#ffffff",
    "text": "#1b2430",
    "quiet": "#566172",
    "line": "#d9dee6",
    "pass": "#13704a",
    "fail": "#b8212e",
    "warn": "#8a5a00",
    "link": "#1557b0",
    "mark": "#fff1b8",
    "one": "#1557b0",
    "two": "#b04a00",
    "loud": "#b8212e",
    **_scale("#0b4ea2", "#eef0f3", "#b3141f"),
}
DARK = {
    "page": "#12151a",
    "card": "#1b1f26",
    "text": "#e4e8ee",
    "quiet": "#9aa5b5",
    "line": "#333b47",
    "pass": "#4cc38a",
    "fail": "#ff8087",
    "warn": "#e6b450",
    "link": "#79b4ff",
    "mark": "#4a3d10",
    "one": "#79b4ff",
    "two": "#ffa657",
    "loud": "#a02a35",
    **_scale("#58a6ff", "#2a303a", "#ff6b70"),
}


def variables(palette: Mapping[str, str]) -> str:
    """Return a palette as custom properties of CSS."""
    return " ".join(f"--{name}: {color};" for name, color in palette.items())


@cache
def stylesheet(name: str) -> str:
    """Return a style sheet of this folder."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def picture_style(*, dark: bool) -> str:
    """Return the style of a picture that stands alone, in plain colors: not every program knows variables."""
    rules = _levels() + stylesheet("picture.css")
    night = f"@media (prefers-color-scheme: dark) {{ {_resolved(rules, DARK)} }}" if dark else ""
    return _resolved(rules, LIGHT) + night


def page_style() -> str:
    """Return the style of pages: the system's choice, that of a notebook around it, and light on paper."""
    night, day = variables(DARK), variables(LIGHT)
    return "\n".join(
        [
            f".gradcheck {{ color-scheme: light; {day} }}",
            f"@media (prefers-color-scheme: dark) {{ .gradcheck {{ color-scheme: dark; {night} }} }}",
            f"[data-jp-theme-light='true'] .gradcheck {{ color-scheme: light; {day} }}",
            f"[data-jp-theme-light='false'] .gradcheck, .vscode-dark .gradcheck {{ color-scheme: dark; {night} }}",
            f"@media print {{ .gradcheck {{ color-scheme: light; {day} }} }}",
            _levels(),
            stylesheet("picture.css"),
            stylesheet("report.css"),
        ]
    )


@cache
def _levels() -> str:
    return " ".join(f".pic .v{k} {{ fill: var(--level{k}) }}" for k in range(LEVELS)) + "\n"


def _resolved(rules: str, palette: Mapping[str, str]) -> str:
    return re.sub(r"var\(--(\w+)\)", lambda found: palette[found[1]], rules)
