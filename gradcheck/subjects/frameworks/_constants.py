"""What a function of a framework is handed beside its leaves: labels, indexes, arrays that `wrt` leaves out.

It gets copies, for the arrays are the caller's. Where copies cost nothing to watch, as those of torch, which counts
what is written into a tensor, one serves all calls until a backward has written into it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ._framework import Framework


class Constants:
    """The arguments of a call by position; those at `chosen` are leaves, which are put in their places later.

    ``likes`` are the arguments as the caller passed them.
    """

    def __init__(
        self, framework: Framework, values: Sequence[Any], likes: Sequence[Any], chosen: Collection[int]
    ) -> None:
        self._framework, self._values, self._likes = framework, values, likes
        self._places = [k for k in range(len(values)) if k not in chosen]
        self._lasting: dict[int, Any] = {}
        self._spoilt: set[int] = set()

    def handed(self) -> list[Any]:
        """Return the arguments, the arrays among them as copies of the framework's."""
        given = list(self._values)
        for k in self._places:
            given[k] = self._lasting[k] if k in self._lasting else self._made(k)
        return given

    def _made(self, k: int) -> Any:
        value = self._values[k]
        given = self._framework.from_numpy(value, self._likes[k]) if isinstance(value, np.ndarray) else value
        copy = self._framework.lasting(given)
        if copy is not given and k not in self._spoilt:
            self._lasting[k] = copy
        return copy

    def written(self, given: Sequence[Any]) -> set[int]:
        """Return which of the arrays in `given`, once handed, no longer hold what they held."""
        return {k for k in self._places if given[k] is not self._values[k] and self._is_written(k, given[k])}

    def _is_written(self, k: int, array: Any) -> bool:
        value = self._values[k]
        kept = value if isinstance(value, np.ndarray) else self._framework.to_numpy(value)
        return self._framework.is_written(array, kept)

    def renew_touched(self) -> None:
        """Hand another copy over in place of each that a forward has written into, if only for a moment."""
        self.renew([k for k, array in self._lasting.items() if self._framework.is_touched(array)])

    def renew(self, places: Collection[int]) -> None:
        """Hand another copy over at `places` in every call from now on."""
        self._spoilt.update(places)
        for k in places:
            self._lasting.pop(k, None)
