"""What a slice along an axis is called, where the subject tells."""

from __future__ import annotations

from ._evidence import Case


def slice_called(case: Case, axis: int) -> tuple[str, str]:
    """Return the name of a slice of the leaf along `axis`, and where that is.

    In maps, (N, C, H, W) to (N, C, ...), axis 1 counts channels, and so does a parameter with one entry for each.
    """
    p = case.points[0]
    shape, out = case.value(p).shape, p.out.shape
    if len(out) == 4:
        of_map = len(shape) == 4 and axis == 1 and case.box.is_input[case.leaf] and shape[1] == out[1]
        if of_map or shape == out[1:2]:
            return "channel", f"(axis {axis})"
    return "index", f"along axis {axis}"
