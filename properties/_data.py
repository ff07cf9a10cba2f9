"""What was drawn, as plain data and arrays, and back."""

from __future__ import annotations

import base64
import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._tidy import Drawings
from .strategies import Drawn, Made, laid_out
from .strategies._special import BUILDERS

DEEPEST = 8
"""Levels of tuples inside tuples that are read."""


class Unstorable(Exception):
    """A law drew something that is no data."""


@dataclass(frozen=True)
class Frozen:
    """An array whose numbers were stored, because its line does not give them any more."""

    line: str
    numbers: NDArray[Any]
    structure: str
    layout: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.numbers.shape

    @property
    def dtype(self) -> str:
        """The dtype of the array, by name."""
        return self.numbers.dtype.name

    @property
    def array(self) -> NDArray[Any]:
        """A fresh copy of the array."""
        return laid_out(self.numbers.copy(), self.layout)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001
        return np.asarray(self.array, dtype=dtype)

    def __repr__(self) -> str:
        return self.line


def encoded(drawn: Drawings) -> tuple[list[Any], dict[str, NDArray[Any]]]:
    """Return what was drawn as JSON holds it, and the arrays by the names under which it refers to them.

    Raises
    ------
    Unstorable
        Something is no data.
    """
    arrays: dict[str, NDArray[Any]] = {}
    return [[name, _encode(value, arrays)] for name, value in drawn], arrays


def described(drawn: Drawings) -> list[Any]:
    """Return what was drawn as JSON holds it, without the numbers, which its lines give again.

    Raises
    ------
    Unstorable
        Something is no data, or its line does not give its numbers.
    """
    return [[name, _encode(value, None)] for name, value in drawn]


def _encode(value: Any, arrays: dict[str, NDArray[Any]] | None) -> Any:
    if isinstance(value, (Drawn, Made, Frozen)):
        told = _told(value, arrays)
        return {"is": type(value).__name__, **told, **_numbers(value, arrays)}
    if isinstance(value, (tuple, list)):
        return {"is": "tuple", "items": [_encode(item, arrays) for item in value]}
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else {"is": "float", "value": str(float(value))}
    if isinstance(value, np.integer):
        return int(value)
    raise Unstorable(type(value).__name__)


def _told(value: Drawn | Made | Frozen, arrays: dict[str, NDArray[Any]] | None) -> dict[str, Any]:
    if isinstance(value, Drawn):
        return {name: _encode(item, arrays) for name, item in asdict(value).items()}
    if isinstance(value, Made):
        return {"builder": value.builder, "arguments": _encode(value.arguments, arrays)}
    return {"line": value.line, "structure": value.structure, "layout": value.layout}


def _numbers(value: Drawn | Made | Frozen, arrays: dict[str, NDArray[Any]] | None) -> dict[str, Any]:
    """Put the numbers of a value among `arrays`, and return the name under which they are found again.

    Without arrays, return the numbers themselves, where the line of the value does not give them.
    """
    if arrays is None:
        return _packed(value.numbers) if isinstance(value, Frozen) else {}
    key = f"a{len(arrays)}"
    arrays[key] = np.array(value.array)
    return {"array": key}


def _packed(numbers: NDArray[Any]) -> dict[str, Any]:
    text = base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()
    return {"dtype": numbers.dtype.str, "shape": list(numbers.shape), "bytes": text}


def _unpacked(told: dict[str, Any]) -> NDArray[Any]:
    flat = np.frombuffer(base64.b64decode(told["bytes"]), dtype=told["dtype"])
    return flat.reshape(told["shape"]).copy()


def decoded(data: Any, arrays: dict[str, NDArray[Any]] | None) -> Drawings:
    """Return what `encoded` was given, or, without arrays, `described`; raises ValueError, KeyError or TypeError."""
    return tuple((str(name), _decode(value, arrays, DEEPEST)) for name, value in data)


def _decode(value: Any, arrays: dict[str, NDArray[Any]] | None, deep: int) -> Any:
    if deep < 0:
        raise ValueError("tuples inside tuples without an end")
    if not isinstance(value, dict):
        return value
    what = value["is"]
    if what == "tuple":
        return tuple(_decode(item, arrays, deep - 1) for item in value["items"])
    if what == "float":
        return float(value["value"])
    told = {name: _decode(item, arrays, deep - 1) for name, item in value.items() if name not in ("is", "array")}
    numbers = None if arrays is None else arrays[value["array"]]
    if what == "Drawn":
        known = {field.name for field in fields(Drawn)}
        return _checked(Drawn(**{name: told[name] for name in told if name in known}), numbers)
    if what == "Made" and told["builder"] in BUILDERS:
        return _checked(Made(told["builder"], told["arguments"]), numbers)
    if what == "Frozen":
        held = _unpacked(told) if numbers is None else numbers
        laid_out(held, told["layout"])  # refuses a layout that there is not
        return Frozen(str(told["line"]), held, str(told["structure"]), told["layout"])
    raise ValueError(f"{what!r} is nothing that is drawn")


def _checked(drawn: Drawn | Made, numbers: NDArray[Any] | None) -> Any:
    """Return what was drawn if it still gives the stored numbers, else those themselves."""
    if numbers is None:
        return drawn
    if _entries(drawn) == numbers.size:
        again = drawn.array
        if (again.dtype, again.shape) == (numbers.dtype, numbers.shape) and again.tobytes() == numbers.tobytes():
            return drawn
    return Frozen(repr(drawn), numbers, drawn.structure, getattr(drawn, "layout", "contiguous"))


def _entries(drawn: Drawn | Made) -> int:
    """Return how many entries the line promises, so that no file makes us build a huge array."""
    if isinstance(drawn, Drawn):
        return math.prod(drawn.shape)
    told = dict(drawn.arguments)
    return math.prod(told["shape"]) if "shape" in told else int(told["n"]) ** 2
