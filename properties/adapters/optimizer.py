"""An optimizer: how it is started, and how one of its steps is taken.

===============================  ==============================================================
``step(w, grad, state=None)``    returns the new weights, and the new state beside them if there is one
``object.update(w, grad)``       returns the new weights, or changes `w` in place
``object.update(params, grads)`` the same with a dictionary of each
a class of such objects          made with its defaults
===============================  ==============================================================

Its settings (learning rate, momentum, ...) are read off defaults and attributes under the usual names.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from .._case import Case
from ..strategies import tensors
from ._adapted import SINGLE, Fact, is_single, merge
from ._trial import constructed, own, told, tried

Array = NDArray[Any]

KNOBS: dict[str, tuple[str, ...]] = {
    "learning_rate": ("learning_rate", "lr", "eta", "step_size", "alpha"),
    "momentum": ("momentum", "mu", "beta", "gamma"),
    "decay": ("decay", "rho", "decay_rate", "smoothing", "beta2", "beta", "alpha"),
    "beta1": ("beta1", "beta_1", "b1"),
    "beta2": ("beta2", "beta_2", "b2"),
    "eps": ("eps", "epsilon", "delta"),
    "weight_decay": ("weight_decay", "wd", "lambda_"),
}
"""Setting -> the names it goes by."""

NEEDED: dict[str, tuple[str, ...]] = {
    "sgd": ("learning_rate",),
    "momentum": ("learning_rate", "momentum"),
    "nesterov": ("learning_rate", "momentum"),
    "adagrad": ("learning_rate",),
    "rmsprop": ("learning_rate", "decay"),
    "adam": ("learning_rate", "beta1", "beta2"),
    "adamw": ("learning_rate", "beta1", "beta2", "weight_decay"),
}
"""Rule -> the settings that its closed form is written in, beside eps, whose reach is measured."""

ADAPTIVE = ("adagrad", "rmsprop", "adam", "adamw")
LOUD = 1e8
"""A gradient beside which nobody's eps counts."""

FILLERS = ("optimizer", "optimiser", "update", "step", "rule", "solver", "opt", "my")
"""Words of a name that say nothing about the rule."""

METHODS = ("update", "step", "apply")
RATE = 0.05
"""Learning rate where it has no default."""


@dataclass
class Run:
    """An optimizer under way: its state goes from step to step."""

    call: Callable[[Array, Array, Any], tuple[Array, Any]]
    state: Any = None

    def step(self, w: Array, grad: Array) -> Array:
        """Return the weights after one step."""
        out, self.state = self.call(w, grad, self.state)
        return np.array(out)


@dataclass(frozen=True)
class Optimizer:
    """What starts a run, and the settings that are known.

    ``reach`` is the size of a gradient at which eps, wherever it stands, takes half of the first step: beside a
    gradient g it changes a step by less than 2 reach / g of itself.
    """

    thing: Any
    traits: Traits
    abilities: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    form: str = "function"
    reach: float = 0.0

    def start(self, **changed: float) -> Run:
        """Return a fresh run, with some settings changed."""
        keywords = {self.names[name]: value for name, value in changed.items()}
        if self.form.startswith("function"):
            return Run(_functional(self.thing, keywords))
        thing = _object(self.thing, keywords)
        method = next(getattr(thing, name) for name in METHODS if callable(getattr(thing, name, None)))
        return Run(_of_dictionaries(method) if self.form.endswith("dictionaries") else _of_object(method))

    def __getitem__(self, name: str) -> float:
        """Return a setting."""
        return float(self.settings[name])

    def point(self, case: Case, name: str = "w", **options: Any) -> Array:
        """Draw weights or a gradient of ordinary size, no entry near 0."""
        plain = {"scales": (1.0, 0.1, 10.0), "structures": ("dense", "sorted"), "edits": ()}
        strategy = tensors(**{**plain, "stream": int(name != "w"), **options})
        return _off_zero(case.array(name, strategy))

    def repeat(self, case: Case) -> tuple[Callable[[Array], Any], Array]:
        """Return a call and its input, for the laws that hold of anything: the input is the gradient."""
        grad = self.point(case, "grad")
        return (lambda g: self.start().step(np.ones_like(g), g)), grad


def adapt(declaration: Declaration) -> tuple[Optimizer, tuple[Fact, ...]]:
    """Return the declared thing as an optimizer, and the facts relied on.

    Raises
    ------
    InvalidArgument
        No way to call it was found.
    """
    thing = _completed(declaration.thing)
    names, settings = _settings(thing)
    draft = Optimizer(thing, declaration.traits, frozenset(), names, settings)
    form = _form(draft, declaration.name)
    draft = replace(draft, form=form)
    draft = replace(draft, reach=_reach(draft))
    traits, facts = merge(declaration.traits, _facts(draft, declaration))
    told = tuple((name, f"{value:.6g}", "inferred") for name, value in settings.items())
    draft = replace(draft, settings=_averaged(draft, traits.rule))
    return replace(draft, traits=traits, abilities=_abilities(draft, traits)), (
        ("called as", form, "inferred"),
        *told,
        *facts,
    )


