"""What a check costs on modules of torch and functions of JAX, beside their own checkers.

    python benchmarks/frameworks.py --write docs/measurements/frameworks.md    # needs `pip install '.[peers]'`

Everything in a row runs once a round, one after the other, on one thread; a number is how many times the processor
time of ours the peer's is, the median over the rounds; with ``--device cuda`` it is the time on the wall, and torch's
alone are measured. *One by one* is entry mode with calls for many points switched
off. The peers check every input and parameter, as ours does.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
from _table import made_with, markdown, publish

import gradcheck
from gradcheck.subjects.torch._functions import Torch

Made = tuple[Callable[[], Any], tuple[tuple[int, ...], ...]]
"""A module, and the shapes of its inputs."""


def small() -> dict[str, Made]:
    """Return modules of twenty to fifteen hundred entries."""
    from torch import nn

    return {
        "Linear(3, 2), 4 rows": (lambda: nn.Linear(3, 2), ((4, 3),)),
        "MLP 3-5-2, 4 rows": (lambda: nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)), ((4, 3),)),
        "Linear(8, 8), 4 rows": (lambda: nn.Linear(8, 8), ((4, 8),)),
        "Conv2d(2, 4, 3), 5 x 5": (lambda: nn.Conv2d(2, 4, 3), ((2, 2, 5, 5),)),
        "GRU(3, 4), 4 steps": (lambda: nn.GRU(3, 4), ((4, 2, 3),)),
        "MultiheadAttention(4, 2)": (lambda: nn.MultiheadAttention(4, 2), ((3, 2, 4),) * 3),
        "TransformerEncoderLayer(4, 2, 8)": (
            lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0),
            ((3, 2, 4),),
        ),
        "GELU, 32 x 32": (nn.GELU, ((32, 32),)),
        "Softmax, 32 x 32": (lambda: nn.Softmax(1), ((32, 32),)),
        "LayerNorm(32), 32 rows": (lambda: nn.LayerNorm(32), ((32, 32),)),
        "BatchNorm2d(8), 4 x 4": (lambda: nn.BatchNorm2d(8), ((8, 8, 4, 4),)),
        "Linear(32, 32), 16 rows": (lambda: nn.Linear(32, 32), ((16, 32),)),
        "Conv2d(4, 8, 3), 8 x 8": (lambda: nn.Conv2d(4, 8, 3), ((4, 4, 8, 8),)),
        "TransformerEncoderLayer(8, 2, 16)": (
            lambda: nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0),
            ((5, 2, 8),),
        ),
    }


def large() -> dict[str, Made]:
    """Return modules of 10^5 to 10^6 parameters."""
    from torch import nn

    return {
        "Linear(320, 320)": (lambda: nn.Linear(320, 320), ((64, 320),)),
        "Linear(1024, 1024)": (lambda: nn.Linear(1024, 1024), ((64, 1024),)),
        "Conv2d(64, 128, 3), 16 x 16": (lambda: nn.Conv2d(64, 128, 3), ((4, 64, 16, 16),)),
        "MLP 256-512-256, GELU": (
            lambda: nn.Sequential(nn.Linear(256, 512), nn.GELU(), nn.Linear(512, 256)),
            ((32, 256),),
        ),
        "GRU(128, 128), 16 steps": (lambda: nn.GRU(128, 128), ((16, 8, 128),)),
        "TransformerEncoderLayer(128, 4, 256)": (
            lambda: nn.TransformerEncoderLayer(128, 4, 256, dropout=0.0),
            ((16, 8, 128),),
        ),
        "TransformerEncoderLayer(256, 8, 1024)": (
            lambda: nn.TransformerEncoderLayer(256, 8, 1024, dropout=0.0),
            ((16, 8, 256),),
        ),
    }


def functions() -> dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]]:
    """Return functions of JAX, and the shapes of their inputs."""
    import jax
    import jax.numpy as jnp

    def two_layers(w: Any, v: Any, x: Any) -> Any:
        return jax.nn.log_softmax(jax.nn.gelu(x @ w / 8) @ v / 8)

    return {
        "tanh(x w), 35 entries": (lambda w, x: jnp.tanh(x @ w), ((5, 3), (4, 5))),
        "softmax, 30 x 10": (jax.nn.softmax, ((30, 10),)),
        "two layers, 600 entries": (two_layers, ((16, 24), (24, 4), (8, 16))),
        "two layers, 10^5 entries": (two_layers, ((256, 256), (256, 64), (64, 256))),
        "x w, 10^6 entries": (lambda w, x: x @ w / 32, ((1000, 1000), (64, 1000))),
    }


def with_rules() -> dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]]:
    """Return functions of JAX with a backward that somebody wrote, and the shapes of their inputs."""
    import jax

    @jax.custom_vjp
    def softmax(x: Any) -> Any:
        return jax.nn.softmax(x)

    @jax.custom_vjp
    def product(w: Any, x: Any) -> Any:
        return x @ w

    def kept(x: Any) -> Any:
        return (y := jax.nn.softmax(x)), y

    softmax.defvjp(kept, lambda y, u: (y * (u - (u * y).sum(-1, keepdims=True)),))
    product.defvjp(lambda w, x: (x @ w, (w, x)), lambda held, u: (held[1].T @ u, u @ held[0].T))
    return {
        "softmax, 30 x 10": (softmax, ((30, 10),)),
        "softmax, 1000 x 100": (softmax, ((1000, 100),)),
        "x w, 10^5 entries": (product, ((256, 400), (64, 256))),
        "x w, 10^6 entries": (product, ((1000, 1000), (64, 1000))),
    }


Clock = Callable[[], float]


def spent(calls: Mapping[str, Callable[[], Any]], rounds: int, clock: Clock = time.process_time) -> dict[str, float]:
    """Return the time of each call by `clock`, the median over the rounds; everything has run once before."""
    seen: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            start = clock()
            call()
            seen[name].append(clock() - start)
    return {name: median(times) for name, times in seen.items()}


def theirs(module: Any, inputs: Sequence[Any], *, fast: bool) -> Callable[[], Any]:
    """Return torch's own check of a module, with its parameters as arguments."""
    import torch

    names = [name for name, _ in module.named_parameters()]
    leaves = [t.detach().clone().requires_grad_() for t in (*inputs, *module.parameters())]
    count = len(inputs)

    def function(*given: Any) -> Any:
        return torch.func.functional_call(
            module, dict(zip(names, given[count:], strict=True)), given[:count], strict=False
        )

    return lambda: torch.autograd.gradcheck(function, leaves, fast_mode=fast, nondet_tol=1e-9, raise_exception=False)


