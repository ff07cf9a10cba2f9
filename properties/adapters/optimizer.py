"""An optimizer: how it is started, and how one of its steps is taken.

===============================  ==============================================================
``step(w, grad, state=None)``    returns the new weights, and the new state beside them if there is one
``object.update(w, grad)``       returns the new weights, or changes `w` in place
``object.update(params, grads)`` the same with a dictionary or a list of each
a class of such objects          made with its defaults
===============================  ==============================================================

Its settings (learning rate, momentum, ...) are read off defaults and attributes under the usual names.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...subjects import Declaration, Traits
from .._case import Case
from ..strategies import tensors
from ._adapted import SINGLE, Fact, is_single, merge
from ._rule_names import ADAPTIVE, NEEDED, is_layerwise, is_steady, rule_named
from ._rules import step_of
from ._steps import RATE, Run, completed, form_of, made_with, parameters, remade, started
from ._trial import copyable, tried

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

SEVERAL = "several parameters"
"""The ability of an optimizer whose steps are of a dictionary or a list."""

LIMITS = frozenset(
    ("max_norm", "clip_norm", "clipnorm", "max_grad_norm", "clip_grad_norm", "global_clipnorm", "grad_clip")
) | {"clip", "clip_value", "clipvalue"}
"""Settings that limit a gradient, most of them by its norm over all the weights."""

LIMITLESS = 1e30
"""A limit that no gradient comes to, and whose square is still a number."""

EXTRAS = LIMITS | frozenset(
    (*KNOBS["momentum"], *KNOBS["weight_decay"], "nesterov", "amsgrad", "centered", "dampening", "decay", "lr_decay")
)
"""Settings that can be switched off, whatever the rule, unless they belong to it."""

LOUD = 1e8
"""A gradient beside which nobody's eps counts."""

PROLONGED = 1000
"""By how much a count of steps among the settings is multiplied where a schedule must not end."""


@dataclass(frozen=True)
class Optimizer:
    """What starts a run, and the settings that are known.

    ``reach`` is the size of a gradient at which eps, wherever it stands, takes half of the first step: beside a
    gradient g it changes a step by less than 2 reach / g of itself. ``off`` are the settings, each with its zero,
    that are more than the rule: momentum, decay of the rate, a limit of the gradient, a variant.
    """

    thing: Any
    traits: Traits
    abilities: frozenset[str] = frozenset()
    names: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
    form: str = "function"
    reach: float = 0.0
    off: Mapping[str, Any] = field(default_factory=dict)

    def start(self, **changed: float) -> Run:
        """Return a fresh run, with some settings changed."""
        return self._started({self.names[name]: value for name, value in changed.items()})

    def undecayed(self, **changed: float) -> Run:
        """Return a fresh run in which the weights do not decay."""
        return self.start(**({"weight_decay": 0.0} if "weight_decay" in self.names else {}), **changed)

    def plain(self, **changed: float) -> Run:
        """Return a fresh run without decay, and without all that is more than the rule."""
        return self._plain({}, changed)

    def prolonged(self, **changed: float) -> Run:
        """Return a plain run whose schedule does not end: a warm-up goes on and on, and so does what follows it."""
        return self._plain({name: PROLONGED * count for name, count in self.counts.items()}, changed)

    def unlimited(self) -> Run:
        """Return a fresh run in which no gradient is clipped."""
        return self._started(_limits(self.extras))

    @property
    def counts(self) -> dict[str, int]:
        """The settings that may be a number of steps: whole ones, beside those of every rule."""
        known = set(self.names.values())
        return {n: value for n, value in self.extras.items() if type(value) is int and value > 1 and n not in known}

    def _plain(self, schedule: Mapping[str, int], changed: Mapping[str, float]) -> Run:
        still = {"weight_decay": 0.0} if "weight_decay" in self.names else {}
        told = {self.names[name]: value for name, value in {**still, **changed}.items()}
        return self._started({**schedule, **self.off, **told})

    def of_rule(self) -> Run:
        """Return a fresh run of the closed form: with decay where that is part of it."""
        decay = "weight_decay" in NEEDED.get(self.traits.rule or "", ()) and "weight_decay" in self.names
        return self.plain(**({"weight_decay": self["weight_decay"]} if decay else {}))

    def _started(self, keywords: dict[str, Any]) -> Run:
        return started(self.thing, self.form, keywords, KNOBS)

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
    thing = completed(copyable(declaration.thing, declaration.name), KNOBS["learning_rate"], KNOBS)
    names, settings, extras = _settings(thing)
    draft = Optimizer(thing, declaration.traits, frozenset(), names, settings, extras)
    form = form_of(thing, lambda form: replace(draft, form=form).start(), declaration.name)
    draft = _ruled(_settable(replace(draft, form=form)), declaration)
    traits, facts = merge(declaration.traits, _facts(draft, declaration.name))
    told = tuple((name, f"{value:.6g}", "inferred") for name, value in settings.items())
    return replace(draft, traits=traits, abilities=_abilities(draft, traits, declaration.name)), (
        ("called as", form, "inferred"),
        *told,
        *facts,
    )


