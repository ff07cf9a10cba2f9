"""A batch of no examples: an empty output, empty gradients of the inputs, zero gradients of everything shared.

Differences have nothing to say there; shapes and zeros have. Code that raises has said that it does not take such a
batch: that is worth a note, and no failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...report import Finding, Verdict
from ...subjects import location_of
from .._crash import crash
from ._call import Target, refused

HINT = "a sum over nothing is 0, a mean over nothing is not a number; or refuse it with `raise ValueError`"


def raised_on_nothing(name: str, inputs: str, error: BaseException, target: Target) -> Finding:
    """Return the note that the subject raised where `inputs` had no rows."""
    found = crash(name, f"{inputs} had 0 rows", error, location_of(target.thing))
    return replace(found, code="GC117", severity=Verdict.PASS, hint=HINT)


def examine_empty(target: Target, arguments: Sequence[Any], names: Sequence[str], name: str) -> tuple[Finding, ...]:
    """Return GC117 where gradients for an empty batch have a wrong shape or are no numbers; a note if it raises."""
    try:
        _, gradients = target.fresh(arguments).both(arguments)
    except Exception as error:
        empty = [one for one, value in zip(names, arguments, strict=True) if 0 in getattr(value, "shape", ())]
        return () if refused(error) else (raised_on_nothing(name, " and ".join(empty), error, target),)
    floating = [k for k, value in enumerate(arguments) if isinstance(value, np.ndarray) and value.dtype.kind == "f"]
    if len(gradients) != len(floating):
        return ()
    for k, gradient in zip(floating, gradients, strict=True):
        found = np.asarray(gradient)
        if found.shape != arguments[k].shape:
            said = f"gives the gradient of {names[k]} shape {found.shape}, not {arguments[k].shape}"
            return (_finding(name, said, names[k]),)
        if found.dtype.kind == "f" and found.any():
            said = f"gives the gradient of {names[k]} entries other than 0, such as {found[found != 0].flat[0]:.6g}"
            return (_finding(name, said, names[k]),)
    return ()


def _finding(name: str, said: str, path: str | None = None) -> Finding:
    return Finding(
        "GC117",
        f"`{name}`: a batch of no examples {said}",
        path=f"inputs['{path}']" if path else None,
        hint=HINT,
    )
