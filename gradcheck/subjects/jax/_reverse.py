"""The reverse mode of a function of JAX: derived by JAX alone, or by rules that somebody wrote.

===========  ===================================================================================================
`Derived`    no rule but JAX's own is in the function: made once for a point, where it pulls every upstream back
`Traced`     there may be others: run as they stand, then traced, for running them costs more than all the rest
`Compiled`   there are loops or branches of JAX's own, which would be compiled for every call; or inputs of another
             shape have shown that it may be traced, and one program is compiled sooner than each of its parts
===========  ===================================================================================================
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from ..frameworks._framework import Trust

_LAST_BITS = 2.0**-44
_LARGE, _AT_FIRST, _AT_FIRST_OF_LARGE = 20_000, 1, 3
"""Numbers above which rules run as they stand as often as a first look asks, and how often they do below and above:
to run what was traced once more, to compare, costs more there than the rules do."""
OFTEN = 16
"""Calls after which compiling costs less than going on, step by step."""

_COMPILED_ANEW = frozenset({"scan", "while", "cond", "custom_linear_solve"})
"""Primitives that carry a program, which is compiled again for every call outside of ``jit``."""

_KEPT = frozenset({"jit", "pjit"})
"""Primitives whose program is compiled once."""

_BY_RULE = frozenset(
    {"custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "custom_lin", "custom_linear_solve"}
)
"""Primitives of JAX that are differentiated as somebody says."""

_DRAWS = frozenset({"random_bits", "random_gamma", "rng_bit_generator", "rng_uniform", "threefry2x32"})
"""Primitives that make random numbers, others in every width."""

_BY_DESIGN = {
    "random_gamma": "gamma variates are drawn: with respect to their shape, JAX differentiates the distribution by "
    "design, not the sampler under its key",
}
"""Primitives whose gradient is no derivative of what they compute, and what it is."""

Outputs = Callable[[Sequence[Any]], list[Any]]
Pull = Callable[[list[Any]], Sequence[Any]]


# -- what a trace tells ----------------------------------------------------------------------------------------------


def reverse_of(jax: Any, outputs: Outputs, arrays: Sequence[Any], *, traceable: bool = False) -> Reverse:
    """Return the reverse mode of `outputs`, for inputs of the shapes and dtypes of `arrays`.

    `traceable` says that inputs of other shapes have shown that it says the same when it is traced.
    """
    try:
        program = jax.make_jaxpr(outputs)(list(arrays))
    except Exception:  # it looks at values, so it cannot be compiled; what it raises otherwise, it raises again
        return Traced(jax, outputs)
    derived = is_derived(program)
    looped = _is_looped(program)
    if traceable or any(equation.primitive.name in _COMPILED_ANEW for equation in program.eqns):
        reverse: Reverse = Compiled(jax, outputs, derived=derived, looped=looped)
    else:
        reverse = Derived(jax, outputs) if derived else Traced(jax, outputs, looped=looped)
    reverse.asking = _asks(program)
    return reverse


def is_derived(program: Any) -> bool:
    """Whether JAX alone says how a traced function is differentiated: all of it is JAX's, and no rule is in it.

    Then its reverse mode is a linear program transposed, without a memory: linear in the upstream, the same every
    time, and blind to strides, which arrays of JAX do not have.
    """
    return not program.effects and _all_own(program.jaxpr, _own())


def _asks(program: Any) -> bool:
    """Whether a rule in a traced function is told what is perturbed, and what is used."""
    return any(equation.params.get("symbolic_zeros") for equation in _equations(program))


def _is_looped(program: Any) -> bool:
    """Whether part of a program is compiled anew for each call, be it inside a function with rules of its own."""
    open_ = [equation for equation in program.eqns if equation.primitive.name not in _KEPT]
    return any(equation.primitive.name in _COMPILED_ANEW for equation in open_) or any(
        _is_looped(inner) for equation in open_ for inner in _inside(equation.params.values())
    )


def _all_own(program: Any, own: frozenset[Any]) -> bool:
    equations = program.eqns
    if not all(equation.primitive in own for equation in equations):
        return False
    return all(_all_own(inner, own) for equation in equations for inner in _inside(equation.params.values()))


def drawn(program: Any) -> list[Any]:
    """Return the parameters of every draw of random numbers in a traced function."""
    return [[str(o.aval) for o in one.outvars] for one in _equations(program) if one.primitive.name in _DRAWS]


def by_design(program: Any) -> list[str]:
    """Return sentences about primitives in a traced function whose gradient is no derivative of what they compute."""
    found = {equation.primitive.name for equation in _equations(program)}
    return [sentence for name, sentence in _BY_DESIGN.items() if name in found]


def _equations(program: Any) -> Iterator[Any]:
    """Yield the equations of a program, those of the programs inside it included."""
    for equation in program.eqns:
        yield equation
        for inner in _inside(equation.params.values()):
            yield from _equations(inner)


def _inside(parameters: Any) -> list[Any]:
    """Return the programs among the parameters of an equation, as those of a loop, a branch or ``jit``."""
    flat = [item for value in parameters for item in (value if isinstance(value, (tuple, list)) else (value,))]
    return [item for item in flat if hasattr(item, "eqns")]


@cache
def _own() -> frozenset[Any]:
    """Return JAX's own primitives, but for those that carry a rule; none where JAX does not list them."""
    try:
        listed = vars(import_module("jax.extend.core.primitives"))
    except ImportError:
        return frozenset()
    return frozenset(p for name, p in listed.items() if name.endswith("_p") and p.name not in _BY_RULE)


