"""What the report says where a subject has fewer digits than float64: how little can be seen, or that nothing can."""

from __future__ import annotations

from ...numerics import DOUBLE, SINGLE, Precision
from ...report import Finding, Verdict
from ..bench._bench import Bench
from ..comparison._doubts import Doubt

_REMEDY = "let the forward compute in the dtype of its inputs; no cast and no constant of a fixed dtype inside"
_MEANT = "whether a part of it is rounded, or meant to be so, differences do not tell"
_WITHOUT = (
    "compared without differences: shapes, finite values, the second call, writes into arguments, "
    "linearity in the upstream"
)


def hopeless(bench: Bench, doubt: Doubt | None) -> Finding:
    """Return GC903 for a forward in sixteen bits, which is not compared, or for stairs that may be meant."""
    if doubt is not None and doubt.in_part:
        return Finding(
            "GC903", f"the forward {doubt.how.removeprefix('it ')}: {_MEANT}", Verdict.INCONCLUSIVE, hint=_REMEDY
        )
    if doubt is not None:
        said = f"the forward has no more digits than sixteen bits hold ({doubt.how})"
    elif bench.native:
        said = f"the subject works in {bench.dtype} only ({bench.native})"
    else:
        said = f"the outputs have dtype {bench.dtype} although the inputs were float64"
    return Finding(
        "GC903",
        f"{said}; differences of such values are rounding and nothing else, so none were taken",
        Verdict.INCONCLUSIVE,
        hint=_REMEDY,
        detail=(_WITHOUT,),
    )


def notes(bench: Bench, precision: Precision, doubt: Doubt | None) -> list[Finding]:
    """Return the note that says what is not seen because of the precision; nothing in float64."""
    if precision is DOUBLE:
        return []
    blamed, hint = _blamed(bench, precision, doubt)
    title = f"{blamed}: only errors above {precision.claim:.1g} of an entry can be seen"
    why = doubt.how if doubt is not None else bench.native
    return [Finding("GC903", title, Verdict.PASS, hint=hint, detail=(why,) if why else ())]


def _blamed(bench: Bench, precision: Precision, doubt: Doubt | None) -> tuple[str, str]:
    if precision.backward > SINGLE.eps or precision.name == DOUBLE.name:
        rounded = "float32" if precision.backward <= SINGLE.eps else "sixteen bits"
        return f"the backward rounds to {rounded}", "let the backward compute in the dtype of its inputs"
    if doubt is not None:
        return f"the forward has no more digits than float32 although it returns {bench.dtype}", _REMEDY
    if bench.native:
        return "the subject works in float32 only and was judged there", _REMEDY
    return f"the outputs have dtype {bench.dtype} although the inputs were float64", _REMEDY
