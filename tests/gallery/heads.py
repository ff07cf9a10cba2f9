"""Attention with several heads, as people write it, and mistakes that hit some of the heads alone."""

from __future__ import annotations

import inspect
import linecache
import textwrap
from typing import Any, NamedTuple

import numpy as np

Array = Any


def attention_forward(q: Array, k: Array, v: Array, heads: int) -> Any:
    """Take (B, T, D), the heads side by side in D."""
    out, p = np.empty(q.shape), []
    size = q.shape[2] // heads
    for h in range(heads):
        part = slice(h * size, (h + 1) * size)
        scores = np.einsum("bid,bjd->bij", q[..., part], k[..., part]) / np.sqrt(size)
        e = np.exp(scores - scores.max(axis=2, keepdims=True))
        p.append(e / e.sum(axis=2, keepdims=True))
        out[..., part] = p[h] @ v[..., part]
    return out, (q, k, v, p, size)


def attention_backward(dout: Array, cache: Any) -> Any:
    q, k, v, p, size = cache
    dq, dk, dv = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    for h in range(len(p)):
        part = slice(h * size, (h + 1) * size)
        dv[..., part] = p[h].swapaxes(1, 2) @ dout[..., part]
        dp = dout[..., part] @ v[..., part].swapaxes(1, 2)
        ds = p[h] * (dp - (dp * p[h]).sum(axis=2, keepdims=True)) / np.sqrt(size)
        dq[..., part] = ds @ k[..., part]
        dk[..., part] = ds.swapaxes(1, 2) @ q[..., part]
    return dq, dk, dv


def split_forward(q: Array, k: Array, v: Array) -> Any:
    """Take (B, H, T, D), the heads on an axis of their own."""
    scores = np.einsum("bhid,bhjd->bhij", q, k) / np.sqrt(q.shape[3])
    e = np.exp(scores - scores.max(axis=3, keepdims=True))
    p = e / e.sum(axis=3, keepdims=True)
    return p @ v, (q, k, v, p)


def split_backward(dout: Array, cache: Any) -> Any:
    q, k, v, p = cache
    dv = p.swapaxes(2, 3) @ dout
    dp = dout @ v.swapaxes(2, 3)
    ds = p * (dp - (dp * p).sum(axis=3, keepdims=True)) / np.sqrt(q.shape[3])
    dq, dk = ds @ k, ds.swapaxes(2, 3) @ q
    return dq, dk, dv


class SelfAttention:
    """Queries, keys and values of one input, each by a matrix, and a matrix behind the heads."""

    def __init__(self, width: int, heads: int) -> None:
        rng = np.random.default_rng(5)
        self.num_heads = heads
        self.Wq, self.Wk, self.Wv, self.Wo = (rng.normal(size=(width, width)) / np.sqrt(width) for _ in range(4))

    def forward(self, x: Array) -> Array:
        self.x = x
        q, k, v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        self.mixed, self.cache = attention_forward(q, k, v, self.num_heads)
        return self.mixed @ self.Wo

    def backward(self, dout: Array) -> Array:
        self.dWo = np.einsum("bti,bto->io", self.mixed, dout)
        dq, dk, dv = attention_backward(dout @ self.Wo.T, self.cache)
        self.dWq, self.dWk, self.dWv = (np.einsum("bti,bto->io", self.x, d) for d in (dq, dk, dv))
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T


def _r(*shape: int, seed: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


HEADS = 4
SIDE_BY_SIDE = (*(_r(2, 3, 8, seed=s) for s in (1, 2, 3)), HEADS)
SPLIT = tuple(_r(2, HEADS, 3, 2, seed=s) for s in (1, 2, 3))
X = _r(2, 3, 8, seed=4)


class Slip(NamedTuple):
    """``old`` in the source of a backward was written as ``new``; of ``path`` it must be said that ``said``.

    ``never`` must not be said: where no head is wrong on its own, none is named.
    """

    layer: str
    old: str
    new: str
    path: str
    said: str
    never: str = "channel"


SLIPS = (
    Slip(
        "attention",
        "h in range(len(p))",
        "h in range(len(p) - 1)",
        "q",
        "only head 3 of 4 (indices 6 and 7 along axis 2) is wrong",
    ),
    Slip(
        "attention",
        "h in range(len(p))",
        "h in range(1, len(p))",
        "v",
        "only head 0 of 4 (indices 0 and 1 along axis 2) is wrong",
    ),
    Slip(
        "attention",
        "dq[..., part] = ds",
        "dq[..., part] = min(h, 2) * ds",
        "q",
        "only head 1 of 4 (indices 2 and 3 along axis 2) is right",
    ),
    Slip(
        "attention",
        "@ q[..., part]",
        "@ q[..., part] * (h % 2)",
        "k",
        "only heads 0 and 2 of 4 (indices 0, 1, 4 and 5 along axis 2) are wrong",
    ),
    Slip("attention", "dv[..., part] = p[h]", "dv[..., part] = p[min(h, 2)]", "v", "only head 3 of 4"),
    Slip(
        "attention",
        "ds @ k[..., part]",
        "ds @ k[..., :size]",
        "q",
        "only head 0 of 4 (indices 0 and 1 along axis 2) is right",
    ),
    Slip("split", "dq, dk = ds @ k", "dq, dk = ds[:, [0, 1, 1, 3]] @ k", "q", "only head 2 of 4 (axis 1) is wrong"),
    Slip("split", "dv = p.swap", "dv = p[:, [0, 1, 2, 2]].swap", "v", "right but for its last head of 4 (axis 1)"),
    Slip(
        "split",
        "ds.swapaxes(2, 3) @ q",
        "(ds * np.array([1, 0, 0, 1])[:, None, None]).swapaxes(2, 3) @ q",
        "k",
        "only heads 1 and 2 of 4 (axis 1) are wrong",
    ),
    Slip("split", "dv = p.swap", "dv = p[:, ::-1].swap", "v", "a slip in line 3", "head"),
    Slip(
        "split",
        "return dq, dk, dv",
        "dk[:, :, 0] = 0\n    return dq, dk, dv",
        "k",
        "its first index along axis 2",
        "head",
    ),
)
"""Queries, keys and values: each head has an output of its own."""


def source_of(layer: str, slip: Slip) -> str:
    """Return the source of a backward with a slip in it."""
    text = textwrap.dedent(inspect.getsource(globals()[f"{layer}_backward"]))
    assert slip.old in text, slip
    return text.replace(slip.old, slip.new, 1)


def pair_of(slip: Slip) -> tuple[Any, Any]:
    """Return the right forward and the wrong backward."""
    text, space = source_of(slip.layer, slip), dict(globals())
    file = f"<slip {hash(text)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    exec(compile(text, file, "exec"), space)
    return globals()[f"{slip.layer}_forward"], space[f"{slip.layer}_backward"]
