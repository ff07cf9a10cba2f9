"""Whether the source of a backward is arithmetic and nothing else, so that it may be run with an edit in it.

Nobody asked for an altered program to be run. So it must do no more than compute: names of NumPy that only calculate,
methods of arrays that only calculate, a few builtins, no loop without an end, nothing imported, nothing global.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import ModuleType

_STATEMENTS = (
    ast.FunctionDef,
    ast.Return,
    ast.Assign,
    ast.AugAssign,
    ast.AnnAssign,
    ast.Expr,
    ast.For,
    ast.If,
    ast.Pass,
)
_REFUSED = (ast.Lambda, ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.JoinedStr)
_BUILTINS = frozenset(
    [
        "len",
        "range",
        "zip",
        "enumerate",
        "reversed",
        "float",
        "int",
        "abs",
        "sum",
        "min",
        "max",
        "tuple",
        "list",
        "slice",
    ]
)
_FUNCTIONS = frozenset(
    [
        "abs",
        "add.at",
        "arange",
        "argmax",
        "argmin",
        "argsort",
        "array",
        "asarray",
        "broadcast_to",
        "ceil",
        "clip",
        "concatenate",
        "copy",
        "cos",
        "cosh",
        "cumsum",
        "diag",
        "divide",
        "dot",
        "einsum",
        "empty_like",
        "equal",
        "exp",
        "expand_dims",
        "expm1",
        "eye",
        "flip",
        "floor",
        "full",
        "full_like",
        "greater",
        "heaviside",
        "linalg.norm",
        "linalg.inv",
        "log",
        "log10",
        "log1p",
        "log2",
        "logaddexp",
        "logical_and",
        "logical_not",
        "matmul",
        "max",
        "maximum",
        "mean",
        "min",
        "minimum",
        "multiply",
        "negative",
        "ones",
        "ones_like",
        "outer",
        "pad",
        "power",
        "prod",
        "ravel",
        "reciprocal",
        "repeat",
        "reshape",
        "roll",
        "sign",
        "sin",
        "sinh",
        "split",
        "sqrt",
        "square",
        "squeeze",
        "stack",
        "std",
        "subtract",
        "sum",
        "swapaxes",
        "tan",
        "tanh",
        "tensordot",
        "tile",
        "trace",
        "transpose",
        "var",
        "vstack",
        "hstack",
        "where",
        "zeros",
        "zeros_like",
        "float64",
        "float32",
        "float16",
        "expit",
        "erf",
        "softmax",
    ]
)
_METHODS = frozenset(
    [
        "all",
        "any",
        "argmax",
        "argmin",
        "astype",
        "clip",
        "copy",
        "cumsum",
        "dot",
        "flatten",
        "max",
        "mean",
        "min",
        "prod",
        "ravel",
        "repeat",
        "reshape",
        "squeeze",
        "std",
        "sum",
        "swapaxes",
        "take",
        "transpose",
        "var",
    ]
)


def is_arithmetic(source: str, namespace: Mapping[str, object]) -> bool:
    """Whether the function in `source`, whose global names are those of `namespace`, only calculates."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    if len(tree.body) != 1 or len(functions) != 1 or functions[0].decorator_list:
        return False
    statements = (node for node in ast.walk(tree) if isinstance(node, ast.stmt))
    if not all(isinstance(node, _STATEMENTS) for node in statements):
        return False
    if any(isinstance(node, _REFUSED) for node in ast.walk(tree)):
        return False
    if not all(_calculates(node.func, namespace) for node in ast.walk(tree) if isinstance(node, ast.Call)):
        return False
    return all(_is_harmless(name, namespace) for name in _from_outside(functions[0]))


def _from_outside(function: ast.FunctionDef) -> set[str]:
    """Return the names that the body reads and does not make itself."""
    names = [node for statement in function.body for node in ast.walk(statement) if isinstance(node, ast.Name)]
    own = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    own |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names} - own


def _is_harmless(name: str, namespace: Mapping[str, object]) -> bool:
    """Whether a name of the module is nothing that could be written into: a number, a module, a function."""
    held = namespace.get(name)
    return held is None or isinstance(held, int | float | ModuleType) or callable(held)


def _calculates(function: ast.expr, namespace: Mapping[str, object]) -> bool:
    if isinstance(function, ast.Name):
        held = namespace.get(function.id)
        of_numpy = type(held).__module__.startswith("numpy") or str(getattr(held, "__module__", "")).startswith(
            "numpy"
        )
        return function.id in _BUILTINS if held is None else function.id in _FUNCTIONS and of_numpy
    if not isinstance(function, ast.Attribute):
        return False
    root, *path = ast.unparse(function).split(".")
    module = namespace.get(root)
    if isinstance(module, ModuleType):
        return module.__name__.startswith(("numpy", "scipy.special")) and ".".join(path) in _FUNCTIONS
    return function.attr in _METHODS
