"""What the tables of this folder share: the panel, Markdown, and the line that says with what they were made."""

from __future__ import annotations

import argparse
import datetime
import platform
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy

import gradcheck

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; every row must have a cell for every word of the head."""
    lines = [head, ["---"] * len(head), *rows]
    if any(len(line) != len(head) for line in lines):
        raise ValueError(f"a row has more or fewer cells than the head {', '.join(head)}")
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def made_with(*packages: str) -> str:
    """Return the versions, those of further `packages` included, and the date."""
    versions = {
        "gradcheck": getattr(gradcheck, "__version__", "0.1.0"),
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "SciPy": scipy.__version__,
        **{package: version(package) for package in packages},
    }
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{told}; {platform.machine()}; {datetime.date.today().isoformat()}"


def share(part: int, whole: int) -> str:
    """Return a count with its percentage."""
    return f"{part} ({100 * part / whole:.2f} %)" if part and whole else str(part)


def with_common_options(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the options that every table of this folder takes."""
    parser.add_argument("--seed", type=int, default=0, help="first seed; the run repeats exactly")
    parser.add_argument("--mode", choices=("auto", "projection", "entries"), default="auto")
    parser.add_argument("--jobs", type=int, default=1, help="worker processes")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the table to this file")
    return parser


def publish(text: str, path: Path | None) -> None:
    """Print `text`, and write it to `path` if there is one."""
    print(text)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
