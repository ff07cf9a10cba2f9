"""One layer: called in its own way, with its parameters and running statistics under common names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._modes import Mode
from ._names import MEAN, SCALE, SHIFT, VARIANCE, find, read, write

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Names:
    """Under which names a layer keeps what; None where it does not."""

    scale: str | None
    shift: str | None
    mean: str | None
    variance: str | None

    @classmethod
    def of(cls, layer: Any) -> Names:
        """Return the names that `layer` uses."""
        return cls(find(layer, SCALE), find(layer, SHIFT), find(layer, MEAN), find(layer, VARIANCE))


class Instance:
    """A layer and its last cache."""

    def __init__(self, thing: Any, mode: Mode, names: Names, *, training: bool, offset: float = 0.0) -> None:
        self.thing, self._offset = thing, offset
        self._mode, self._names = mode, names
        self._cache: tuple[Any, ...] = ()
        self.switch(training=training)

    def switch(self, *, training: bool) -> None:
        """Go to training or to test."""
        self._training = training
        self._mode.set(self.thing, training=training)

    def forward(self, x: Array) -> Array:
        """Return the output; a cache that is returned beside it is kept."""
        out = self.thing.forward(x, **self._mode.keywords(training=self._training))
        if isinstance(out, tuple):
            out, *cache = out
            self._cache = tuple(cache)
        return np.asarray(out)

    def backward(self, upstream: Array) -> Array:
        """Return the gradient with respect to the input."""
        gradients = self.thing.backward(upstream, *self._cache)
        return np.asarray(gradients[0] if isinstance(gradients, tuple) else gradients)

    def plain(self, x: Array) -> Array:
        """Return the output with scale and shift undone."""
        return (self.forward(x) - self.row(self.shift, x)) / self.row(self.scale, x)

    def row(self, value: Any, x: Array) -> Array:
        """Return a value per feature in a shape that broadcasts against `x`."""
        flat = np.asarray(value, dtype=np.float64).reshape(-1)
        return flat.reshape((1, -1) + (1,) * (x.ndim - 2))

    def shake(self, rng: np.random.Generator) -> None:
        """Give scale and shift ordinary values that are neither 1 nor 0, of either sign."""
        if self._names.scale:
            size = np.size(self.scale)
            self.scale = rng.uniform(0.5, 2.0, size) * np.where(rng.random(size) < 0.3, -1.0, 1.0)
        if self._names.shift:
            self.shift = rng.uniform(-1.0, 1.0, np.size(self.shift))

    @property
    def scale(self) -> Any:
        """Gamma; 1 where there is none, and 1 + w where a layer keeps w."""
        return self._get(self._names.scale, 1.0) + self._offset

    @scale.setter
    def scale(self, value: Any) -> None:
        self._set(self._names.scale, np.asarray(value) - self._offset)

    @property
    def shift(self) -> Any:
        """Beta; 0 where there is none."""
        return self._get(self._names.shift, 0.0)

    @shift.setter
    def shift(self, value: Any) -> None:
        self._set(self._names.shift, value)

    @property
    def mean(self) -> Any:
        """The running mean."""
        return self._get(self._names.mean, 0.0)

    @property
    def variance(self) -> Any:
        """The running variance."""
        return self._get(self._names.variance, 1.0)

    def _get(self, name: str | None, default: float) -> Any:
        return default if name is None else np.array(read(self.thing, name), dtype=np.float64)

    def _set(self, name: str | None, value: Any) -> None:
        if name is not None:
            write(self.thing, name, np.reshape(value, np.shape(read(self.thing, name))))
