"""Arrays that live in several places, under one roof and by name: reading and writing go to where they live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from ._arrays import Floats


class Named(MutableMapping[str, Floats]):
    """A dictionary of arrays, each kept in another dictionary; names can be neither added nor removed.

    Parameters
    ----------
    places
        Name -> the dictionary that holds the array, and its key there.

    Examples
    --------
    >>> import numpy as np
    >>> home = {"w": np.ones(2)}
    >>> named = Named({"0.w": (home, "w")})
    >>> named["0.w"] = np.zeros(2)
    >>> home["w"]
    array([0., 0.])
    """

    def __init__(self, places: Mapping[str, tuple[MutableMapping[str, Any], str]]) -> None:
        self._places = dict(places)

    def __getitem__(self, name: str) -> Floats:
        home, key = self._places[name]
        array: Floats = home[key]
        return array

    def __setitem__(self, name: str, value: Floats) -> None:
        if name not in self._places:
            raise KeyError(f"{name!r} is not among {', '.join(self._places) or 'no names at all'}")
        home, key = self._places[name]
        home[key] = value

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name!r} belongs to its layer and cannot be removed")

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return f"{dict(self)}"
