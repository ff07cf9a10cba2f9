"""A call that a framework differentiates, as a subject: which of its arguments are leaves, and how it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..._errors import InvalidArgument
from .._floats import is_low
from .._inputs import as_names, input_names, refuse_unknown
from .._subject import Array, Evaluation, Leaf, Subject, one_per_leaf
from ._constants import Constants
from ._framework import Framework, Pull, Result, Trust
from ._twice import Gradient

_ALONE = 5
"""Leaves that are asked alone; of more, halves are."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the user meant it: the function, its arguments by name, what ``functools.partial`` holds included."""

    function: Callable[..., Any]
    names: tuple[str, ...]
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]

    @classmethod
    def of(
        cls, thing: Callable[..., Any], inputs: Sequence[Any], signature: Callable[..., Any] | None = None
    ) -> Call:
        """Return the call of `thing` with `inputs`; names are those of `signature`."""
        arguments, keywords = tuple(inputs), dict[str, Any]()
        while isinstance(thing, partial):
            arguments, keywords = (*thing.args, *arguments), {**thing.keywords, **keywords}
            thing = thing.func
        names = input_names(signature or thing, len(arguments))
        return cls(thing, tuple(names), arguments, keywords)


class Differentiated(Subject):
    """A function that a framework differentiates.

    ``lower`` says that the function holds arrays of low precision itself, ``held`` that it has leaves of its own.
    """

    by_hand = False

    def __init__(
        self,
        name: str,
        framework: Framework,
        call: Call,
        *,
        wrt: Any = None,
        widen: bool = True,
        lower: bool = False,
        held: bool = False,
    ) -> None:
        self.name, self.framework, self.backward = name, framework, call.function
        self.conjugated, self.maps = framework.conjugated, framework.maps
        self._function, self._by_default = call.function, wrt is None
        named = [*zip(call.names, call.arguments, strict=True), *call.keywords.items()]
        self._trees = [framework.opened(argument, name) for name, argument in named]
        self._keywords = list(call.keywords)
        self._values = [leaf for tree in self._trees for leaf in tree.leaves]
        self.remote = any(framework.is_remote(value) for value in self._values)
        names = [name for tree in self._trees for name in tree.names]
        self._chosen, left = self._choose(names, call, wrt, held=held)
        self.leaves = tuple(
            Leaf(f"inputs[{names[k]!r}]", self._read(names[k], self._values[k])) for k in self._chosen
        )
        self.wide = widen and (lower or any(_is_low(v, framework) for v in self._values))
        values = [self._constant(v) for v in self._values]
        self._constants = Constants(framework, values, self._values, self._chosen)
        self._given: list[Any] = []
        self._names = names
        self.remarks: dict[str, None] = dict.fromkeys(left)
        if framework.conjugated and any(np.iscomplexobj(leaf.value) for leaf in self.leaves):
            self.remarks[f"the complex gradients of {framework.name} are conjugated first"] = None

    @property
    def convention(self) -> str:  # type: ignore[override]
        """How the subject was understood."""
        modes = "" if self.forward_mode is None else ", in both modes" if self.reverse else ", in forward mode alone"
        return "; ".join((f"{self._said()}{modes}", *self.remarks))

    @property
    def left_out(self) -> tuple[str, ...]:  # type: ignore[override]
        """What gets a gradient and is no leaf, unless the caller named the leaves."""
        found = self.framework.left_out(self._function) if self._by_default else ()
        return (f"not checked, though it gets a gradient: {', '.join(found)}",) if found else ()

    @property
    def derived(self) -> bool:  # type: ignore[override]
        """Whether the framework alone says how the function is differentiated, as far as it has been seen."""
        return self._trust.derived

    @property
    def ruled(self) -> bool:  # type: ignore[override]
        """Whether a rule or a hook that somebody wrote may be in the backward, as far as it has been seen."""
        return self._trust.ruled

    @property
    def pure(self) -> bool:  # type: ignore[override]
        """Whether the backward is a program that reads nothing but what it is handed, as far as it has been seen."""
        return self._trust.pure

    @property
    def revalued(self) -> Mapping[str, Any] | None:  # type: ignore[override]
        """The outputs as the framework had them while it differentiated, where rules may have made others."""
        return self.framework.revalued

    @property
    def markings(self) -> tuple[tuple[int, ...], ...]:  # type: ignore[override]
        """Which leaves may be asked for a gradient alone, where rules can tell: see `without_some`."""
        if not self._trust.asking:
            return ()
        free = [n for n, k in enumerate(self._chosen) if not self.framework.is_asked_for(self._values[k])]
        return without_some(len(self.leaves), free)

    def draws(self) -> Sequence[Any]:
        """Return which random numbers the function draws at the point, as far as it can be told."""
        with self.framework.session(wide=self.wide):
            return self.framework.draws(self.call, self._point())

    def formats(self) -> Sequence[np.dtype[Any]]:
        """Return in which formats the forward computes at the point, as far as it can be told."""
        with self.framework.session(wide=self.wide):
            return self.framework.formats(self.call, self._point())

    def by_design(self) -> Sequence[str]:
        """Return what the framework does not differentiate as it is computed, on purpose."""
        with self.framework.session(wide=self.wide):
            return self.framework.by_design(self.call, self._point())

    @cached_property
    def _trust(self) -> Trust:
        with self.framework.session(wide=self.wide):
            return self.framework.trust(self.call, self._point)

    def _point(self) -> list[Any]:
        return self.arrays([widened(leaf.value) if self.wide else leaf.value for leaf in self.leaves])

    def _said(self) -> str:
        return f"{self.framework.name} function, differentiated by {self.framework.name}"

    # -- what is asked for -------------------------------------------------------------------------------------------

    def _choose(self, names: Sequence[str], call: Call, wrt: Any, *, held: bool) -> tuple[list[int], list[str]]:
        """Return the positions of the leaves, and in a sentence which arrays were left out."""
        every = [k for k, value in enumerate(self._values) if self.framework.is_differentiable(value)]
        self.known = [f"inputs[{names[k]!r}]" for k in every]
        marked = [k for k in every if self.framework.is_asked_for(self._values[k])]
        chosen = marked or every
        left = [names[k] for k in every if k not in chosen]
        said = [f"left out, for it does not require a gradient: {', '.join(left)}"] if left and wrt is None else []
        if wrt is not None:
            wanted = as_names(wrt)
            chosen = [k for k in every if any(_means(w, names[k], call.names) for w in wanted)]
            paths = [f"inputs[{names[k]!r}]" for k in chosen]
            if not held:
                refuse_unknown([w for w in wanted if not _leads_to(w, chosen, names)], paths, names, self.name)
        if not chosen and not held:
            kinds = ", ".join(f"inputs[{n!r}] is {v!r:.40}" for n, v in zip(names, self._values, strict=True))
            raise InvalidArgument(
                f"{kinds or 'no inputs'}: nothing to differentiate; pass floating-point arrays of "
                f"{self.framework.name}"
            )
        return chosen, said

    def _read(self, name: str, value: Any) -> Array:
        path = f"inputs[{name!r}]"
        try:
            array = np.array(value if isinstance(value, np.ndarray) else self.framework.to_numpy(value))
        except InvalidArgument as refused:
            raise InvalidArgument(f"{path}: {refused}") from None
        return finite(path, array)

    def _constant(self, value: Any) -> Any:
        """Return what stays as it is, as an array of NumPy where it has a slope, widened with the leaves."""
        if not (self.framework.is_array(value) or isinstance(value, np.ndarray)):
            return value
        if not self.framework.is_differentiable(value):
            return value
        array = value if isinstance(value, np.ndarray) else self.framework.to_numpy(value)
        return widened(array) if self.wide else np.array(array)

    # -- calls -------------------------------------------------------------------------------------------------------

    def arguments(self, arrays: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return positional arguments and keywords with `arrays` in the places of the leaves."""
        self._given = filled = self._constants.handed()
        for k, array in zip(self._chosen, arrays, strict=True):
            filled[k] = array
        rest = iter(filled)
        closed = [tree.closed([next(rest) for _ in tree.leaves]) for tree in self._trees]
        count = len(closed) - len(self._keywords)
        return closed[:count], dict(zip(self._keywords, closed[count:], strict=True))

    def call(self, arrays: Sequence[Any]) -> Any:
        """Call the function with `arrays` in the places of the leaves."""
        positional, keywords = self.framework.lent(self.arguments(arrays))
        return self._function(*positional, **keywords)

    def arrays(self, values: Sequence[Array]) -> list[Any]:
        """Return `values` as arrays of the framework."""
        return self.framework.all_from_numpy(values, [self._values[k] for k in self._chosen])

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call the function; the claim is what the framework's reverse mode returns."""
        with self.framework.session(wide=self.wide):
            arrays = self.arrays(values)
            result = self.framework.run(self.call, arrays)
            self.framework.show_written(arrays, values)
        self._constants.renew_touched()
        back = self._watched(self._watching_constants(self.backward_of(result), self._given), arrays, values)
        paths = [leaf.path for leaf in self.leaves]
        said = f"the vjp of {self.framework.name}"
        return Evaluation(result.outputs, lambda u: one_per_leaf(back(u), paths, said), self._through(result))

    def marked(self, values: Sequence[Array], wanted: Sequence[int]) -> Evaluation:
        """Call the function where the leaves in `wanted` alone need a gradient."""
        with self.framework.session(wide=self.wide):
            result = self.framework.marked(self.call, self.arrays(values), wanted)
        return Evaluation(result.outputs, self.backward_of(result))

    def _through(self, result: Result) -> Callable[[Sequence[str]], Pull] | None:
        through = result.through
        if through is None:
            return None
        return lambda paths: self.backward_of(Result(result.outputs, through(paths)))

    def _watched(self, back: Pull, arrays: Sequence[Any], values: Sequence[Array]) -> Pull:
        """Return `back`, after which what it has written into the inputs shows."""

        def pull(upstreams: Sequence[Array]) -> Any:
            returned = back(upstreams)
            self.framework.show_written(arrays, values)
            return returned

        return pull

    def _watching_constants(self, back: Pull, given: list[Any]) -> Pull:
        """Return `back`, after which it is known which constant it has written into.

        Some of them, as running statistics, a forward is meant to write into. A library may call it once more.
        """

        def pull(upstreams: Sequence[Array]) -> Any:
            before, self._given = self._constants.written(given), given
            returned = back(upstreams)
            written = self._constants.written(self._given) - before
            self.written = f"inputs[{self._names[min(written)]!r}]" if written else None
            self._constants.renew(written)
            return returned

        return pull

    def backward_of(self, result: Result) -> Pull:
        """Return how upstreams are pulled back through the call that has just been made."""

        def pull(upstreams: Sequence[Array]) -> Any:
            try:
                with self.framework.session(wide=self.wide):
                    return result.pull(upstreams)
            except Exception as error:
                if self.forward_mode is not None:
                    error.add_note('raised by the reverse mode; jvp="alone" asks the forward mode without it')
                raise

        return pull

    def outputs_of_many(self, values: Sequence[Array], moved: Mapping[int, Array]) -> dict[str, Any] | None:
        """Return the outputs for many points by one call, as far as the framework batches the function."""
        with self.framework.session(wide=self.wide):
            return self.framework.run_many(self.call, self.arrays(values), moved)

    def gradients_of_many(self, values: Sequence[Array], upstreams: Sequence[Array]) -> Sequence[Any] | None:
        """Return the gradients for many upstreams by one call of the backward, as far as the framework batches it."""
        with self.framework.session(wide=self.wide):
            return self.framework.pull_many(self.call, self.arrays(values), upstreams)

    def gradient(self, upstreams: Sequence[Array]) -> Subject | None:
        """Return the gradient as a function that the framework differentiates, where it can do that twice."""
        return Gradient(self, upstreams) if self.framework.twice else None

    def push(self, values: Sequence[Array], tangents: Sequence[Array]) -> dict[str, Any]:
        """Return what the framework's forward mode says."""
        with self.framework.session(wide=self.wide):
            found: dict[str, Any] = self.framework.push(self.call, self.arrays(values), self.arrays(tangents))
        return found


def without_some(count: int, free: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return which of `count` leaves are asked, beside those that are not `free` to need none.

    First the data go, as in training: all that are free beside others, or the first. Then each that is free is asked
    alone, which finds whatever else it hangs on; of many halves are, in one of which any two are apart, so that
    whichever is asked about in the place of another shows.
    """
    fixed = tuple(sorted({*range(count)} - {*free}))
    if not free or count < 2:
        return ()
    first = fixed or tuple(free[1:])
    parts = [[k] for k in free if len(free) > 1] if len(free) <= _ALONE else _halves(free)
    return tuple(dict.fromkeys((first, *(tuple(sorted((*fixed, *part))) for part in parts))))


def _halves(many: Sequence[int]) -> list[list[int]]:
    """Return those of `many` that have a bit of their position set, and those that have not, for each of the bits."""
    bits = range((len(many) - 1).bit_length())
    return [[k for n, k in enumerate(many) if (n >> bit & 1) == one] for bit in bits for one in (0, 1)]


def input_path(wanted: str, path: str) -> bool:
    """Whether `wanted` means the input at `path`, or a container that holds it."""
    return _means(wanted, path[8:-2], ())


def finite(path: str, value: Array) -> Array:
    """Return `value`, or say which entry is not finite."""
    if not np.isfinite(value).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
        raise InvalidArgument(
            f"{path}{list(index) if index else ''} is {value[index]}; a gradient is checked at finite points: "
            "replace or drop that entry"
        )
    return value


def widened(value: Array) -> Array:
    """Return a copy in float64 or complex128."""
    if value.dtype.kind == "c":
        return value.astype(np.result_type(value.dtype, np.complex128))
    return value.astype(np.float64 if is_low(value.dtype) else value.dtype)


def _is_low(value: Any, framework: Framework) -> bool:
    if not framework.is_differentiable(value):
        return False
    dtype = value.dtype if isinstance(value, np.ndarray) else framework.to_numpy(value).dtype
    return is_low(dtype) or (dtype.kind == "c" and dtype.itemsize < 16)


def _means(wanted: Any, name: str, arguments: Sequence[str]) -> bool:
    """Whether `wanted` is the leaf `name` or a container that holds it: by name, path, or position."""
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        wanted = arguments[wanted] if -len(arguments) <= wanted < len(arguments) else None
    return isinstance(wanted, str) and (
        wanted in (name, f"inputs[{name!r}]") or name.startswith((f"{wanted}.", f"{wanted[8:-2]}."))
    )


def _leads_to(wanted: Any, chosen: Sequence[int], names: Sequence[str]) -> bool:
    return isinstance(wanted, str) and any(_means(wanted, names[k], ()) for k in chosen)
