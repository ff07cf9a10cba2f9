"""The same mistakes, held against other people's checkers at their defaults, on the layers of the reference library.

    python benchmarks/mutation_peers.py --each 3          # needs `pip install '.[peers]'`

Each NumPy layer becomes a `torch.autograd.Function`, a `custom_vjp` around a callback, an `autograd` primitive
(`_peers.py`). A mistake is put into its backward, as `gradcheck mutate` does; those that raise, or that make no
difference of a relative 1e-6 at the very inputs that every checker is given, are not counted. What a checker raises
counts as told.
"""

from __future__ import annotations

import argparse
import contextlib
import inspect
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from _peers import AT_ONCE, ENTRY_BY_ENTRY, OURS, Counted, Peer
from _table import made_with, markdown, publish, with_common_options
from gradcheck.properties.catalogue import SUBJECTS

from gradcheck.checks.comparison._later import postponed
from gradcheck.mutation._active import Active, standing_in
from gradcheck.mutation._draw import in_turns
from gradcheck.mutation._mutants import Mutant, chosen_operators, mutants_of
from gradcheck.mutation._sites import Site, sites_of
from gradcheck.subjects import Declaration

PEERS: tuple[Peer, ...] = (OURS, ENTRY_BY_ENTRY[0], *AT_ONCE)
VISIBLE = 1e-6

Array = np.ndarray


@dataclass(frozen=True)
class Layer:
    """A subject of the catalogue as a pair of functions of its floating-point inputs."""

    name: str
    forward: Any
    backward: Any
    inputs: tuple[Array, ...]

    def gradients(self) -> list[Array]:
        """Return the claimed gradients for an ordinary upstream."""
        out, cache = self.forward(*(a.copy() for a in self.inputs))
        upstream = np.asarray(np.random.default_rng(3).standard_normal(np.shape(out)))
        return [np.asarray(g, dtype=float) for g in self.backward(upstream, cache)]


def layer_of(declaration: Declaration) -> Layer | None:
    """Return a declaration as a layer; None for one that has no gradient, or inputs that are no numbers."""
    thing, inputs, options = declaration.thing, declaration.inputs, declaration.options
    if declaration.kind == "activation" and "derivative" in options:
        slope = options["derivative"][0]
        x = 1.5 * np.random.default_rng(0).standard_normal((5, 4))
        return Layer(declaration.name, lambda x: (thing(x), x), lambda dout, x: (dout * slope(x),), (x,))
    if declaration.kind == "normalization" and inspect.isclass(thing):
        x = np.random.default_rng(0).standard_normal((5, 3))
        return Layer(declaration.name, partial(_normalized, thing), lambda u, layer: (layer.backward(u),), (x,))
    if declaration.kind == "loss" and "grad" in options:
        target, slope = inputs[1], options["grad"]

        def backward(dout: Any, prediction: Array) -> tuple[Array]:
            return (np.asarray(dout) * slope(prediction, target),)

        return Layer(declaration.name, lambda p: (np.asarray(thing(p, target)), p), backward, inputs[:1])
    floating = all(isinstance(a, np.ndarray) and a.dtype.kind == "f" for a in inputs)
    if isinstance(thing, tuple) and inputs and floating and "dropout" not in declaration.name:
        forward, claimed = thing
        return Layer(declaration.name, forward, lambda u, cache: _tuple(claimed(u, cache)), inputs)
    return None


def _normalized(make: Any, x: Array) -> tuple[Array, Any]:
    layer = make(x.shape[1])
    return layer.forward(x), layer


def _tuple(returned: Any) -> tuple[Array, ...]:
    return returned if isinstance(returned, tuple) else (returned,)


@dataclass(frozen=True)
class Trial:
    """One mistake in one layer, and which checkers told; without an operator, the right backward."""

    layer: str
    operator: str
    what: str
    told: tuple[bool, ...]


