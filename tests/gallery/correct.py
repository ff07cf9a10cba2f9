"""Correct gradients, as data: subjects that no check may ever call wrong.

Each member of `PANEL` is a function, the gradient that somebody would write for it by hand, and a way to draw fresh
inputs. The panel is nasty on purpose: kinks hit exactly, scales from 1e-12 to 1e12, saturation, cancellation,
ill-conditioning. Its gradients are held against an oracle of their own in ``test_benchmarks_panel.py``.

=============  ====================================================================================================
convention     forward, backward
=============  ====================================================================================================
derivative     ``f(x)``, ``df(x)``, elementwise
grad           ``f(*inputs)`` one number, ``df(*inputs)``
vjp            ``f(*inputs)``, ``vjp(upstream, *inputs)``
pair           ``f(*inputs) -> (out, cache)``, ``backward(upstream, cache)``
layer          as vjp; the trailing inputs become the parameters of a layer object
=============  ====================================================================================================

A draw of a kinked member is *structured* one time in four: zeros, ties and integers, where kinks are. Members that
are ``held_out`` were written once and are never looked at while anything is tuned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import special

Inputs = tuple[Any, ...]
Draw = Callable[[np.random.Generator], Inputs]


@dataclass(frozen=True)
class Member:
    """One correct subject.

    ``kinked`` says that it has kinks, ``noise_floor`` that float64 rounding of its values hides its gradient, so
    that no honest check can decide it; ``parameters`` names the trailing inputs that a layer object holds.
    """

    name: str
    convention: str
    forward: Callable[..., Any]
    backward: Callable[..., Any]
    draw: Draw
    kinked: bool = False
    noise_floor: bool = False
    held_out: bool = False
    parameters: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The row of a table that this member belongs to."""
        shape = "noise floor" if self.noise_floor else "kinked" if self.kinked else "smooth"
        return f"{'held out' if self.held_out else 'tuned'}, {shape}"

    def value(self, *inputs: Any) -> Any:
        """Return the outputs alone."""
        out = self.forward(*inputs)
        return out[0] if self.convention == "pair" else out

    def pull(self, upstream: Any, *inputs: Any) -> list[Any]:
        """Return J^T upstream, one gradient per floating-point input."""
        if self.convention == "derivative":
            return [upstream * self.backward(*inputs)]
        if self.convention == "grad":
            return [np.asarray(upstream).reshape(()) * g for g in _listed(self.backward(*inputs))]
        if self.convention == "pair":
            return _listed(self.backward(upstream, self.forward(*inputs)[1]))
        return _listed(self.backward(upstream, *inputs))

    def call(self, *inputs: Any) -> tuple[Any, Inputs, dict[str, Any]]:
        """Return ``(subject, inputs, options)``, ready for ``gradcheck.check(subject, *inputs, **options)``."""
        if self.convention == "pair":
            return (self.forward, self.backward), inputs, {}
        if self.convention == "layer":
            count = len(inputs) - len(self.parameters)
            return FunctionLayer(self, inputs[count:]), inputs[:count], {}
        return self.forward, inputs, {self.convention: self.backward}


class FunctionLayer:
    """A layer object around a function: parameters W, b, ... and, after backward, their gradients dW, db, ..."""

    def __init__(self, member: Member, values: Inputs) -> None:
        self._member = member
        for name, value in zip(member.parameters, values, strict=True):
            setattr(self, name, value)

    def forward(self, *inputs: Any) -> Any:
        """Return the output; keep what backward needs."""
        self._seen = (*inputs, *(getattr(self, name) for name in self._member.parameters))
        return self._member.forward(*self._seen)

    def backward(self, upstream: Any) -> Any:
        """Return the gradients of the inputs; leave those of the parameters beside them."""
        gradients = _listed(self._member.backward(upstream, *self._seen))
        count = len(gradients) - len(self._member.parameters)
        for name, gradient in zip(self._member.parameters, gradients[count:], strict=True):
            setattr(self, f"d{name}", gradient)
        return gradients[0] if count == 1 else tuple(gradients[:count])


def _listed(gradients: Any) -> list[Any]:
    return list(gradients) if isinstance(gradients, (tuple, list)) else [gradients]


# -- draws -----------------------------------------------------------------------------------------------------------


def normal(*shape: int, scale: float = 1.0, shift: float = 0.0) -> Draw:
    """Draw one array of normal deviates."""
    return lambda rng: (shift + scale * rng.standard_normal(shape),)


def uniform(low: float, high: float, *shape: int) -> Draw:
    """Draw one array, evenly between two bounds."""
    return lambda rng: (rng.uniform(low, high, shape),)


def decades(low: float, high: float, *shape: int) -> Draw:
    """Draw one array of positive numbers, evenly in their logarithm."""
    return lambda rng: (np.exp(rng.uniform(np.log(low), np.log(high), shape)),)


def signed(draw: Draw) -> Draw:
    """Give the numbers of `draw` random signs."""
    return lambda rng: tuple(a * rng.choice([-1.0, 1.0], a.shape) for a in draw(rng))


def integers(high: int, *shape: int) -> Draw:
    """Draw one array of integers below `high`: labels or indices."""
    return lambda rng: (rng.integers(0, high, shape),)


def simplex(*shape: int) -> Draw:
    """Draw rows that sum to one."""
    return lambda rng: (rng.dirichlet(np.full(shape[-1], 2.0), shape[:-1]),)


def distinct(*shape: int, scale: float = 1.0) -> Draw:
    """Draw a shuffled row of numbers that are all well apart."""
    size = prod(shape)
    return lambda rng: (
        scale * (rng.permutation(size) - size / 2 + rng.uniform(-0.2, 0.2, size)).reshape(shape) / size,
    )


def together(*draws: Draw) -> Draw:
    """Draw several inputs."""
    return lambda rng: tuple(array for draw in draws for array in draw(rng))


def structured(draw: Draw, unit: float = 1.0) -> Draw:
    """One time in four, put zeros, ties or multiples of `unit` into what `draw` draws."""

    def drawn(rng: np.random.Generator) -> Inputs:
        inputs = draw(rng)
        if rng.random() >= 0.25:
            return inputs
        change = (_zeros, _ties, _multiples)[rng.integers(3)]
        return tuple(change(a, unit, rng) if a.dtype.kind == "f" else a for a in inputs)

    return drawn


def _zeros(a: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(a.shape) < 0.3, 0.0, a)


def _ties(a: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(a.shape) < 0.5, rng.permutation(a.ravel()).reshape(a.shape), a)


