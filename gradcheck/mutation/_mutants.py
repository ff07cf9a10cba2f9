"""The mistakes that are put into a site, each with what it looks like as a diff.

Where the source is at hand it is edited, one place at a time, in the user's own text; a mistake around the function
(`_wraps.py`) is shown as a decorator. Nothing is edited that only decides whether to raise.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import linecache
import os
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from .._errors import InvalidArgument
from ..diagnosis import OPERATORS as EDITS
from ..diagnosis import Edit, edits
from ._active import code_in, twin
from ._sites import Site
from ._wraps import OPERATORS as WRAPS
from ._wraps import RESULTS, STATES, UPSTREAMS, Wrap, told, wrapped

OPERATORS = (*EDITS, *WRAPS)
"""Names of the kinds of mistakes; the first are edits of the source, the others stand around the function."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake in the site of that number: ``text`` is the whole edited file, or ``wrap`` what stands around."""

    site: int
    operator: str
    what: str
    line: int
    diff: str
    text: str | None = None
    wrap: Wrap | None = None

    def call(self, site: Site) -> Any:
        """Return what is called instead of the function of `site`."""
        function = site.function
        if self.wrap is not None:
            return wrapped(twin(function), self.wrap, site.upstream)
        assert self.text is not None
        return twin(function, code_in(self.text, site.file, function.__code__.co_qualname, site.line))


def chosen_operators(names: Sequence[str]) -> frozenset[str]:
    """Return the operators that are asked for, all of them where none is.

    Raises
    ------
    InvalidArgument
        One is unknown.

    """
    for name in names:
        if name not in OPERATORS:
            near = difflib.get_close_matches(name, OPERATORS, 1)
            ask = f"did you mean {near[0]!r}?" if near else f"they are {', '.join(OPERATORS)}"
            raise InvalidArgument(f"operators names {name!r}, which is no kind of mistake; {ask}")
    return frozenset(names or OPERATORS)


def mutants_of(number: int, site: Site, operators: frozenset[str]) -> list[Mutant]:
    """Return every mistake that can be put into a site."""
    lines, source = _source(site.function)
    made = [*_edited(number, site, lines, source), *_around(number, site, lines, source)]
    return [mutant for mutant in made if mutant.operator in operators]


def _source(function: FunctionType) -> tuple[list[str], str]:
    """Return the lines of the file, and the source of the function without indentation; empty where there is none."""
    try:
        found, _ = inspect.getsourcelines(function)
        text = textwrap.dedent("".join(found))
        tree = ast.parse(text)
    except (OSError, TypeError, SyntaxError):
        return [], ""
    whole = len(tree.body) == 1 and isinstance(tree.body[0], ast.FunctionDef)
    return (linecache.getlines(function.__code__.co_filename), text) if whole else ([], "")


def _edited(number: int, site: Site, lines: list[str], source: str) -> Iterator[Mutant]:
    if not source:
        return
    guarded = _guards(ast.parse(source))
    start, count = site.line - 1, len(source.splitlines())
    indent = len(lines[start]) - len(lines[start].lstrip())
    for edit in edits(source):
        if any(first <= edit.line <= last for first, last in guarded):
            continue
        changed = _spliced(source, edit)
        new = [*lines[:start], *textwrap.indent(changed, " " * indent).splitlines(True), *lines[start + count :]]
        line = start + edit.line
        yield Mutant(number, edit.operator, edit.what, line, _diff(site.file, lines, new), text="".join(new))


def _guards(tree: ast.AST) -> list[tuple[int, int]]:
    """Return the lines of statements that only decide whether to raise."""
    return [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) or (isinstance(node, ast.If) and isinstance(node.body[-1], ast.Raise))
    ]


def _spliced(source: str, edit: Edit) -> str:
    """Return the source with an edit in its own text, so that a diff shows nothing else."""
    wanted = ast.dump(ast.parse(edit.source))
    first, left, last, right = edit.span
    rows = source.encode().splitlines(True)
    before = b"".join(rows[: first - 1]) + rows[first - 1][:left]
    after = rows[last - 1][right:] + b"".join(rows[last:])
    for new in (edit.new, f"({edit.new})"):
        text = (before + new.encode() + after).decode()
        try:
            if ast.dump(ast.parse(text)) == wanted:
                return text
        except SyntaxError:
            continue
    return edit.source + "\n"


def _around(number: int, site: Site, lines: list[str], source: str) -> Iterator[Mutant]:
    for wrap in _wraps(site, source):
        what = told(wrap)
        start = site.line - 1
        if lines:
            indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
            new = [*lines[:start], f'{indent}@mistake("{what}")\n', *lines[start:]]
        else:
            lines, new = [f"def {site.name}(...):\n"], [f'@mistake("{what}")\n', f"def {site.name}(...):\n"]
        yield Mutant(number, wrap[0], what, site.line, _diff(site.file, lines, new), wrap=wrap)


def _wraps(site: Site, source: str) -> Iterator[Wrap]:
    """Yield the mistakes around a site."""
    count = _returned(source)
    for operator in RESULTS:
        yield from ((operator, k) for k in range(count))
        if site.keeps and "self." in source:
            yield operator, "stored"
    if count > 1:
        yield "exchanged", None
    if site.upstream is not None:
        yield from (("upstream", way) for way in UPSTREAMS)
        yield from (("state", way) for way in STATES)


def _returned(source: str) -> int:
    """Return how many gradients a function returns, as far as its source tells; one where there is none."""
    tuples = [
        node.value.elts
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple)
    ]
    return max(map(len, tuples), default=1)


def _diff(file: str, before: list[str], after: list[str]) -> str:
    shown = shown_path(file)
    return "".join(difflib.unified_diff(before, after, f"a/{shown}", f"b/{shown}", n=2)).rstrip("\n")


def shown_path(file: str) -> str:
    """Return a file as seen from here, if it lies below, else its name in its package."""
    path = Path(file)
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return os.path.relpath(path, path.parent.parent).replace(os.sep, "/") if path.is_absolute() else file
