# ruff: noqa: D401 - each docstring is the mistake itself, in the words of whoever finds it
"""Complex numbers: conjugates forgotten, parts dropped, functions without a derivative, and right ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from .planted import Call, Shelf, Sound

SHELF = Shelf()
IMAG, REAL = "inputs['z'].imag", "inputs['z'].real"
_COUNT = 8
_FOURIER = np.exp(-2j * np.pi * np.outer(np.arange(_COUNT // 2 + 1), np.arange(_COUNT)) / _COUNT)


def _points(*shape: int) -> np.ndarray:
    rng = np.random.default_rng(17)
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def _energy(z: np.ndarray) -> Any:
    return np.sum(np.abs(z) ** 2) + np.sum(z.real**3)


def _energy_grad(z: np.ndarray) -> np.ndarray:
    return 2 * z + 3 * z.real**2


def _energy_with(grad: Any, **options: Any) -> Call:
    return _energy, (_points(5),), {"grad": grad, **options}


def _product_with(vjp: Any, **options: Any) -> Call:
    return (lambda z, w: z @ w), (_points(3, 4), _points(4, 2)), {"vjp": vjp, **options}


def _rfft_with(vjp: Any) -> Call:
    return (lambda x: _FOURIER @ x), (_points(_COUNT).real.copy(),), {"vjp": vjp}


def _root(z: np.ndarray) -> np.ndarray:
    return np.exp(z) / (2 + z)


def _root_slope(z: np.ndarray) -> np.ndarray:
    return np.exp(z) * (1 + z) / (2 + z) ** 2


# -- mistakes --------------------------------------------------------------------------------------------------------


@SHELF.add("GC101", IMAG)
def complex_gradient_conjugated() -> Call:
    """The convention of JAX."""
    return _energy_with(lambda z: np.conj(_energy_grad(z)))


@SHELF.add("GC101", IMAG)
def complex_gradient_without_imaginary_part() -> Call:
    """The gradient is cast to real numbers."""
    return _energy_with(lambda z: _energy_grad(z).real)


@SHELF.add("GC101", IMAG, (2,))
def complex_gradient_wrong_in_one_part_of_one_entry() -> Call:
    """One imaginary part of five is off by a thousandth."""
    return _energy_with(lambda z: _energy_grad(z) + 1e-3j * (np.arange(5) == 2))


@SHELF.add("GC101", REAL)
def complex_gradient_halved() -> Call:
    """Wirtinger's derivative, which is half the gradient."""
    return _energy_with(lambda z: _energy_grad(z) / 2)


@SHELF.add("GC101", "inputs['w'].real")
def adjoint_without_conjugate() -> Call:
    """A transpose in place of the conjugate transpose."""
    return _product_with(lambda u, z, w: (u @ w.conj().T, z.T @ u))


@SHELF.add("GC101", REAL)
def holomorphic_slope_times_a_phase() -> Call:
    """Off by a rotation of a hundred-thousandth."""
    return _root, (_points(4),), {"derivative": lambda z: _root_slope(z) * (1 + 1e-5j)}


@SHELF.add("GC101", IMAG)
def derivative_of_a_conjugate() -> Call:
    """conj(z) has no derivative."""
    return (lambda z: np.conj(z)), (_points(4),), {"derivative": np.ones_like}


@SHELF.add("GC101")
def upstream_of_a_transform_conjugated() -> Call:
    """A Fourier transform of real numbers, pulled back with the wrong sign of i."""
    return _rfft_with(lambda u, x: (_FOURIER.T @ u).real)


@SHELF.add("GC104")
def real_part_never_taken() -> Call:
    """A real signal gets a complex gradient."""
    return _rfft_with(lambda u, x: _FOURIER.conj().T @ u)


@SHELF.add("GC108", REAL, also=("GC101",))
def real_part_of_the_upstream_without_sign() -> Call:
    """Half of the upstream is rectified."""

    def vjp(u: np.ndarray, z: np.ndarray) -> np.ndarray:
        return 2 * np.abs(u.real) + 2j * u.imag

    return (lambda z: 2 * z), (_points(4),), {"vjp": vjp}


