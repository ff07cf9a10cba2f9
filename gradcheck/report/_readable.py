"""What every report offers to its reader: verdict, findings, text, data; and no truth value."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any, NoReturn

from ._finding import Finding
from ._plain import plain
from ._verdict import Verdict


class Readable(ABC):
    """Common reading surface of `Report`, `SuiteReport` and `RunReport`."""

    __slots__ = ()

    @property
    @abstractmethod
    def verdict(self) -> Verdict:
        """The gravest verdict inside."""

    @property
    @abstractmethod
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong, doubtful, or worth a note."""

    @property
    def ok(self) -> bool:
        """Whether the verdict is `Verdict.PASS`."""
        return self.verdict is Verdict.PASS

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain dictionaries, lists, strings and numbers."""
        data = plain(self)
        assert isinstance(data, dict)
        return {"verdict": str(self.verdict), **data}

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the report as strict JSON (non-finite numbers become strings)."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} has no truth value, so that `assert gradcheck.check(...)` cannot be true "
            "by accident; ask for `.ok`, or call `gradcheck.assert_gradients`"
        )

    def __str__(self) -> str:
        from ..renderers import render

        return render(self, "full")

    def _repr_html_(self) -> str:
        from ..renderers._html import notebook_card

        return notebook_card(self)
