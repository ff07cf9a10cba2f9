"""The tables of mistakes in the reference library: a small run of each, and what they count."""

from __future__ import annotations

import mutation
import mutation_peers
import numpy as np
from gradcheck.properties.catalogue import SUBJECTS

from gradcheck.mutation._mutants import Mutant
from gradcheck.report import Fate


def test_our_suite_kills_the_mistakes_in_some_backwards() -> None:
    """Of ReLU, PReLU and the affine layer: every mistake that is one is told, and something was left out as none."""
    names = ["relu_grad", "prelu_backward", "affine_backward"]
    found = [o for o in mutation.outcomes(2, 6, 1, 4, names) if o.site in names]
    fates = {outcome.fate for outcome in found}

    assert {outcome.site for outcome in found} == set(names)
    assert Fate.SURVIVED not in fates, mutation.survivors(found)
    assert Fate.KILLED in fates


def test_a_table_counts_by_family_and_lists_who_survived() -> None:
    """Killed by the clock is killed; what never returned, or changed nothing, is in no score."""
    mutant = Mutant(0, "sign", "x for -x", 7, "")
    fates = (Fate.KILLED, Fate.TIMEOUT, Fate.SURVIVED, Fate.EQUIVALENT, Fate.RAISES)
    found = [mutation.Outcome("losses", "f_grad", mutant, fate, None) for fate in fates]

    assert "| losses | 1 | 5 | 1 | 1 | 2 | 1 | 66.7 % |" in mutation.table(found)
    assert mutation.survivors(found) == "- `f_grad`, `x for -x` in line 7: not looked into"


def test_layers_for_the_peers_are_pairs_whose_right_gradients_pass() -> None:
    """Activations, losses, pairs and normalizations are met; integers and random masks are not."""
    layers = [layer for declaration in SUBJECTS if (layer := mutation_peers.layer_of(declaration)) is not None]
    names = {layer.name for layer in layers}

    assert names >= {"relu", "affine", "BatchNorm", "hinge", "conv2d", "softmax, axis -1"}
    assert not names & {"dropout", "embedding"}
    some = next(layer for layer in layers if layer.name == "BatchNorm")
    assert not mutation_peers._says_wrong(mutation_peers.OURS, some)
    assert all(np.isfinite(g).all() for g in some.gradients())


def test_verdicts_are_counted_by_kind_and_checker() -> None:
    """One mistake that the second checker misses, and a right backward that the third calls wrong."""
    told = (True, False, True, True, True)
    found = [
        mutation_peers.Trial("relu", "sign", "x for -x", told),
        mutation_peers.Trial("relu", "", "", (False, False, True, False, False)),
    ]
    table = mutation_peers.table(found)

    assert "| all mistakes | 1 | 1 | 0 | 1 | 1 | 1 |" in table
    assert "| right backwards called wrong | 1 | 0 | 0 | 1 | 0 | 0 |" in table
    assert "torch, slow mode misses mistakes in: relu (1)" in mutation_peers.missed(found)