# -- the reverse mode ------------------------------------------------------------------------------------------------


class Reverse(Trust, ABC):
    """From inputs, upstreams and the outputs of a plain call to gradients; `outputs` is the function.

    ``derived`` says that JAX alone derives it (`is_derived`), ``pure`` that it is a program of JAX's own by now,
    ``traceable`` that it has been seen to say the same where it is traced, ``looped`` that the function had better be
    compiled, too. ``values`` are the outputs as the rules had them in the last call, None where there are none.
    """

    traceable = False
    looped = False
    values: Sequence[Any] | None = None

    def __init__(self, jax: Any, outputs: Outputs) -> None:
        self._jax, self._outputs = jax, outputs

    @abstractmethod
    def __call__(self, arrays: Sequence[Any], upstreams: Sequence[Any], outs: Sequence[Any]) -> Sequence[Any]:
        """Return the gradients at `arrays`, where a plain call returned `outs`."""

    def at(self, arrays: Sequence[Any]) -> Pull:
        """Return what pulls a list of upstreams back at `arrays`, in whatever way it is transformed."""
        return self._linearized(arrays)[1]

    def _linearized(self, arrays: Sequence[Any]) -> tuple[Sequence[Any], Pull]:
        outs, pull = self._jax.vjp(lambda *given: self._outputs(given), *arrays)
        return outs, pull


class Derived(Reverse):
    """What JAX derives, kept for the latest point.

    As long as the outputs, while the function is differentiated, are those of a plain call: a function that draws,
    counts or keeps something is differentiated anew for every upstream, and its reverse mode is trusted no more.
    """

    derived = True
    _here: Sequence[Any] = ()
    _pull: Pull | None = None

    @property
    def traceable(self) -> bool:  # type: ignore[override]
        """Whether it was differentiated, and the outputs were those of a plain call."""
        return self.derived and self._pull is not None

    def __call__(self, arrays: Sequence[Any], upstreams: Sequence[Any], outs: Sequence[Any]) -> Sequence[Any]:
        """Return the gradients."""
        return list(self._at(arrays, outs)(list(upstreams)))

    def at(self, arrays: Sequence[Any]) -> Pull:
        """Return what pulls upstreams back."""
        return self._at(arrays, self._outputs(arrays))

    def _at(self, arrays: Sequence[Any], outs: Sequence[Any]) -> Pull:
        if self._pull is None or not self.derived or not all(map(_equal, arrays, self._here)):
            found, self._pull = self._linearized(arrays)
            self._here = list(arrays)
            self.derived = self.derived and all(map(_agree, found, outs))
        return self._pull


class Compiled(Reverse):
    """What is compiled once."""

    traceable = True

    def __init__(self, jax: Any, outputs: Outputs, *, derived: bool, looped: bool) -> None:
        super().__init__(jax, outputs)
        self.derived, self.looped = derived, looped
        self._compiled = jax.jit(self._both)

    def __call__(self, arrays: Sequence[Any], upstreams: Sequence[Any], _: Sequence[Any]) -> Sequence[Any]:
        """Return the gradients."""
        gradients, self.values = self._compiled(arrays, upstreams)
        return list(gradients)

    def _both(self, arrays: Sequence[Any], upstreams: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any] | None]:
        outs, pull = self._linearized(arrays)
        return pull(list(upstreams)), None if self.derived else outs