def _multiples(a: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
    return np.rint(a / unit) * unit


# -- formulas that several members share -----------------------------------------------------------------------------


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def d_sigmoid(x: Any) -> Any:
    """Its slope, without the cancellation of s (1 - s)."""
    return 1 / ((1 + np.exp(-x)) * (1 + np.exp(x)))


def d_tanh(x: Any) -> Any:
    """1 / cosh(x)^2."""
    return np.cosh(x) ** -2.0


def softplus(x: Any) -> Any:
    """log(1 + exp(x))."""
    return np.log1p(np.exp(x))


def softmax(x: Any) -> Any:
    """exp(x) / sum exp(x) along the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_vjp(u: Any, x: Any) -> Any:
    """Return s (u - <u, s>)."""
    s = softmax(x)
    return s * (u - (u * s).sum(axis=-1, keepdims=True))


def log_softmax(x: Any) -> Any:
    """Return x - logsumexp(x) along the last axis."""
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def logsumexp(x: Any) -> Any:
    """Return log sum exp(x) of all entries."""
    top = x.max()
    return top + np.log(np.exp(x - top).sum())


def cross_entropy(z: Any, labels: Any) -> Any:
    """Mean of -log softmax(z) at the labels."""
    return -log_softmax(z)[np.arange(len(labels)), labels].mean()


def cross_entropy_grad(z: Any, labels: Any) -> Any:
    """(softmax(z) - onehot) / N."""
    return (softmax(z) - np.eye(z.shape[-1])[labels]) / len(labels)


def affine(x: Any, W: Any, b: Any) -> Any:
    """Return x W + b."""
    return x @ W + b


def affine_vjp(u: Any, x: Any, W: Any, b: Any) -> list[Any]:
    """Return u W^T, x^T u, sum u."""
    return [u @ W.T, x.T @ u, u.sum(axis=0)]


# -- normalizations --------------------------------------------------------------------------------------------------


def standardized(x: Any, axis: int | tuple[int, ...], eps: float) -> tuple[Any, Any]:
    """Return (x - mean) / sqrt(var + eps), and the root."""
    centred = x - x.mean(axis=axis, keepdims=True)
    root = np.sqrt((centred**2).mean(axis=axis, keepdims=True) + eps)
    return centred / root, root


def standardized_vjp(u: Any, hat: Any, root: Any, axis: int | tuple[int, ...]) -> Any:
    """(u - mean u - x^ mean(u x^)) / root."""
    return (u - u.mean(axis=axis, keepdims=True) - hat * (u * hat).mean(axis=axis, keepdims=True)) / root


def norm_forward(axis: int) -> Callable[..., Any]:
    """Layer (axis 1) or batch (axis 0) normalization with gain and shift, and what its backward needs."""

    def forward(x: Any, gamma: Any, beta: Any) -> Any:
        hat, root = standardized(x, axis, 1e-5)
        return gamma * hat + beta, (hat, root, gamma)

    return forward


def norm_backward(axis: int) -> Callable[..., Any]:
    """Backward of `norm_forward`."""

    def backward(u: Any, cache: Any) -> list[Any]:
        hat, root, gamma = cache
        return [standardized_vjp(u * gamma, hat, root, axis), (u * hat).sum(axis=0), u.sum(axis=0)]

    return backward


def uncached(
    forward: Callable[..., Any], backward: Callable[..., Any]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Turn a pair into a function and its vjp."""
    return lambda *a: forward(*a)[0], lambda u, *a: backward(u, forward(*a)[1])


LAYER_NORM = uncached(norm_forward(1), norm_backward(1))
BATCH_NORM = uncached(norm_forward(0), norm_backward(0))


def rms_norm(x: Any, g: Any) -> Any:
    """Return g x / rms(x)."""
    return g * x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)


def rms_norm_vjp(u: Any, x: Any, g: Any) -> list[Any]:
    """With x^ = x / r: (g u - x^ mean(g u x^)) / r, and sum u x^."""
    r = np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)
    hat, v = x / r, u * g
    return [(v - hat * (v * hat).mean(axis=-1, keepdims=True)) / r, (u * hat).sum(axis=0)]


def group_norm(x: Any, gamma: Any) -> Any:
    """Normalize channels (N, C) in two groups."""
    hat, _ = standardized(x.reshape(len(x), 2, -1), 2, 1e-5)
    return hat.reshape(x.shape) * gamma


