"""`Fitted`: a preprocessor that has seen its training data, as laws and probes call it; and what it refuses."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._case import Undecided

Array = NDArray[Any]
NUMPY = Path(np.__file__).parent


class Refused(Undecided):
    """The step takes no such data, and says so: the example does not count."""


@contextmanager
def refusing() -> Iterator[None]:
    """Turn a refusal on purpose into `Refused`; what goes wrong stays what it is."""
    try:
        yield
    except ValueError as error:
        said = " ".join(str(error).split())[:120]
        if said and _on_purpose(error):
            raise Refused(f"it refused the data: {said}") from error
        raise


def _on_purpose(error: ValueError) -> bool:
    """Say whether a line raised it, and none of NumPy's, which raises where shapes do not fit as well."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    meant = "raise " in (frame.line or "") or frame.filename.endswith(".pyx")
    return isinstance(error, np.linalg.LinAlgError) or (meant and not Path(frame.filename).is_relative_to(NUMPY))


@dataclass(frozen=True)
class Fitted:
    """A preprocessor that has seen its training data."""

    step: Any

    def learn(self, x: Array) -> Fitted:
        """Fit to `x`, where there is anything to fit, and return itself."""
        fit = getattr(self.step, "fit", None) or getattr(self.step, "fit_transform", None)
        if fit is not None:
            with refusing():
                fit(x)
        return self

    def transform(self, x: Array) -> Array:
        """Return the transformed data."""
        return np.asarray(self.raw(x))

    def raw(self, x: Array) -> Any:
        """Return what the step returns, an array or not."""
        with refusing():
            return self.step.transform(x) if hasattr(self.step, "transform") else self.step(x)

    def inverse(self, z: Array) -> Array:
        """Undo `transform`."""
        with refusing():
            return np.asarray(self.step.inverse_transform(z))

    def matrix(self, x: Array) -> Array:
        """Return the linear part of the map, from differences at the mean of `x`: row i is where feature i goes."""
        middle = x.mean(axis=0)
        reach = float(np.abs(x - middle).max()) or 1.0
        steps = middle + reach * np.eye(len(middle))
        return (self.transform(steps) - self.transform(middle[None])) / reach


def learns(step: Any) -> bool:
    """Say whether there is anything to fit."""
    return hasattr(step, "fit") or hasattr(step, "fit_transform")
