"""The one shape that every subject is adapted to: named arrays in, named arrays out, gradients claimed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An input or parameter with respect to which a gradient is claimed.

    ``path`` is how reports name it (``inputs['x']``, ``params['W']``); ``value`` is the caller's own array, never
    handed to the subject.
    """

    path: str
    value: Array


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One forward call: its outputs by path, and the backward that belongs to it.

    ``pull`` takes one upstream per output and returns what the user's backward returned for each leaf, unchecked.
    ``through`` returns such a ``pull`` for the outputs of some paths alone: nothing makes use of the others, which is
    told otherwise than by zeros. None where no rule of anybody's could tell.
    """

    outputs: dict[str, Any]
    pull: Callable[[Sequence[Array]], Sequence[Any]]
    through: Callable[[Sequence[str]], Callable[[Sequence[Array]], Sequence[Any]]] | None = None


MOST_USES = 4
"""Calls of one layer that are told."""


@dataclass(frozen=True, slots=True)
class Part:
    """A layer of a composition: its name in the whole, its code, and the arguments of one of its calls."""

    name: str
    kind: str
    backward: Any
    thing: Any
    inputs: tuple[Any, ...]
    use: int = 1


class Subject(ABC):
    """A thing to check.

    Attributes
    ----------
    name
        What reports call it.
    convention
        How it was understood, in words.
    leaves
        What gradients are claimed for: inputs first, then parameters.
    backward
        The user's own code that claims them, for its place in the source.
    outlives
        Whether an evaluation's ``pull`` stays valid after another forward call (it owns its cache).
    linear
        Whether the claim is linear in the upstream by construction (the upstream is multiplied on by us).
    reverse
        Whether gradients are claimed at all; not where ``jvp=`` is the only claim.
    forward_mode
        The user's own ``jvp``, None where there is none.
    conjugated
        Whether its complex gradients come in the conjugate convention, dL/dx - i dL/dy.
    coarse
        Unit roundoff of the format that the last gradient was rounded to on its own; 0 if it was not.
    by_hand
        Whether the backward is the user's own code, and not what a framework derives.
    derived
        Whether the backward is a linear program that a framework derives, without a memory, a rule of somebody's own
        in it, or strides: asked for one upstream it has told all that it could tell of its health.
    ruled
        Whether a rule or a hook that somebody wrote may be in the backward; a framework's own kernels skip no zeros.
    pure
        Whether the backward is a program that is known to read nothing but the inputs and the upstream: whatever was
        called in between, one evaluation is pulled back time and again.
    maps
        Whether several upstreams at once cost less than one after the other, the first time included.
    unchecked, undecided
        Names of arrays without a gradient: those that may be parameters, and those that the subject calls so.
    left_out
        Sentences about what else of it is not looked at.
    written
        Path of an input or a constant that the last backward wrote into, as far as the subject can tell.
    spoiled
        Path of a constant, such as labels or what ``wrt`` leaves out, that the last forward wrote into.
    code
        The user's own functions and objects, as they were handed over.
    markings
        Leaves, by position, of which a gradient may be asked without the others: where rules can tell, and where
        nobody has said that the others need one.
    revalued
        The outputs as the last backward, or the last ``push``, had them anew, where it runs a forward of its own.
    remote
        Whether its arrays live on a GPU, say, where what does not fit may be the end of the process.

    """

    name: str
    convention: str
    leaves: tuple[Leaf, ...]
    backward: Any
    outlives: bool = True
    linear: bool = False
    elementwise: bool = False
    coarse: float = 0.0
    written: str | None = None
    spoiled: str | None = None
    unchecked: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    spent: tuple[int, int] = (0, 0)
    reverse: bool = True
    forward_mode: Any = None
    conjugated: bool = False
    by_hand: bool = True
    derived: bool = False
    ruled: bool = True
    pure: bool = False
    maps: bool = False
    code: tuple[Any, ...] = ()
    markings: tuple[tuple[int, ...], ...] = ()
    revalued: Mapping[str, Any] | None = None
    remote: bool = False

    @abstractmethod
    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call the forward with `values`, one fresh array per leaf, which the subject may keep."""

    def marked(self, values: Sequence[Array], wanted: Sequence[int]) -> Evaluation:
        """Call the forward where the leaves in `wanted` alone need a gradient, one of the ``markings``.

        Outputs may be missing that need none then, and gradients are None of leaves to which no way leads.
        """
        raise NotImplementedError

    def claim_at(self, values: Sequence[Array]) -> Evaluation | None:  # noqa: ARG002
        """Return the claim at `values` without a forward there, and no outputs; None where it may need one."""
        return None

    def push(self, values: Sequence[Array], tangents: Sequence[Array]) -> dict[str, Any]:
        """Return what the user's ``jvp`` returned for each output, unchecked; one tangent per leaf."""
        raise NotImplementedError

    def outputs_of_many(
        self,
        values: Sequence[Array],  # noqa: ARG002
        moved: Mapping[int, Array],  # noqa: ARG002
    ) -> dict[str, Any] | None:
        """Return the outputs by path with one more axis in front, as the leaves in `moved` have by position.

        None where the subject cannot be called for many points at once; it may as well raise.
        """
        return None

    def gradients_of_many(
        self,
        values: Sequence[Array],  # noqa: ARG002
        upstreams: Sequence[Array],  # noqa: ARG002
    ) -> Sequence[Any] | None:
        """Return the gradients with one more axis in front, for upstreams that have it; None where it cannot."""
        return None

    def gradient(self, upstreams: Sequence[Array]) -> Subject | None:  # noqa: ARG002
        """Return the gradient as a subject of its own, at `upstreams`; None where nothing differentiates it."""
        return None

    @contextmanager
    def claiming(self, backward: Any) -> Iterator[None]:
        """Let `backward`, a plain function, stand in for the user's own as long as the context lasts."""
        kept, self.backward = self.backward, backward
        try:
            yield
        finally:
            self.backward = kept

    def parameter_values(self) -> dict[str, Array]:
        """Return the parameters as the subject holds them now; empty where it holds none."""
        return {}

    def draws(self) -> Sequence[Any]:
        """Return which random numbers are drawn at the point, as far as it can be told: in what number and width."""
        return ()

    def formats(self) -> Sequence[np.dtype[Any]]:
        """Return in which formats the forward computes at the point, as far as it can be told."""
        return ()

    def by_design(self) -> Sequence[str]:
        """Return sentences about what is not differentiated as it is computed, on purpose; a failure tells them."""
        return ()

    def settings(self) -> Iterator[tuple[str, Any]]:
        """Yield what is held, handed over or read beside the leaves, by its name."""
        return iter(())

    def parts(self) -> list[Part]:
        """Return the layers that the subject is composed of, in the order in which their calls return."""
        return []


