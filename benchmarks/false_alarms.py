"""How often a correct gradient is called wrong.

Every check takes a member of the panel, fresh inputs and a fresh seed. The upper bound of the rate of false failures
is the exact binomial one at 95 %: with none in N checks, 1 - 0.05^(1/N), about 3/N. Inputs are rounded to the dtype;
in half precision a draw whose gradient cannot be computed there is left out.

    python benchmarks/false_alarms.py --checks 12000 --mode auto --write docs/false-alarms.md
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from _table import made_with, markdown, publish, share, with_common_options
from gallery.correct import PANEL, Member
from scipy.stats import beta

import gradcheck

DTYPES = ("float64", "float32", "float16", "bfloat16")
NARROW = ("float16", "bfloat16")
LEFT_OUT = "left out"
_ROUNDINGS = 32
"""Errors of a gradient in low precision, in roundings of its largest entry, above which an alarm would be right."""
GROUPS = tuple(f"{who}, {what}" for who in ("tuned", "held out") for what in ("smooth", "kinked", "noise floor"))


@dataclass(frozen=True)
class Outcome:
    """One check: what was checked, with which seed, and what came of it."""

    member: str
    group: str
    seed: int
    verdict: str
    codes: tuple[str, ...]
    forward: int
    backward: int


def one_check(seed: int, *, mode: str, dtype: str) -> Outcome:
    """Check the member whose turn it is at `seed`, at inputs drawn with `seed`."""
    member = PANEL[seed % len(PANEL)]
    inputs = inputs_of(member, seed, dtype)
    if dtype in NARROW and not fits(member, inputs):
        return Outcome(member.name, member.group, seed, LEFT_OUT, (), 0, 0)
    subject, arguments, options = member.call(*inputs)
    try:
        report = gradcheck.check(subject, *arguments, **options, mode=mode, rng=seed)
    except Exception as error:
        return Outcome(member.name, member.group, seed, "crash", (f"{type(error).__name__}: {error}",), 0, 0)
    codes = tuple(sorted({f.code for f in report.findings if str(f.severity) == str(report.verdict)}))
    cost = report.cost
    return Outcome(member.name, member.group, seed, str(report.verdict), codes, cost.forward, cost.backward)


def inputs_of(member: Member, seed: int, dtype: str = "float64") -> tuple[Any, ...]:
    """Return the inputs that `one_check` uses."""
    drawn = member.draw(np.random.default_rng([seed, 1]))
    with np.errstate(over="ignore"):
        return tuple(a.astype(dtype_named(dtype)) if a.dtype.kind == "f" else a for a in drawn)


def dtype_named(name: str) -> Any:
    """Return a dtype; bfloat16 is one of ml_dtypes."""
    return import_module("ml_dtypes").bfloat16 if name == "bfloat16" else np.dtype(name)


def fits(member: Member, inputs: tuple[Any, ...]) -> bool:
    """Whether the member computes value and gradient in the dtype of `inputs`, to a few roundings of its largest.

    Where it overflows, underflows or is refused there, an alarm would be right.
    """
    exact = tuple(a if a.dtype.kind in "iub" else a.astype(float) for a in inputs)
    epsilon = max(float(_epsilon(a.dtype)) for a in inputs if a.dtype.kind not in "iub")
    try:
        with np.errstate(all="ignore"):
            pairs = zip(_all_of(member, inputs), _all_of(member, exact), strict=True)
            return all(_near(np.asarray(g, dtype=float), e, _ROUNDINGS * epsilon) for g, e in pairs if e is not None)
    except (TypeError, ValueError):
        return False


def _all_of(member: Member, inputs: tuple[Any, ...]) -> list[Any]:
    """Return the inputs, the outputs and the gradients."""
    out = member.value(*inputs)
    several = isinstance(out, tuple)
    upstream = tuple(map(np.ones_like, out)) if several else np.ones_like(out)
    return [*inputs, *(out if several else (out,)), *member.pull(upstream, *inputs)]


def _epsilon(dtype: np.dtype[Any]) -> float:
    return float(np.spacing(np.ones((), dtype)))


def _near(found: np.ndarray, exact: np.ndarray, share: float) -> bool:
    largest = float(np.max(np.abs(exact), initial=0.0))
    return bool(np.isfinite(largest) and np.max(np.abs(found - exact), initial=0.0) <= share * largest)


def run(seeds: Sequence[int], *, mode: str = "auto", dtype: str = "float64", jobs: int = 1) -> list[Outcome]:
    """Return the outcome of every seed, in order."""
    check = partial(one_check, mode=mode, dtype=dtype)
    if jobs == 1:
        return [check(seed) for seed in seeds]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(check, seeds, chunksize=64))


def upper_bound(failures: int, checks: int) -> float:
    """Return the one-sided 95 % upper bound of the failure rate (Clopper and Pearson)."""
    return float(beta.ppf(0.95, failures + 1, checks - failures)) if failures < checks else 1.0


def table(outcomes: Sequence[Outcome]) -> str:
    """Return one row per group, and one for all of them."""
    outcomes = [o for o in outcomes if o.verdict != LEFT_OUT]
    head = ("group", "members", "checks", "false failures", "95 % bound", "inconclusive", "forward", "backward")
    groups = [[o for o in outcomes if o.group == group] for group in GROUPS]
    rows = [_row(group, some) for group, some in zip(GROUPS, groups, strict=True) if some]
    quiet = [o for o in outcomes if "noise floor" not in o.group]
    rows += [_row("all without a noise floor", quiet), _row("all", outcomes)]
    return markdown(head, rows)


def _row(name: str, outcomes: Sequence[Outcome]) -> list[object]:
    count, verdicts = len(outcomes), Counter(o.verdict for o in outcomes)
    wrong = verdicts["fail"] + verdicts["crash"]
    costs = (f"{np.mean([getattr(o, cost) for o in outcomes]):.1f}" for cost in ("forward", "backward"))
    members = len({o.member for o in outcomes})
    bound = f"{upper_bound(wrong, count):.1e}"
    return [name, members, count, wrong, bound, share(verdicts["inconclusive"], count), *costs]


def by_name(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yield a line per member with failures, then one per member with inconclusive checks."""
    outcomes = list(outcomes)
    checks = Counter(o.member for o in outcomes)
    for verdict in ("crash", "fail", "inconclusive"):
        such = [o for o in outcomes if o.verdict == verdict]
        for member, count in Counter(o.member for o in such).most_common():
            mine = [o for o in such if o.member == member]
            codes = Counter(code for o in mine for code in o.codes)
            told = ", ".join(f"{code} ({times})" for code, times in codes.most_common())
            seeds = ", ".join(str(o.seed) for o in mine[:5])
            yield f"- {verdict}: {member}, {share(count, checks[member])}: {told}; seeds {seeds}"


def main() -> None:
    """Run the checks and print the table."""
    parser = with_common_options(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    parser.add_argument("--checks", type=int, default=1000)
    parser.add_argument("--dtype", choices=DTYPES, default="float64", help="of the inputs")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.checks)
    start = time.perf_counter()
    outcomes = run(seeds, mode=asked.mode, dtype=asked.dtype, jobs=asked.jobs)
    print(f"{len(seeds) / (time.perf_counter() - start):.0f} checks a second", file=sys.stderr)
    title = (
        f"## Correct gradients: mode {asked.mode}, {asked.dtype} inputs, {asked.checks} checks from seed {asked.seed}"
    )
    listed = "\n".join(by_name(outcomes)) or "No failure, nothing inconclusive."
    publish("\n\n".join([title, table(outcomes), listed, made_with()]), asked.write)


if __name__ == "__main__":
    main()
