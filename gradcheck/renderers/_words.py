"""Numbers, indices, paths and counts, as every format writes them."""

from __future__ import annotations

import math
from pathlib import Path

from ..report import Finding, Verdict
from ._escape import visible

LABELS = {Verdict.FAIL: "error", Verdict.INCONCLUSIVE: "warning", Verdict.PASS: "note"}
"""Verdict -> the word that opens the first line of a finding."""


def number(value: float | None) -> str:
    """Return `value` with at most six significant digits.

    >>> number(1 / 3), number(1234567.0), number(None)
    ('0.333333', '1.23457e+06', '-')
    """
    return "-" if value is None else f"{value:.6g}"


def size(value: float | None) -> str:
    """Return the size of an error: two digits.

    >>> size(0.512345)
    '5.1e-01'
    """
    return "-" if value is None else f"{value:.1e}"


def seconds(value: float) -> str:
    """Return a duration: seconds, or milliseconds below a tenth of a second.

    >>> seconds(0.0042), seconds(3.14159)
    ('4.2 ms', '3.14 s')
    """
    return f"{1e3 * value:.3g} ms" if value < 0.1 else f"{value:.3g} s"


def short(value: float) -> str:
    """Return a number in as few characters as a small picture has room for.

    >>> short(0.6279), short(0.0000412), short(99.6), short(1e10)
    ('0.63', '4e-5', '100', '1e10')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if 0.01 <= abs(value) < 999.5:
        return f"{value:.0f}" if abs(value) >= 9.95 else f"{value:.2g}"
    mantissa, power = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(power)}"


def position(index: tuple[int, ...] | None) -> str:
    """Return an index as it is typed; nothing for a number.

    >>> position((0, 2)), position((3,)), position(())
    ('[0, 2]', '[3]', '')
    """
    return f"[{', '.join(map(str, index))}]" if index else ""


def count(amount: int, noun: str) -> str:
    """Return an amount with its noun.

    >>> count(1, "entry"), count(2, "entry"), count(0, "law")
    ('1 entry', '2 entries', '0 laws')
    """
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{amount} {noun if amount == 1 else plural}"


def place(location: tuple[str, int]) -> str:
    """Return ``file:line``, the file relative to the current directory where it lies below it."""
    return f"{relative(location[0])}:{location[1]}"


def relative(file: str, root: Path | None = None) -> str:
    """Return `file` relative to `root` (the current directory by default) where it lies below it."""
    try:
        return visible(Path(file).relative_to(root or Path.cwd()).as_posix())
    except (ValueError, OSError):
        return visible(Path(file).as_posix())


def headline(subject: str, finding: Finding) -> str:
    """Return the line that stands alone: severity, code, subject and title."""
    name, title = visible(subject), visible(finding.title)
    said = title if name in title else f"`{name}`: {title}"
    return f"{LABELS[finding.severity]}[{visible(finding.code)}]: {said}"
