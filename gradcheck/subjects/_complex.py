r"""Complex arrays as two real ones, so that nothing else has to know of them.

With :math:`z = x + iy` and a real loss L, the gradient is

.. math:: g = \frac{\partial L}{\partial x} + i\,\frac{\partial L}{\partial y},
    \qquad dL = \operatorname{Re}(\bar g\, dz)

as in PyTorch; upstreams likewise. For a holomorphic f and an upstream u it is :math:`u\,\overline{f'(z)}`. JAX has
the conjugate of all this. A complex leaf ``inputs['z']`` becomes ``inputs['z'].real`` and ``inputs['z'].imag``, a
complex output likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import _GeneratorContextManager
from typing import Any

import numpy as np

from ._subject import Array, Evaluation, Leaf, Malformed, Part, Subject

PARTS = ("real", "imag")
CONVENTION = "complex arrays as pairs of real ones, the gradient is dL/dx + i dL/dy"


class Realified(Subject):
    """`inner` with every complex array, of inputs, outputs, gradients and tangents, parted in two.

    ``conjugated`` reads its reverse claim in the other convention: g(u) becomes conj(g(conj(u))). ``dropped`` holds
    the paths of the complex inputs for which the claim was real.
    """

    def __init__(self, inner: Subject, *, conjugated: bool = False) -> None:
        self.inner, self._conjugated = inner, conjugated
        self.name, self.backward, self.forward_mode = inner.name, inner.backward, inner.forward_mode
        self.outlives, self.linear, self.reverse = inner.outlives, inner.linear, inner.reverse
        self.unchecked, self.undecided = inner.unchecked, inner.undecided
        self.spent, self.by_hand, self.maps = inner.spent, inner.by_hand, inner.maps
        self.code, self.remote = inner.code, inner.remote
        self._parted = [np.iscomplexobj(leaf.value) for leaf in inner.leaves]
        self._parted_outputs: dict[str, bool] = {}
        self.leaves = tuple(part for leaf in inner.leaves for part in _parts_of(leaf))
        self.dropped: set[str] = set()
        self._remarks: dict[str, None] = {}
        self.elementwise = inner.elementwise and not any(self._parted)

    def claiming(self, backward: Any) -> _GeneratorContextManager[None]:
        """Let `backward` stand in for that of the inner subject."""
        return self.inner.claiming(backward)

    @property
    def is_complex(self) -> bool:
        """Whether any input or output is complex."""
        return any(self._parted) or any(self._parted_outputs.values())

    @property
    def convention(self) -> str:  # type: ignore[override]
        """How the subject was understood; what complex numbers mean, where there are any."""
        said = (self.inner.convention, *((CONVENTION,) if self.is_complex else ()), *self._remarks)
        return "; ".join(said)

    @property
    def coarse(self) -> float:  # type: ignore[override]
        """Unit roundoff of the format that the claim was rounded to; 0 if it was not."""
        return self.inner.coarse

    @property
    def derived(self) -> bool:  # type: ignore[override]
        """Whether a framework alone derives the backward."""
        return self.inner.derived

    @property
    def ruled(self) -> bool:  # type: ignore[override]
        """Whether a rule or a hook that somebody wrote may be in the backward."""
        return self.inner.ruled

    @property
    def pure(self) -> bool:  # type: ignore[override]
        """Whether the backward reads nothing but what it is handed."""
        return self.inner.pure

    @property
    def written(self) -> str | None:  # type: ignore[override]
        """Path of an input that the last backward wrote into."""
        return self.inner.written

    @property
    def spoiled(self) -> str | None:  # type: ignore[override]
        """Path of a constant that the last forward wrote into."""
        return self.inner.spoiled

    def parameter_values(self) -> dict[str, Array]:
        """Return the parameters as the subject holds them now, complex ones in two parts."""
        held = self.inner.parameter_values()
        return {part.path: part.value for path, value in held.items() for part in _parts_of(Leaf(path, value))}

    @property
    def left_out(self) -> tuple[str, ...]:  # type: ignore[override]
        """What else of the inner subject is not looked at."""
        return self.inner.left_out

    def draws(self) -> Sequence[Any]:
        """Return which random numbers the inner subject draws."""
        return self.inner.draws()

    def formats(self) -> Sequence[np.dtype[Any]]:
        """Return in which formats the inner subject computes."""
        return self.inner.formats()

    def by_design(self) -> Sequence[str]:
        """Return what is not differentiated as it is computed."""
        return self.inner.by_design()

    def settings(self) -> Iterator[tuple[str, Any]]:
        """Yield what the subject holds beside its leaves."""
        return self.inner.settings()

    def parts(self) -> list[Part]:
        """Return the layers of the subject."""
        return self.inner.parts()

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call the forward with complex arrays put together; part its outputs."""
        whole = _joined(values, self._parted)
        evaluation = self.inner.evaluate(whole)
        _write_back(values, whole, self._parted)
        self._parted_outputs = {path: np.iscomplexobj(out) for path, out in evaluation.outputs.items()}
        self.elementwise = self.elementwise and not any(self._parted_outputs.values())

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            returned = self._pulled(evaluation.pull, list(evaluation.outputs), upstreams)
            _write_back(values, whole, self._parted)
            return returned

        return Evaluation(self._named(evaluation.outputs), pull, self._through(evaluation))

    def claim_at(self, values: Sequence[Array]) -> Evaluation | None:
        """Return the claim of the inner subject at `values`, parted, where that needs no forward."""
        found = self.inner.claim_at(_joined(values, self._parted))
        if found is None:
            return None
        pull, paths = found.pull, list(self._parted_outputs)
        return Evaluation({}, lambda upstreams: self._pulled(pull, paths, upstreams))

    @property
    def markings(self) -> tuple[tuple[int, ...], ...]:  # type: ignore[override]
        """Which leaves may be asked for a gradient alone, complex ones with both of their parts."""
        owners = [k for k, both in enumerate(self._parted) for _ in range(1 + both)]
        return tuple(tuple(n for n, k in enumerate(owners) if k in wanted) for wanted in self.inner.markings)

    def marked(self, values: Sequence[Array], wanted: Sequence[int]) -> Evaluation:
        """Call the forward where the leaves in `wanted` alone need a gradient."""
        owners = [k for k, both in enumerate(self._parted) for _ in range(1 + both)]
        inner = self.inner.marked(_joined(values, self._parted), sorted({owners[n] for n in wanted}))
        return Evaluation(
            self._named(inner.outputs), lambda upstreams: self._pulled(inner.pull, list(inner.outputs), upstreams)
        )

    @property
    def revalued(self) -> Mapping[str, Any] | None:  # type: ignore[override]
        """The outputs as the last backward had them anew."""
        found = self.inner.revalued
        return None if found is None else self._named(dict(found))

    def _through(self, evaluation: Evaluation) -> Callable[[Sequence[str]], Callable[..., list[Any]]] | None:
        through = evaluation.through
        if through is None:
            return None

        def parted(paths: Sequence[str]) -> Callable[..., list[Any]]:
            inner = [path for path in evaluation.outputs if path in paths or _paths(path)[0] in paths]
            return lambda upstreams: self._pulled(through(inner), inner, upstreams)

        return parted

    def _pulled(
        self, pull: Callable[[Sequence[Array]], Sequence[Any]], paths: Sequence[str], upstreams: Sequence[Array]
    ) -> list[Any]:
        """Return the gradients, parted, where `pull` takes an upstream for each of the inner outputs at `paths`."""
        flags = [self._parted_outputs[path] for path in paths]
        given = _joined(upstreams, flags)
        returned = self._claimed(pull, given)
        _write_back(upstreams, given, flags)
        pairs = zip(returned, self.inner.leaves, self._parted, strict=True)
        return [part for gradient, leaf, parted in pairs for part in self._part(gradient, leaf.path, parted)]

    def outputs_of_many(self, values: Sequence[Array], moved: Mapping[int, Array]) -> dict[str, Any] | None:
        """Return the outputs for many points at once, where all is real."""
        return None if self.is_complex else self.inner.outputs_of_many(values, moved)

    def gradients_of_many(self, values: Sequence[Array], upstreams: Sequence[Array]) -> Sequence[Any] | None:
        """Return the gradients for many upstreams at once, where all is real."""
        return None if self.is_complex else self.inner.gradients_of_many(values, upstreams)

    def gradient(self, upstreams: Sequence[Array]) -> Subject | None:
        """Return the gradient of the inner subject, where all is real."""
        return None if self.is_complex else self.inner.gradient(upstreams)

    def push(self, values: Sequence[Array], tangents: Sequence[Array]) -> dict[str, Any]:
        """Call the ``jvp`` with complex tangents put together; part what it returns as the outputs are."""
        whole, moved = _joined(values, self._parted), _joined(tangents, self._parted)
        returned = self.inner.push(whole, moved)
        _write_back(values, whole, self._parted)
        _write_back(tangents, moved, self._parted)
        parted: dict[str, Any] = {}
        for path, tangent in returned.items():
            both = self._parted_outputs.get(path, False)
            parts = self._part(tangent, path, both, "tangent", "output")
            parted |= dict(zip(_paths(path) if both else [path], parts, strict=True))
        return parted

    def _claimed(self, pull: Callable[[Sequence[Array]], Sequence[Any]], upstreams: Sequence[Array]) -> Sequence[Any]:
        if not self._conjugated:
            return pull(upstreams)
        turned = [_conjugate(u) for u in upstreams]
        returned = pull(turned)
        for upstream, now in zip(upstreams, turned, strict=True):
            if now is not upstream:  # what was written into the one shows in the other
                upstream[...] = np.conj(now)
        return [np.conj(g) if _is_numeric(g) else g for g in returned]

    def _named(self, outputs: dict[str, Any]) -> dict[str, Any]:
        if not any(self._parted_outputs.values()):
            return outputs
        return {part.path: part.value for path, out in outputs.items() for part in _parts_of(Leaf(path, out))}

    def _part(self, claim: Any, path: str, parted: bool, noun: str = "gradient", of: str = "input") -> list[Any]:  # noqa: FBT001
        """Return the parts of a claim about the leaf at `path`: two where the leaf has two."""
        if not _is_numeric(claim):
            return [claim, claim] if parted else [claim]
        array = np.asarray(claim)
        if parted:
            if array.dtype.kind != "c":
                self.dropped.add(path)
            return [array.real, array.imag]
        if array.dtype.kind != "c":
            return [claim]
        if np.any(array.imag != 0) or not self.is_complex:
            raise Malformed(
                "GC104",
                f"the {noun} of {path} is complex ({array.dtype}, imaginary part up to "
                f"{np.max(np.abs(array.imag)):.3g}), but the {of} is real",
                path,
                "return the real part: a real number moves a loss by Re(conj(g) dx)",
            )
        self._remarks[f"the {noun} of {path} came as complex numbers without an imaginary part"] = None
        return [array.real]