def trials(seed: int, each: int, words: Sequence[str] = ()) -> Iterator[Trial]:
    """Yield the right backward of every layer, and `each` mistakes per function that show at its inputs."""
    layers = {k: layer for k, declaration in enumerate(SUBJECTS) if (layer := layer_of(declaration)) is not None}
    met: set[int] = set()
    operators = chosen_operators(())
    for site in sites_of(SUBJECTS):
        number = next((k for k in site.subjects if k in layers), None)
        if number is None or (words and not any(word in layers[number].name for word in words)):
            continue
        layer = layers[number]
        if number not in met:
            met.add(number)
            yield Trial(layer.name, "", "", _verdicts(layer))
        drawn = in_turns(mutants_of(0, site, operators), seed)
        yield from islice(_told(layer, site, drawn), each)


def _told(layer: Layer, site: Site, drawn: Iterator[Mutant]) -> Iterator[Trial]:
    right = layer.gradients()
    for mutant in drawn:
        with standing_in(site.function, Active(mutant.call(site))):
            if _shows(layer, right):
                yield Trial(layer.name, mutant.operator, mutant.what, _verdicts(layer))


def _shows(layer: Layer, right: list[Array]) -> bool:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = layer.gradients()
    except Exception:  # whatever a mistake raises
        return False
    if [w.shape for w in wrong] != [r.shape for r in right]:
        return False
    sizes = [float(np.max(np.abs(r), initial=0.0)) for r in right]
    return any(bool(np.any(~(np.abs(w - r) <= VISIBLE * s))) for w, r, s in zip(wrong, right, sizes, strict=True))


def _verdicts(layer: Layer) -> tuple[bool, ...]:
    return tuple(_says_wrong(peer, layer) for peer in PEERS)


def _says_wrong(peer: Peer, layer: Layer) -> bool:
    inputs = tuple(a.copy() for a in layer.inputs)
    upstream = np.asarray(layer.forward(*inputs)[0], dtype=float)
    with warnings.catch_warnings(), np.errstate(all="ignore"), postponed(), contextlib.redirect_stdout(None):
        warnings.simplefilter("ignore")
        try:
            return peer.prepare(Counted(layer.forward, layer.backward), inputs, upstream)() == "fail"
        except Exception:  # each library raises its own
            return True


def table(found: list[Trial]) -> str:
    """Return how many mistakes of each kind each checker told, and how many right backwards it called wrong."""
    kinds: dict[str, list[Trial]] = defaultdict(list)
    for trial in found:
        if trial.operator:
            kinds[trial.operator].append(trial)
    wrong = [trial for trial in found if trial.operator]
    right = [trial for trial in found if not trial.operator]
    rows = [_row(kind, trials) for kind, trials in sorted(kinds.items())]
    rows += [_row("all mistakes", wrong), _row("right backwards called wrong", right)]
    return markdown(("kind of mistake", "number", *(peer.name for peer in PEERS)), rows)


def _row(name: str, trials: list[Trial]) -> list[object]:
    return [name, len(trials), *(sum(trial.told[k] for trial in trials) for k in range(len(PEERS)))]


def missed(found: list[Trial]) -> str:
    """Return what each checker missed most, and all that ours missed."""
    lines = []
    for k, peer in enumerate(PEERS):
        layers = Counter(t.layer for t in found if t.operator and not t.told[k])
        if layers:
            worst = ", ".join(f"{name} ({number})" for name, number in layers.most_common(8))
            lines.append(f"- {peer.name} misses mistakes in: {worst}")
    lines += [f"- gradcheck misses `{t.what}` in {t.layer}" for t in found if t.operator and not t.told[0]]
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = with_common_options(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    parser.add_argument("--each", type=int, default=3, help="mistakes per function")
    parser.add_argument("--only", nargs="*", default=[], help="words of the names of layers")
    asked = parser.parse_args()
    found = list(trials(asked.seed, asked.each, asked.only))
    title = f"## The same mistakes, by other checkers at their defaults: {asked.each} per function, seed {asked.seed}"
    publish("\n\n".join([title, table(found), missed(found), made_with("torch", "jax", "autograd")]), asked.write)


if __name__ == "__main__":
    main()
