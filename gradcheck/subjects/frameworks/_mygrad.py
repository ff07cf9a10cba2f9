"""MyGrad, as a `Library`: tensors are found by their type."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from .._subject import Array
from .._trees import opened
from ._library import Library


def _from_array(array: Array) -> Any:
    return import_module("mygrad").tensor(array)


def _vjp(function: Callable[..., Any], *inputs: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return the outputs, and the pullback: MyGrad's ``backward`` of the sum of <u_k, out_k>.

    A ``backward`` clears the graph, so there can be only one. Constants have none; a gradient that is None is zero.
    """
    outs = function(*inputs)

    def pull(upstreams: Any) -> tuple[Array, ...]:
        pairs = zip(opened(outs).leaves, opened(upstreams).leaves, strict=True)
        terms = [(out * upstream).sum() for out, upstream in pairs if not getattr(out, "constant", True)]
        if terms:
            sum(terms).backward()
        return tuple(np.zeros(x.shape) if x.grad is None else x.grad for x in inputs)

    return outs, pull


MYGRAD = Library("MyGrad", _from_array, lambda tensor: np.asarray(tensor.data), _vjp)