class OutOfBudget(Exception):
    """``max_evals`` forward calls are spent."""


class Malformed(Exception):
    """The subject returned something that no gradient can be; becomes a finding with `code`."""

    def __init__(self, code: str, title: str, path: str | None = None, hint: str | None = None) -> None:
        super().__init__(title)
        self.code, self.title, self.path, self.hint = code, title, path, hint


def elsewhere(value: Array, places: int = 1) -> Array:
    """Return other values from the same domain: rolled by some places, scaled where that changes nothing."""
    rolled = np.roll(value, places)
    if not np.array_equal(rolled, value):
        return rolled
    return value * 0.75**places if value.any() else value + 0.25 * places


def named_outputs(value: Any) -> dict[str, Any]:
    """Return what a forward returned as outputs by path: one array, a tuple or list of them, or a dictionary."""
    if isinstance(value, dict):
        return {f"outputs[{key!r}]": item for key, item in value.items()}
    if isinstance(value, (tuple, list)) and any(isinstance(item, np.ndarray) for item in value):
        return {f"outputs[{k}]": item for k, item in enumerate(value)}
    return {"outputs[0]": value}


def packed(outputs: dict[str, Any], upstreams: Sequence[Array]) -> Any:
    """Return the upstreams as the backward expects them: alone, or as the outputs came, a tuple or a dictionary."""
    if any(path.startswith("outputs['") for path in outputs):
        return {path[9:-2]: upstream for path, upstream in zip(outputs, upstreams, strict=True)}
    return upstreams[0] if len(outputs) == 1 else tuple(upstreams)


_AFTER = {"backward": "; those of the parameters of a layer may follow, in the order in which it holds them"}


def one_per_leaf(returned: Any, paths: Sequence[str], what: str) -> list[Any]:
    """Return the gradients that `what` returned, one per path.

    A lone array stands for itself; a dictionary is read by the names of the leaves, with or without a ``d`` before.

    Raises
    ------
    Malformed
        There are too few, too many, or none.

    """
    names = [path.split("'")[1] if "'" in path else path for path in paths]
    if isinstance(returned, dict):
        return [_by_name(returned, name, what) for name in names]
    if returned is None and len(paths) > 1:
        raise Malformed(
            "GC104", f"{what} returned None", hint="return the gradients; a forgotten `return` looks like this"
        )
    many = list(returned) if isinstance(returned, (tuple, list)) else [returned]
    if len(paths) == 1 and len(many) != 1 and isinstance(returned, list):
        many = [returned]
    if len(many) != len(paths):
        raise Malformed(
            "GC104",
            f"{what} returned {_count(len(many), 'gradient')} for {_count(len(paths), 'input')} ({', '.join(names)})",
            hint=f"return one gradient per input, in the order {', '.join(names)}{_AFTER.get(what, '')}",
        )
    return many


def _by_name(returned: dict[Any, Any], name: str, what: str) -> Any:
    for key in (name, f"d{name}", f"d_{name}", f"grad_{name}", f"{name}_grad"):
        if key in returned:
            return returned[key]
    known = ", ".join(map(repr, returned)) or "nothing"
    raise Malformed("GC104", f"{what} returned a dictionary without a gradient for {name!r}; it has {known}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
