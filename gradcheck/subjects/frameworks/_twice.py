r"""The gradient of what a framework differentiates, as a function that it differentiates once more.

With g(x, u) = J(x)^T u, as the framework's reverse mode computes it, the claim is the reverse mode of g: reverse over
reverse, as `torch.autograd.gradgradcheck` asks for. What it is held against are differences of g.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._subject import Array, Evaluation, Leaf, Subject

if TYPE_CHECKING:
    from ._differentiated import Differentiated


class Gradient(Subject):
    """The gradient of `inner`, of its leaves and of one upstream for each of its outputs."""

    def __init__(self, inner: Differentiated, upstreams: Sequence[Array]) -> None:
        self.name, self.backward, self.code, self.remote = inner.name, inner.backward, inner.code, inner.remote
        self.convention = f"{inner.convention}, twice"
        self._inner, self._count = inner, len(inner.leaves)
        named = (Leaf(f"upstream[{k}]", u) for k, u in enumerate(upstreams))
        self.leaves = tuple(Leaf(leaf.path, leaf.value.astype(float)) for leaf in (*inner.leaves, *named))

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call the function and its backward; the claim is what the framework makes of both."""
        inner, framework = self._inner, self._inner.framework
        with framework.session(wide=inner.wide):
            above = [framework.from_numpy(u, None) for u in values[self._count :]]
            result = framework.run(self._gradient, [*inner.arrays(values[: self._count]), *above])
        return Evaluation(result.outputs, inner.backward_of(result))

    def _gradient(self, arrays: Sequence[Any]) -> Any:
        inner = self._inner
        return inner.framework.gradient(inner.call, arrays[: self._count], arrays[self._count :])