def _abilities(optimizer: Optimizer, traits: Traits) -> frozenset[str]:
    rule = traits.rule
    run = optimizer.start()
    run.step(np.ones(2), np.ones(2))
    known = {
        SINGLE: is_single(lambda w: optimizer.start().step(w, np.ones_like(w)), np.ones(2)),
        "state": run.state is not None,
        "learning rate": "learning_rate" in optimizer.names,
        "weight decay": "weight_decay" in optimizer.names,
        "closed form": rule in NEEDED and all(name in optimizer.settings for name in NEEDED[rule]),
        "bias correction": rule in {"adam", "adamw"} and "learning_rate" in optimizer.settings,
        "casoratian": rule in {"momentum", "nesterov"}
        and all(name in optimizer.settings for name in ("learning_rate", "momentum")),
        "plain descent": rule == "sgd" and "learning_rate" in optimizer.names,
    }
    return frozenset(name for name, there in known.items() if there)


def _facts(optimizer: Optimizer, declaration: Declaration) -> dict[str, Any]:
    known = declaration.traits.rule or rule_named(declaration.name)
    facts: dict[str, Any] = {"scale_invariant": known in ADAPTIVE or (known is None and _is_level(optimizer))}
    if known is not None:
        facts["rule"] = known
    if "weight_decay" in optimizer.names:
        facts["decoupled_decay"] = _decouples(optimizer)
    return facts


def rule_named(name: str) -> str | None:
    """Return the rule that a name says it is, and None where it says something more, or two things.

    >>> rule_named("AdamOptimizer"), rule_named("sgd_momentum"), rule_named("adamax"), rule_named("nesterov_adam")
    ('adam', 'momentum', None, None)
    """
    words = "|".join(sorted((*NEEDED, *FILLERS), key=len, reverse=True))
    stem = re.sub(r"[^a-z]", "", name.lower())
    if not re.fullmatch(f"(?:{words})+", stem):
        return None
    rules = {word for word in re.findall(words, stem) if word in NEEDED}
    for general, special in (("sgd", "momentum"), ("sgd", "nesterov"), ("momentum", "nesterov")):
        rules -= {general} if special in rules else set()
    return rules.pop() if len(rules) == 1 else None


def _first(optimizer: Optimizer, size: float) -> float:
    """Return the size of the first step of a single weight under a gradient of that size."""
    w = np.zeros(1)
    plain = {"weight_decay": 0.0} if "weight_decay" in optimizer.names else {}
    return float(np.abs(optimizer.start(**plain).step(w, np.full(1, size)))[0])


def _is_level(optimizer: Optimizer) -> bool:
    """Say whether the first step does not grow or shrink with the gradient, where that is large."""
    loud, louder = _first(optimizer, LOUD), _first(optimizer, 2.0 * LOUD)
    return loud > 0 and bool(np.isclose(loud, louder, rtol=1e-4))


def _reach(optimizer: Optimizer) -> float:
    """Return the gradient at which the first step is half of that under a loud one; 0 where there is none."""
    if not _is_level(optimizer):
        return 0.0
    low, high, half = -20.0, np.log10(LOUD), 0.5 * _first(optimizer, LOUD)
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if _first(optimizer, 10.0**middle) < half else (low, middle)
    return float(10.0**high)


def _averaged(optimizer: Optimizer, rule: str | None) -> Mapping[str, float]:
    """Return the settings, the rate times 1 - mu where the velocity is an average of gradients and not their sum."""
    known = optimizer.settings
    if rule not in ("momentum", "nesterov") or not {"learning_rate", "momentum"} <= set(known):
        return known
    mu = known["momentum"]
    share = _first(optimizer, 1.0) / known["learning_rate"] / (1 + mu if rule == "nesterov" else 1)
    return {**known, "learning_rate": known["learning_rate"] * (1 - mu)} if np.isclose(share, 1 - mu) else known


def _decouples(optimizer: Optimizer) -> bool:
    w, g = np.array([1.0, -2.0]), np.array([0.5, 0.25])
    plain, decayed = (optimizer.start(weight_decay=d).step(w.copy(), g) for d in (0.0, 0.1))
    shrunk = decayed - plain
    return bool(alike(shrunk / w)) and not np.allclose(shrunk, 0) and bool(alike(plain - w, g))


def alike(value: Array, sign: Array | None = None) -> bool:
    """Say whether all entries are equal, up to sign if one is given.

    >>> alike(np.array([1.0, -1.0]), np.array([2.0, -3.0]))
    True
    """
    array = np.asarray(value) if sign is None else np.asarray(value) * np.sign(sign)
    return bool(np.allclose(array, array.flat[0], rtol=1e-6))


