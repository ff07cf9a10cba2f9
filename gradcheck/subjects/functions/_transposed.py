"""A forward-mode claim read as a reverse one: J^T u, with J put together from one tangent per entry of the inputs.

It costs as many calls of the ``jvp`` as there are entries, so it is for small problems; there, whatever is known
about judging gradients entry by entry serves Jacobian-vector products as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._subject import Array, Evaluation, Subject

Push = Callable[[Sequence[Array], Sequence[Array]], Array]
"""``(values, tangents) -> tangents of the outputs``, flat."""


class Transposed(Subject):
    """`subject`, claiming what its ``jvp`` says about its gradients."""

    def __init__(self, subject: Subject, push: Push) -> None:
        self._subject, self._push = subject, push
        self.name, self.convention, self.leaves = subject.name, subject.convention, subject.leaves
        self.backward, self.code, self.remote = subject.forward_mode, subject.code, subject.remote
        self._kept: tuple[tuple[bytes, ...], Array] | None = None

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call the forward; the claim is the transpose of what the jvp says."""
        point = [value.copy() for value in values]
        evaluation = self._subject.evaluate(values)

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            flat = np.concatenate([np.ravel(u) for u in upstreams])
            with np.errstate(all="ignore"):
                gradient = flat @ self._jacobian(point)
            ends = np.cumsum([value.size for value in point])[:-1]
            return [part.reshape(v.shape) for part, v in zip(np.split(gradient, ends), point, strict=True)]

        return Evaluation(evaluation.outputs, pull)

    def _jacobian(self, point: Sequence[Array]) -> Array:
        """Return J at `point`; that of the last point is kept, for it is asked for with many upstreams."""
        key = tuple(value.tobytes() for value in point)
        if self._kept is None or self._kept[0] != key:
            self._kept = key, np.array([self._push(point, tangents) for tangents in _one_hot(point)]).T
        return self._kept[1]


def _one_hot(point: Sequence[Array]) -> list[list[Array]]:
    rows = []
    for k, value in enumerate(point):
        for j in range(value.size):
            tangents = [np.zeros(v.shape, v.dtype) for v in point]
            tangents[k].flat[j] = 1.0
            rows.append(tangents)
    return rows