def _conjugate(upstream: Array) -> Array:
    """Return the conjugate; a real upstream is its own, in the same memory."""
    return np.conj(upstream) if np.iscomplexobj(upstream) else upstream


def _is_numeric(claim: Any) -> bool:
    try:
        return claim is not None and np.asarray(claim).dtype.kind in "fiubc"
    except ValueError:
        return False


def _paths(path: str) -> list[str]:
    return [f"{path}.{part}" for part in PARTS]


def _parts_of(leaf: Leaf) -> list[Leaf]:
    """Return the real and the imaginary part of a complex leaf, a real one as it is."""
    if not np.iscomplexobj(leaf.value):
        return [leaf]
    value = np.asarray(leaf.value)
    return [Leaf(path, part) for path, part in zip(_paths(leaf.path), (value.real, value.imag), strict=True)]


def _joined(parts: Sequence[Array], parted: Sequence[bool]) -> list[Array]:
    """Return one array per flag, put together from two parts where it is set."""
    rest = iter(parts)
    return [_complex(next(rest), next(rest)) if both else next(rest) for both in parted]


def _complex(real: Array, imag: Array) -> Array:
    """Return the complex array with these parts, strided where they are."""
    dtype = np.result_type(real.dtype, np.complex64)
    if real.ndim and not real.flags.c_contiguous:
        whole = np.zeros((*real.shape[:-1], 2 * real.shape[-1]), dtype)[..., ::2]
    else:
        whole = np.zeros(real.shape, dtype)
    whole.real, whole.imag = real, imag
    return whole


def _write_back(parts: Sequence[Array], whole: Sequence[Array], parted: Sequence[bool]) -> None:
    """Write into the parts what the subject wrote into the arrays put together from them."""
    rest = iter(parts)
    for value, both in zip(whole, parted, strict=True):
        first = next(rest)
        if both:
            for part, now in ((first, value.real), (next(rest), value.imag)):
                if not np.array_equal(part, now, equal_nan=True):
                    part[...] = now
