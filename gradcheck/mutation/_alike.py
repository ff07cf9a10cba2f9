"""Whether a mistake is one at all: the same values as before at every call that is known, down to rounding.

    |wrong - right| <= 1e-7 |right| + 1e-12 max |right| + 1e-290

in float64, looser by the ratio of roundings otherwise: what differences of rounded values can tell, and what is next
to underflow. The calls are those that a full run made, with the upstreams, batches and kinks that laws look at.
Needs NumPy only when it is asked, because it also runs inside of other people's test processes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Call = Callable[..., Any]

_RELATIVE, _ABSOLUTE, _TINY = 1e-7, 1e-12, 1e-290


def told_apart(right: Call, wrong: Call, calls: Iterable[Arguments]) -> tuple[bool, int]:
    """Return whether some call tells the two apart, and at how many calls they were compared until then."""
    import warnings

    compared = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for arguments in calls:
            try:
                expected = _outcome(right, arguments)
            except Exception:  # what the right one refuses tells nothing
                continue
            compared += 1
            try:
                same = _same(expected, _outcome(wrong, arguments))
            except Exception:
                same = False
            if not same:
                return True, compared
    return False, compared


def _outcome(call: Call, arguments: Arguments) -> Any:
    """Return what a call returns, and what it leaves in the arguments: gradients kept by a layer, arrays written."""
    import numpy as np

    positional, named = copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        returned = call(*positional, **named)
    return [returned, *(getattr(value, "__dict__", value) for value in positional)]


def _same(right: Any, wrong: Any, depth: int = 0) -> bool:
    if depth > 6:
        return True
    if isinstance(right, dict) and isinstance(wrong, dict):
        return right.keys() == wrong.keys() and all(_same(right[k], wrong[k], depth + 1) for k in right)
    if isinstance(right, list | tuple) and isinstance(wrong, list | tuple):
        pairs = zip(right, wrong, strict=False)
        return len(right) == len(wrong) and all(_same(a, b, depth + 1) for a, b in pairs)
    if hasattr(right, "shape") or isinstance(right, int | float | complex):
        return _same_numbers(right, wrong)
    if hasattr(right, "__dict__") and type(right) is type(wrong) and not callable(right):
        return _same(vars(right), vars(wrong), depth + 1)
    return True


def _same_numbers(right: Any, wrong: Any) -> bool:
    import numpy as np

    a, b = np.asarray(_on_host(right)), np.asarray(_on_host(wrong))
    if a.shape != b.shape or (a.dtype.kind in "fc" and a.dtype != b.dtype):
        return False
    if a.dtype.kind not in "fc":
        return bool(np.array_equal(a, b)) if a.dtype.kind in "biu" else True
    coarse = max(1.0, float(np.finfo(a.dtype).eps) / float(np.finfo(np.float64).eps))
    size = np.abs(a)
    largest = np.max(size, where=np.isfinite(size), initial=0.0)
    room = min(_RELATIVE * coarse, 1e-3) * size + min(_ABSOLUTE * coarse, 1e-6) * largest
    near = np.abs(a - b) <= room + (_TINY if a.dtype.itemsize >= 8 else 0.0)
    return bool(np.all(near | (a == b) | (np.isnan(a) & np.isnan(b))))


def _on_host(value: Any) -> Any:
    return value.detach().cpu() if hasattr(value, "detach") else value
