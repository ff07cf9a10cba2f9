"""Which mistakes are tried: as many of each kind as there are, in turns, drawn by the seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from ._mutants import Mutant


def in_turns(mutants: Sequence[Mutant], seed: int) -> Iterator[Mutant]:
    """Yield `mutants` in an order that `seed` draws: every kind in turn, so that names do not crowd out the rest."""
    rng = np.random.default_rng(seed)
    kinds: dict[str, list[Mutant]] = defaultdict(list)
    for k in rng.permutation(len(mutants)):
        kinds[mutants[int(k)].operator].append(mutants[int(k)])
    while kinds:
        for kind in list(kinds):
            yield kinds[kind].pop()
            if not kinds[kind]:
                del kinds[kind]
