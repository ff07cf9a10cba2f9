"""What the gallery is made of: a wrong backward as data, and the shelf it stands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradcheck import Verdict

Call = tuple[Any, tuple[Any, ...], dict[str, Any]]
"""The subject, its inputs, and the keyword options of `gradcheck.check`."""

X = "inputs['x']"
W = "params['W']"


@dataclass(frozen=True, slots=True)
class Planted:
    """A mistake that somebody made once, and how it must be reported.

    ``make`` returns fresh objects every time; ``index`` is given where exactly one entry is wrong; ``also`` are codes
    that truthfully come along.
    """

    name: str
    make: Callable[[], Call]
    code: str
    path: str | None
    index: tuple[int, ...] | None = None
    severity: Verdict = Verdict.FAIL
    also: tuple[str, ...] = ()
    large: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """A right gradient that other checkers call wrong; ``note`` is the code of a note that a pass may carry."""

    name: str
    make: Callable[[], Call]
    note: str | None = None
    large: bool = False


class Shelf(list[Planted]):
    """Planted mistakes of one family; functions are put on it by decoration."""

    def add(
        self,
        code: str,
        path: str | None = X,
        index: tuple[int, ...] | None = None,
        *,
        severity: Verdict = Verdict.FAIL,
        also: tuple[str, ...] = (),
        large: bool = False,
    ) -> Callable[[Callable[[], Call]], Callable[[], Call]]:
        """Put the decorated ``make`` on the shelf under its own name."""

        def keep(make: Callable[[], Call]) -> Callable[[], Call]:
            name = make.__name__.replace("_", " ")
            self.append(Planted(name, make, code, path, index, severity, also, large))
            return make

        return keep
