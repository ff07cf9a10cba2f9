"""Other people's checkers, each running the same NumPy forward and backward, with their default settings.

| peer | how it meets the code |
|---|---|
| torch.autograd.gradcheck | a `torch.autograd.Function`, sharing memory with torch, cache kept on `ctx` |
| jax.test_util.check_grads | `custom_vjp` around `pure_callback`, 64-bit, reverse mode, cache kept in Python |
| autograd.test_util.check_grads | `primitive` and one vjp for all inputs, reverse mode, first order |
| scipy.optimize.approx_fprime, scipy.differentiate, numdifftools | u . f of one flat vector, held against J^T u |

The last three differentiate and leave the comparison to the caller: their word is the relative error they report.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from _wide import sixty_four_bits

import gradcheck

Array = np.ndarray


@dataclass
class Counted:
    """A forward and a backward that count their calls."""

    raw_forward: Callable[..., tuple[Any, Any]]
    raw_backward: Callable[[Any, Any], tuple[Array, ...]]
    forwards: int = field(default=0)
    backwards: int = field(default=0)

    def forward(self, *inputs: Array) -> tuple[Any, Any]:
        """Return the output and the cache."""
        self.forwards += 1
        return self.raw_forward(*inputs)

    def backward(self, dout: Any, cache: Any) -> tuple[Array, ...]:
        """Return one gradient per input."""
        self.backwards += 1
        return self.raw_backward(dout, cache)


Inputs = tuple[Array, ...]
Check = Callable[[], str]


@dataclass(frozen=True)
class Peer:
    """A checker: ``prepare`` returns the check as a call without arguments, so that only the check is timed.

    ``package`` is what must be installed for it; ``judges`` says that its word is pass or fail.
    """

    name: str
    prepare: Callable[[Counted, Inputs, Array], Check]
    package: str
    judges: bool = True


def ours(subject: Counted, inputs: Inputs, upstream: Array) -> Check:
    """Return this project's check; it draws its own upstream.

    The pair is made of plain functions: a check copies objects, and their counts with them.
    """
    pair = (lambda *arrays: subject.forward(*arrays), lambda dout, cache: subject.backward(dout, cache))
    return lambda: str(gradcheck.check(pair, *inputs).verdict)


def _judged(run: Callable[[], object]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run()
        except (AssertionError, RuntimeError):  # torch's GradcheckError is a RuntimeError
            return "fail"
    return "pass"


def torch_gradcheck(subject: Counted, inputs: Inputs, upstream: Array, *, fast: bool) -> Check:
    """torch.autograd.gradcheck, in its fast mode or entry by entry."""
    import torch

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            out, ctx.cache = subject.forward(*(t.detach().numpy() for t in tensors))
            return torch.from_numpy(np.asarray(out))

        @staticmethod
        def backward(ctx: Any, dout: Any) -> Any:
            return tuple(map(torch.from_numpy, subject.backward(dout.numpy(), ctx.cache)))

    tensors = tuple(torch.from_numpy(a.copy()).requires_grad_() for a in inputs)
    return lambda: _judged(lambda: torch.autograd.gradcheck(Wrapped.apply, tensors, fast_mode=fast))


def jax_check_grads(subject: Counted, inputs: Inputs, upstream: Array) -> Check:
    """jax.test_util.check_grads; the cache of the call that is differentiated waits on the Python side."""
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    kept: list[Any] = []
    out = jax.ShapeDtypeStruct(upstream.shape, upstream.dtype)
    like = tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in inputs)

    def value(*arrays: Any) -> Array:
        return np.asarray(subject.forward(*map(np.asarray, arrays))[0])

    def keeping(*arrays: Any) -> Array:
        found, cache = subject.forward(*map(np.asarray, arrays))
        kept[:] = [cache]
        return np.asarray(found)

    wrapped = jax.custom_vjp(lambda *arrays: jax.pure_callback(value, out, *arrays))
    wrapped.defvjp(
        lambda *arrays: (jax.pure_callback(keeping, out, *arrays), None),
        lambda _, dout: jax.pure_callback(lambda u: subject.backward(np.asarray(u), kept[0]), like, dout),
    )
    with sixty_four_bits():
        arrays = tuple(map(jnp.asarray, inputs))

    def run() -> None:
        with sixty_four_bits():
            check_grads(wrapped, arrays, order=1, modes=("rev",))

    return lambda: _judged(run)


def autograd_check_grads(subject: Counted, inputs: Inputs, upstream: Array) -> Check:
    """autograd.test_util.check_grads, all inputs at once."""
    from autograd.extend import defvjp_argnums, primitive
    from autograd.test_util import check_grads

    kept: list[Any] = []

    @primitive
    def wrapped(*arrays: Array) -> Any:
        out, cache = subject.forward(*arrays)
        kept[:] = [cache]
        return out

    def pulls(argnums: Any, ans: Any, arrays: Any, options: Any) -> Callable[[Any], Any]:
        cache = kept[0]
        return lambda dout: subject.backward(dout, cache)

    defvjp_argnums(wrapped, pulls)
    every = tuple(range(len(inputs)))
    np.random.seed(0)  # noqa: NPY002 - it draws from the global generator
    return lambda: _judged(lambda: check_grads(wrapped, every, modes=["rev"], order=1)(*inputs))


# -- those that differentiate u . f and leave the comparison to the caller -------------------------------------------


def _flat(subject: Counted, inputs: Inputs, upstream: Array) -> tuple[Array, Callable, Callable]:
    """Return the point as one vector, u . f there, and its claimed gradient."""
    cuts = np.cumsum([a.size for a in inputs])[:-1]

    def split(x: Array) -> list[Array]:
        return [p.reshape(a.shape) for p, a in zip(np.split(np.asarray(x), cuts), inputs, strict=True)]

    def value(x: Array) -> float:
        return float(np.sum(upstream * subject.forward(*split(x))[0]))

    def claim(x: Array) -> Array:
        gradients = subject.backward(upstream, subject.forward(*split(x))[1])
        return np.concatenate([np.ravel(g) for g in gradients])

    return np.concatenate([a.ravel() for a in inputs]), value, claim


def _told(numeric: Array, claimed: Array) -> str:
    return f"error {np.linalg.norm(numeric - claimed) / np.linalg.norm(claimed):.0e}"


def differences(subject: Counted, inputs: Inputs, upstream: Array) -> Check:
    """scipy.optimize.approx_fprime, which is what check_grad runs."""
    from scipy.optimize import approx_fprime

    x, value, claim = _flat(subject, inputs, upstream)
    return lambda: _told(approx_fprime(x, value), claim(x))


def scipy_differentiate(subject: Counted, inputs: Inputs, upstream: Array) -> Check:
    """scipy.differentiate.jacobian, whose function is called with many points at once."""
    from scipy.differentiate import jacobian

    x, value, claim = _flat(subject, inputs, upstream)

    def vectorized(points: Array) -> Array:
        columns = points.reshape(x.size, -1)
        return np.array([value(column) for column in columns.T]).reshape(points.shape[1:])

    return lambda: _told(jacobian(vectorized, x).df, claim(x))


def numdifftools_gradient(subject: Counted, inputs: Inputs, upstream: Array) -> Check:
    """numdifftools.Gradient."""
    import numdifftools

    x, value, claim = _flat(subject, inputs, upstream)
    return lambda: _told(numdifftools.Gradient(value)(x), claim(x))


OURS = Peer("gradcheck", ours, "gradcheck")
AT_ONCE = (
    Peer("torch, fast mode", partial(torch_gradcheck, fast=True), "torch"),
    Peer("jax", jax_check_grads, "jax"),
    Peer("autograd", autograd_check_grads, "autograd"),
)
"""Peers that project, and can be run on a million inputs."""

ENTRY_BY_ENTRY = (
    Peer("torch, slow mode", partial(torch_gradcheck, fast=False), "torch"),
    Peer("scipy approx_fprime", differences, "scipy", judges=False),
    Peer("scipy.differentiate", scipy_differentiate, "scipy", judges=False),
    Peer("numdifftools", numdifftools_gradient, "numdifftools", judges=False),
)
"""Peers that perturb every entry: a million inputs are counted, not run."""

PACKAGES = ("torch", "jax", "autograd", "numdifftools")
