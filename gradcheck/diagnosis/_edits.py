# ruff: noqa: ARG001 - what a table holds has one signature
"""One edit at a time in the syntax tree of a function: the slips that fingers and memory make.

====================  ==============================================================================================
another operator      + for -, * for /, > for <, a minus dropped (operator, comparison, sign)
a term or factor      a + b, a * b, a - b, a / b become a or b
another constant      1 for 0, 2 for 1, the double
another axis          axis=0 for axis=1, and the reverse
another reduction     mean for sum, min for max
a transpose           .T dropped or put on
a call                f(x) becomes x, for one argument
another name          one local variable for another
an assignment         = for +=, and -= for it
the returned order    the first two of a tuple exchanged
====================  ==============================================================================================
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: what it does, the line (1-based, in the source given), and the whole source after it.

    ``operator`` is its row of the table; ``span`` is where in the source given it writes ``new``: line and column
    of beginning and end, lines from 1, columns in bytes.
    """

    what: str
    line: int
    source: str
    operator: str = ""
    span: tuple[int, int, int, int] = (1, 0, 1, 0)
    new: str = ""


def edits(source: str) -> Iterator[Edit]:
    r"""Yield every one-edit variant of the function in `source`, each of them once.

    Parameters
    ----------
    source
        Source of one function, as `inspect.getsource` gives it, without indentation.

    Raises
    ------
    SyntaxError
        `source` cannot be parsed.

    Examples
    --------
    >>> [edit.what for edit in edits("def f(u, x):\\n    return u * x")][:2]
    ['u / x for u * x', 'u for u * x']

    """
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    names = locals_of(tree)
    for place in places_of(tree):
        for new in replacements(place.node, names):
            text = place.text_with(tree, new)
            if text not in seen:
                seen.add(text)
                yield edit_of(place, new, text, operator_of(place, new))


@dataclass(frozen=True, slots=True)
class Place:
    """A node and where it hangs: in this field of its parent, at this position if the field is a list."""

    node: ast.AST
    parent: ast.AST
    field: str
    at: int | None

    @property
    def is_value(self) -> bool:
        """Whether it is read as a value: neither assigned to, nor called, nor the root of a dotted name."""
        rooted = self.field == "value" and isinstance(self.parent, ast.Attribute) and self.parent.attr != "T"
        stored = isinstance(getattr(self.node, "ctx", ast.Load()), ast.Store)
        return not (stored or rooted or (self.field == "func" and isinstance(self.parent, ast.Call)))

    @property
    def is_receiver(self) -> bool:
        """Whether it is a variable whose method is called."""
        of_method = isinstance(self.parent, ast.Attribute) and self.field == "value" and self.parent.attr in _METHODS
        return of_method and isinstance(self.node, ast.Name)

    def text_with(self, tree: ast.AST, new: ast.AST) -> str:
        """Return the whole source with `new` in this place; the tree is as before afterwards."""
        self._put(new)
        try:
            return ast.unparse(ast.fix_missing_locations(tree))
        finally:
            self._put(self.node)

    def _put(self, node: ast.AST) -> None:
        if self.at is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.at] = node


def places_of(tree: ast.AST) -> list[Place]:
    """Return every node but the arguments and the annotations, the outer ones first."""
    found: list[Place] = []
    queue = [tree]
    while queue:
        parent = queue.pop(0)
        for field, value in ast.iter_fields(parent):
            if field in ("args", "returns", "annotation") and not isinstance(parent, ast.Call):
                continue
            children = enumerate(value) if isinstance(value, list) else [(None, value)]
            for at, node in children:
                if isinstance(node, ast.AST):
                    found.append(Place(node, parent, field, at))
                    queue.append(node)
    return found


def edit_of(place: Place, new: ast.AST, text: str, operator: str) -> Edit:
    old: Any = place.node
    span = (old.lineno, old.col_offset, old.end_lineno, old.end_col_offset)
    written = ast.unparse(ast.fix_missing_locations(new))
    return Edit(f"{written} for {ast.unparse(old)}", old.lineno, text, operator, span, written)


