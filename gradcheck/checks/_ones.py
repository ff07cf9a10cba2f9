"""Parameters that are all ones hide a factor, so a layer fresh from its constructor is checked away from them too.

A backward that forgets gamma, or divides by it, is right as long as gamma is 1, which is where every normalization
starts. What fails only elsewhere is a failure all the same; whatever else is met there says nothing about the point
that was asked about.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import numpy as np

from ..numerics import DOUBLE, glance, weights
from ..report import Finding, Verdict
from ..subjects import Leaf, Subject
from .bench._bench import Bench
from .comparison._comparison import problem_of
from .judgement._judge import precision_on

_MOVE = 0.25


def parameters_at_one(subject: Subject) -> list[str]:
    """Return the paths of the parameters whose entries are all 1."""
    params = (leaf for leaf in subject.leaves if leaf.path.startswith("params"))
    return [leaf.path for leaf in params if leaf.value.size and np.all(leaf.value == 1)]


def away_from_ones(subject: Subject, rng: np.random.Generator) -> Subject:
    """Return `subject` at the same inputs in float64, but with the parameters that are all ones moved to 1 -+ 1/4."""
    moved, ones = copy(subject), parameters_at_one(subject)
    moved.leaves = tuple(
        Leaf(leaf.path, leaf.value + _MOVE * weights(leaf.value.size, rng).reshape(leaf.value.shape))
        if leaf.path in ones
        else Leaf(leaf.path, leaf.value.astype(float))
        for leaf in subject.leaves
    )
    return moved


def holds_there(bench: Bench, rng: np.random.Generator) -> bool:
    """Whether one look certifies the gradient for one upstream: a factor that is forgotten would be in each.

    Everything else that a check asks has been asked where the parameters are ones.
    """
    evaluation = bench.evaluate(bench.values(bench.x))
    base = bench.flat_outputs(evaluation)
    upstream = bench.draw_upstream(base, rng)
    analytic = bench.flat_gradient(bench.pull(evaluation, bench.upstreams(upstream)))
    if precision_on(bench) is not DOUBLE or not (np.isfinite(base).all() and np.isfinite(analytic).all()):
        return False
    return glance(problem_of(bench, DOUBLE), base, upstream, analytic, rng, fine=True).certified


def found_away(findings: list[Finding], ones: list[str]) -> list[Finding]:
    """Return the failures among `findings`, each with a line that says where it was found."""
    where = f"found with {_listed(ones)} moved away from 1, where a factor that is forgotten does not hide"
    failed = [finding for finding in findings if finding.severity is Verdict.FAIL]
    return [replace(finding, detail=(where, *finding.detail)) for finding in failed]


def unseen_at_one(ones: list[str]) -> Finding:
    """Return the note for a large layer, which is not checked twice."""
    return Finding(
        "GC908",
        f"{_listed(ones)} {'is' if len(ones) == 1 else 'are'} 1 everywhere, where a forgotten factor does not show",
        Verdict.PASS,
        ones[0],
        hint="check with other values as well: draw them at random",
    )


def _listed(paths: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(paths[:-1]), paths[-1]]))
