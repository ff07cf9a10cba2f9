"""One edit at a time in the syntax tree of a function: the slips that fingers and memory make.

====================  ==============================================================================================
another operator      + for -, * for /, > for <, a minus dropped
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
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Replace = Callable[[ast.AST], Iterator[tuple[str, ast.AST]]]


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: what it does, the line (1-based, in the source given), and the whole source after it."""

    what: str
    line: int
    source: str


def edits(source: str) -> Iterator[Edit]:
    """Yield every one-edit variant of the function in `source`, each of them once.

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
    names = _locals(tree)
    for position, node in enumerate(list(ast.walk(tree))):
        if isinstance(node, ast.arguments | ast.arg) or _is_annotation(tree, node):
            continue
        for new in _replacements(node, names):
            changed = _with(tree, position, new)
            text = ast.unparse(changed)
            if text not in seen:
                seen.add(text)
                yield Edit(_told(node, new), getattr(node, "lineno", 1), text)


def _told(old: ast.AST, new: ast.AST) -> str:
    return f"{ast.unparse(new)} for {ast.unparse(old)}"


def _with(tree: ast.AST, position: int, new: ast.AST) -> ast.AST:
    """Return a copy of `tree` in which the node at `position` of the walk is `new`."""
    changed = copy.deepcopy(tree)
    target = list(ast.walk(changed))[position]

    class Swap(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return new if node is target else self.generic_visit(node)

    return ast.fix_missing_locations(Swap().visit(changed))


def _locals(tree: ast.AST) -> dict[str, int]:
    """Return the variables that the function takes or assigns, and the line from which on each is known."""
    known = {a.arg: 0 for a in ast.walk(tree) if isinstance(a, ast.arg)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known[node.id] = min(known.get(node.id, node.lineno), node.lineno)
    return known


def _is_annotation(tree: ast.AST, node: ast.AST) -> bool:
    held = [a.annotation for a in ast.walk(tree) if isinstance(a, ast.arg) and a.annotation is not None]
    held += [f.returns for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.returns is not None]
    return any(node is inner for root in held for inner in ast.walk(root))


_OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
_COMPARISONS = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.LtE, ast.LtE: ast.GtE, ast.Eq: ast.NotEq}
_REDUCTIONS = {"sum": "mean", "mean": "sum", "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum"}


def _replacements(node: ast.AST, names: dict[str, int]) -> Iterator[ast.AST]:
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
    yield ast.Constant({0: 1, 1: 2}.get(node.value, 2 * node.value))
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
        known = sorted(name for name, line in names.items() if line < node.lineno and name not in (node.id, "cache"))
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
