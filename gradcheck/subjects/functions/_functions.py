"""Functions and their gradients: the conventions that own no state.

===================  ===================================  ==========================================================
form                 forward                              claim
===================  ===================================  ==========================================================
``derivative=df``    ``f(x)``, elementwise                dx = upstream * conj(df(x))
``grad=df``          ``f(*inputs)``, one number           df(*inputs): one gradient per input, an array if one
``vjp=f_vjp``        ``f(*inputs)``                       f_vjp(upstream, *inputs): one gradient per input
``(f, b)``           ``f(*inputs) -> (out, cache)``       b(dout, cache): one gradient per input
``jvp=f_jvp``        ``f(*inputs)``                       f_jvp(tangents, *inputs): one tangent per output
===================  ===================================  ==========================================================

The last may come alone or beside any of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..._errors import InvalidArgument
from .._floats import is_floating, rounding_of
from .._inputs import Inputs, input_names
from .._subject import Array, Evaluation, Malformed, Subject, named_outputs, packed
from ..layers._heads import read_by

Function = Callable[..., Any]


class _FunctionSubject(Subject):
    """A function of arrays; what it claims is up to the form."""

    def __init__(self, name: str, forward: Function, backward: Function, inputs: Inputs) -> None:
        self.name, self.leaves = name, inputs.leaves
        self._forward, self.backward, self._inputs = forward, backward, inputs

    def settings(self) -> Iterator[tuple[str, Any]]:
        """Yield the arguments by name, and what the forward reads from outside."""
        arguments = self._inputs.arguments
        given = zip(input_names(self._forward, len(arguments)), arguments, strict=True)
        yield from (dict(read_by(self._forward)) | dict(given)).items()

    def _called(self, arguments: Sequence[Any]) -> Any:
        """Call the forward, and keep which constant it writes into."""
        returned = self._forward(*arguments)
        self.spoiled = self._inputs.spoiled(arguments)
        return returned

    def _handed(self, values: Sequence[Array]) -> list[Array]:
        """Return what a backward that gets the inputs again is handed: copies of what it might write into."""
        return [value.copy() if value.flags.writeable else value for value in values]

    def _claimed(self, point: Sequence[Array], *upstream: Any) -> Any:
        """Call the backward at `point`, and keep what it writes into."""
        handed = self._handed(point)
        arguments = self._inputs.call_with(handed)
        claimed = self.backward(*upstream, *arguments)
        pairs = zip(self.leaves, handed, point, strict=True)
        inputs = (leaf.path for leaf, now, was in pairs if not np.array_equal(now, was))
        self.written = next(inputs, None) or self._inputs.spoiled(arguments)
        return claimed

    def push(self, values: Sequence[Array], tangents: Sequence[Array]) -> dict[str, Any]:
        """Call ``jvp``: one tangent alone, a tuple of one per floating-point input otherwise."""
        given = self._inputs.tangents(tangents)
        packed_tangents = given[0] if len(given) == 1 else tuple(given)
        return named_outputs(self.forward_mode(packed_tangents, *self._inputs.call_with(values)))


class Elementwise(_FunctionSubject):
    """``f(x)`` and its derivative, both entry by entry."""

    convention = "elementwise function with its derivative"
    linear = True
    elementwise = True

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call f; the claim is the upstream times the derivative, conjugated where that is complex."""
        (point,) = self._handed(values)
        outputs = named_outputs(self._called(self._inputs.call_with(values)))
        (path, out), *more = outputs.items()
        _refuse_no_array(out, self.name)
        if more or np.shape(out) != point.shape:
            shape = f"{len(outputs)} outputs" if more else f"shape {np.shape(out)}"
            raise InvalidArgument(
                f"derivative= is for elementwise functions, but {self.name} maps shape {point.shape} to {shape}; "
                "use grad= for a scalar function, vjp= for any other"
            )
        if np.iscomplexobj(point) and not np.iscomplexobj(out):
            raise InvalidArgument(
                f"derivative= of a complex input is f'(z) of a holomorphic function, but {self.name} returned real "
                f"numbers ({np.asarray(out).dtype}) and has none; use vjp="
            )

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            slope = self._claimed([point])
            if np.shape(slope) not in ((), point.shape):
                raise Malformed(
                    "GC104",
                    f"the derivative of {self.name} has shape {np.shape(slope)} for an input of shape {point.shape}",
                    self.leaves[0].path,
                    "return one slope per entry",
                )
            self.coarse = rounding_of(slope)
            gradient = _times(upstreams[0], slope)
            mixed = np.iscomplexobj(upstreams[0]) and not np.iscomplexobj(point) and np.iscomplexobj(gradient)
            return [gradient.real if mixed else gradient]

        return Evaluation({path: out}, pull)


