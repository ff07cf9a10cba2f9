"""One call of a subject as its user would make it: fresh object, arguments in their own layout, forward and backward.

A subject that is a class is made anew for each, for the width of its first argument if it takes one.
"""

from __future__ import annotations

import copy
import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Declaration, adapt
from ...subjects._adapt import _isolated as isolated
from ...subjects.functions._beside import derivative_beside
from ...subjects.layers._calling import takes_upstream
from ..adapters._adapted import Fact
from ..adapters._made import arguments_of, is_called_with, made_as
from ..adapters._seeded import global_seed

Array = NDArray[Any]
CLAIMS = ("derivative", "grad", "vjp", "jvp")
"""Options that bring the gradient of a function."""


@dataclass(frozen=True)
class Target:
    """What is searched: the thing as it was handed over, and the options of `gradcheck.check` that belong to it."""

    thing: Any
    options: Mapping[str, Any]

    @classmethod
    def of(cls, subject: Any, options: Mapping[str, Any]) -> Target:
        """Return `subject`, or what it declares."""
        thing, known = (subject.thing, subject.options) if isinstance(subject, Declaration) else (subject, {})
        told = {name: value for name, value in {**known, **options}.items() if value is not None}
        if callable(thing) and not hasattr(thing, "forward") and not set(CLAIMS) & set(told):
            beside = derivative_beside(thing)
            told |= {"derivative": beside[0]} if beside is not None else {}
        return cls(thing, told)

    def fresh(self, arguments: Sequence[Any]) -> Target:
        """Return the same for one example: an object that nobody else holds, of the width of the arguments."""
        thing = self.thing
        if isinstance(thing, type):
            with global_seed(0):  # the same weights each time
                thing = _made(thing, _width(arguments))
        elif self.is_layer:
            thing = copy.deepcopy(thing)
        elif isinstance(thing, tuple):
            thing = isolated(thing)
        return Target(thing, self.options)

    def made_as(self, arguments: Sequence[Any]) -> tuple[Fact, ...]:
        """Return how a class is called for one example."""
        kind = self.thing
        return made_as(kind, arguments_of(kind, _width(arguments))) if isinstance(kind, type) else ()

    @property
    def is_layer(self) -> bool:
        """Whether it is an object with a forward."""
        return callable(getattr(self.thing, "forward", None)) and not isinstance(self.thing, tuple)

    @property
    def forward(self) -> Callable[..., Any]:
        """What is called with the arguments."""
        if self.is_layer:
            return self.thing.forward  # type: ignore[no-any-return]
        return self.thing[0] if isinstance(self.thing, tuple) else self.thing  # type: ignore[no-any-return]

    def output(self, arguments: Sequence[Any]) -> Any:
        """Return what a forward call gives, without its cache."""
        out = self.forward(*arguments)
        return out[0] if isinstance(self.thing, tuple) else out

    def both(self, arguments: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Return the output, and the gradients for an upstream of ones, as the subject itself returns them."""
        returned = self.forward(*arguments)
        out, cache = returned if isinstance(self.thing, tuple) else (returned, None)
        if isinstance(self.thing, tuple):
            gradients = self.thing[1](_ones(out), cache)
        elif self.is_layer:
            upstream = [_ones(out)] if takes_upstream(self.thing) else []
            gradients = self.thing.backward(*upstream)
        elif (vjp := self.options.get("vjp")) is not None:
            gradients = vjp(_ones(out), *arguments)
        elif (slope := self.options.get("derivative")) is not None:
            gradients = (slope[0] if isinstance(slope, tuple) else slope)(*arguments)
        else:
            return out, []
        return out, list(gradients) if isinstance(gradients, (tuple, list)) else [gradients]


def _ones(out: Any) -> Any:
    if isinstance(out, (tuple, list)):
        return type(out)(_ones(part) for part in out)
    return np.ones_like(np.asarray(out))


def refused(error: BaseException) -> bool:
    """Say whether code refused an argument in so many words: the exception comes from a `raise` or an `assert`.

    An exception that NumPy raises about what it was handed is no refusal: nobody thought of that input. A singular
    matrix is one: it has no inverse, and nothing else could be said.
    """
    if isinstance(error, np.linalg.LinAlgError):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    deliberate = bool(frames) and (frames[-1].line or "").lstrip().startswith(("raise", "assert"))
    return deliberate and not any(part in frames[-1].filename for part in ("/numpy/", "\\numpy\\"))


def sentence(error: BaseException) -> str:
    """Return the type and the first line of what an exception says."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}"[:160] if said else type(error).__name__


def is_floating(value: Any) -> bool:
    """Say whether an argument is an array of floating-point numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def evaluated(target: Target, home: Sequence[Any], arguments: Sequence[Any]) -> list[tuple[str, Any]]:
    """Return outputs and gradients by path, where `arguments` are handed over as they are."""
    fresh = target.fresh(home)
    subject = adapt(fresh.thing, tuple(home), fresh.options)
    inputs = [value for value in arguments if is_floating(value)]
    leaves = [leaf for leaf in subject.leaves if leaf.path.startswith("inputs")]
    if len(inputs) != len(leaves):  # some are no leaves: `wrt` narrows them
        return []
    parameters = [np.array(leaf.value) for leaf in subject.leaves[len(leaves) :]]
    evaluation = subject.evaluate([*(value.view() for value in inputs), *parameters])
    upstream = [
        1 + 0.5 * np.cos(np.arange(np.size(out))).reshape(np.shape(out)) for out in evaluation.outputs.values()
    ]
    outputs = [(path, np.array(out)) for path, out in evaluation.outputs.items()]
    gradients = evaluation.pull(upstream)
    paths = [f"the gradient of {leaf.path}" for leaf in subject.leaves]
    return [*outputs, *((path, np.asarray(g)) for path, g in zip(paths, gradients, strict=True))]


def _width(arguments: Sequence[Any]) -> int:
    shape = np.shape(arguments[0])
    return int(shape[-1 if len(shape) < 2 else 1])


def _made(kind: type, width: int) -> Any:
    """Return an instance of a layer's class, made with a width if it needs one or says so."""
    arguments = arguments_of(kind, width)
    if not is_called_with(kind, arguments):
        asked = ", ".join(inspect.signature(kind).parameters)
        raise InvalidArgument(
            f"subject={kind.__name__} is a class, which is called with a width, but takes ({asked}); pass an instance"
        )
    return kind(*arguments)
