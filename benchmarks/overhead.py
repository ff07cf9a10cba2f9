"""What a check of a small array costs beyond the subject's own calls, and what an import costs.

The unit of time is one `np.add` of two arrays of eight numbers, measured in the same round: about half a microsecond
wherever NumPy runs, and the least that any call in NumPy costs.

    python benchmarks/overhead.py --write docs/measurements/overhead.md    # needs `pip install '.[peers]'`
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _peers import AT_ONCE, ENTRY_BY_ENTRY, OURS, PACKAGES, Counted, Peer
from _table import ROOT, made_with, markdown, publish
from _units import seconds
from workloads import BY_NAME, Arrays, Workload

import gradcheck
from gradcheck.report import Cost

_PEERS = (*AT_ONCE, *(p for p in ENTRY_BY_ENTRY if p.judges))
_ADDS = 1000


# -- conventions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Convention:
    """One way to hand a subject over: the call of `gradcheck.check`, and what its forward and backward do alone."""

    name: str
    check: Callable[[], gradcheck.Report]
    forward: Callable[[], Any]
    backward: Callable[[], Any]


class _Affine:
    """A layer object: Y = X W + b."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.W, self.b = rng.standard_normal((4, 3)), rng.standard_normal(3)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


def conventions() -> list[Convention]:
    """Return small subjects of every convention, the inputs ten numbers or so."""
    x, u = np.linspace(-1, 1, 8), np.linspace(0.5, 1.5, 8)
    rows, weights = np.linspace(-1, 1, 8).reshape(2, 4), np.linspace(1, 2, 12).reshape(4, 3)
    layer, gelu = _Affine(), BY_NAME["gelu"]
    out = layer.forward(rows)

    def slope(x: np.ndarray) -> np.ndarray:
        return 1 - np.tanh(x) ** 2

    def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a @ b

    def product_vjp(u: np.ndarray, a: np.ndarray, b: np.ndarray) -> Arrays:
        return u @ b.T, a.T @ u

    def square(x: np.ndarray) -> Any:
        return (x * x).sum()

    pair = (gelu.forward, gelu.backward)
    cache = gelu.forward(x)[1]
    check = gradcheck.check
    return [
        Convention(
            "derivative=, tanh", lambda: check(np.tanh, x, derivative=slope), lambda: np.tanh(x), lambda: slope(x)
        ),
        Convention("grad=, sum of squares", lambda: check(square, x, grad=_double), lambda: square(x), lambda: 2 * x),
        Convention(
            "vjp=, matrix product",
            lambda: check(product, rows, weights, vjp=product_vjp),
            lambda: product(rows, weights),
            lambda: product_vjp(out, rows, weights),
        ),
        Convention("pair, gelu", lambda: check(pair, x), lambda: pair[0](x), lambda: pair[1](u, cache)),
        Convention(
            "layer object, affine",
            lambda: check(layer, rows),
            lambda: layer.forward(rows),
            lambda: layer.backward(out),
        ),
        Convention(
            'derivative=, tanh, mode="entries"',
            lambda: check(np.tanh, x, derivative=slope, mode="entries"),
            lambda: np.tanh(x),
            lambda: slope(x),
        ),
        Convention(
            "derivative=, tanh, wrong by 1 %",
            lambda: check(np.tanh, x, derivative=lambda x: 1.01 * slope(x)),
            lambda: np.tanh(x),
            lambda: slope(x),
        ),
    ]


def _double(x: np.ndarray) -> np.ndarray:
    return 2 * x


def _add() -> float:
    a = np.ones(8)
    return seconds(lambda: [np.add(a, a) for _ in range(_ADDS)]) / _ADDS


Alone = tuple[Callable[[], Any], Callable[[], float]]
"""A check, and how long its subject's calls take by themselves."""


def beyond(checks: Mapping[str, Alone], rounds: int) -> dict[str, float]:
    """Return the time of each check less what its subject's calls take, in np.add, median of interleaved rounds."""
    seen: dict[str, list[float]] = {name: [] for name in checks}
    for check, _ in checks.values():
        check()
    for _ in range(rounds):
        for name, (check, own) in checks.items():
            seen[name].append((seconds(check) - own()) / _add())
    return {name: median(values) for name, values in seen.items()}


