"""What today's checkers say of gradients that are wrong, and of gradients that are right.

    python benchmarks/peers.py            # needs `pip install '.[peers]'`

Each row is one gradient; each column one checker with its default settings. The point is the verdict, not the time.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _table import made_with, markdown, publish
from _wide import sixty_four_bits

import gradcheck

Array = np.ndarray


@dataclass(frozen=True)
class Row:
    """A function of one array, the vjp it claims, a point, and whether the claim is right."""

    name: str
    forward: Callable
    """Written with operators and methods that NumPy, torch and jax share; the namespace is the second argument."""
    vjp: Callable
    x: Array
    right: bool


def rows() -> list[Row]:
    """Return the rows; the weights of the affine map are the point, its input is fixed."""
    rng = np.random.default_rng(0)
    batch = rng.normal(size=(64, 1024))
    weights = rng.normal(size=(1024, 1024)) / 32
    some = rng.normal(size=(4, 3))

    def affine(w, xp):
        return xp.asarray(batch) @ w

    return [
        Row("affine 1024 x 1024, all-zero weight gradient", affine, lambda u, w: 0 * w, weights, right=False),
        Row("affine 1024 x 1024, negated weight gradient", affine, lambda u, w: -(batch.T @ u), weights, right=False),
        Row("1e-6 x, all-zero gradient", lambda x, xp: 1e-6 * x, lambda u, x: 0 * u, some, right=False),
        Row("tanh, negative upstream dropped", lambda x, xp: xp.tanh(x), _rectified, some, right=False),
        Row(
            "mean of squares of 10^5, half too large", lambda x, xp: (x**2).mean(), _mean_square, _many(), right=False
        ),
        Row("ReLU at 0", lambda x, xp: x * (x > 0), lambda u, x: u * (x > 0), np.array([0.0, 1.0]), right=True),
        Row("2 x at 1e8", lambda x, xp: 2 * x, lambda u, x: 2 * u, np.array([1.2e8, -3.4e8]), right=True),
        Row("log at 1e-6", lambda x, xp: xp.log(x), lambda u, x: u / x, np.array([1e-6, 2e-6]), right=True),
        Row("affine 1024 x 1024, right", affine, lambda u, w: batch.T @ u, weights, right=True),
    ]


def _rectified(u: Array, x: Array) -> Array:
    return np.maximum(u, 0) * (1 - np.tanh(x) ** 2)


def _mean_square(u: Array, x: Array) -> Array:
    return u * 3 * x / x.size


def _many() -> Array:
    return np.random.default_rng(1).normal(size=100_000)


def ours(row: Row) -> str:
    """Return this project's verdict."""
    return str(gradcheck.check(lambda x: row.forward(x, np), row.x, vjp=row.vjp).verdict)


def torch_gradcheck(row: Row, *, fast: bool) -> str:
    """Return what torch.autograd.gradcheck says; the slow mode is not asked for Jacobians of terabytes."""
    import torch

    if not fast and row.x.size > 10_000:
        return "-"

    class Claim(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return row.forward(x, torch)

        @staticmethod
        def backward(ctx, u):
            (x,) = ctx.saved_tensors
            return torch.as_tensor(np.asarray(row.vjp(u.numpy(), x.numpy())) * np.ones_like(x.numpy()))

    x = torch.tensor(row.x, requires_grad=True)
    return _verdict(lambda: torch.autograd.gradcheck(Claim.apply, (x,), fast_mode=fast))


def jax_check_grads(row: Row) -> str:
    """Return what jax.test_util.check_grads says, in reverse mode."""
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    @jax.custom_vjp
    def claim(x):
        return row.forward(x, jnp)

    def pulled(x, u):
        shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
        call = lambda u, x: np.asarray(row.vjp(np.asarray(u), np.asarray(x))) * np.ones(x.shape)  # noqa: E731
        return (jax.pure_callback(call, shape, u, x),)

    claim.defvjp(lambda x: (claim(x), x), pulled)
    with sixty_four_bits():
        return _verdict(lambda: check_grads(claim, (jnp.asarray(row.x),), order=1, modes=("rev",)))


def _verdict(run: Callable[[], object]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run()
        except Exception:  # each library raises its own
            return "fail"
    return "pass"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the table to this file")
    options = parser.parse_args()
    found = [
        [
            row.name,
            "right" if row.right else "wrong",
            ours(row),
            torch_gradcheck(row, fast=False),
            torch_gradcheck(row, fast=True),
            jax_check_grads(row),
        ]
        for row in rows()
    ]
    head = ["gradient", "is", "gradcheck", "torch, slow", "torch, fast mode", "jax check_grads"]
    told = made_with("torch", "jax")
    publish(f"## Peers, with their default settings\n\n{markdown(head, found)}\n\n{told}", options.write)


if __name__ == "__main__":
    main()
