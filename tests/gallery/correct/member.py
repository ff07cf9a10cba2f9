"""One correct subject as data, and the ways to call it.

=============  ====================================================================================================
convention     forward, backward
=============  ====================================================================================================
derivative     ``f(x)``, ``df(x)``, elementwise
grad           ``f(*inputs)`` one number, ``df(*inputs)``
vjp            ``f(*inputs)``, ``vjp(upstream, *inputs)``
pair           ``f(*inputs) -> (out, cache)``, ``backward(upstream, cache)``
layer          as vjp; the trailing inputs become the parameters of a layer object
=============  ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .draws import Draw, Inputs


@dataclass(frozen=True)
class Member:
    """One correct subject.

    ``kinked`` says that it has kinks, ``noise_floor`` that float64 rounding of its values hides its gradient, so
    that no honest check can decide it; ``parameters`` names the trailing inputs that a layer object holds.
    """

    name: str
    convention: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    draw: Draw
    kinked: bool = False
    noise_floor: bool = False
    held_out: bool = False
    parameters: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The row of a table that this member belongs to."""
        shape = "noise floor" if self.noise_floor else "kinked" if self.kinked else "smooth"
        return f"{'held out' if self.held_out else 'tuned'}, {shape}"

    def value(self, *inputs: Any) -> Any:
        """Return the outputs alone."""
        out = self.forward(*inputs)
        return out[0] if self.convention == "pair" else out

    def pull(self, upstream: Any, *inputs: Any) -> list[Any]:
        """Return J^T upstream, one gradient per floating-point input."""
        if self.convention == "derivative":
            return [upstream * self.backward(*inputs)]
        if self.convention == "grad":
            return [np.asarray(upstream).reshape(()) * g for g in listed(self.backward(*inputs))]
        if self.convention == "pair":
            return listed(self.backward(upstream, self.forward(*inputs)[1]))
        return listed(self.backward(upstream, *inputs))

    def call(self, *inputs: Any) -> tuple[Any, Inputs, dict[str, Any]]:
        """Return ``(subject, inputs, options)``, ready for ``gradcheck.check(subject, *inputs, **options)``."""
        if self.convention == "pair":
            return (self.forward, self.backward), inputs, {}
        if self.convention == "layer":
            count = len(inputs) - len(self.parameters)
            return FunctionLayer(self, inputs[count:]), inputs[:count], {}
        return self.forward, inputs, {self.convention: self.backward}


class FunctionLayer:
    """A layer object around a function: parameters W, b, ... and, after backward, their gradients dW, db, ..."""

    def __init__(self, member: Member, values: Inputs) -> None:
        self._member = member
        for name, value in zip(member.parameters, values, strict=True):
            setattr(self, name, value)

    def forward(self, *inputs: Any) -> Any:
        """Return the output; keep what backward needs."""
        self._seen = (*inputs, *(getattr(self, name) for name in self._member.parameters))
        return self._member.forward(*self._seen)

    def backward(self, upstream: Any) -> Any:
        """Return the gradients of the inputs; leave those of the parameters beside them."""
        gradients = listed(self._member.backward(upstream, *self._seen))
        count = len(gradients) - len(self._member.parameters)
        for name, gradient in zip(self._member.parameters, gradients[count:], strict=True):
            setattr(self, f"d{name}", gradient)
        return gradients[0] if count == 1 else tuple(gradients[:count])


def listed(gradients: Any) -> list[Any]:
    return list(gradients) if isinstance(gradients, (tuple, list)) else [gradients]
