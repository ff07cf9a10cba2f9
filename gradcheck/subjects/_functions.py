"""Functions and their gradients: the conventions that own no state.

===================  ===================================  ==========================================================
form                 forward                              claim
===================  ===================================  ==========================================================
``derivative=df``    ``f(x)``, elementwise                dx = upstream * df(x)
``grad=df``          ``f(*inputs)``, one number           df(*inputs): one gradient per input, an array if one
``vjp=f_vjp``        ``f(*inputs)``                       f_vjp(upstream, *inputs): one gradient per input
``(f, b)``           ``f(*inputs) -> (out, cache)``       b(dout, cache): one gradient per input
===================  ===================================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ._floats import is_floating, rounding_of
from ._inputs import Inputs
from ._subject import Array, Evaluation, Malformed, Subject, named_outputs, packed

Function = Callable[..., Any]


class _FunctionSubject(Subject):
    """A function of arrays; what it claims is up to the form."""

    def __init__(self, name: str, forward: Function, backward: Function, inputs: Inputs) -> None:
        self.name, self.leaves = name, inputs.leaves
        self._forward, self.backward, self._inputs = forward, backward, inputs


class Elementwise(_FunctionSubject):
    """``f(x)`` and its derivative, both entry by entry."""

    convention = "elementwise function with its derivative"
    linear = True
    elementwise = True

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call f; the claim is the upstream times the derivative."""
        (x,) = values
        point = x.copy()
        outputs = named_outputs(self._forward(*self._inputs.call_with(values)))
        (path, out), *more = outputs.items()
        if more or np.shape(out) != point.shape:
            shape = f"{len(outputs)} outputs" if more else f"shape {np.shape(out)}"
            raise InvalidArgument(
                f"derivative= is for elementwise functions, but {self.name} maps shape {point.shape} to {shape}; "
                "use grad= for a scalar function, vjp= for any other"
            )

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            slope = self.backward(*self._inputs.call_with([point.copy()]))
            if np.shape(slope) not in ((), point.shape):
                raise Malformed(
                    "GC104",
                    f"the derivative of {self.name} has shape {np.shape(slope)} for an input of shape {point.shape}",
                    self.leaves[0].path,
                    "return one slope per entry",
                )
            self.coarse = rounding_of(slope)
            return [_times(upstreams[0], slope)]

        return Evaluation({path: out}, pull)


class Scalar(_FunctionSubject):
    """A function with one number as its value, and its gradient."""

    convention = "scalar function with its gradient"
    linear = True

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call f; the claim is the upstream, one number, times the gradient."""
        point = [value.copy() for value in values]
        out = self._forward(*self._inputs.call_with(values))
        if np.size(out) != 1:
            raise InvalidArgument(
                f"grad= is for scalar functions, but {self.name} returned shape {np.shape(out)}; "
                "use derivative= for an elementwise function, vjp= for any other"
            )

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            returned = self.backward(*self._inputs.call_with([p.copy() for p in point]))
            weight = float(upstreams[0].reshape(()))
            gradients = self._inputs.gradients(returned, "grad")
            self.coarse = max((rounding_of(g) for g in gradients if g is not None), default=0.0)
            return [_times(weight, gradient) for gradient in gradients]

        return Evaluation({"outputs[0]": out}, pull)


class VectorJacobian(_FunctionSubject):
    """``f(*inputs)`` and ``vjp(upstream, *inputs)``."""

    convention = "function with vjp(upstream, *inputs)"

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call f; the claim is what ``vjp`` returns."""
        point = [value.copy() for value in values]
        outputs = named_outputs(self._forward(*self._inputs.call_with(values)))

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            upstream = packed(outputs, upstreams)
            arguments = self._inputs.call_with([p.copy() for p in point])
            return self._inputs.gradients(self.backward(upstream, *arguments), "vjp")

        return Evaluation(outputs, pull)


class Pair(_FunctionSubject):
    """``forward(*inputs) -> (out, cache)`` and ``backward(dout, cache)``."""

    convention = "forward and backward with a cache"

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call the forward; the claim is what the backward returns for its cache."""
        returned = self._forward(*self._inputs.call_with(values))
        if not (isinstance(returned, tuple) and len(returned) == 2):
            raise InvalidArgument(
                f"the forward of a pair must return (out, cache), but {self.name} returned "
                f"{_describe(returned)}; use vjp= for a backward that needs no cache"
            )
        out, cache = returned
        outputs = named_outputs(out)

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            return self._inputs.gradients(self.backward(packed(outputs, upstreams), cache), "backward")

        return Evaluation(outputs, pull)


def _times(weight: Any, gradient: Any) -> Any:
    """Return the product where `gradient` is numbers, and `gradient` as it is, to be reported, where it is not."""
    array = np.asarray(gradient)
    if not (is_floating(array.dtype) or array.dtype.kind in "iub"):
        return gradient
    with np.errstate(all="ignore"):
        return weight * (array.astype(float) if array.dtype.kind == "V" else array)


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"{len(value)} values" if isinstance(value, tuple) else f"a {type(value).__name__}"
