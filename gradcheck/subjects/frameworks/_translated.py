"""A function of a framework's arrays, as one of NumPy's: what a gradient written by hand for them is made of.

What it writes into its arguments shows in those of NumPy, and what raises where an upstream is strided is asked once
more without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ._framework import Framework


class Translated:
    """`function`, with its arguments on the way in, and what it returns on the way out."""

    def __init__(self, function: Callable[..., Any], framework: Framework) -> None:
        self._function, self._framework = function, framework

    def __call__(self, *arguments: Any) -> Any:
        """Call the function inside a session of the framework."""
        framework = self._framework
        with framework.session(wide=False):
            given = self._translated(arguments)
            try:
                returned = framework.tried(lambda: in_numpy(framework, self._function(*given)))
            except Exception as error:
                if self._is_strided(arguments):
                    framework.refuse_strides(
                        error, lambda: self._function(*self._translated(self._in_rows(arguments)))
                    )
                raise
            self._show_written(given, arguments)
            return returned

    def _show_written(self, given: Any, arguments: Any) -> None:
        leaves = zip(self._framework.opened(given).leaves, self._framework.opened(arguments).leaves, strict=True)
        pairs = [(array, value) for array, value in leaves if isinstance(value, np.ndarray)]
        self._framework.show_written([array for array, _ in pairs], [value for _, value in pairs])

    def _is_strided(self, tree: Any) -> bool:
        arrays = (leaf for leaf in self._framework.opened(tree).leaves if isinstance(leaf, np.ndarray))
        return not all(array.flags.c_contiguous for array in arrays)

    def _translated(self, tree: Any) -> Any:
        return self._mapped(tree, lambda value: self._framework.from_numpy(value, None))

    def _in_rows(self, tree: Any) -> Any:
        return self._mapped(tree, np.ascontiguousarray)

    def _mapped(self, tree: Any, change: Callable[[Any], Any]) -> Any:
        tree = self._framework.opened(tree)
        return tree.closed([change(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in tree.leaves])


def in_numpy(framework: Framework, tree: Any) -> Any:
    """Return `tree` with the arrays of `framework` as those of NumPy."""
    tree = framework.opened(tree)
    return tree.closed([framework.to_numpy(leaf) if framework.is_array(leaf) else leaf for leaf in tree.leaves])
