"""torch: whose rules and hooks are in the backward. Its own kernels skip no zeros; whatever somebody wrote may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck.subjects.torch import _rules

torch = pytest.importorskip("torch", reason="subjects of torch need torch")
nn = torch.nn


class Doubled(torch.autograd.Function):
    """A rule that is right."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return 2 * x

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        return 2 * upstream


def _hooked() -> Any:
    net = nn.Linear(4, 4).double()
    net.register_full_backward_hook(lambda *_: None)
    return net


def _hooked_on_its_node() -> Any:
    net = nn.Linear(4, 4).double()
    net.register_backward_hook(lambda *_: None)
    return net


def _with_a_hook(register: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        hidden = torch.tanh(x)
        register(hidden)
        return hidden * hidden

    return function


class _Typed(torch.Tensor):
    """A type of tensors with code of its own."""

    @classmethod
    def __torch_function__(cls, called: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
        out = super().__torch_function__(called, types, arguments, keywords or {})
        if torch.is_tensor(out) and out.requires_grad:
            out.register_hook(lambda upstream: upstream)
        return out


def _by_distance(x: Any) -> Any:
    def distance(one: Any, other: Any) -> Any:
        far = (one - other).square()
        far.register_hook(lambda upstream: upstream)
        return far.sum(1)

    return nn.functional.triplet_margin_with_distance_loss(x, x + 1, x + 3, distance_function=distance)


def _compiled() -> Callable[[Any], Any]:
    return torch.compile(lambda x: Doubled.apply(x).sin(), backend="aot_eager")


RULED: dict[str, Callable[[], Callable[[Any], Any]]] = {
    "a function": lambda: lambda x: Doubled.apply(x).sin(),
    "a hook": _hooked,
    "a hook of a tensor": lambda: _with_a_hook(lambda h: h.register_hook(lambda upstream: upstream)),
    "a hook of a node": lambda: _with_a_hook(lambda h: h.grad_fn.register_hook(lambda given, _: given)),
    "a hook of a module's node": _hooked_on_its_node,
    "a hook of many tensors": lambda: _with_a_hook(
        lambda h: torch.autograd.graph.register_multi_grad_hook((h, 2 * h), lambda _: None)
    ),
    "a hook inside of a type of tensors": lambda: lambda x: x.as_subclass(_Typed).sin().as_subclass(torch.Tensor),
    "a hook inside of a loss": lambda: _by_distance,
    "a compiled graph": _compiled,
}
OWN: dict[str, Callable[[], Callable[[Any], Any]]] = {
    "an affine layer": lambda: nn.Linear(4, 4).double(),
    "a recurrent one": lambda: nn.GRU(4, 4).double(),
    "attention": lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0).double(),
    "functions": lambda: lambda x: torch.softmax(x, 0)[1:].sort().values,
    "a script": lambda: torch.jit.script(nn.Linear(4, 4).double()),
    "a call by vmap": lambda: torch.func.vmap(torch.sin),
}


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # by torch's own compiler
@pytest.mark.filterwarnings("ignore:Using a non-full backward hook:FutureWarning")
@pytest.mark.parametrize("name", RULED)
def test_what_somebody_wrote_is_seen(name: str) -> None:
    """Be it in a graph that torch has compiled, or no node of the graph at all."""
    assert _is_ruled(RULED[name]())


@pytest.mark.filterwarnings("ignore:.*jit.script. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", OWN)
def test_kernels_of_torch_are_not_taken_for_rules(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of a module nor of a function, with parameters or without."""
    monkeypatch.setattr(_rules, "_may_be_compiled", lambda: False)
    assert not _is_ruled(OWN[name]())


def _is_ruled(subject: Any) -> bool:
    rules = _rules.Rules()
    out = rules.called(torch, lambda leaves: subject(*leaves), [torch.ones(4, 4).double().requires_grad_()])
    rules.look(torch, [out[0] if isinstance(out, tuple) else out])
    return rules.ruled


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
def test_what_is_compiled_is_not_compiled_twice() -> None:
    """Where something is, no call is watched, and a hook may be anywhere."""
    count = [0]

    def compiler(graph: Any, _: Any) -> Any:
        count[0] += 1
        return graph.forward

    torch._dynamo.reset()
    compiled = torch.compile(torch.sin, backend=compiler)
    assert _rules._may_be_compiled()
    assert _is_ruled(compiled)
    compiled(torch.ones(4, 4).double().requires_grad_())
    assert count == [1]
    torch._dynamo.reset()
    assert not _rules._may_be_compiled()


def test_an_error_comes_through_a_watched_call() -> None:
    """Of the subject's own type and words."""

    def raises(x: Any) -> Any:
        x.register_hook(lambda upstream: upstream)
        raise LookupError("no such table")

    with pytest.raises(LookupError, match="no such table"):
        gradcheck.check(raises, torch.ones(4))
    with pytest.raises(RuntimeError, match="size mismatch"):
        gradcheck.check(lambda x: x @ torch.ones(3), torch.ones(4, 4))


@pytest.mark.parametrize(
    ("made", "calls"),
    [
        (lambda: nn.Linear(320, 320).double(), (3, 2)),
        (lambda: lambda x: Doubled.apply(x).sin(), (3, 3)),
        (lambda: _with_a_hook(lambda h: h.register_hook(lambda upstream: upstream)), (3, 3)),
    ],
    ids=["torch's own", "with a rule", "with a hook"],
)
def test_a_large_subject_without_rules_is_asked_less(
    made: Any, calls: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing in its kernels skips what an upstream with zeros leaves out."""
    monkeypatch.setattr(_rules, "_may_be_compiled", lambda: False)
    report = gradcheck.check(made(), torch.tensor(np.random.default_rng(0).normal(size=(200, 320))))
    assert report.ok
    assert (report.cost.forward, report.cost.backward) == calls


class Scaled(torch.autograd.Function):
    """A gain times x, whose backward leaves the gain out."""

    @staticmethod
    def forward(ctx: Any, x: Any, gain: Any) -> Any:
        ctx.save_for_backward(x)
        return gain * x

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        return upstream, (upstream * ctx.saved_tensors[0]).sum(0)


class Gain(nn.Module):
    """A layer with a gain, with a rule of somebody's own or without."""

    def __init__(self, rule: Callable[[Any, Any], Any], gain: float = 1.0) -> None:
        super().__init__()
        self.rule, self.gain = rule, nn.Parameter(torch.full((4,), gain, dtype=torch.float64))

    def forward(self, x: Any) -> Any:
        return self.rule(x, self.gain)


@pytest.mark.parametrize(
    "rule",
    [Scaled.apply, lambda x, gain: torch.tanh(x) + torch.tanh(x).detach() * (gain - 1)],
    ids=["a rule", "torch's own"],
)
def test_a_gain_of_one_hides_a_factor(rule: Any) -> None:
    """Kernels of torch's own forget it, too, where a detour around it is meant for another gradient."""
    x = torch.tensor(np.random.default_rng(0).normal(size=(5, 4)))
    assert "moved away from 1" in str(gradcheck.check(Gain(rule), x))
    assert gradcheck.check(Gain(lambda x, gain: torch.tanh(gain * x)), x).ok


def test_a_large_module_with_a_rule_is_told_that_a_factor_could_hide(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of torch's own kernels alone is not."""
    monkeypatch.setattr(_rules, "_may_be_compiled", lambda: False)
    x = torch.tensor(np.random.default_rng(0).normal(size=(8000, 4)))
    for rule, told in ((Scaled.apply, ["GC908"]), (lambda x, gain: torch.tanh(gain * x), [])):
        report = gradcheck.check(Gain(rule), x)
        assert report.ok
        assert [finding.code for finding in report.findings] == told


class Masked(nn.Module):
    """Kernels of torch's own, and a hook that reads what the last forward has left on the module."""

    def forward(self, x: Any) -> Any:
        self.mask = (x > 0).double()
        hidden = torch.tanh(x)
        hidden.register_hook(lambda upstream: upstream * self.mask)
        return hidden * self.mask


class Recomputed(nn.Module):
    """A block that is called once more in the backward, and reads what the last forward has left."""

    def block(self, x: Any) -> Any:
        return torch.tanh(x) * self.mask

    def forward(self, x: Any) -> Any:
        self.mask = (x > 0).double()
        return x + torch.utils.checkpoint.checkpoint(self.block, x, use_reentrant=False)


class Offloaded(nn.Module):
    """What is saved goes to a buffer that the next forward takes again."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[int, ...], Any] = {}

    def pack(self, saved: Any) -> Any:
        return self.kept.setdefault(tuple(saved.shape), torch.empty_like(saved)).copy_(saved.detach())

    def forward(self, x: Any) -> Any:
        hidden = 2 * x
        with torch.autograd.graph.saved_tensors_hooks(self.pack, lambda saved: saved):
            return torch.tanh(hidden)


@pytest.mark.parametrize("module", [Masked, Recomputed, Offloaded])
@pytest.mark.parametrize("rows", [10, 100])
def test_what_is_no_rule_keeps_state_as_well(module: Any, rows: int) -> None:
    """Another forward stands between forward and backward, whatever the graph is made of, at any size."""
    x = torch.tensor(np.random.default_rng(0).normal(size=(rows, 320)))
    assert "GC106" in {finding.code for finding in gradcheck.check(module(), x).findings}


def _skips(upstream: Any) -> Any:
    return upstream if bool(upstream[0].any()) else torch.zeros_like(upstream)


def _averages(upstream: Any) -> Any:
    return upstream * upstream.numel() / (upstream != 0).sum().clamp(min=1)


@pytest.mark.parametrize("hook", [_skips, _averages])
def test_a_hook_that_goes_by_zeros_is_found_in_a_large_subject(hook: Any) -> None:
    """It is no node of the graph; a hook that hands on what comes passes."""
    x = torch.tensor(np.random.default_rng(0).normal(size=(100, 320)))
    assert not gradcheck.check(_with_a_hook(lambda h: h.register_hook(hook)), x).ok
    assert gradcheck.check(_with_a_hook(lambda h: h.register_hook(lambda upstream: 1 * upstream)), x).ok


@pytest.mark.parametrize(("hook", "ok"), [(_averages, False), (lambda upstream: 1 * upstream, True)])
def test_a_hook_of_a_parameter_is_one_of_the_call(hook: Any, ok: bool) -> None:
    """It was registered before, and every call registers it anew."""
    module = Gain(torch.matmul)
    module.gain = nn.Parameter(torch.tensor(np.random.default_rng(1).normal(size=(320, 100))))
    module.gain.register_hook(hook)
    report = gradcheck.check(module, torch.tensor(np.random.default_rng(0).normal(size=(100, 320))))
    assert report.ok is ok