def of_torch(made: Made) -> tuple[Any, tuple[Any, ...], int]:
    """Return a module in float64, its inputs, and how many numbers there are."""
    import torch

    torch.manual_seed(0)
    module = made[0]().double()
    inputs = tuple(torch.randn(shape, dtype=torch.float64) for shape in made[1])
    return module, inputs, sum(t.numel() for t in (*inputs, *module.parameters()))


def small_row(name: str, made: Made, rounds: int, clock: Clock = time.process_time) -> list[object]:
    """Return how often each of ours fits into torch's slow mode."""
    module, inputs, size = of_torch(made)

    def one_by_one() -> Any:
        with patch.object(Torch, "run_many", lambda *_: None):
            return gradcheck.check(module, *inputs, mode="entries")

    took = spent(
        {
            "entries": lambda: gradcheck.check(module, *inputs, mode="entries"),
            "one by one": one_by_one,
            "auto": lambda: gradcheck.check(module, *inputs),
            "slow": theirs(module, inputs, fast=False),
        },
        rounds,
        clock,
    )
    verdict = gradcheck.check(module, *inputs, mode="entries").verdict.value
    times = [took["slow"] / took["entries"], took["slow"] / took["auto"], took["one by one"] / took["entries"]]
    return [name, size, verdict, *(f"{ratio:.2g}" for ratio in times)]