def operator_of(place: Place, new: ast.AST) -> str:
    """Return the row of the table that an edit belongs to."""
    if isinstance(place.node, ast.BinOp):
        return "operator" if isinstance(new, ast.BinOp) and new.left is place.node.left else "term"
    if isinstance(place.node, ast.Constant):
        return "axis" if isinstance(place.parent, ast.keyword) and place.parent.arg == "axis" else "constant"
    if isinstance(place.node, ast.Attribute):
        return "transpose" if place.node.attr == "T" else "reduction"
    return _OF_TYPE[type(place.node)]


def locals_of(tree: ast.AST) -> dict[str, int]:
    """Return the variables that the function takes or assigns, and the line from which on each is known."""
    known = {a.arg: 0 for a in ast.walk(tree) if isinstance(a, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known[node.id] = min(known.get(node.id, node.lineno), node.lineno)
    return known


_METHODS = frozenset({"sum", "mean", "max", "min", "reshape", "repeat", "T", "transpose", "ravel"})
NO_ARRAYS = ("cache", "ctx", "self")
_OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
_COMPARISONS = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.LtE, ast.LtE: ast.GtE, ast.Eq: ast.NotEq}
_REDUCTIONS = {"sum": "mean", "mean": "sum", "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum"}


def replacements(node: ast.AST, names: dict[str, int]) -> Iterator[ast.AST]:
    of = _BY_TYPE.get(type(node))
    if of is not None:
        yield from of(node, names)


def _binary(node: ast.BinOp, names: dict[str, int]) -> Iterator[ast.AST]:
    other = _OPERATORS.get(type(node.op))
    if other is not None:
        yield ast.BinOp(node.left, other(), node.right)
    if not isinstance(node.op, ast.MatMult | ast.BitAnd):
        yield node.left
        yield node.right


def _unary(node: ast.UnaryOp, names: dict[str, int]) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.USub | ast.Invert):
        yield node.operand


def _compare(node: ast.Compare, names: dict[str, int]) -> Iterator[ast.AST]:
    other = _COMPARISONS.get(type(node.ops[0]))
    if other is not None and len(node.ops) == 1:
        yield ast.Compare(node.left, [other()], node.comparators)


def _constant(node: ast.Constant, names: dict[str, int]) -> Iterator[ast.AST]:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        return
    yield ast.Constant(node.value + 1 if node.value in (0, 1) else 2 * node.value)
    if node.value == 1:
        yield ast.Constant(0)


def _attribute(node: ast.Attribute, names: dict[str, int]) -> Iterator[ast.AST]:
    if node.attr == "T":
        yield node.value
    elif node.attr in _REDUCTIONS:
        yield ast.Attribute(node.value, _REDUCTIONS[node.attr], node.ctx)


def _call(node: ast.Call, names: dict[str, int]) -> Iterator[ast.AST]:
    if len(node.args) == 1 and not node.keywords and isinstance(node.func, ast.Attribute):
        yield node.args[0]


def _name(node: ast.Name, names: dict[str, int]) -> Iterator[ast.AST]:
    if isinstance(node.ctx, ast.Load) and node.id in names:
        known = sorted(
            name for name, line in names.items() if line < node.lineno and name not in (node.id, *NO_ARRAYS)
        )
        yield from (ast.Name(other, ast.Load()) for other in known)


def _augmented(node: ast.AugAssign, names: dict[str, int]) -> Iterator[ast.AST]:
    yield ast.Assign([node.target], node.value)
    other = _OPERATORS.get(type(node.op))
    if other is not None:
        yield ast.AugAssign(node.target, other(), node.value)


def _returned(node: ast.Return, names: dict[str, int]) -> Iterator[ast.AST]:
    if isinstance(node.value, ast.Tuple) and len(node.value.elts) > 1:
        first, second, *rest = node.value.elts
        yield ast.Return(ast.Tuple([second, first, *rest], ast.Load()))


_OF_TYPE: dict[type, str] = {
    ast.UnaryOp: "sign",
    ast.Compare: "comparison",
    ast.Call: "call",
    ast.Name: "name",
    ast.AugAssign: "assignment",
    ast.Return: "order",
}

OPERATORS = ("operator", "term", "constant", "axis", "reduction", "transpose", *_OF_TYPE.values())
"""The rows of the table, by the names that edits carry."""

_BY_TYPE: dict[type, Callable[..., Iterator[ast.AST]]] = {
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Name: _name,
    ast.AugAssign: _augmented,
    ast.Return: _returned,
}
