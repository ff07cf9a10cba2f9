"""What a check of a large subject costs, in units of one forward and one backward of that subject.

All checkers run the same NumPy code, interleaved in one run; a table shows the median of several rounds. Checkers
that perturb every entry are run on two small sizes, their calls counted and extrapolated: those columns are marked
with ~.

    python benchmarks/cost.py --write docs/measurements/cost.md         # needs `pip install '.[peers]'`
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from _peers import AT_ONCE, ENTRY_BY_ENTRY, OURS, PACKAGES, Counted, Peer
from _table import made_with, markdown, publish
from _units import in_units, peak_bytes, seconds
from threadpoolctl import threadpool_limits
from workloads import WORKLOADS, Workload, sizes

_SMALL = (40, 160)
"""Numbers at which the calls of entry-by-entry checkers are counted."""


@dataclass(frozen=True)
class Cost:
    """One checker on one workload; ``word`` is what it says of a right gradient."""

    peer: str
    units: float
    forwards: float
    backwards: float
    word: str

    @property
    def cell(self) -> str:
        """The units, and the false alarm if it is one."""
        return f"{_short(self.units)}{', false alarm' if self.word == 'fail' else ''}"


def _short(units: float) -> str:
    return f"{units:.1f}" if units < 100 else f"{units:.0e}"


def costs(workload: Workload, peers: Sequence[Peer], rounds: int, n: int | None = None) -> list[Cost]:
    """Return what each of `peers` costs, run side by side."""
    inputs = workload.inputs(n)
    upstream = workload.upstream(inputs)
    subjects = [Counted(workload.forward, workload.backward) for _ in peers]
    checks = {p.name: p.prepare(s, inputs, upstream) for p, s in zip(peers, subjects, strict=True)}
    words = {name: check() for name, check in checks.items()}
    calls = [(s.forwards, s.backwards) for s in subjects]
    units = in_units(lambda: workload.backward(upstream, workload.forward(*inputs)[1]), checks, rounds)
    return [Cost(p.name, units[p.name], *c, words[p.name]) for p, c in zip(peers, calls, strict=True)]


def on_one_thread(workload: Workload, rounds: int) -> float:
    """Return what a check of ours costs where NumPy's products, the subject's among them, use one thread."""
    with threadpool_limits(1):
        (own,) = costs(workload, (OURS,), rounds)
    return own.units


def counted(workload: Workload, peer: Peer, n: int) -> tuple[np.ndarray, str]:
    """Return (inputs, outputs, forwards, backwards) of one small check, and its word."""
    inputs = workload.inputs(n)
    upstream = workload.upstream(inputs)
    subject = Counted(workload.forward, workload.backward)
    word = peer.prepare(subject, inputs, upstream)()
    return np.array([sizes(inputs), upstream.size, subject.forwards, subject.backwards], dtype=float), word


def extrapolated(workload: Workload, peer: Peer) -> Cost:
    """Return what `peer` would cost at full size: forwards grow with the inputs, backwards with the outputs."""
    (small, _), (large, word) = (counted(workload, peer, n) for n in _SMALL)
    inputs = workload.inputs()
    upstream = workload.upstream(inputs)
    grown = large - small
    rates = [grown[2] / grown[0], grown[3] / grown[1] if grown[1] else 0.0]
    forwards = large[2] + rates[0] * (sizes(inputs) - large[0])
    backwards = large[3] + rates[1] * (upstream.size - large[1])
    share = _share_of_forward(workload, inputs, upstream)
    return Cost(peer.name, forwards * share + backwards * (1 - share), forwards, backwards, word)


def _share_of_forward(workload: Workload, inputs: Sequence[np.ndarray], upstream: np.ndarray) -> float:
    cache = workload.forward(*inputs)[1]
    ahead = median(seconds(lambda: workload.forward(*inputs)) for _ in range(5))
    back = median(seconds(lambda: workload.backward(upstream, cache)) for _ in range(5))
    return ahead / (ahead + back)


def memory(workload: Workload) -> tuple[float, float]:
    """Return the peak of a check and of one forward and backward, in multiples of inputs plus outputs."""
    inputs = workload.inputs()
    upstream = workload.upstream(inputs)
    held = sum(a.nbytes for a in inputs) + upstream.nbytes
    check = OURS.prepare(Counted(workload.forward, workload.backward), inputs, upstream)
    alone = peak_bytes(lambda: workload.backward(upstream, workload.forward(*inputs)[1]))
    return peak_bytes(check) / held, alone / held


def at_once_table(workloads: Sequence[Workload], rounds: int) -> str:
    """Return the table of what was run at full size."""
    peers = (OURS, *AT_ONCE)
    ours, space = ("gradcheck", "on one thread", "calls"), ("memory", "of the subject")
    head = ("workload", "numbers", *ours, *(p.name for p in AT_ONCE), *space)
    rows = []
    for workload in workloads:
        own, *others = costs(workload, peers, rounds)
        peaks = (f"{peak:.1f}" for peak in memory(workload))
        verdict = "" if own.word == "pass" else f", {own.word}"
        alone = f"{on_one_thread(workload, rounds):.1f}"
        told = (f"{own.units:.1f}{verdict}", alone, f"{own.forwards:.0f} + {own.backwards:.0f}")
        numbers = f"{sizes(workload.inputs()):.1e}"
        rows.append([workload.name, numbers, *told, *(o.cell for o in others), *peaks])
    return markdown(head, rows)


def by_entry_table(workloads: Sequence[Workload]) -> str:
    """Return the table of what was counted on small sizes and extrapolated."""
    head = ("workload", *(f"~ {peer.name}" for peer in ENTRY_BY_ENTRY))
    rows = []
    for workload in workloads:
        found = list(map(partial(extrapolated, workload), ENTRY_BY_ENTRY))
        told = (f" ({c.word})" if c.word.startswith("error") else "" for c in found)
        rows.append([workload.name, *(f"{c.cell}{word}" for c, word in zip(found, told, strict=True))])
    return markdown(head, rows)


_NOTE = """\
Units: one forward and one backward of the subject, in which NumPy's own threads take part as everywhere, but for the
column *on one thread*: where a product takes a fraction of a millisecond, threads that have fallen asleep between two
calls of the subject cost more than it does. *Calls* are forwards + backwards of one check of ours, health included.
*Memory* is the most that a check holds at once, in multiples of inputs plus outputs, and the same for one forward and
backward of the subject. A *false alarm* is a right gradient called wrong by a checker with its default settings."""

_NOTE_BY_ENTRY = """\
~: counted at two small sizes and extrapolated to the size of the table above. In brackets, for those that leave the
comparison to the caller, the relative error of their gradient at the larger of the small sizes."""


def main() -> None:
    """Run everything and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds of which the median is shown")
    parser.add_argument("--only", help="workloads whose name contains this")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the tables to this file")
    asked = parser.parse_args()
    chosen = [w for w in WORKLOADS if asked.only is None or asked.only in w.name]
    title = f"## Cost of a check in units of the subject, median of {asked.rounds} rounds"
    tables = [at_once_table(chosen, asked.rounds), _NOTE, by_entry_table(chosen), _NOTE_BY_ENTRY]
    publish("\n\n".join([title, *tables, made_with(*PACKAGES)]), asked.write)


if __name__ == "__main__":
    main()