def conventions_table(rounds: int) -> str:
    """Return one row per convention."""
    every = conventions()
    costs = {made.name: made.check().cost for made in every}
    spent = beyond({made.name: (made.check, _alone(made, costs[made.name])) for made in every}, rounds)
    rows = []
    for name, cost in costs.items():
        told = (f"{spent[name]:.0f}", f"{spent[name] / (cost.forward + cost.backward):.0f}")
        rows.append([name, f"{cost.forward} + {cost.backward}", *told])
    return markdown(("subject", "calls", "overhead", "a call"), rows)


def _alone(made: Convention, cost: Cost) -> Callable[[], float]:
    return lambda: cost.forward * seconds(made.forward) + cost.backward * seconds(made.backward)


# -- beside the peers ------------------------------------------------------------------------------------------------

_SMALL = {
    "gelu, 8 numbers": ("gelu", 8),
    "affine, 4 x 4": ("affine 1024 x 1024, batch 64", 16),
    "softmax cross-entropy, 4 x 4": ("softmax cross-entropy", 16),
    "layer norm, 5 x 4": ("layer norm", 20),
}


def peers_table(rounds: int, peers: Sequence[Peer] = (OURS, *_PEERS)) -> str:
    """Return one row per subject, one column per checker."""
    rows = []
    for name, (workload, n) in _SMALL.items():
        spent = beyond({peer.name: _prepared(BY_NAME[workload], n, peer) for peer in peers}, rounds)
        rows.append([name, *(f"{spent[peer.name]:.0f}" for peer in peers)])
    return markdown(("subject", *(peer.name for peer in peers)), rows)


def _prepared(workload: Workload, n: int, peer: Peer) -> Alone:
    inputs = workload.inputs(n)
    upstream = workload.upstream(inputs)
    subject = Counted(workload.forward, workload.backward)
    check = peer.prepare(subject, inputs, upstream)
    check()
    forwards, backwards = subject.forwards, subject.backwards
    cache = workload.forward(*inputs)[1]

    def own() -> float:
        ahead = seconds(lambda: workload.forward(*inputs))
        return forwards * ahead + backwards * seconds(lambda: workload.backward(upstream, cache))

    return check, own


# -- imports ---------------------------------------------------------------------------------------------------------

IMPORTS = (
    "import numpy",
    "import gradcheck",
    "import gradcheck.pytest_plugin",
    "import gradcheck; gradcheck.check",
    "import gradcheck; gradcheck.run_suite",
    "import scipy.optimize",
)


def imports_table(rounds: int) -> str:
    """Return one row per import: its time in `import numpy`, and the packages that it loads beyond the library's."""
    took = {statement: [] for statement in IMPORTS}
    for _ in range(rounds):
        bare = seconds(lambda: _fresh("pass"))
        spent = {s: seconds(lambda s=s: _fresh(s)) - bare for s in IMPORTS}
        for statement, time in spent.items():
            took[statement].append(time / spent["import numpy"])
    rows = [[f"`{s}`", f"{max(median(took[s]), 0):.2f}", ", ".join(loaded_by(s)) or "-"] for s in IMPORTS]
    return markdown(("statement", "time", "packages loaded"), rows)


def loaded_by(statement: str) -> list[str]:
    """Return the packages, other than the standard library's, that a fresh interpreter loads for `statement`."""
    code = f"{statement}\nimport sys\nprint(' '.join({{m.split('.')[0] for m in sys.modules}}))"
    names = set(_fresh(code).split()) - set(_fresh("import sys\nprint(' '.join(sys.modules))").split())
    return sorted(n for n in names if n not in sys.stdlib_module_names and not n.startswith("_"))


def _fresh(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=31, help="rounds of which the median is shown")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the tables to this file")
    asked = parser.parse_args()
    parts = [
        f"## Overhead of a check of a small array, in calls of np.add, median of {asked.rounds} rounds",
        conventions_table(asked.rounds),
        "*Calls* are forwards + backwards; the time that they take themselves is subtracted.",
        "### The same, beside other checkers (each subject a pair)",
        peers_table(asked.rounds),
        "### Imports, in the time of `import numpy`",
        imports_table(max(asked.rounds // 3, 1)),
        made_with(*PACKAGES),
    ]
    publish("\n\n".join(parts), asked.write)


if __name__ == "__main__":
    main()
