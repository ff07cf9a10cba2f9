"""What all steps share: they learn from one table, from one chunk after the other, or from each other."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, Self, TypeVar

from numpy.typing import ArrayLike

from .._arrays import Floats, quiet
from ._summary import Summary
from ._table import new_table, training_table

S = TypeVar("S", bound=Summary)


class Step(Generic[S]):
    """A step that keeps a summary of its training data, which chunks and other steps can be merged into."""

    _kind: ClassVar[Any]
    _summary: S | None = None
    n_features_in_: int

    def fit(self, x: ArrayLike) -> Self:
        """Learn from training data of shape (n, d), and forget what was learned before."""
        self._summary = None
        return self.partial_fit(x)

    @quiet
    def partial_fit(self, x: ArrayLike) -> Self:
        """Learn from one more chunk of the training data, of shape (n, d).

        Any division into chunks, in any order, gives the statistics of the whole, to rounding.
        """
        table = self._readable(training_table(x))
        if self._summary is not None:
            new_table(x, self)
        return self.take(self._kind.of(table))

    @quiet
    def merge(self, other: Self) -> Self:
        """Learn what `other`, a step of the same kind, has learned from other chunks.

        Raises
        ------
        ValueError
            It is of another kind, has learned nothing, or knows another number of features.
        """
        theirs = getattr(other, "_summary", None)
        if not issubclass(type(other), type(self)) or theirs is None:
            raise ValueError(f"other={other!r} must be a {type(self).__name__} that has seen training data")
        if self._summary is not None and other.n_features_in_ != self.n_features_in_:
            raise ValueError(f"other has seen {other.n_features_in_} features, this step {self.n_features_in_}")
        return self.take(theirs)

    def take(self, summary: S) -> Self:
        """Learn what a summary of training data says."""
        self._summary = summary if self._summary is None else self._summary.merged(summary)
        self._learn(self._summary)
        return self

    def _readable(self, table: Floats) -> Floats:
        """Return a training table, or refuse it; by default every table will do."""
        return table

    def _learn(self, summary: S) -> None:
        """Set the attributes that the summary determines."""
        raise NotImplementedError