def _settable(draft: Optimizer) -> Optimizer:
    """Return the optimizer with the settings that can be changed.

    An attribute may be one that nobody reads any more, or that cannot be set: then the object is made anew by its
    class, and where it does not hold what it was made with, the setting is none. What is a keyword is believed.
    """
    attributes = {} if inspect.isroutine(draft.thing) else set(draft.names.values()) - set(parameters(draft.thing))
    dead = {knob for knob in PROBES if draft.names.get(knob) in attributes and not _moves(draft, knob)}
    if not dead:
        return draft
    again = replace(draft, thing=remade(draft.thing))
    if again.thing is not None and np.array_equal(_path(draft), _path(again)):
        return again
    return replace(draft, names={knob: name for knob, name in draft.names.items() if knob not in dead})


PROBES = {"learning_rate": (0.01, 0.02), "weight_decay": (0.0, 0.1)}
"""Setting that laws change -> two values that lead elsewhere."""


def _moves(draft: Optimizer, knob: str) -> bool:
    """Say whether a setting has any effect."""
    one, other = (tried(_path, draft, **{knob: value})[0] for value in PROBES[knob])
    return one is not None and other is not None and not np.array_equal(one, other)


def _path(draft: Optimizer, **changed: float) -> Array:
    """Return the weights after two steps."""
    run, w, g = draft.start(**changed), np.array([1.0, -2.0]), np.array([0.5, 0.25])
    return run.step(run.step(w.copy(), g.copy()), -3.0 * g)


def _abilities(optimizer: Optimizer, traits: Traits, name: str) -> frozenset[str]:
    rule = traits.rule
    told = bool(optimizer.traits.scale_invariant)
    run = optimizer.start()
    run.step(np.ones(2), np.ones(2))
    known = {
        SINGLE: is_single(lambda w: optimizer.start().step(w, np.ones_like(w)), np.ones(2)),
        "state": run.state is not None,
        SEVERAL: " of " in optimizer.form,
        "learning rate": "learning_rate" in optimizer.names,
        "weight decay": "weight_decay" in optimizer.names,
        "weight by weight": traits.separable is not False,
        "steady": rule in ADAPTIVE or (not optimizer.counts and is_steady(name, claimed=told)),
        "closed form": rule in NEEDED and all(name in optimizer.settings for name in NEEDED[rule]),
        "bias correction": rule in {"adam", "adamw"} and "learning_rate" in optimizer.settings,
        "casoratian": rule in {"momentum", "nesterov"}
        and "corrected" not in optimizer.settings
        and all(name in optimizer.settings for name in ("learning_rate", "momentum")),
        "plain descent": rule == "sgd" and "learning_rate" in optimizer.names,
    }
    return frozenset(name for name, there in known.items() if there)


def _facts(optimizer: Optimizer, name: str) -> dict[str, Any]:
    known = optimizer.traits.rule
    facts: dict[str, Any] = {"scale_invariant": known in ADAPTIVE or (known is None and _is_level(optimizer))}
    if known is not None:
        facts["rule"] = known
    if "weight_decay" in optimizer.names:
        facts["decoupled_decay"] = _decouples(optimizer)
    if is_layerwise(name):
        facts["separable"] = False
    return facts


