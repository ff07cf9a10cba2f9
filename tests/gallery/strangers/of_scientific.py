"""scikit-learn's scalers and PCA, SciPy's special functions, autograd's functions."""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp
import autograd.scipy.signal
import autograd.scipy.special
import numpy as np
import scipy
import sklearn
from scipy import special
from sklearn.decomposition import PCA
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, RobustScaler, StandardScaler

import gradcheck

VERSIONS = {
    "scikit-learn": sklearn.__version__,
    "SciPy": scipy.__version__,
    "autograd": getattr(autograd, "__version__", "1.9.1"),
}

ROOT_PI = np.sqrt(np.pi)


def preprocessors() -> list[Any]:
    steps = {
        "StandardScaler": StandardScaler(),
        "StandardScaler with_std=False": StandardScaler(with_std=False),
        "StandardScaler with_mean=False": StandardScaler(with_mean=False),
        "MinMaxScaler": MinMaxScaler(),
        "MaxAbsScaler": MaxAbsScaler(),
        "RobustScaler": RobustScaler(),
        "Normalizer": Normalizer(),
        "PCA": PCA(),
        "PCA whiten": PCA(whiten=True),
        "PCA covariance_eigh": PCA(svd_solver="covariance_eigh"),
    }
    return [gradcheck.subject(step, kind="preprocessor", name=f"sklearn {name}") for name, step in steps.items()]


def specials() -> list[Any]:
    elementwise: dict[str, tuple[Any, Any]] = {
        "expit": (special.expit, lambda x: special.expit(x) * special.expit(-x)),
        "log_expit": (special.log_expit, lambda x: special.expit(-x)),
        "erf": (special.erf, lambda x: x.dtype.type(2 / ROOT_PI) * np.exp(-(x**2))),
        "erfc": (special.erfc, lambda x: -x.dtype.type(2 / ROOT_PI) * np.exp(-(x**2))),
        "erfcx": (special.erfcx, lambda x: 2 * x * special.erfcx(x) - x.dtype.type(2 / ROOT_PI)),
        "ndtr": (special.ndtr, lambda x: np.exp(-(x**2) / 2) / x.dtype.type(np.sqrt(2 * np.pi))),
        "log_ndtr": (special.log_ndtr, None),
        "exprel": (special.exprel, None),
        "expm1": (special.expm1, np.exp),
        "dawsn": (special.dawsn, lambda x: 1 - 2 * x * special.dawsn(x)),
        "wofz": (lambda x: special.wofz(x).real.astype(x.dtype), None),
        "j0": (special.j0, lambda x: -special.j1(x)),
        "logaddexp(0, x)": (lambda x: np.logaddexp(x.dtype.type(0), x), special.expit),
        "softplus": (getattr(special, "softplus", None), special.expit),
    }
    subjects = [
        gradcheck.subject(
            f, kind="activation", name=f"scipy.special {name}", **({"derivative": df} if df is not None else {})
        )
        for name, (f, df) in elementwise.items()
        if f is not None
    ]
    x = np.random.default_rng(0).standard_normal((4, 5))
    rows: dict[str, tuple[Any, Any, dict[str, Any]]] = {
        "softmax": (lambda s: special.softmax(s, axis=-1), _softmax_vjp, {"probabilities": "plain"}),
        "log_softmax": (lambda s: special.log_softmax(s, axis=-1), _log_softmax_vjp, {"probabilities": "log"}),
        "logsumexp": (lambda s: special.logsumexp(s, axis=-1), _logsumexp_vjp, {}),
    }
    return [
        *subjects,
        *(
            gradcheck.subject(f, x, kind="layer", name=f"scipy.special {name}", vjp=vjp, traits=traits)
            for name, (f, vjp, traits) in rows.items()
        ),
    ]


def _softmax_vjp(u: Any, s: Any) -> Any:
    p = special.softmax(s, axis=-1)
    return p * (u - (u * p).sum(axis=-1, keepdims=True))


def _log_softmax_vjp(u: Any, s: Any) -> Any:
    return u - special.softmax(s, axis=-1) * u.sum(axis=-1, keepdims=True)


def _logsumexp_vjp(u: Any, s: Any) -> Any:
    return special.softmax(s, axis=-1) * np.asarray(u)[..., None]


def by_autograd(function: Any) -> Any:
    """Return the vjp that autograd makes of `function`."""

    def vjp(upstream: Any, *inputs: Any) -> Any:
        found = [autograd.make_vjp(function, k)(*inputs)[0](upstream) for k in range(len(inputs))]
        return found[0] if len(found) == 1 else tuple(found)

    return vjp


def of_autograd() -> list[Any]:
    rng = np.random.default_rng(3)
    x, w, b = rng.standard_normal((4, 3)), rng.standard_normal((3, 5)), rng.standard_normal(5)
    images, kernel = rng.standard_normal((2, 1, 7, 7)), rng.standard_normal((1, 2, 3, 3))
    elementwise = {
        "tanh": anp.tanh,
        "expit": autograd.scipy.special.expit,
        "erf": autograd.scipy.special.erf,
        "maximum(x, 0)": lambda x: anp.maximum(x, 0.0),
        "logaddexp(0, x)": lambda x: anp.logaddexp(0.0, x),
    }
    layers: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
        "affine": (lambda x, w, b: anp.dot(x, w) + b, (x, w, b), {"linear": True}),
        "convolve": (
            lambda x, k: autograd.scipy.signal.convolve(
                x, k, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode="valid"
            ),
            (images, kernel),
            {"linear": True, "translates": True},
        ),
        "logsumexp": (lambda s: autograd.scipy.special.logsumexp(s, axis=1), (x,), {}),
        "softmax": (
            lambda s: anp.exp(s - autograd.scipy.special.logsumexp(s, axis=1, keepdims=True)),
            (x,),
            {"probabilities": "plain"},
        ),
    }
    return [
        *(
            gradcheck.subject(
                f,
                kind="activation",
                name=f"autograd {n}",
                derivative=lambda x, f=f: by_autograd(f)(np.ones_like(x), x),
            )
            for n, f in elementwise.items()
        ),
        *(
            gradcheck.subject(f, *inputs, kind="layer", name=f"autograd {n}", traits=traits, vjp=by_autograd(f))
            for n, (f, inputs, traits) in layers.items()
        ),
    ]
