"""Mistakes that show without any derivative; each has a code of its own."""

from __future__ import annotations

from ._cause import Cause

CAUSES = (
    Cause(
        "accumulates",
        "the gradient grows with every call",
        "assign instead of +=, or clear the gradient first",
        "right: dw = x.T @ u        computed: dw += x.T @ u",
        "Gradients are added up for several losses, and never cleared.",
        "GC107: the second call gives twice the first.",
    ),
    Cause(
        "stale-cache",
        "the backward uses what an earlier forward left behind",
        "save what the backward needs in every forward",
        "right: cache of this call        computed: cache of another",
        "if self.mask is None: self.mask = ..., or a cache shared by two layers.",
        "GC106: right on a fresh object, wrong after other inputs.",
    ),
    Cause(
        "in-place",
        "a call writes into what belongs to the caller",
        "work on a copy: x = x * a instead of x *= a",
        "right: new arrays        computed: the caller's arrays, changed",
        "dout *= mask saves an allocation and spoils the upstream of every other branch.",
        "GC105: inputs or upstream hold other values afterwards.",
    ),
    Cause(
        "random-backward",
        "the backward draws random numbers of its own",
        "save the forward's mask and use it again",
        "right: u * mask        computed: u * another mask",
        "Dropout draws its mask twice.",
        "GC111: every call gives another gradient.",
    ),
    Cause(
        "wrong-shape",
        "the gradient has another shape than what it is the gradient of",
        "return one gradient per input, of its shape",
        "right: dx of the shape of x",
        "A transpose, a keepdims or a reshape is missing.",
        "GC104.",
    ),
    Cause(
        "strides",
        "the backward reads the upstream's memory as if it were contiguous",
        "respect the strides of the upstream, or copy it first",
        "right: u[i, j]        computed: memory[i * n + j]",
        "dout.data, np.frombuffer or a C extension.",
        "GC116: a strided view gives another gradient than its copy.",
    ),
)

BY_CODE = {
    "GC104": "wrong-shape",
    "GC105": "in-place",
    "GC106": "stale-cache",
    "GC107": "accumulates",
    "GC108": "nonlinear-upstream",
    "GC109": "without-upstream",
    "GC111": "random-backward",
    "GC112": "low-precision",
    "GC115": "not-summed-back",
    "GC116": "strides",
}
"""The cause that a code of the examination names all by itself."""