class Scalar(_FunctionSubject):
    """A function with one number as its value, and its gradient."""

    convention = "scalar function with its gradient"
    linear = True

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call f; the claim is the upstream, one number, times the gradient."""
        point = self._handed(values)
        out = self._called(self._inputs.call_with(values))
        if isinstance(out, (tuple, list)) and len(out) > 1:
            raise InvalidArgument(
                f"grad= is for scalar functions, but {self.name} returned {len(out)} values; if they are value and "
                "gradient, pass each on its own: check(lambda x: f(x)[0], x, grad=lambda x: f(x)[1])"
            )
        if np.size(out) != 1:
            raise InvalidArgument(
                f"grad= is for scalar functions, but {self.name} returned shape {np.shape(out)}; "
                "use derivative= for an elementwise function, vjp= for any other"
            )

        if np.iscomplexobj(out):
            raise InvalidArgument(
                f"grad= is for functions whose value is a real number, but {self.name} returned "
                f"{np.asarray(out).dtype}; use vjp=, or derivative= if it is elementwise and holomorphic"
            )

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            returned = self._claimed(point)
            weight = float(upstreams[0].reshape(()))
            gradients = self._inputs.gradients(returned, "grad")
            self.coarse = max((rounding_of(g) for g in gradients if g is not None), default=0.0)
            return [_times(weight, gradient, conjugate=False) for gradient in gradients]

        return Evaluation({"outputs[0]": out}, pull)


class VectorJacobian(_FunctionSubject):
    """``f(*inputs)`` and ``vjp(upstream, *inputs)``."""

    convention = "function with vjp(upstream, *inputs)"
    _named: dict[str, Any] | None = None

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call f; the claim is what ``vjp`` returns."""
        point = self._handed(values)
        outputs = named_outputs(self._called(self._inputs.call_with(values)))
        self._named = dict.fromkeys(outputs)
        return Evaluation(outputs, self._pull(point, self._named))

    def claim_at(self, values: Sequence[Array]) -> Evaluation | None:
        """Return what ``vjp`` returns at `values`: it is handed all that it needs."""
        return None if self._named is None else Evaluation({}, self._pull(self._handed(values), self._named))

    def _pull(self, point: Sequence[Array], named: dict[str, Any]) -> Callable[[Sequence[Array]], list[Any]]:
        def pull(upstreams: Sequence[Array]) -> list[Any]:
            try:
                claimed = self._claimed(point, packed(named, upstreams))
            except Exception as error:
                error.add_note(f"raised by vjp=, which was called as {self._call_of_vjp()}: the upstream comes first")
                raise
            return self._inputs.gradients(claimed, "vjp")

        return pull

    def _call_of_vjp(self) -> str:
        return f"vjp({', '.join(['upstream', *input_names(self._forward, len(self._inputs.arguments))])})"


class JacobianVector(_FunctionSubject):
    """``f(*inputs)`` and ``jvp(tangents, *inputs)``, and no gradient."""

    convention = "function with jvp(tangents, *inputs)"
    reverse = False

    def __init__(self, name: str, forward: Function, backward: Function, inputs: Inputs) -> None:
        super().__init__(name, forward, backward, inputs)
        self.forward_mode = backward

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call f; there is nothing to pull back with."""
        outputs = named_outputs(self._called(self._inputs.call_with(values)))

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            raise NotImplementedError

        return Evaluation(outputs, pull)


class Pair(_FunctionSubject):
    """``forward(*inputs) -> (out, cache)`` and ``backward(dout, cache)``."""

    convention = "forward and backward with a cache"

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call the forward; the claim is what the backward returns for its cache."""
        arguments = self._inputs.call_with(values)
        returned = self._called(arguments)
        if not (isinstance(returned, tuple) and len(returned) == 2):
            raise InvalidArgument(
                f"the forward of a pair must return (out, cache), but {self.name} returned "
                f"{_describe(returned)}; use vjp= for a backward that needs no cache"
            )
        out, cache = returned
        outputs = named_outputs(out)

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            claimed = self.backward(packed(outputs, upstreams), cache)
            self.written = None if self.spoiled else self._inputs.spoiled(arguments)
            return self._inputs.gradients(claimed, "backward")

        return Evaluation(outputs, pull)


def _times(weight: Any, gradient: Any, *, conjugate: bool = True) -> Any:
    """Return the product where `gradient` is numbers, and `gradient` as it is, to be reported, where it is not."""
    array = np.asarray(gradient)
    if not (is_floating(array.dtype) or array.dtype.kind in "iubc"):
        return gradient
    array = array.astype(float) if array.dtype.kind == "V" else array
    with np.errstate(all="ignore"):
        return weight * (np.conj(array) if conjugate else array)


def _refuse_no_array(out: Any, name: str) -> None:
    """Raise `InvalidArgument` where a function returned nothing, or something that is no array of numbers."""
    if out is None:
        raise InvalidArgument(f"{name} returned None; it must return an array: a forgotten `return` looks like this")
    if not np.shape(out) and np.asarray(out).dtype.kind not in "fciubV":
        raise InvalidArgument(f"{name} returned a {type(out).__name__}; it must return an array")


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"{len(value)} values" if isinstance(value, tuple) else f"a {type(value).__name__}"
