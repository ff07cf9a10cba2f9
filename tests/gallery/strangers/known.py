"""What strangers do not keep, by subject and law, with the reason; all of it is run, and must fail."""

from __future__ import annotations

KNOWN: dict[str, dict[str, str]] = {
    "torch.nn.Hardsigmoid": {
        "GC101": "the slope in float64 is 1/6 in float32, 0.1666666716: wrong from the 8th digit on (torch 2.13.0)",
        "GC526": "as GC101 (torch 2.13.0)",
    },
    "torch.nn.GELU tanh": {
        "GC507": "at 1e301 the derivative is NaN: a square in it overflows, and inf times 0 remains (torch 2.13.0)"
    },
    "jax.nn.gelu": {"GC507": "at -1e301 the derivative of the default, tanh form is NaN, as torch's (jax 0.10.2)"},
    "jax.nn.squareplus": {
        "GC507": "at -1e301 the derivative is 1/2 and the value inf, not 0: the square overflows (jax 0.10.2)"
    },
    "torch.nn.init.sparse_": {
        "GC405": "which entries are 0 comes from the global generator, whatever `generator` is given (torch 2.13.0)"
    },
    "sklearn PCA whiten": {"GC312": "one example gives NaN: its sample variance is 0/0 (scikit-learn 1.9.1)"},
    "sklearn PCA covariance_eigh": {
        "GC312": "one example gives NaN: its sample covariance is 0/0 (scikit-learn 1.9.1)"
    },
    "mygrad sigmoid": {"GC506": "on the left NumPy warns of an overflow on the way to a right value (mygrad 2.5.0)"},
    "mygrad elu": {"GC506": "the exponential of positive numbers is taken too, and overflows (mygrad 2.5.0)"},
    "mygrad selu": {"GC506": "as elu (mygrad 2.5.0)"},
    "mygrad soft_sign": {
        "GC512": "a 1 becomes an array of its own dtype, and float32 float64 beside it (mygrad 2.5.0)"
    },
    "mygrad leaky_relu": {"GC512": "the slope becomes an array of float64, and the output too (mygrad 2.5.0)"},
    "mygrad hard_tanh": {"GC512": "the bounds become arrays of float64, and the output too (mygrad 2.5.0)"},
    "autograd maximum(x, 0)": {"GC512": "the gradient of a float32 input is float64 (autograd 1.9.1)"},
}


def expected(name: str) -> dict[str, str]:
    """Return the laws that a subject is known to break."""
    return KNOWN.get(name, {})


def told() -> str:
    """Return the list as Markdown."""
    lines = [f"- {name}, {code}: {reason}" for name, codes in KNOWN.items() for code, reason in codes.items()]
    return "\n".join(lines) or "None."