class Traced(Reverse):
    """The reverse mode of a function with rules: as it was traced, where that is what it says.

    The first call runs the rules of the function as they stand, of a large one the first three. The next traces
    them; if for the inputs of the one before they then say what they said, to the last bits, they are not run again.
    A rule that looks at values, or that draws or counts something, is run every time. One that finds in a variable
    of Python what its forward has left there is not told from one that is handed it: a trace is a single call.
    """

    def __init__(self, jax: Any, outputs: Outputs, *, looped: bool = False) -> None:
        super().__init__(jax, outputs)
        self.looped = looped
        self._traced: Callable[..., Any] | None = None
        self._seen: tuple[list[Any], list[Any]] | None = None
        self._own = False
        self._ran = self._calls = 0

    @property
    def traceable(self) -> bool:  # type: ignore[override]
        """Whether it was traced, and said what it says as it stands."""
        return self._traced is not None

    @property
    def pure(self) -> bool:  # type: ignore[override]
        """Whether what was traced is all JAX's own: the rules are gone, and none of them calls Python any more."""
        return self.traceable and self._own

    def __call__(self, arrays: Sequence[Any], upstreams: Sequence[Any], _: Sequence[Any]) -> Sequence[Any]:
        """Return the gradients."""
        given = [*arrays, *upstreams]
        if self._seen is not None:
            self._settle(arrays, upstreams)
        if self._traced is not None:
            return self._parted(self._say(given), arrays)
        found, self._ran = self._run(arrays, upstreams), self._ran + 1
        if self._ran == self._at_first(arrays):
            self._seen = given, found
        return self._parted(found, arrays)

    def _parted(self, found: list[Any], arrays: Sequence[Any]) -> list[Any]:
        """Return the gradients; keep the outputs, which come behind them."""
        self.values = found[len(arrays) :]
        return found[: len(arrays)]

    def _at_first(self, arrays: Sequence[Any]) -> int:
        """Return in how many calls the rules run as they stand; a loop would be compiled for each of them."""
        large = sum(array.size for array in arrays) > _LARGE and not self.looped
        return _AT_FIRST_OF_LARGE if large else _AT_FIRST

    def _say(self, given: Sequence[Any]) -> list[Any]:
        """Return what was traced, compiled in the end, if it is the same to the last bits then."""
        assert self._traced is not None
        found = list(self._traced(*given))
        self._calls += 1
        if self._calls == OFTEN:
            compiled = self._jax.jit(self._traced)
            self._traced = compiled if all(map(_agree, compiled(*given), found)) else self._traced
        return found

    def at(self, arrays: Sequence[Any]) -> Pull:
        """Return what pulls upstreams back: as it was traced, where it was."""
        traced = self._traced
        return super().at(arrays) if traced is None else lambda upstreams: traced(*arrays, *upstreams)[: len(arrays)]

    def _settle(self, arrays: Sequence[Any], upstreams: Sequence[Any]) -> None:
        """Trace, and keep what was traced if it says what was said before."""
        assert self._seen is not None
        (given, said), self._seen = self._seen, None
        traced = self._trace(arrays, upstreams)
        if traced is not None and all(map(_agree, traced(*given), said)):
            self._traced = traced

    def _run(self, arrays: Sequence[Any], upstreams: Sequence[Any]) -> list[Any]:
        outs, pull = self._linearized(arrays)
        return [*pull(list(upstreams)), *outs]

    def _trace(self, arrays: Sequence[Any], upstreams: Sequence[Any]) -> Callable[..., Any] | None:
        try:
            program = self._jax.make_jaxpr(self._run)(list(arrays), list(upstreams))
        except Exception:  # it looks at values; what it raises otherwise, it raises again
            return None
        self._own = is_derived(program)
        run: Callable[..., Any] = import_module("jax.extend.core").jaxpr_as_fun(program)
        return run


def _equal(one: Any, other: Any) -> bool:
    return one is other or np.array_equal(np.asarray(one), np.asarray(other))


def _agree(one: Any, other: Any) -> bool:
    if _equal(one, other):  # mostly they are; what follows takes eight times the memory of float32
        return True
    one, other = np.asarray(one, dtype=np.complex128), np.asarray(other, dtype=np.complex128)
    with np.errstate(all="ignore"):
        off = np.abs(one - other)
    largest = float(np.max(np.abs(one), initial=0.0))
    return one.shape == other.shape and bool(np.all((off <= _LAST_BITS * largest) | (one == other)))