def group_norm_vjp(u: Any, x: Any, gamma: Any) -> list[Any]:
    """As a standardization of every group."""
    groups = (len(x), 2, x.shape[1] // 2)
    hat, root = standardized(x.reshape(groups), 2, 1e-5)
    dx = standardized_vjp((u * gamma).reshape(groups), hat, root, 2)
    return [dx.reshape(x.shape), (u * hat.reshape(x.shape)).sum(axis=0)]


def instance_norm(x: Any) -> Any:
    """Normalize every plane of (N, C, H, W)."""
    return standardized(x, (2, 3), 1e-5)[0]


def instance_norm_vjp(u: Any, x: Any) -> Any:
    """As a standardization of every plane."""
    return standardized_vjp(u, *standardized(x, (2, 3), 1e-5), (2, 3))


# -- layers ----------------------------------------------------------------------------------------------------------


def conv1d(x: Any, w: Any) -> Any:
    """out[o, t] = sum_ck w[o, c, k] x[c, t + k]."""
    return np.einsum("ctk,ock->ot", sliding_window_view(x, w.shape[2], axis=1), w)


def conv1d_vjp(u: Any, x: Any, w: Any) -> list[Any]:
    """Spread every output back over its window."""
    dx = np.zeros_like(x)
    for k in range(w.shape[2]):
        dx[:, k : k + u.shape[1]] += w[:, :, k].T @ u
    return [dx, np.einsum("ot,ctk->ock", u, sliding_window_view(x, w.shape[2], axis=1))]


def conv2d(x: Any, w: Any, b: Any) -> Any:
    """Correlate (C, H, W) with every kernel, and add a bias."""
    windows = sliding_window_view(x, w.shape[2:], axis=(1, 2))
    return np.einsum("chwij,ocij->ohw", windows, w) + b[:, None, None]


def conv2d_vjp(u: Any, x: Any, w: Any, b: Any) -> list[Any]:
    """Spread every output back over its window."""
    dx = np.zeros_like(x)
    _, height, width = u.shape
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            dx[:, i : i + height, j : j + width] += np.einsum("ohw,oc->chw", u, w[:, :, i, j])
    windows = sliding_window_view(x, w.shape[2:], axis=(1, 2))
    return [dx, np.einsum("ohw,chwij->ocij", u, windows), u.sum(axis=(1, 2))]


def _tiles(x: Any) -> Any:
    c, h, w = x.shape
    return x.reshape(c, h // 2, 2, w // 2, 2).swapaxes(2, 3).reshape(c, h // 2, w // 2, 4)


def maxpool(x: Any) -> Any:
    """Largest of every 2 x 2 tile of (C, H, W)."""
    return _tiles(x).max(axis=-1)


def maxpool_vjp(u: Any, x: Any) -> Any:
    """To the first of the largest."""
    tiles = _tiles(x)
    spread = np.where(np.arange(4) == tiles.argmax(axis=-1)[..., None], u[..., None], 0.0)
    c, h, w, _ = spread.shape
    return spread.reshape(c, h, w, 2, 2).swapaxes(2, 3).reshape(x.shape)


def attention(q: Any, k: Any, v: Any) -> Any:
    """softmax(Q K^T / sqrt d) V."""
    return softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def attention_vjp(u: Any, q: Any, k: Any, v: Any) -> list[Any]:
    """Back through the product, the softmax and the scores."""
    root = np.sqrt(q.shape[1])
    scores = q @ k.T / root
    ds = softmax_vjp(u @ v.T, scores) / root
    return [ds @ k, ds.T @ q, softmax(scores).T @ u]


def gather(table: Any, index: Any) -> Any:
    """Rows of a table."""
    return table[index]


def gather_vjp(u: Any, table: Any, index: Any) -> Any:
    """Sum the upstreams of every row."""
    dtable = np.zeros_like(table)
    np.add.at(dtable, index, u)
    return dtable


def gather_with_none(u: Any, table: Any, index: Any) -> list[Any]:
    """Return the same, with None for the index."""
    return [gather_vjp(u, table, index), None]


def affine_relu(x: Any, W: Any, b: Any) -> Any:
    """max(X W + b, 0), and what its backward needs."""
    z = x @ W + b
    return np.maximum(z, 0), (x, W, b, z > 0)


def affine_relu_backward(u: Any, cache: Any) -> list[Any]:
    """Through the mask, then as an affine layer."""
    x, W, b, mask = cache
    return affine_vjp(u * mask, x, W, b)


def tanh_layers(x: Any, W1: Any, W2: Any) -> Any:
    """tanh(X W1) W2, and what its backward needs."""
    hidden = np.tanh(x @ W1)
    return hidden @ W2, (x, W1, W2, hidden)


def tanh_layers_backward(u: Any, cache: Any) -> list[Any]:
    """Two matrix products and a tanh."""
    x, W1, W2, hidden = cache
    dz = (u @ W2.T) * (1 - hidden**2)
    return [dz @ W1.T, x.T @ dz, hidden.T @ u]


def lstm(x: Any, h: Any, c: Any, W: Any) -> Any:
    """One step of an LSTM: two outputs, and what its backward needs."""
    joined = np.concatenate([x, h], axis=1)
    i, f, o, g = np.split(joined @ W, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    after = f * c + i * g
    return (o * np.tanh(after), after), (joined, c, W, i, f, o, g, after, x.shape[1])


def lstm_backward(u: Any, cache: Any) -> list[Any]:
    """From both outputs back to the step's inputs and weights."""
    joined, c, W, i, f, o, g, after, width = cache
    t = np.tanh(after)
    dc = u[1] + u[0] * o * (1 - t**2)
    gates = [dc * g * i * (1 - i), dc * c * f * (1 - f), u[0] * t * o * (1 - o), dc * i * (1 - g**2)]
    dz = np.concatenate(gates, axis=1)
    back = dz @ W.T
    return [back[:, :width], back[:, width:], dc * f, joined.T @ dz]


def rnn_step(x: Any, h: Any, Wx: Any, Wh: Any) -> Any:
    """tanh(x Wx + h Wh)."""
    return np.tanh(x @ Wx + h @ Wh)


def rnn_step_vjp(u: Any, x: Any, h: Any, Wx: Any, Wh: Any) -> list[Any]:
    """Through the tanh into both products."""
    dz = u * (1 - rnn_step(x, h, Wx, Wh) ** 2)
    return [dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz]


def glu(x: Any) -> Any:
    """Return a s(b) with x = [a, b]."""
    a, b = np.split(x, 2, axis=-1)
    return a * sigmoid(b)


def glu_vjp(u: Any, x: Any) -> Any:
    """[u s(b), u a s'(b)]."""
    a, b = np.split(x, 2, axis=-1)
    return np.concatenate([u * sigmoid(b), u * a * d_sigmoid(b)], axis=-1)


def swiglu(x: Any, W: Any, V: Any) -> Any:
    """silu(x W) * (x V)."""
    z = x @ W
    return z * sigmoid(z) * (x @ V)


def swiglu_vjp(u: Any, x: Any, W: Any, V: Any) -> list[Any]:
    """Product rule, then two matrix products."""
    z, y = x @ W, x @ V
    dz, dy = u * y * (sigmoid(z) + z * d_sigmoid(z)), u * z * sigmoid(z)
    return [dz @ W.T + dy @ V.T, x.T @ dz, x.T @ dy]


def prelu(x: Any, a: Any) -> Any:
    """Return x where positive, a x elsewhere; one slope per channel."""
    return np.where(x > 0, x, a * x)


def prelu_vjp(u: Any, x: Any, a: Any) -> list[Any]:
    """Through each side, and the sum of the negative part."""
    return [u * np.where(x > 0, 1.0, a), (u * np.where(x > 0, 0.0, x)).sum(axis=0)]


def maxout(x: Any) -> Any:
    """Largest of each row of pieces."""
    return x.max(axis=-1)


def maxout_vjp(u: Any, x: Any) -> Any:
    """To the first of the largest."""
    return np.where(np.arange(x.shape[-1]) == x.argmax(axis=-1)[..., None], u[..., None], 0.0)


def relu_mlp_loss(x: Any, labels: Any, W1: Any, W2: Any) -> Any:
    """Cross-entropy of relu(X W1) W2."""
    return cross_entropy(np.maximum(x @ W1, 0) @ W2, labels)


def relu_mlp_loss_grad(x: Any, labels: Any, W1: Any, W2: Any) -> list[Any]:
    """Back through both layers."""
    z = x @ W1
    hidden = np.maximum(z, 0)
    du = cross_entropy_grad(hidden @ W2, labels)
    dz = (du @ W2.T) * (z > 0)
    return [dz @ W1.T, x.T @ dz, hidden.T @ du]


# -- linear algebra --------------------------------------------------------------------------------------------------


def ill_conditioned(size: int, condition: float) -> Draw:
    """Draw a matrix of the given condition number."""

    def draw(rng: np.random.Generator) -> Inputs:
        left, right = (np.linalg.qr(rng.standard_normal((size, size)))[0] for _ in range(2))
        return (left @ np.diag(np.geomspace(1, 1 / condition, size)) @ right,)

    return draw


def inverse_vjp(u: Any, a: Any) -> Any:
    """-A^-T U A^-T."""
    b = np.linalg.inv(a).T
    return -b @ u @ b


def solve(a: Any, b: Any) -> Any:
    """A^-1 b."""
    return np.linalg.solve(a, b)


def solve_vjp(u: Any, a: Any, b: Any) -> list[Any]:
    """With w = A^-T u: -w y^T, and w."""
    w = np.linalg.solve(a.T, u)
    return [-w @ np.linalg.solve(a, b).T, w]


def _gram(m: Any) -> Any:
    return m @ m.T + 1e-3 * np.eye(len(m))


def cholesky_logdet(m: Any) -> Any:
    """Return log det(M M^T + I / 1000), by a Cholesky factor written out."""
    s = _gram(m)
    factor = np.zeros_like(s)
    for j in range(len(s)):
        rest = s[j:, j] - factor[j:, :j] @ factor[j, :j]
        factor[j:, j] = rest / np.sqrt(rest[0])
    return 2 * np.log(np.diag(factor)).sum()


def cholesky_logdet_grad(m: Any) -> Any:
    """2 S^-1 M."""
    return 2 * np.linalg.solve(_gram(m), m)


_POWERS = np.geomspace(1, 1e8, 6)
_SIGNS = np.array([1e4, -1e4] * 6)
_ANGLES = np.outer(np.arange(8), np.arange(8)) * np.pi / 4


# -- losses ----------------------------------------------------------------------------------------------------------


def bce(z: Any, t: Any) -> Any:
    """Mean binary cross-entropy of logits."""
    return (np.log1p(np.exp(z)) - t * z).mean()


def bce_grad(z: Any, t: Any) -> list[Any]:
    """(sigmoid(z) - t) / N, and -z / N."""
    return [(sigmoid(z) - t) / z.size, -z / z.size]


def huber(p: Any, t: Any) -> Any:
    """Quadratic within 1, linear beyond."""
    r = np.abs(p - t)
    return np.where(r <= 1, r * r / 2, r - 0.5).mean()


def huber_grad(p: Any, t: Any) -> list[Any]:
    """clip(p - t, -1, 1) / N."""
    g = np.clip(p - t, -1, 1) / p.size
    return [g, -g]


def multiclass_hinge(z: Any, labels: Any) -> Any:
    """Mean of sum_j max(0, 1 + z_j - z_label)."""
    rows = np.arange(len(labels))
    margins = np.maximum(0, 1 + z - z[rows, labels][:, None])
    margins[rows, labels] = 0
    return margins.sum() / len(labels)


def multiclass_hinge_grad(z: Any, labels: Any) -> Any:
    """One per violated margin, and their count against the label."""
    rows = np.arange(len(labels))
    g = (1 + z - z[rows, labels][:, None] > 0).astype(float)
    g[rows, labels] = 0
    g[rows, labels] = -g.sum(axis=1)
    return g / len(labels)


def triplet(a: Any, p: Any, n: Any) -> Any:
    """Sum of max(0, |a - p|^2 - |a - n|^2 + 1)."""
    return np.maximum(0, ((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1) + 1).sum()


def triplet_grad(a: Any, p: Any, n: Any) -> list[Any]:
    """2 (n - p), 2 (p - a), 2 (a - n) where the margin is violated."""
    on = (((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1) + 1 > 0)[:, None]
    return [2 * (n - p) * on, 2 * (p - a) * on, 2 * (a - n) * on]


def focal(z: Any, t: Any) -> Any:
    """Mean of -(1 - p)^2 log p with p the probability of the true class."""
    m = (2 * t - 1) * z
    return (np.log1p(np.exp(-m)) * sigmoid(-m) ** 2).mean()


def focal_grad(z: Any, t: Any) -> Any:
    """(1 - p)^2 (2 p log p - (1 - p)), with the sign of the class."""
    sign = 2 * t - 1
    p, q = sigmoid(sign * z), sigmoid(-sign * z)
    return sign * q**2 * (-2 * p * np.log1p(np.exp(-sign * z)) - q) / z.size


def total_variation(x: Any) -> Any:
    """Sum of |x_{i+1} - x_i|."""
    return np.abs(np.diff(x)).sum()


def total_variation_grad(x: Any) -> Any:
    """Differences of signs."""
    return -np.diff(np.sign(np.diff(x)), prepend=0, append=0)


def median_grad(x: Any) -> Any:
    """One at the middle of an odd number of entries."""
    g = np.zeros_like(x)
    g[np.argsort(x, kind="stable")[x.size // 2]] = 1
    return g


def pinball(p: Any, t: Any) -> Any:
    """Quantile loss at 0.9."""
    r = t - p
    return np.where(r > 0, 0.9 * r, -0.1 * r).sum()


def pinball_grad(p: Any, t: Any) -> list[Any]:
    """-0.9 below the target, 0.1 above."""
    g = np.where(t - p > 0, -0.9, 0.1)
    return [g, -g]


def dice(p: Any, t: Any) -> Any:
    """1 - 2 <p, t> / (sum p + sum t)."""
    return 1 - 2 * (p * t).sum() / (p.sum() + t.sum())


def dice_grad(p: Any, t: Any) -> list[Any]:
    """Quotient rule, for both."""
    top, bottom = 2 * (p * t).sum(), p.sum() + t.sum()
    return [(top - 2 * t * bottom) / bottom**2, (top - 2 * p * bottom) / bottom**2]


def cosine(a: Any, b: Any) -> Any:
    """Cosine between two vectors."""
    return a @ b / np.sqrt((a @ a) * (b @ b))


def cosine_grad(a: Any, b: Any) -> list[Any]:
    """(b^ - c a^) / |a|, and the same the other way round."""
    la, lb, c = np.sqrt(a @ a), np.sqrt(b @ b), cosine(a, b)
    return [(b / lb - c * a / la) / la, (a / la - c * b / lb) / lb]


def info_nce(a: Any, b: Any) -> Any:
    """Cross-entropy of 5 A B^T against the diagonal."""
    return cross_entropy(5 * a @ b.T, np.arange(len(a)))


def info_nce_grad(a: Any, b: Any) -> list[Any]:
    """5 G B and 5 G^T A."""
    g = 5 * cross_entropy_grad(5 * a @ b.T, np.arange(len(a)))
    return [g @ b, g.T @ a]


def gaussian_nll(x: Any, mean: Any, log_scale: Any) -> Any:
    """Negative log-likelihood of a normal distribution, without its constant."""
    return (((x - mean) * np.exp(-log_scale)) ** 2 / 2 + log_scale).sum()


def gaussian_nll_grad(x: Any, mean: Any, log_scale: Any) -> list[Any]:
    """Residual over variance; 1 - squared residual over variance."""
    r = (x - mean) * np.exp(-2 * log_scale)
    return [r, -r, 1 - r * (x - mean)]


def kl(p: Any, z: Any) -> Any:
    """KL(p || softmax(z)), summed over rows."""
    return (p * (np.log(p) - log_softmax(z))).sum()


def kl_grad(p: Any, z: Any) -> list[Any]:
    """Return log p + 1 - log q, and q sum(p) - p."""
    return [np.log(p) + 1 - log_softmax(z), softmax(z) * p.sum(axis=-1, keepdims=True) - p]


def l2_normalize(x: Any) -> Any:
    """Return x / |x| by rows."""
    return x / np.sqrt((x * x).sum(axis=-1, keepdims=True))


def l2_normalize_vjp(u: Any, x: Any) -> Any:
    """(u - x^ <u, x^>) / |x|."""
    length = np.sqrt((x * x).sum(axis=-1, keepdims=True))
    hat = x / length
    return (u - hat * (u * hat).sum(axis=-1, keepdims=True)) / length


def norm(x: Any) -> Any:
    """Euclidean length."""
    return np.sqrt((x * x).sum())


def norm_grad(x: Any) -> Any:
    """Return x / |x|, and zero at zero."""
    length = norm(x)
    return x / length if length else np.zeros_like(x)


def rosenbrock(x: Any) -> Any:
    """Sum of 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def rosenbrock_grad(x: Any) -> Any:
    """Both terms of every pair."""
    g = np.zeros_like(x)
    r = x[1:] - x[:-1] ** 2
    g[1:] += 200 * r
    g[:-1] += -400 * x[:-1] * r - 2 * (1 - x[:-1])
    return g


def moments(x: Any) -> Any:
    """Mean and variance of the columns: two outputs."""
    mean = x.mean(axis=0)
    return mean, ((x - mean) ** 2).mean(axis=0)


def moments_vjp(u: Any, x: Any) -> Any:
    """From both outputs."""
    return (u[0] + 2 * (x - x.mean(axis=0)) * u[1]) / len(x)


def pairwise(x: Any, y: Any) -> Any:
    """All squared distances between two sets of points."""
    return ((x[:, None] - y) ** 2).sum(axis=-1)


def pairwise_vjp(u: Any, x: Any, y: Any) -> list[Any]:
    """2 sum u (x - y), and its negative."""
    d = 2 * u[..., None] * (x[:, None] - y)
    return [d.sum(axis=1), -d.sum(axis=0)]


def cumprod_vjp(u: Any, x: Any) -> Any:
    """sum_{i >= j} u_i prod_{k <= i, k != j} x_k."""
    n = x.size
    g = np.zeros_like(x)
    for j in range(n):
        others = np.where(np.arange(n) == j, 1, x)
        g[j] = (u * np.cumprod(others))[j:].sum()
    return g


def sort_vjp(u: Any, x: Any) -> Any:
    """Back to where each came from."""
    g = np.zeros_like(x)
    g[np.argsort(x, kind="stable")] = u
    return g


def mish(x: Any) -> Any:
    """Return x tanh(softplus(x))."""
    return x * np.tanh(softplus(x))


def d_mish(x: Any) -> Any:
    """Product and chain rule."""
    t = np.tanh(softplus(x))
    return t + x * (1 - t * t) * sigmoid(x)


def d_sinc(x: Any) -> Any:
    """(x cos x - sin x) / x^2."""
    return (x * np.cos(x) - np.sin(x)) / x**2


def d_gelu(x: Any) -> Any:
    """Phi(x) + x phi(x)."""
    return (1 + special.erf(x / np.sqrt(2))) / 2 + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)


def mahalanobis(x: Any, L: Any) -> Any:
    """|L x| for rows of x, squared and summed."""
    return ((x @ L.T) ** 2).sum()


def mahalanobis_grad(x: Any, L: Any) -> list[Any]:
    """2 L^T L x, and 2 L x x^T."""
    return [2 * x @ L.T @ L, 2 * L @ x.T @ x]


def top_three(x: Any) -> Any:
    """Sum of the three largest entries."""
    return np.sort(x)[-3:].sum()


def top_three_grad(x: Any) -> Any:
    """One at each of them."""
    g = np.zeros_like(x)
    g[np.argsort(x, kind="stable")[-3:]] = 1
    return g


def mean_absolute_deviation(x: Any) -> Any:
    """Mean of |x - mean x|."""
    return np.abs(x - x.mean()).mean()


def mean_absolute_deviation_grad(x: Any) -> Any:
    """Signs, less their mean."""
    signs = np.sign(x - x.mean())
    return (signs - signs.mean()) / x.size


def city_block(x: Any, y: Any) -> Any:
    """All L1 distances between two sets of points."""
    return np.abs(x[:, None] - y).sum(axis=-1)


def city_block_vjp(u: Any, x: Any, y: Any) -> list[Any]:
    """Signs of the differences, weighted."""
    d = u[..., None] * np.sign(x[:, None] - y)
    return [d.sum(axis=1), -d.sum(axis=0)]


def row_lengths(x: Any) -> Any:
    """Sum of the lengths of the rows (group lasso)."""
    return np.sqrt((x * x).sum(axis=1)).sum()


def row_lengths_grad(x: Any) -> Any:
    """Return unit rows, and zero for a row of zeros."""
    length = np.sqrt((x * x).sum(axis=1, keepdims=True))
    return x / np.where(length > 0, length, 1)


def conv_relu(x: Any, w: Any, b: Any) -> Any:
    """max(conv2d(x), 0), and what its backward needs."""
    z = conv2d(x, w, b)
    return np.maximum(z, 0), (x, w, b, z > 0)


def conv_relu_backward(u: Any, cache: Any) -> list[Any]:
    """Through the mask, then as a convolution."""
    x, w, b, mask = cache
    return conv2d_vjp(u * mask, x, w, b)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

_X = normal(7)

TUNED = (
    # elementwise, smooth
    Member("sine", "derivative", np.sin, np.cos, _X),
    Member("straight line", "derivative", lambda x: 3 * x + 1, lambda x: np.full_like(x, 3), _X),
    Member("square at 1e12", "derivative", np.square, lambda x: 2 * x, normal(5, scale=1e12)),
    Member("square at 1e-12", "derivative", np.square, lambda x: 2 * x, normal(5, scale=1e-12)),
    Member("cube at 1e-4", "derivative", lambda x: x**3, lambda x: 3 * x**2, normal(6, scale=1e-4)),
    Member("fourth power", "derivative", lambda x: x**4, lambda x: 4 * x**3, normal(6, scale=1e3)),
    Member("sine of 1000 x", "derivative", lambda x: np.sin(1000 * x), lambda x: 1000 * np.cos(1000 * x), _X),
    Member("1e-8 sine", "derivative", lambda x: 1e-8 * np.sin(x), lambda x: 1e-8 * np.cos(x), _X),
    Member(
        "sine of 1e-8 x",
        "derivative",
        lambda x: np.sin(1e-8 * x),
        lambda x: 1e-8 * np.cos(1e-8 * x),
        normal(6, scale=1e8),
    ),
    Member("exp from 5 to 40", "derivative", np.exp, np.exp, uniform(5, 40, 6)),
    Member("exp below 0", "derivative", np.exp, np.exp, uniform(-40, 0, 6)),
    Member("log over 12 decades", "derivative", np.log, lambda x: 1 / x, decades(1e-6, 1e6, 8)),
    Member("log1p near 0", "derivative", np.log1p, lambda x: 1 / (1 + x), signed(decades(1e-12, 1e-3, 6))),
    Member("sqrt near 0", "derivative", np.sqrt, lambda x: 0.5 / np.sqrt(x), decades(1e-10, 1e-2, 6)),
    Member("reciprocal", "derivative", lambda x: 1 / x, lambda x: -1 / x**2, signed(decades(1e-4, 1e4, 6))),
    Member("power 3/2", "derivative", lambda x: x**1.5, lambda x: 1.5 * np.sqrt(x), decades(1e-3, 1e3, 6)),
    Member("sigmoid", "derivative", sigmoid, d_sigmoid, normal(7, scale=2)),
    Member("sigmoid, left tail", "derivative", sigmoid, d_sigmoid, uniform(-30, -6, 6)),
    Member("tanh", "derivative", np.tanh, d_tanh, _X),
    Member("tanh near 0", "derivative", np.tanh, d_tanh, normal(6, scale=1e-9)),
    Member("softplus", "derivative", softplus, sigmoid, normal(7, scale=3)),
    Member("gelu", "derivative", lambda x: x * (1 + special.erf(x / np.sqrt(2))) / 2, d_gelu, normal(8, scale=2)),
    Member(
        "silu", "derivative", lambda x: x * sigmoid(x), lambda x: sigmoid(x) + x * d_sigmoid(x), normal(3, 4, scale=2)
    ),
    Member("bell", "derivative", lambda x: np.exp(-(x**2)), lambda x: -2 * x * np.exp(-(x**2)), normal(6)),
    Member("constant", "derivative", lambda x: np.ones_like(x), np.zeros_like, _X),
    # elementwise, at the noise floor
    Member("1e6 plus sine", "derivative", lambda x: 1e6 + np.sin(x), np.cos, _X, noise_floor=True),
    Member("sigmoid, right tail", "derivative", sigmoid, d_sigmoid, uniform(10, 30, 6), noise_floor=True),
    Member("saturated tanh", "derivative", np.tanh, d_tanh, signed(uniform(5, 15, 6)), noise_floor=True),
    # elementwise, kinked
    Member(
        "relu", "derivative", lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0, structured(normal(9)), kinked=True
    ),
    Member(
        "relu of 2000",
        "derivative",
        lambda x: np.maximum(x, 0),
        lambda x: (x > 0) * 1.0,
        structured(normal(2000)),
        kinked=True,
    ),
    Member(
        "relu at 1e-12",
        "derivative",
        lambda x: np.maximum(x, 0),
        lambda x: (x > 0) * 1.0,
        structured(normal(9, scale=1e-12), 1e-12),
        kinked=True,
    ),
    Member("abs", "derivative", np.abs, np.sign, structured(normal(9)), kinked=True),
    Member("abs at 1e12", "derivative", np.abs, np.sign, structured(normal(9, scale=1e12), 1e12), kinked=True),
    Member(
        "leaky relu",
        "derivative",
        lambda x: np.where(x > 0, x, 0.01 * x),
        lambda x: np.where(x > 0, 1.0, 0.01),
        structured(normal(3, 3)),
        kinked=True,
    ),
    Member(
        "clip",
        "derivative",
        lambda x: np.clip(x, -1, 1),
        lambda x: (np.abs(x) < 1) * 1.0,
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "selu",
        "derivative",
        lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0))),
        lambda x: SELU_SCALE * np.where(x > 0, 1.0, SELU_ALPHA * np.exp(np.minimum(x, 0))),
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "elu",
        "derivative",
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        lambda x: np.where(x > 0, 1.0, np.exp(np.minimum(x, 0))),
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "softsign",
        "derivative",
        lambda x: x / (1 + np.abs(x)),
        lambda x: (1 + np.abs(x)) ** -2.0,
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "soft threshold",
        "derivative",
        lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
        lambda x: (np.abs(x) > 0.5) * 1.0,
        structured(normal(9), 0.5),
        kinked=True,
    ),
    Member(
        "squared relu",
        "derivative",
        lambda x: np.maximum(x, 0) ** 2,
        lambda x: 2 * np.maximum(x, 0),
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "smallest of two curves",
        "derivative",
        lambda x: np.minimum(np.sin(x), 0.5 * x),
        lambda x: np.where(np.sin(x) < 0.5 * x, np.cos(x), 0.5),
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "dead zone",
        "derivative",
        lambda x: np.maximum(np.abs(x) - 0.5, 0),
        lambda x: np.sign(x) * (np.abs(x) > 0.5),
        structured(normal(9), 0.5),
        kinked=True,
    ),
    Member(
        "relu over 12 decades",
        "derivative",
        lambda x: np.maximum(x, 0),
        lambda x: (x > 0) * 1.0,
        structured(signed(decades(1e-6, 1e6, 9))),
        kinked=True,
    ),
    # scalars, smooth
    Member("sum of squares", "grad", lambda x: (x * x).sum(), lambda x: 2 * x, normal(3, 4)),
    Member("1e-7 mean square", "grad", lambda x: 1e-7 * (x * x).mean(), lambda x: 2e-7 * x / x.size, normal(8)),
    Member(
        "sum of +-1e4",
        "grad",
        lambda x: (_SIGNS * (1 + 1e-4 * np.sin(x))).sum(),
        lambda x: _SIGNS * 1e-4 * np.cos(x),
        normal(12),
    ),
    Member(
        "variance",
        "grad",
        lambda x: ((x - x.mean()) ** 2).mean(),
        lambda x: 2 * (x - x.mean()) / x.size,
        normal(8),
    ),
    Member(
        "variance at mean 1000",
        "grad",
        lambda x: ((x - x.mean()) ** 2).mean(),
        lambda x: 2 * (x - x.mean()) / x.size,
        normal(8, shift=1000),
    ),
    Member("logsumexp", "grad", logsumexp, softmax, normal(7, scale=3)),
    Member("logsumexp at 1000", "grad", logsumexp, softmax, normal(7, shift=1000)),
    Member("length", "grad", norm, norm_grad, normal(6)),
    Member("length at 1e-5", "grad", norm, norm_grad, normal(6, scale=1e-5)),
    Member("Rosenbrock", "grad", rosenbrock, rosenbrock_grad, normal(6)),
    Member(
        "quadratic form, condition 1e8",
        "grad",
        lambda x: (_POWERS * x * x).sum() / 2,
        lambda x: _POWERS * x,
        normal(6),
    ),
    Member(
        "product",
        "grad",
        np.prod,
        lambda x: np.prod(x) / x,
        signed(uniform(0.3, 2, 8)),
    ),
    Member(
        "ratio of sums",
        "grad",
        lambda x, y: x.sum() / y.sum(),
        lambda x, y: [np.full_like(x, 1 / y.sum()), np.full_like(y, -x.sum() / y.sum() ** 2)],
        together(normal(4), uniform(1, 2, 3)),
    ),
    Member("entropy", "grad", lambda p: -(p * np.log(p)).sum(), lambda p: -np.log(p) - 1, simplex(6)),
    Member(
        "cross-entropy", "grad", cross_entropy, cross_entropy_grad, together(normal(4, 5, scale=3), integers(5, 4))
    ),
    Member("binary cross-entropy", "grad", bce, bce_grad, together(normal(8, scale=3), uniform(0, 1, 8))),
    Member(
        "mean square error",
        "grad",
        lambda p, t: ((p - t) ** 2).mean(),
        lambda p, t: [2 * (p - t) / p.size, 2 * (t - p) / p.size],
        together(normal(3, 4), normal(3, 4)),
    ),
    Member("Gaussian likelihood", "grad", gaussian_nll, gaussian_nll_grad, together(_X, _X, normal(7, scale=2))),
    Member("cosine", "grad", cosine, cosine_grad, together(normal(6), normal(6, scale=1e-6))),
    Member("1e12 sum of tanh", "grad", lambda x: 1e12 * np.tanh(x).sum(), lambda x: 1e12 * d_tanh(x), normal(6)),
    # scalars, kinked
    Member("L1", "grad", lambda x: np.abs(x).sum(), np.sign, structured(normal(8)), kinked=True),
    Member(
        "largest entry",
        "grad",
        np.max,
        lambda x: (np.arange(x.size) == x.argmax()) * 1.0,
        structured(normal(7)),
        kinked=True,
    ),
    Member(
        "largest size",
        "grad",
        lambda x: np.abs(x).max(),
        lambda x: (np.arange(x.size) == np.abs(x).argmax()) * np.sign(x),
        structured(normal(7)),
        kinked=True,
    ),
    Member(
        "elastic net",
        "grad",
        lambda x: np.abs(x).sum() + (x * x).sum(),
        lambda x: np.sign(x) + 2 * x,
        structured(normal(8)),
        kinked=True,
    ),
    Member(
        "L1 plus sine",
        "grad",
        lambda x, t: (np.abs(x - t) + np.sin(x)).sum(),
        lambda x, t: [np.sign(x - t) + np.cos(x), np.sign(t - x)],
        structured(together(normal(6), normal(6))),
        kinked=True,
    ),
    Member(
        "hinge",
        "grad",
        multiclass_hinge,
        multiclass_hinge_grad,
        structured(together(normal(4, 5), integers(5, 4))),
        kinked=True,
    ),
    Member("Huber", "grad", huber, huber_grad, structured(together(normal(8), normal(8))), kinked=True),
    Member("length, also at 0", "grad", norm, norm_grad, structured(normal(3), 3.0), kinked=True),
    Member(
        "range",
        "grad",
        np.ptp,
        lambda x: (np.arange(x.size) == x.argmax()) * 1.0 - (np.arange(x.size) == x.argmin()),
        structured(normal(7)),
        kinked=True,
    ),
    Member("three largest", "grad", top_three, top_three_grad, structured(normal(8)), kinked=True),
    Member(
        "mean absolute error",
        "grad",
        lambda p, t: np.abs(p - t).mean(),
        lambda p, t: [np.sign(p - t) / p.size, np.sign(t - p) / p.size],
        structured(together(normal(3, 3), normal(3, 3))),
        kinked=True,
    ),
    Member(
        "mean absolute deviation",
        "grad",
        mean_absolute_deviation,
        mean_absolute_deviation_grad,
        structured(normal(7)),
        kinked=True,
    ),
    Member("group lasso", "grad", row_lengths, row_lengths_grad, structured(normal(4, 2)), kinked=True),
    Member(
        "1e-9 L1 at 1e6",
        "grad",
        lambda x: 1e-9 * np.abs(x).sum(),
        lambda x: 1e-9 * np.sign(x),
        structured(normal(7, scale=1e6), 1e6),
        kinked=True,
    ),
    # any shape, smooth
    Member("softmax", "vjp", softmax, softmax_vjp, normal(3, 5)),
    Member("saturated softmax", "vjp", softmax, softmax_vjp, normal(3, 5, scale=10)),
    Member(
        "log softmax",
        "vjp",
        log_softmax,
        lambda u, x: u - softmax(x) * u.sum(axis=-1, keepdims=True),
        normal(3, 5, scale=3),
    ),
    Member("unit rows", "vjp", l2_normalize, l2_normalize_vjp, normal(4, 3)),
    Member("unit rows at 1e-5", "vjp", l2_normalize, l2_normalize_vjp, normal(4, 3, scale=1e-5)),
    Member("layer norm", "vjp", *LAYER_NORM, together(normal(4, 6), normal(6, shift=1), normal(6))),
    Member("RMS norm", "vjp", rms_norm, rms_norm_vjp, together(normal(4, 6), normal(6, shift=1))),
    Member(
        "matrix product, 1e6 by 1e-6",
        "vjp",
        lambda a, b: a @ b,
        lambda u, a, b: [u @ b.T, a.T @ u],
        together(normal(3, 4, scale=1e6), normal(4, 5, scale=1e-6)),
    ),
    Member("conv1d", "vjp", conv1d, conv1d_vjp, together(normal(2, 9), normal(3, 2, 3))),
    Member("conv2d", "vjp", conv2d, conv2d_vjp, together(normal(2, 6, 5), normal(3, 2, 3, 2), normal(3))),
    Member("attention", "vjp", attention, attention_vjp, together(normal(3, 4), normal(5, 4), normal(5, 2))),
    Member("inverse", "vjp", np.linalg.inv, inverse_vjp, ill_conditioned(4, 1e3)),
    Member("inverse, condition 1e6", "vjp", np.linalg.inv, inverse_vjp, ill_conditioned(4, 1e6)),
    Member("solve", "vjp", solve, solve_vjp, together(ill_conditioned(4, 1e3), normal(4, 2))),
    Member("gather", "vjp", gather, gather_vjp, together(normal(6, 3), integers(6, 5))),
    Member("gather, None for the index", "vjp", gather, gather_with_none, together(normal(6, 3), integers(6, 5))),
    Member(
        "cumulative sum",
        "vjp",
        np.cumsum,
        lambda u, x: u[::-1].cumsum()[::-1],
        normal(9),
    ),
    Member("mean and variance", "vjp", moments, moments_vjp, normal(6, 3)),
    Member("squared distances", "vjp", pairwise, pairwise_vjp, together(normal(4, 3), normal(5, 3))),
    Member(
        "broadcast product",
        "vjp",
        lambda a, b: a[:, None] * b,
        lambda u, a, b: [u @ b, u.T @ a],
        together(normal(4), normal(5)),
    ),
    Member(
        "masked product",
        "vjp",
        lambda x, mask: x * mask * 2,
        lambda u, x, mask: u * mask * 2,
        together(normal(4, 4), integers(2, 4, 4)),
    ),
    # any shape, kinked
    Member("max pool", "vjp", maxpool, maxpool_vjp, structured(normal(2, 4, 6)), kinked=True),
    Member(
        "max along rows",
        "vjp",
        maxout,
        maxout_vjp,
        structured(normal(5, 4)),
        kinked=True,
    ),
    Member(
        "larger of two",
        "vjp",
        np.maximum,
        lambda u, a, b: [u * (a >= b), u * (a < b)],
        structured(together(normal(8), normal(8))),
        kinked=True,
    ),
    Member(
        "L1 distances",
        "vjp",
        city_block,
        city_block_vjp,
        structured(together(normal(3, 2), normal(4, 2))),
        kinked=True,
    ),
    # pairs with a cache
    Member(
        "batch norm", "pair", norm_forward(0), norm_backward(0), together(normal(8, 3), normal(3, shift=1), normal(3))
    ),
    Member(
        "batch norm, mean 100 std",
        "pair",
        norm_forward(0),
        norm_backward(0),
        together(normal(8, 3, shift=100), normal(3, shift=1), normal(3)),
    ),
    Member(
        "batch norm of 1200",
        "pair",
        norm_forward(0),
        norm_backward(0),
        together(normal(40, 30), normal(30, shift=1), normal(30)),
    ),
    Member(
        "affine relu",
        "pair",
        affine_relu,
        affine_relu_backward,
        structured(together(normal(4, 3), normal(3, 5), normal(5))),
        kinked=True,
    ),
    Member(
        "affine relu of 1500",
        "pair",
        affine_relu,
        affine_relu_backward,
        structured(together(normal(20, 30), normal(30, 30), normal(30))),
        kinked=True,
    ),
    Member(
        "convolution and relu",
        "pair",
        conv_relu,
        conv_relu_backward,
        structured(together(normal(2, 5, 5), normal(3, 2, 2, 2), normal(3))),
        kinked=True,
    ),
    Member(
        "two tanh layers",
        "pair",
        tanh_layers,
        tanh_layers_backward,
        together(normal(4, 3), normal(3, 5), normal(5, 2)),
    ),
    Member(
        "LSTM step",
        "pair",
        lstm,
        lstm_backward,
        together(normal(2, 3), normal(2, 2), normal(2, 2), normal(5, 8)),
    ),
    # layer objects
    Member(
        "affine layer",
        "layer",
        affine,
        affine_vjp,
        together(normal(4, 3), normal(3, 5), normal(5)),
        parameters=("W", "b"),
    ),
    Member(
        "affine layer of 1100",
        "layer",
        affine,
        affine_vjp,
        together(normal(3, 32), normal(32, 32), normal(32)),
        parameters=("W", "b"),
    ),
    Member(
        "layer norm layer",
        "layer",
        *LAYER_NORM,
        together(normal(4, 6, scale=100), normal(6, shift=1), normal(6)),
        parameters=("gamma", "beta"),
    ),
    Member(
        "prelu layer",
        "layer",
        prelu,
        prelu_vjp,
        structured(together(normal(5, 4), uniform(0.1, 0.4, 4))),
        kinked=True,
        parameters=("a",),
    ),
    Member(
        "embedding layer",
        "layer",
        lambda index, W: W[index],
        lambda u, index, W: [None, gather_vjp(u, W, index)],
        together(integers(6, 5), normal(6, 3)),
        parameters=("W",),
    ),
    # formulas whose cancellation moves in stairs
    Member(
        "log(1 + x) near 0",
        "derivative",
        lambda x: np.log(1 + x),
        lambda x: 1 / (1 + x),
        decades(1e-15, 1e-3, 6),
        noise_floor=True,
    ),
    Member(
        "exp(x) - 1 near 0", "derivative", lambda x: np.exp(x) - 1, np.exp, decades(1e-15, 1e-2, 6), noise_floor=True
    ),
    Member(
        "1 - cos(x) near 0",
        "vjp",
        lambda x: 1 - np.cos(x),
        lambda u, x: u * np.sin(x),
        decades(1e-8, 0.3, 6),
        noise_floor=True,
    ),
    Member(
        "sqrt(1 + x) - 1 near 0",
        "vjp",
        lambda x: np.sqrt(1 + x) - 1,
        lambda u, x: u * 0.5 / np.sqrt(1 + x),
        decades(1e-15, 1e-2, 6),
        noise_floor=True,
    ),
    Member(
        "softplus, left tail",
        "derivative",
        lambda x: np.log(1 + np.exp(x)),
        sigmoid,
        uniform(-36, 0, 6),
        noise_floor=True,
    ),
    Member(
        "gelu, left tail",
        "derivative",
        lambda x: x * (1 + special.erf(x / np.sqrt(2))) / 2,
        d_gelu,
        uniform(-7, -2, 6),
        noise_floor=True,
    ),
    Member(
        "silu, left tail",
        "vjp",
        lambda x: x * (1 - 1 / (1 + np.exp(x))),
        lambda u, x: u * (sigmoid(x) + x * d_sigmoid(x)),
        uniform(-34, 1, 6),
        noise_floor=True,
    ),
    Member(
        "1 - sigmoid",
        "derivative",
        lambda x: 1 - sigmoid(x),
        lambda x: -d_sigmoid(x),
        uniform(5, 34, 6),
        noise_floor=True,
    ),
    Member(
        "x times (x + 1e8 - 1e8)",
        "derivative",
        lambda x: x * ((x + 1e8) - 1e8),
        lambda x: 2 * x,
        _X,
        noise_floor=True,
    ),
    Member("sum of (x + 1e8 - 1e8)", "grad", lambda x: ((x + 1e8) - 1e8).sum(), np.ones_like, _X, noise_floor=True),
    Member(
        "float32 inside",
        "derivative",
        lambda x: np.sin(x.astype(np.float32)).astype(float),
        np.cos,
        _X,
        noise_floor=True,
    ),
)


def _held_out(*arguments: Any, **traits: Any) -> Member:
    return Member(*arguments, held_out=True, **traits)


HELD_OUT = (
    _held_out("mish", "derivative", mish, d_mish, normal(8, scale=2)),
    _held_out("sinc", "derivative", lambda x: np.sin(x) / x, d_sinc, signed(uniform(0.5, 10, 7))),
    _held_out("log cosh", "derivative", lambda x: np.log(np.cosh(x)), np.tanh, normal(7, scale=2)),
    _held_out("arctan", "derivative", np.arctan, lambda x: 1 / (1 + x * x), normal(7, scale=3)),
    _held_out(
        "complementary error function",
        "derivative",
        special.erfc,
        lambda x: -2 / np.sqrt(np.pi) * np.exp(-x * x),
        uniform(-1, 4, 7),
    ),
    _held_out("log gamma", "derivative", special.loggamma, special.digamma, uniform(0.2, 20, 7)),
    _held_out(
        "relu6",
        "derivative",
        lambda x: np.clip(x, 0, 6),
        lambda x: ((x > 0) & (x < 6)) * 1.0,
        structured(normal(9, scale=4)),
        kinked=True,
    ),
    _held_out(
        "hard sigmoid",
        "derivative",
        lambda x: np.clip(x / 6 + 0.5, 0, 1),
        lambda x: (np.abs(x) < 3) / 6,
        structured(normal(9, scale=3)),
        kinked=True,
    ),
    _held_out(
        "hard swish",
        "derivative",
        lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
        lambda x: np.where(x <= -3, 0.0, np.where(x >= 3, 1.0, x / 3 + 0.5)),
        structured(normal(9, scale=3)),
        kinked=True,
    ),
    _held_out(
        "tent",
        "derivative",
        lambda x: np.maximum(1 - np.abs(x), 0),
        lambda x: -np.sign(x) * (np.abs(x) < 1),
        structured(normal(9)),
        kinked=True,
    ),
    _held_out(
        "distance to the nearest integer",
        "derivative",
        lambda x: np.abs(x - np.rint(x)),
        lambda x: np.sign(x - np.rint(x)),
        structured(normal(9), 0.5),
        kinked=True,
    ),
    _held_out("1e9 plus exp", "derivative", lambda x: 1e9 + np.exp(x), np.exp, _X, noise_floor=True),
    _held_out("KL divergence", "grad", kl, kl_grad, together(simplex(3, 4), normal(3, 4, scale=2))),
    _held_out("focal loss", "grad", focal, focal_grad, together(normal(8, scale=2), integers(2, 8))),
    _held_out("dice loss", "grad", dice, dice_grad, together(uniform(0, 1, 9), uniform(0, 1, 9))),
    _held_out("contrastive loss", "grad", info_nce, info_nce_grad, together(normal(4, 3), normal(4, 3))),
    _held_out("Cholesky log-determinant", "grad", cholesky_logdet, cholesky_logdet_grad, normal(4, 4)),
    _held_out("Mahalanobis", "grad", mahalanobis, mahalanobis_grad, together(normal(4, 3), normal(3, 3, scale=100))),
    _held_out(
        "Poisson likelihood",
        "grad",
        lambda z, t: (np.exp(z) - t * z).sum(),
        lambda z, t: np.exp(z) - t,
        together(normal(7, scale=2), integers(9, 7)),
    ),
    _held_out(
        "triplet loss",
        "grad",
        triplet,
        triplet_grad,
        structured(together(normal(5, 3), normal(5, 3), normal(5, 3))),
        kinked=True,
    ),
    _held_out("total variation", "grad", total_variation, total_variation_grad, structured(normal(9)), kinked=True),
    _held_out("median", "grad", np.median, median_grad, structured(normal(9)), kinked=True),
    _held_out(
        "quantile loss", "grad", pinball, pinball_grad, structured(together(normal(8), normal(8))), kinked=True
    ),
    _held_out(
        "relu network with cross-entropy",
        "grad",
        relu_mlp_loss,
        relu_mlp_loss_grad,
        together(normal(4, 3), integers(3, 4), normal(3, 6), normal(6, 3)),
        kinked=True,
    ),
    _held_out("GLU", "vjp", glu, glu_vjp, normal(3, 8)),
    _held_out("SwiGLU", "vjp", swiglu, swiglu_vjp, together(normal(3, 4), normal(4, 5), normal(4, 5))),
    _held_out("group norm", "vjp", group_norm, group_norm_vjp, together(normal(4, 6), normal(6, shift=1))),
    _held_out("instance norm", "vjp", instance_norm, instance_norm_vjp, normal(2, 2, 3, 3, scale=5, shift=20)),
    _held_out(
        "softmax at temperature 0.05",
        "vjp",
        lambda x: softmax(20 * x),
        lambda u, x: 20 * softmax_vjp(u, 20 * x),
        normal(3, 5),
    ),
    _held_out(
        "cosine transform",
        "vjp",
        lambda x: np.cos(_ANGLES) @ x,
        lambda u, x: np.cos(_ANGLES).T @ u,
        normal(8),
    ),
    _held_out("cumulative product", "vjp", np.cumprod, cumprod_vjp, signed(uniform(0.3, 2, 7))),
    _held_out("sort", "vjp", np.sort, sort_vjp, structured(distinct(9)), kinked=True),
    _held_out("maxout of 1200", "vjp", maxout, maxout_vjp, structured(normal(300, 4)), kinked=True),
    _held_out(
        "hinge per row",
        "vjp",
        lambda s, y: np.maximum(0, 1 - s * (2 * y - 1)),
        lambda u, s, y: -u * (2 * y - 1) * (1 - s * (2 * y - 1) > 0),
        structured(together(normal(9), integers(2, 9))),
        kinked=True,
    ),
    _held_out(
        "recurrent layer",
        "layer",
        rnn_step,
        rnn_step_vjp,
        together(normal(3, 4), normal(3, 5), normal(4, 5), normal(5, 5)),
        parameters=("Wx", "Wh"),
    ),
    _held_out(
        "batch norm layer",
        "layer",
        *BATCH_NORM,
        together(normal(10, 4, scale=1e-3), normal(4, shift=1), normal(4)),
        parameters=("gamma", "beta"),
    ),
    _held_out(
        "convolution layer",
        "layer",
        conv2d,
        conv2d_vjp,
        together(normal(3, 5, 5), normal(2, 3, 3, 3), normal(2)),
        parameters=("W", "b"),
    ),
)

PANEL = TUNED + HELD_OUT
"""Every member; names are unique."""