def large_row(name: str, made: Made, rounds: int, clock: Clock = time.process_time) -> list[object]:
    """Return how often ours fits into torch's fast mode."""
    module, inputs, _ = of_torch(made)
    peers = {"ours": lambda: gradcheck.check(module, *inputs), "fast": theirs(module, inputs, fast=True)}
    took = spent(peers, rounds, clock)
    report = gradcheck.check(module, *inputs)
    size = sum(p.numel() for p in module.parameters())
    calls = f"{report.cost.forward} + {report.cost.backward}"
    return [name, f"{size:.1e}", report.verdict.value, calls, f"{took['fast'] / took['ours']:.2g}"]


def jax_row(
    name: str, function: Callable[..., Any], shapes: Sequence[tuple[int, ...]], rounds: int, *, ruled: bool = False
) -> list[object]:
    """Return how many times JAX's check, in both modes and in reverse mode alone, ours takes.

    A function that is `ruled`, by a backward of its own, has no forward mode.
    """
    import jax.numpy as jnp
    from jax.test_util import check_grads

    rng = np.random.default_rng(0)
    inputs = tuple(jnp.asarray(rng.normal(size=shape)) for shape in shapes)
    modes = {"reverse": ("rev",)} if ruled else {"both": ("fwd", "rev"), "reverse": ("rev",)}
    peers = {key: partial(check_grads, function, inputs, order=1, modes=of) for key, of in modes.items()}
    took = spent({"ours": lambda: gradcheck.check(function, *inputs), **peers}, rounds)
    report = gradcheck.check(function, *inputs)
    calls = f"{report.cost.forward} + {report.cost.backward}"
    return [name, report.verdict.value, calls, *(f"{took['ours'] / took[key]:.2g}" for key in modes)]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the table to this file")
    parser.add_argument("--device", default="cpu", help="where the modules of torch are, cuda for one")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    torch.set_default_device(asked.device)
    on_cpu = asked.device == "cpu"
    parts = of_modules(asked, "Processor time" if on_cpu else f"Time on the wall, on {asked.device},")
    parts += of_functions(asked) if on_cpu else [made_with("torch")]
    publish("\n\n".join(parts), asked.write)


def of_modules(asked: argparse.Namespace, measured: str) -> list[str]:
    """Return the tables of torch."""
    clock = time.process_time if asked.device == "cpu" else time.perf_counter
    rows = {
        row: [row(name, made, asked.rounds, clock) for name, made in modules.items() if asked.only in name]
        for row, modules in ((small_row, small()), (large_row, large()))
    }
    head = ("module", "entries", "verdict", "slow mode / entries", "slow mode / auto", "one by one / entries")
    return [
        "# Cost beside the checkers of torch and JAX",
        f"{measured} of `torch.autograd.gradcheck` in slow mode, as a multiple of ours:",
        markdown(head, rows[small_row]),
        f"{measured} of `torch.autograd.gradcheck(fast_mode=True)`, as a multiple of ours:",
        markdown(("module", "parameters", "verdict", "our calls", "fast mode / ours"), rows[large_row]),
    ]


def of_functions(asked: argparse.Namespace) -> list[str]:
    """Return the tables of JAX."""
    import jax

    jax.config.update("jax_enable_x64", True)
    traced = [jax_row(name, *made, asked.rounds) for name, made in functions().items() if asked.only in name]
    ruled = [
        jax_row(name, *made, asked.rounds, ruled=True) for name, made in with_rules().items() if asked.only in name
    ]
    return [
        "Processor time of ours, as a multiple of that of `jax.test_util.check_grads(order=1)`:",
        markdown(("function", "verdict", "our calls", "ours / both modes", "ours / reverse mode"), traced),
        "The same of functions with a `custom_vjp`, which is asked more: is it linear, does it say the same twice?",
        markdown(("function", "verdict", "our calls", "ours / reverse mode"), ruled),
        made_with("torch", "jax"),
    ]


if __name__ == "__main__":
    main()
