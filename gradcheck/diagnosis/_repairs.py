"""Edits that could undo a mistake in one gradient: every slip the other way round, and what may have been left out.

Nearest first: an edit of the line that makes the gradient comes before one of the lines which that line reads.

====================  ========================================================
every slip            the variants of `_edits.py`
put back              a minus, a transpose, 1 - e, e - 1, a square, e > 0
with a variable       e * v, e / v, e + v, e - v for every v known at that line
in place of           v for a call, an attribute or an entry
====================  ========================================================
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from ._edits import NO_ARRAYS, Edit, Place, edit_of, locals_of, operator_of, places_of, replacements


def repairs(source: str, which: tuple[int, int] | None = None) -> Iterator[Edit]:
    """Yield edits of the function in `source`, each once.

    `which` is the position of the wrong gradient and the number of all of them; where that many are returned as a
    tuple, edits of what it is made of come first, and others not at all.
    """
    tree = ast.parse(source)
    names, seen = locals_of(tree), set()
    rows = source.encode().splitlines(keepends=True)
    ranks: dict[int, list[Place]] = defaultdict(list)
    distance = _distances(tree, which)
    for place in places_of(tree):
        line = getattr(place.node, "lineno", None)
        if line is not None and (not distance or line in distance):
            ranks[distance.get(line, 0)].append(place)
    ordered = [place for rank in sorted(ranks) for place in ranks[rank]]
    for place, new, operator in (*_slips(ordered, names), *_put_back(ordered, names)):
        edit = edit_of(place, new, "", operator)
        if (edit.span, edit.new) not in seen:
            seen.add((edit.span, edit.new))
            yield replace(edit, source=_spliced(rows, edit))


def _spliced(rows: list[bytes], edit: Edit) -> str:
    """Return the source with the edit in its place: much faster than writing the whole tree out."""
    first, left, last, right = edit.span
    before = b"".join(rows[: first - 1]) + rows[first - 1][:left]
    after = rows[last - 1][right:] + b"".join(rows[last:])
    new = edit.new if edit.operator in ("assignment", "order") else f"({edit.new})"
    return (before + new.encode() + after).decode()


Candidate = tuple[Place, ast.AST, str]


def _slips(places: list[Place], names: dict[str, int]) -> Iterator[Candidate]:
    for place in places:
        for new in replacements(place.node, names):
            yield place, new, operator_of(place, new)


def _put_back(places: list[Place], names: dict[str, int]) -> Iterator[Candidate]:
    for place in places:
        if isinstance(place.node, ast.BinOp | ast.Name | ast.Attribute | ast.Call | ast.Subscript) and (
            place.is_value or place.is_receiver
        ):
            for new in _insertions(place.node, names):
                yield place, new, "insertion"


def _insertions(node: ast.expr, names: dict[str, int]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Name) and node.id not in names:
        return
    yield ast.UnaryOp(ast.USub(), node)
    yield ast.Attribute(node, "T", ast.Load())
    yield ast.BinOp(ast.Constant(1), ast.Sub(), node)
    yield ast.BinOp(node, ast.Sub(), ast.Constant(1))
    yield ast.BinOp(node, ast.Pow(), ast.Constant(2))
    yield ast.Compare(node, [ast.Gt()], [ast.Constant(0)])
    known = sorted(name for name, line in names.items() if line < node.lineno and name not in NO_ARRAYS)
    for name in known:
        for operator in (ast.Mult(), ast.Div(), ast.Add(), ast.Sub()):
            yield ast.BinOp(node, operator, ast.Name(name, ast.Load()))
        if isinstance(node, ast.Call | ast.Attribute | ast.Subscript):
            yield ast.Name(name, ast.Load())


def _distances(tree: ast.AST, which: tuple[int, int] | None) -> dict[int, int]:
    """Return how far each line is from the wrong gradient, over assignments; {} where the source does not tell."""
    returned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)]
    if which is None or len(returned) != 1 or not isinstance(returned[0], ast.Tuple):
        return {}
    if len(returned[0].elts) != which[1]:
        return {}
    wanted = returned[0].elts[which[0]]
    found = {wanted.lineno: 0}
    made = _makers(tree)
    layer, known, rank = _read(wanted), set(), 0
    while layer:
        rank += 1
        known |= layer
        statements = [statement for name in sorted(layer) for statement in made[name]]
        for statement in statements:
            for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                found.setdefault(line, rank)
        layer = {name for statement in statements for name in _read(statement)} - known
    return found


def _makers(tree: ast.AST) -> dict[str, list[ast.stmt]]:
    """Return, for each variable, the statements that write it or into it."""
    made: dict[str, list[ast.stmt]] = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in {found.id for target in targets for found in ast.walk(target) if isinstance(found, ast.Name)}:
                made[name].append(node)
        elif isinstance(node, ast.Expr):  # np.add.at(dx, rows, dout)
            for name in _read(node):
                made[name].append(node)
        elif isinstance(node, ast.For):
            for name in _read(node.target):
                made[name].append(ast.copy_location(ast.Expr(node.iter), node.iter))
    return made


def _read(node: ast.AST) -> set[str]:
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}