@SHELF.add("GC101", "inputs['w'].imag", also=("GC113",))
def complex_jvp_conjugates_a_tangent() -> Call:
    """One tangent of two is conjugated on its way."""
    return _product_with(
        lambda u, z, w: (u @ w.conj().T, z.conj().T @ u), jvp=lambda t, z, w: t[0] @ w + z @ t[1].conj()
    )


@SHELF.add("GC103", IMAG)
def complex_hessian_without_conjugate() -> Call:
    """The second derivative of |z|^4 has z v in place of conj(z) v."""
    hvp = lambda v, z: 8 * z * (z * v).real + 4 * np.abs(z) ** 2 * v  # noqa: E731
    pair = (lambda z: 4 * np.abs(z) ** 2 * z), hvp
    return (lambda z: np.sum(np.abs(z) ** 4)), (_points(4),), {"grad": pair, "order": 2}


# -- right ones ------------------------------------------------------------------------------------------------------


def _product_in_both_modes() -> Call:
    return _product_with(lambda u, z, w: (u @ w.conj().T, z.conj().T @ u), jvp=lambda t, z, w: t[0] @ w + z @ t[1])


def _modulus() -> Call:
    return np.abs, (_points(5),), {"vjp": lambda u, z: u * z / np.abs(z)}


def _modulus_at_zero() -> Call:
    z = np.array([1 + 1j, 0j, -2 + 0j])
    return (lambda z: np.abs(z)), (z,), {"vjp": lambda u, z: u * z / np.where(z == 0, 1, np.abs(z))}


def _on_the_circle() -> Call:
    return (lambda x: np.exp(1j * x)), (_points(5).real.copy(),), {"derivative": lambda x: 1j * np.exp(1j * x)}


def _powers_at(scale: float) -> Call:
    return (lambda z: z**3), (scale * _points(4),), {"derivative": lambda z: 3 * z**2}


def _real_numbers_in_complex_arrays() -> Call:
    return (lambda z: z**3 + 1j * z), (1e-6 * _points(4).real + 0j,), {"derivative": lambda z: 3 * z**2 + 1j}


def _quartic() -> Call:
    pair = (
        (lambda z: 4 * np.abs(z) ** 2 * z),
        (lambda v, z: 8 * z * (z.conj() * v).real + 4 * np.abs(z) ** 2 * v),
    )
    return (lambda z: np.sum(np.abs(z) ** 4)), (_points(4),), {"grad": pair, "order": 2}


def _layer() -> Call:
    class Rotation:
        def __init__(self) -> None:
            self.W, self.dW = _points(3, 3), np.zeros((3, 3), complex)

        def forward(self, z: np.ndarray) -> np.ndarray:
            self.z = z
            return z @ self.W

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dW = self.z.conj().T @ dout
            return dout @ self.W.conj().T

    return Rotation(), (_points(2, 3),), {}


SOUND: tuple[Sound, ...] = (
    Sound("|z|^2 with its complex gradient", lambda: _energy_with(_energy_grad)),
    Sound("|z|^2 at order two", lambda: _energy_with(_energy_grad, order=2)),
    Sound("complex product in both modes", _product_in_both_modes),
    Sound("modulus", _modulus),
    Sound("modulus at zero", _modulus_at_zero, "GC901"),
    Sound("exp(i x) of real x", _on_the_circle),
    Sound("holomorphic quotient", lambda: (_root, (_points(4),), {"derivative": _root_slope})),
    Sound("holomorphic, single precision", lambda: (_root, (_points(4).astype("c8"),), {"derivative": _root_slope})),
    Sound("z^3 at 1e6", lambda: _powers_at(1e6)),
    Sound("z^3 at 1e-6", lambda: _powers_at(1e-6)),
    Sound("real numbers in complex arrays", _real_numbers_in_complex_arrays),
    Sound("Fourier transform of real numbers", lambda: _rfft_with(lambda u, x: (_FOURIER.conj().T @ u).real)),
    Sound(
        "its gradient with a zero imaginary part", lambda: _rfft_with(lambda u, x: (_FOURIER.conj().T @ u).real + 0j)
    ),
    Sound("complex Hessian", _quartic),
    Sound("complex layer", _layer),
)
