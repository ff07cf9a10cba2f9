"""Layers to put mistakes into: declared, and with a helper, a closure and a derivative beside a function."""

from __future__ import annotations

import numpy as np

import gradcheck


def affine_forward(x, w):
    return _product(x, w), (x, w)


def affine_backward(dout, cache):
    x, w = cache
    if dout.ndim != 2:
        raise ValueError("dout must be a matrix")
    # both of them
    return _product(dout, w.T), _product_of_transposed(x, dout)


def _product(a, b):
    return a @ b


def _product_of_transposed(a, b):
    return a.T @ b


def square(x):
    return x * x


def square_grad(x):
    return 2 * x


class Scale:
    def __init__(self):
        self.gamma, self.dgamma = np.ones(3), np.zeros(3)

    def forward(self, x):
        self.x = x
        return self.gamma * x

    def backward(self, dout):
        self.dgamma = (dout * self.x).sum(axis=0)
        return dout * self.gamma


X = np.arange(6.0).reshape(2, 3) - 1.3
SUBJECTS = [
    gradcheck.subject((affine_forward, affine_backward), X, np.array([[1.0, -2.0], [0.5, 0.1], [2.0, 1.0]])),
    gradcheck.subject(Scale(), X),
    gradcheck.subject(square, kind="activation"),
]