def _completed(thing: Any) -> Any:
    """Return a function with the learning rate bound if it must be told, and objects as they are."""
    if isinstance(thing, type) or not inspect.isroutine(thing):
        return thing
    parameters = _parameters(thing)
    rate = next((n for n in KNOBS["learning_rate"] if n in parameters), None)
    if rate is None or parameters[rate].default is not inspect.Parameter.empty:
        return thing

    def step(w: Any, grad: Any, state: Any = None, **how: Any) -> Any:
        return _call(thing, w, grad, state, {rate: RATE, **how})

    step.__signature__ = inspect.signature(thing).replace(  # type: ignore[attr-defined]
        parameters=[
            p.replace(default=RATE, kind=p.KEYWORD_ONLY) if p.name == rate else p for p in _ordered(parameters, rate)
        ]
    )
    return step


def _ordered(parameters: Mapping[str, inspect.Parameter], rate: str) -> list[inspect.Parameter]:
    """Return the parameters with `rate` where a keyword may stand."""
    others = [p for p in parameters.values() if p.name != rate]
    front = [p for p in others if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
    return [*front, parameters[rate], *(p for p in others if p not in front)]


def _parameters(thing: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(thing).parameters)
    except (TypeError, ValueError):
        return {}


def _settings(thing: Any) -> tuple[dict[str, str], dict[str, float]]:
    """Return under which name each setting goes, and its value."""
    values = {name: p.default for name, p in _parameters(thing).items() if isinstance(p.default, (int, float))}
    if not inspect.isroutine(thing):
        made = _object(thing, {})
        held = getattr(made, "__dict__", {})
        values |= {name.lstrip("_"): value for name, value in held.items() if isinstance(value, (int, float))}
    names = {knob: next((n for n in known if n in values), None) for knob, known in KNOBS.items()}
    found = {knob: name for knob, name in names.items() if name is not None}
    return found, {knob: float(values[name]) for knob, name in found.items()}


def _forms(thing: Any) -> tuple[str, ...]:
    if inspect.isroutine(thing):
        return ("function of (w, grad, state)",)
    return ("object", "object of dictionaries")


def _form(optimizer: Optimizer, name: str) -> str:
    """Return how a step is taken: the first way that gives weights."""
    errors = []
    for form in _forms(optimizer.thing):
        w, grad = np.array([1.0, -2.0]), np.array([0.5, 0.25])
        run = replace(optimizer, form=form)
        out, error = tried(lambda run=run, w=w, grad=grad: run.start().step(w, grad))
        if out is not None and out.shape == w.shape and out.dtype.kind == "f":
            return form
        errors.append(error)
    raised = own(errors)
    said = "took no step" if raised is None else f"raised {told(raised)} at its first step"
    raise InvalidArgument(
        f"{name!r} {said}; an optimizer is step(w, grad, state) -> (w, state), or an object with one of "
        f"{', '.join(METHODS)} called with (w, grad)"
    ) from raised


def _functional(step: Any, keywords: dict[str, Any]) -> Callable[[Array, Array, Any], tuple[Array, Any]]:
    return lambda w, grad, state: _call(step, w, grad, state, keywords)


def _call(step: Any, w: Any, grad: Any, state: Any, keywords: dict[str, Any]) -> tuple[Any, Any]:
    positional = [p for p in _parameters(step).values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_state = len(positional) > 2 and positional[2].name not in {n for names in KNOBS.values() for n in names}
    out = step(w, grad, state, **keywords) if takes_state else step(w, grad, **keywords)
    if isinstance(out, tuple) and len(out) == 2:
        return out
    return (w if out is None else out), state


def _takes(thing: Any, keywords: dict[str, Any]) -> bool:
    """Say whether a call with `keywords` alone has all that it needs; what it raises then is its own affair."""
    try:
        inspect.signature(thing).bind(**keywords)
    except TypeError:
        return False
    return True


def _object(thing: Any, keywords: dict[str, Any]) -> Any:
    if isinstance(thing, type):
        rate = () if (taken := _takes(thing, keywords)) else (RATE,)
        return constructed(thing, *rate, name=thing.__name__, **(keywords if taken else {}))
    made = copy.deepcopy(thing)
    for name, value in keywords.items():
        setattr(made, name if hasattr(made, name) else f"_{name}", value)
    return made


def _of_object(method: Any) -> Callable[[Array, Array, Any], tuple[Array, Any]]:
    held: list[Array] = []

    def call(w: Array, grad: Array, state: Any) -> tuple[Array, Any]:
        # State may be kept by the identity of the array: it is one and the same throughout a run.
        if not held:
            held.append(np.array(w))
        held[0][...] = w
        out = method(held[0], grad)
        return (held[0] if out is None else np.asarray(out)), state

    return call


def _of_dictionaries(method: Any) -> Callable[[Array, Array, Any], tuple[Array, Any]]:
    params: dict[str, Array] = {}

    def call(w: Array, grad: Array, state: Any) -> tuple[Array, Any]:
        params["w"] = np.array(w)
        out = method(params, {"w": grad})
        return (out["w"] if isinstance(out, dict) else params["w"]), state

    return call


def _off_zero(x: Array) -> Array:
    size = np.abs(x)
    return np.where(size < 0.05 * (size.max(initial=0.0) or 1.0), 0.05 * (size.max(initial=0.0) or 1.0), x)
