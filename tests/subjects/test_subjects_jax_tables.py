"""JAX: every function of jax.nn and jax.numpy.linalg passes, or is excused, and many of jax.lax."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import gradcheck

jax = pytest.importorskip("jax", reason="functions of JAX are checked where JAX is installed")
jnp = jax.numpy

NN = (
    *("relu", "elu", "celu", "selu", "gelu", "silu", "mish", "softplus", "log_sigmoid", "leaky_relu", "hard_silu"),
    *("softmax", "log_softmax", "standardize", "logsumexp", "log1mexp", "relu6", "sigmoid", "hard_sigmoid", "tanh"),
    *("hard_tanh", "soft_sign", "squareplus", "sparse_plus", "sparse_sigmoid", "identity", "glu", "logmeanexp"),
    *("swish", "hard_swish"),
)

A = np.random.default_rng(2).normal(size=(3, 3))
SPD = A @ A.T + np.eye(3)
INVERSE = np.linalg.inv(SPD)

LINALG: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "det": (jnp.linalg.det, (A,)),
    "slogdet": (lambda a: jnp.linalg.slogdet(a)[1], (A,)),
    "inv": (jnp.linalg.inv, (A,)),
    "pinv": (jnp.linalg.pinv, (A[:2],)),
    "solve": (jnp.linalg.solve, (A, A[0])),
    "cholesky": (jnp.linalg.cholesky, (SPD,)),
    "qr": (jnp.linalg.qr, (A,)),
    "svd": (partial(jnp.linalg.svd, compute_uv=False), (A,)),
    "eigh": (lambda a: jnp.linalg.eigvalsh(a), (SPD,)),
    "norm": (jnp.linalg.norm, (A,)),
    "matrix_power": (lambda a: jnp.linalg.matrix_power(a, 3), (A,)),
    "multi_dot": (lambda a, b: jnp.linalg.multi_dot([a, b, a]), (A, SPD)),
    "cond": (jnp.linalg.cond, (A,)),
    "cross": (jnp.linalg.cross, (A, SPD)),
    "diagonal": (jnp.linalg.diagonal, (A,)),
    "eigvalsh": (jnp.linalg.eigvalsh, (SPD,)),
    "lstsq": (lambda a, b: jnp.linalg.lstsq(a, b)[0], (np.vstack([A, SPD]), np.arange(6.0))),
    "matmul": (jnp.linalg.matmul, (A, SPD)),
    "matrix_norm": (jnp.linalg.matrix_norm, (A,)),
    "matrix_transpose": (jnp.linalg.matrix_transpose, (A,)),
    "outer": (jnp.linalg.outer, (A[0], A[1])),
    "svdvals": (jnp.linalg.svdvals, (A,)),
    "tensordot": (jnp.linalg.tensordot, (A, SPD)),
    "tensorinv": (partial(jnp.linalg.tensorinv, ind=1), (A,)),
    "tensorsolve": (jnp.linalg.tensorsolve, (A, A[0])),
    "trace": (jnp.linalg.trace, (A,)),
    "vecdot": (jnp.linalg.vecdot, (A, SPD)),
    "vector_norm": (jnp.linalg.vector_norm, (A,)),
    "eigvals": (lambda a: jnp.linalg.eigvals(a).sum(), (A,)),
}

LAX: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "conv": (lambda x, w: jax.lax.conv(x, w, (1, 1), "SAME"), (A.reshape(1, 1, 3, 3), SPD.reshape(1, 1, 3, 3))),
    "dot_general": (lambda a, b: jax.lax.dot_general(a, b, (((1,), (0,)), ((), ()))), (A, SPD)),
    "cumsum": (jax.lax.cumsum, (A,)),
    "cumlogsumexp": (jax.lax.cumlogsumexp, (A,)),
    "reduce_window": (lambda x: jax.lax.reduce_window(x, 0.0, jax.lax.add, (2, 2), (1, 1), "VALID"), (A,)),
    "top_k": (lambda x: jax.lax.top_k(x, 2), (A,)),
    "gather": (lambda x: x[jnp.asarray([2, 0, 2])], (A,)),
    "dynamic_slice": (lambda x: jax.lax.dynamic_slice(x, (1, 0), (2, 2)), (A,)),
    "erf": (jax.lax.erf, (A,)),
    "lgamma": (jax.lax.lgamma, (SPD,)),
    "rsqrt": (jax.lax.rsqrt, (SPD + 2,)),
    "associative_scan": (lambda x: jax.lax.associative_scan(jnp.multiply, x), (A,)),
    "map": (lambda x: jax.lax.map(jnp.sin, x), (A,)),
    "conv_transpose": (
        lambda x, w: jax.lax.conv_transpose(x, w, (2,), "SAME", dimension_numbers=("NCH", "OIH", "NCH")),
        (A.reshape(1, 3, 3), A.reshape(1, 3, 3)),
    ),
    "scatter_add": (lambda x, u: x.at[jnp.asarray([2, 0, 2])].add(u), (A, SPD)),
    "dynamic_update_slice": (lambda x, u: jax.lax.dynamic_update_slice(x, u, (1, 0)), (A, SPD[:2, :2])),
    "sort": (lambda x: jax.lax.sort(x, dimension=0), (A,)),
    "cumprod": (jax.lax.cumprod, (A,)),
    "cummax": (jax.lax.cummax, (A,)),
    "reduce_prod": (lambda x: jnp.prod(x, axis=0), (A,)),
    "pad": (lambda x: jax.lax.pad(x, 0.5, ((1, 0, 0), (0, 2, 1))), (A,)),
    "select_n": (lambda a, b: jax.lax.select_n(a > b, a, b), (A, SPD)),
    "clamp": (lambda x: jax.lax.clamp(-0.55, x, 0.55), (A,)),
    "fft": (lambda x: jnp.abs(jnp.fft.rfft(x)) ** 2, (A,)),
    "igamma": (lambda x: jax.lax.igamma(jnp.full_like(x, 2.0), x), (SPD + 2,)),
    "betainc": (lambda x: jax.lax.betainc(2.0, 3.0, x), (np.linspace(0.1, 0.9, 5),)),
    "digamma": (jax.lax.digamma, (SPD + 2,)),
    "erf_inv": (jax.lax.erf_inv, (np.linspace(-0.8, 0.8, 5),)),
    "atan2": (jax.lax.atan2, (A, SPD)),
    "integer_pow": (lambda x: jax.lax.integer_pow(x, -3), (SPD + 2,)),
    "custom_linear_solve": (
        lambda b: jax.lax.custom_linear_solve(lambda x: SPD @ x, b, lambda _, c: INVERSE @ c, symmetric=True),
        (A[0],),
    ),
    "while_loop": (lambda x: jax.lax.fori_loop(0, 3, lambda _, a: jnp.sin(a), x), (A,)),
    "switch": (lambda x: jax.lax.switch(1, [jnp.sin, jnp.cos], x), (A,)),
    "transpose": (lambda x: jax.lax.transpose(x, (1, 0)), (A,)),
}

EXCUSED = {
    "nn": {
        "one_hot": "takes integers",
        "scaled_matmul scaled_dot_general get_scaled_dot_general_config": "is for formats of eight bits",
        "dot_product_attention": "takes its softmax in float32, whatever its inputs are",
    },
    "linalg": {"matrix_rank": "returns an integer", "eig": "its eigenvectors have no derivative in JAX"},
}
"""What is in no table -> why."""


@pytest.mark.parametrize(("module", "table"), [("nn", NN), ("linalg", LINALG)])
def test_every_function_is_in_a_table_or_excused(module: str, table: Any) -> None:
    """One that a later JAX brings fails here until somebody decides."""
    home = {"nn": jax.nn, "linalg": jnp.linalg}[module]
    every = {name for name in dir(home) if callable(getattr(home, name)) and not name.startswith("_")}
    excused = {name for names in EXCUSED[module] for name in names.split()}

    assert every - set(table) - excused == set()


@pytest.mark.parametrize("name", [name for name in NN if hasattr(jax.nn, name)])
def test_a_function_of_jax_nn_passes(name: str) -> None:
    """In float64, next to no kink."""
    at = np.array([[-2.3, -0.7, 0.4], [1.1, 0.2, 2.6]])
    at = abs(at) if name == "log1mexp" else at[:, :2] if name == "glu" else at

    assert gradcheck.check(jax.jit(getattr(jax.nn, name)), jnp.asarray(at), mode="projection").ok


@pytest.mark.parametrize("name", LINALG)
def test_a_function_of_jax_numpy_linalg_passes(name: str) -> None:
    """In float64, at well-conditioned matrices."""
    function, inputs = LINALG[name]

    assert gradcheck.check(jax.jit(function), *inputs, mode="projection").ok


@pytest.mark.parametrize("name", LAX)
def test_a_function_of_jax_lax_passes(name: str) -> None:
    """In float64."""
    function, inputs = LAX[name]

    assert gradcheck.check(jax.jit(function), *inputs, mode="projection").ok
