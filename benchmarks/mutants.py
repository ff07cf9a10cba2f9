"""How many mechanical one-edit mutants are found, how many of those are named, and how many names do not hold.

    python benchmarks/mutants.py --seed 1 --each 12

The layers are strangers to the gallery (`_strangers.py`). Of every layer as many mutants are drawn as asked for;
those that raise at once, and those whose gradients agree with the layer's own at three points (equivalent ones), are
counted apart. A name is called *unstable* if a second diagnosis, from other inputs, names something else or nothing:
an equation that holds by chance does not hold twice. The list of all names beside their edits is for reading by eye.
"""

from __future__ import annotations

import argparse
import inspect
import linecache
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import _strangers
import numpy as np
from _table import made_with, markdown, publish, with_common_options
from gallery.mistakes import INPUTS as GALLERY_INPUTS
from gallery.mistakes import LATER, MISTAKES, Mistake, pair_of

import gradcheck
from gradcheck import Verdict
from gradcheck.diagnosis import Edit, edits, names_of


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant: ``kind`` in raises, equivalent, missed, unnamed, named, unstable."""

    layer: str
    edit: Edit
    kind: str
    names: tuple[str, ...] = ()
    forward: int = 0


def compiled(edit: Edit, name: str) -> Callable[..., Any]:
    """Return the function that the source of an edit defines, with its source where tracebacks look for it."""
    file = f"<mutant {abs(hash(edit.source))}>"
    linecache.cache[file] = (len(edit.source), None, edit.source.splitlines(True), file)
    space = dict(vars(_strangers))
    exec(compile(edit.source, file, "exec"), space)
    return space[name]


def outcome(layer: str, edit: Edit, seed: int) -> Outcome:
    """Check one mutant, and once more from other inputs where it was named."""
    forward, right = (getattr(_strangers, f"{layer}_{way}") for way in ("forward", "backward"))
    wrong = compiled(edit, f"{layer}_backward")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state = _state(layer, forward, right, wrong, seed)
        if state is not None:
            return Outcome(layer, edit, state)
        report = gradcheck.check((forward, wrong), *_strangers.INPUTS[layer](seed))
        if report.verdict is not Verdict.FAIL:
            return Outcome(layer, edit, "missed")
        names = _names(report)
        if not names:
            return Outcome(layer, edit, "unnamed", forward=report.cost.forward)
        again = _names(gradcheck.check((forward, wrong), *_strangers.INPUTS[layer](seed + 50)))
    stable = all(set(names[path]) & set(again.get(path, ())) for path in names)
    said = tuple(f"{path}: {' or '.join(found)}" for path, found in names.items())
    return Outcome(layer, edit, "named" if stable else "unstable", said, report.cost.forward)


def _state(layer: str, forward: Any, right: Any, wrong: Any, seed: int) -> str | None:
    """Return whether a mutant raises or is no mutant at all; None where it is a wrong gradient."""
    same = True
    for k in range(3):
        out, cache = forward(*_strangers.INPUTS[layer](seed + 10 * k))
        upstream = np.random.default_rng(k).normal(size=np.shape(out))
        truths = _all(right(upstream, cache))
        try:
            claims = _all(wrong(upstream, forward(*_strangers.INPUTS[layer](seed + 10 * k))[1]))
        except Exception:  # whatever a mutant raises
            return "raises"
        if [np.shape(c) for c in claims] != [np.shape(t) for t in truths]:
            return "raises"
        same &= all(_close(t, c) for t, c in zip(truths, claims, strict=True))
    return "equivalent" if same else None


def _all(returned: Any) -> list[Any]:
    return list(returned) if isinstance(returned, tuple) else [returned]


def _close(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-12))


def _names(report: gradcheck.Report) -> dict[str, tuple[str, ...]]:
    """Return the names given, by path."""
    failing = [f for f in report.findings if f.severity is Verdict.FAIL]
    return {f.path or f.code: names_of(f) for f in failing if names_of(f)}


def outcomes(seed: int, each: int) -> Iterator[Outcome]:
    """Yield what becomes of `each` mutants of every layer, drawn by `seed`."""
    rng = np.random.default_rng(seed)
    for layer in _strangers.INPUTS:
        pool = list(edits(inspect.getsource(getattr(_strangers, f"{layer}_backward"))))
        for k in rng.permutation(len(pool))[:each]:
            yield outcome(layer, pool[int(k)], seed)


def gallery(*, verbose: bool = False) -> str:
    """Return how the gallery is named: what the hypotheses were tuned on, what was set aside, what came later."""
    sets = {
        "seen while the hypotheses were written": [m for m in MISTAKES if not m.held_out],
        "set aside": [m for m in MISTAKES if m.held_out],
        "written later": list(LATER),
    }
    rows = []
    for called, mistakes in sets.items():
        judged = [_judged(mistake) for mistake in mistakes]
        count = Counter(judged)
        if verbose:
            print(*(f"{j:12} {m.name}" for j, m in zip(judged, mistakes, strict=True) if j != "right"), sep="\n")
        kinds = ("right", "right, by the edit that mends it", "described", "no name", "wrong name", "not found")
        rows.append([called, sum(count.values()), *(count[kind] for kind in kinds)])
    head = (
        "mistakes",
        "number",
        "right",
        "by the edit",
        "described, as it must",
        "no name",
        "another name than in the table",
        "not found",
    )
    return f"## The gallery of mistakes\n\n{markdown(head, rows)}"


def _judged(mistake: Mistake) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = gradcheck.check(pair_of(mistake), *GALLERY_INPUTS[mistake.layer]())
    failing = [f for f in report.findings if f.severity is Verdict.FAIL]
    here = [f for f in failing if not mistake.path or f.path == f"inputs[{mistake.path!r}]"]
    names = {name for f in here for name in names_of(f)}
    if not here:
        return "not found"
    if not names <= {*mistake.causes, "nonlinear-upstream", "without-upstream", "slip"}:
        return "wrong name"
    if names & (set(mistake.causes) - {"slip"}):
        return "right"
    if "slip" in names:
        return "right, by the edit that mends it"
    return "no name" if mistake.causes else "described"


def main() -> None:
    """Print the tables, and the names if asked."""
    parser = with_common_options(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    parser.add_argument("--each", type=int, default=12, help="mutants per layer")
    parser.add_argument("--list", action="store_true", help="print every mutant with its names")
    parser.add_argument("--gallery", action="store_true", help="the gallery alone")
    asked = parser.parse_args()
    if asked.gallery:
        publish(f"{gallery(verbose=asked.list)}\n\n{made_with()}", asked.write)
        return
    found = list(outcomes(asked.seed, asked.each))
    if asked.list:
        for o in found:
            print(f"{o.kind:10} {o.layer}: {o.edit.what} -> {'; '.join(o.names)}")
    publish(f"{gallery(verbose=asked.list)}\n\n{table(found, asked.seed)}", asked.write)


def table(found: list[Outcome], seed: int) -> str:
    """Return the table."""
    count = Counter(o.kind for o in found)
    wrong = count["unnamed"] + count["named"] + count["unstable"] + count["missed"]
    costs = sorted(o.forward for o in found if o.forward)
    rows = [
        ["mutants drawn", len(found)],
        ["raise, or return another shape", count["raises"]],
        ["equivalent", count["equivalent"]],
        ["wrong gradients", wrong],
        ["not found", count["missed"]],
        [
            "named",
            f"{count['named'] + count['unstable']} ({100 * (count['named'] + count['unstable']) / wrong:.0f} %)",
        ],
        ["named otherwise from other inputs", count["unstable"]],
        ["described without a name", count["unnamed"]],
        ["forward calls of a failing check, median and largest", f"{costs[len(costs) // 2]}, {costs[-1]}"],
    ]
    return f"## Mechanical mutants, seed {seed}\n\n{markdown(('what', 'number'), rows)}\n\n{made_with()}"


if __name__ == "__main__":
    main()