def _ruled(draft: Optimizer, declaration: Declaration) -> Optimizer:
    """Return the optimizer with the rule that is declared, or that its name and its settings say together.

    Settings beside those of the rule make another one of it. It is held to the rule without them, numbers of steps
    at 1 and others at 0: where they are known to be nothing there, or where a trial says so; with others, and where
    neither fits, its name says nothing.
    """
    declared = declaration.traits.rule
    rule = declared or _with_momentum(rule_named(declaration.name), draft.extras)
    limits = _limits(draft.extras)
    if rule is None:
        return _measured(draft, None, limits)
    least = {name: type(value)(name in draft.counts) for name, value in draft.extras.items()}
    off = {name: value for name, value in least.items() if name not in _own(draft, rule)} | limits
    whole = _measured(draft, rule, limits)
    if not off or rule not in NEEDED or fits(whole):
        return whole
    bare, _ = tried(_measured, draft, rule, off)
    if bare is not None and (tried(fits, bare)[0] or all(name in EXTRAS for name in off)):
        return bare  # type: ignore[no-any-return]
    return whole if declared else _measured(draft, None, limits)


def _limits(extras: Mapping[str, Any]) -> dict[str, float]:
    """Return the settings that limit a gradient, each so large that it limits none."""
    return {name: LIMITLESS for name, value in extras.items() if name in LIMITS and not isinstance(value, bool)}


def _with_momentum(rule: str | None, extras: Mapping[str, Any]) -> str | None:
    """Return the rule that descent is with a momentum, and momentum with Nesterov's look ahead."""
    if rule == "sgd" and any(name in extras for name in ("momentum", "mu")):
        rule = "momentum"
    return "nesterov" if rule == "momentum" and extras.get("nesterov") is True else rule


def _own(draft: Optimizer, rule: str) -> set[str]:
    """Return the names of the settings that belong to a rule."""
    return {draft.names[knob] for knob in (*NEEDED.get(rule, ()), "eps") if knob in draft.names} | {rule}


def _measured(draft: Optimizer, rule: str | None, off: Mapping[str, Any]) -> Optimizer:
    ruled = replace(draft, traits=replace(draft.traits, rule=rule), off=off)
    ruled = replace(ruled, reach=_reach(ruled))
    return replace(ruled, settings=_averaged(ruled, rule))


def fits(optimizer: Optimizer) -> bool:
    """Say whether the first steps are those of the closed form; of one that has too few settings nothing is said."""
    rule = optimizer.traits.rule
    if rule is None or not set(NEEDED[rule]) <= set(optimizer.settings):
        return False
    w, run, past = np.array([1.0, -2.0, 0.5]), optimizer.of_rule(), []
    for factor in (1.0, -0.7, 2.0, 0.4):
        past.append(factor * np.array([0.5, -0.25, 3.0]) + 0.1)
        new = run.step(w.copy(), past[-1].copy())
        step, room = step_of(rule, past, w, optimizer.settings, optimizer.reach)
        if not np.all(np.abs(new - w - step) <= room + 1e-9 * (np.abs(w) + np.abs(step))):
            return False
        w = new
    return True


def _first(optimizer: Optimizer, size: float) -> float:
    """Return the size of the first step of a single weight under a gradient of that size."""
    return float(np.abs(optimizer.plain().step(np.zeros(1), np.full(1, size)))[0])


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
    corrected = replace(optimizer, settings={**known, "corrected": 1.0})
    if rule == "momentum" and fits(corrected) and not fits(optimizer):
        return corrected.settings
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


def _settings(thing: Any) -> tuple[dict[str, str], dict[str, float], dict[str, Any]]:
    """Return under which name each setting goes, its value, and everything by name that it can be called with."""
    called = parameters(thing if inspect.isroutine(thing) or isinstance(thing, type) else type(thing))
    values = {name: p.default for name, p in parameters(thing).items() if isinstance(p.default, (int, float))}
    if not inspect.isroutine(thing):
        made = made_with(thing, {}, KNOBS["learning_rate"])
        held = getattr(made, "__dict__", {})
        wanted = [name for name in KNOBS["learning_rate"] if name in parameters(thing) and name not in values]
        values |= dict.fromkeys(wanted, RATE)
        values |= {name.lstrip("_"): value for name, value in held.items() if isinstance(value, (int, float))}
    # What the constructor takes is a setting; an attribute may only say what became of it.
    ordered = {knob: sorted(known, key=lambda name: name not in called) for knob, known in KNOBS.items()}
    names = {knob: next((n for n in known if n in values), None) for knob, known in ordered.items()}
    found = {knob: name for knob, name in names.items() if name is not None}
    extras = {name: values[name] for name in called if values.get(name)}
    return found, {knob: float(values[name]) for knob, name in found.items()}, extras


def _off_zero(x: Array) -> Array:
    size = np.abs(x)
    return np.where(size < 0.05 * (size.max(initial=0.0) or 1.0), 0.05 * (size.max(initial=0.0) or 1.0), x)
