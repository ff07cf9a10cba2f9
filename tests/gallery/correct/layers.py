"""Layers without kinks: affine, convolution, attention, recurrence, gates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .draws import integers, normal, together
from .member import Member
from .shared import (
    affine_vjp,
    conv2d,
    conv2d_vjp,
    d_sigmoid,
    gather_vjp,
    sigmoid,
    softmax,
    softmax_vjp,
)


def affine(x: Any, W: Any, b: Any) -> Any:
    """Return x W + b."""
    return x @ W + b


def conv1d(x: Any, w: Any) -> Any:
    """out[o, t] = sum_ck w[o, c, k] x[c, t + k]."""
    return np.einsum("ctk,ock->ot", sliding_window_view(x, w.shape[2], axis=1), w)


def conv1d_vjp(u: Any, x: Any, w: Any) -> list[Any]:
    """Spread every output back over its window."""
    dx = np.zeros_like(x)
    for k in range(w.shape[2]):
        dx[:, k : k + u.shape[1]] += w[:, :, k].T @ u
    return [dx, np.einsum("ot,ctk->ock", u, sliding_window_view(x, w.shape[2], axis=1))]


def attention(q: Any, k: Any, v: Any) -> Any:
    """softmax(Q K^T / sqrt d) V."""
    return softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def attention_vjp(u: Any, q: Any, k: Any, v: Any) -> list[Any]:
    """Back through the product, the softmax and the scores."""
    root = np.sqrt(q.shape[1])
    scores = q @ k.T / root
    ds = softmax_vjp(u @ v.T, scores) / root
    return [ds @ k, ds.T @ q, softmax(scores).T @ u]


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


MEMBERS = (
    Member("conv1d", "vjp", conv1d, conv1d_vjp, together(normal(2, 9), normal(3, 2, 3))),
    Member("conv2d", "vjp", conv2d, conv2d_vjp, together(normal(2, 6, 5), normal(3, 2, 3, 2), normal(3))),
    Member("attention", "vjp", attention, attention_vjp, together(normal(3, 4), normal(5, 4), normal(5, 2))),
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
        "embedding layer",
        "layer",
        lambda index, W: W[index],
        lambda u, index, W: [None, gather_vjp(u, W, index)],
        together(integers(6, 5), normal(6, 3)),
        parameters=("W",),
    ),
    Member("GLU", "vjp", glu, glu_vjp, normal(3, 8), held_out=True),
    Member("SwiGLU", "vjp", swiglu, swiglu_vjp, together(normal(3, 4), normal(4, 5), normal(4, 5)), held_out=True),
    Member(
        "recurrent layer",
        "layer",
        rnn_step,
        rnn_step_vjp,
        together(normal(3, 4), normal(3, 5), normal(4, 5), normal(5, 5)),
        parameters=("Wx", "Wh"),
        held_out=True,
    ),
    Member(
        "convolution layer",
        "layer",
        conv2d,
        conv2d_vjp,
        together(normal(3, 5, 5), normal(2, 3, 3, 3), normal(2)),
        parameters=("W", "b"),
        held_out=True,
    ),
)
