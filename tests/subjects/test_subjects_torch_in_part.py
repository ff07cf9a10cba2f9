"""torch: rules are asked in part, as training asks: some inputs need no gradient, some outputs are not used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import gradcheck
from gradcheck import Verdict
from gradcheck.subjects.frameworks._differentiated import without_some

torch = pytest.importorskip("torch", reason="subjects of torch need torch")
nn = torch.nn


def _drawn(*shape: int, seed: int = 0, **kind: Any) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), **kind)


def _failed(report: Any) -> list[str]:
    assert report.verdict is not Verdict.INCONCLUSIVE
    return [finding.title for finding in report.findings if finding.severity is Verdict.FAIL]


def _powers(backward: Callable[..., Any], *, materialized: bool = False) -> Any:
    """Return a rule for x² and x³ with this backward, of x and both upstreams."""

    class Powers(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(materialized)
            ctx.save_for_backward(x)
            return x**2, x**3

        @staticmethod
        def backward(ctx: Any, a: Any, b: Any) -> Any:
            return backward(ctx.saved_tensors[0].conj(), a, b)

    return Powers


def _both(x: Any, a: Any, b: Any) -> Any:
    return 2 * x * (0 if a is None else a) + 3 * x * x * (0 if b is None else b)


_UNUSED: dict[str, Callable[..., Any]] = {
    "gives up without the first": lambda x, a, b: None if a is None else _both(x, a, b),
    "gives up without the second": lambda x, a, b: None if b is None else _both(x, a, b),
    "raises": lambda x, a, b: 2 * x * a + 3 * x * x * b,
}


@pytest.mark.parametrize("size", [4, 30_000])
@pytest.mark.parametrize("mistake", _UNUSED)
def test_a_rule_that_takes_nothing_for_an_end_is_found(mistake: str, size: int) -> None:
    """Whoever trains on one of two outputs gets no gradient, or an error: it is said which output was not used."""
    x = _drawn(size)
    titles = _failed(gradcheck.check(_powers(_UNUSED[mistake]), x))
    assert titles
    assert all("is not used" in title and "outputs[" in title for title in titles)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("size", [4, 30_000])
def test_a_rule_that_takes_nothing_for_zeros_passes(dtype: str, size: int) -> None:
    """So it does where torch makes zeros of it, which is its default."""
    x = _drawn(size, dtype=getattr(torch, dtype))
    assert gradcheck.check(_powers(_both), x).ok
    assert gradcheck.check(_powers(_UNUSED["raises"], materialized=True), x).ok


def test_a_complex_output_is_one() -> None:
    """Its parts are used together."""
    z = _drawn(4, dtype=torch.complex128)
    assert _failed(gradcheck.check(_powers(_UNUSED["gives up without the second"]), z))


class _Freed(torch.autograd.Function):
    """x² and x³, by an inner graph that its first backward frees."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        with torch.enable_grad():
            ctx.inner = x.detach().requires_grad_()
            ctx.outs = ctx.inner**2, ctx.inner**3
        return tuple(out.detach() for out in ctx.outs)

    @staticmethod
    def backward(ctx: Any, *upstreams: Any) -> Any:
        return torch.autograd.grad(ctx.outs, ctx.inner, upstreams)


def _forgetful(*, none: bool) -> Any:
    """Return a rule of x² and x³ that lets go of what it has kept, and is right without an output or not."""

    class Forgetful(_powers(_both)):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            ctx.kept = x.detach()
            return x**2, x**3

        @staticmethod
        def backward(ctx: Any, a: Any, b: Any) -> Any:
            x, ctx.kept = ctx.kept, None
            return _both(x, a, b) if none else 2 * x * a + 3 * x * x * b

    return Forgetful


@pytest.mark.parametrize("size", [9, 900, 22_500])
def test_a_rule_that_frees_what_it_kept_passes(size: int) -> None:
    """Its second backward raises, whatever is used: what is off is asked of a call anew."""
    for seed in range(3):
        for rule in (_Freed, _forgetful(none=True)):
            assert gradcheck.check(rule, _drawn(size).double(), rng=seed).ok


@pytest.mark.parametrize("size", [9, 900, 22_500])
def test_a_rule_that_frees_what_it_kept_and_raises_without_an_output_is_found(size: int) -> None:
    """Of a call anew as well."""
    assert "is not used" in _failed(gradcheck.check(_forgetful(none=False), _drawn(size).double()))[0]


def _many(count: int, needed: Callable[[Any], bool]) -> Any:
    """Return a rule for 1x, 2x, ..., which takes it for an end where not all upstreams come that are `needed`."""

    class Many(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            return tuple(k * x for k in range(1, count + 1))

        @staticmethod
        def backward(ctx: Any, *upstreams: Any) -> Any:
            if not needed([u is not None for u in upstreams]):
                return None
            return sum(k * u for k, u in enumerate(upstreams, 1) if u is not None)

    return Many


@pytest.mark.parametrize("count", [2, 5, 8, 9, 17])
def test_of_many_outputs_any_two_are_apart(count: int) -> None:
    """Each alone, or halves of them: what is lost without any other is found, those at the end included."""
    for one, other in ((0, 1), (count - 2, count - 1), (0, count - 1)):
        lost = _many(count, lambda came, one=one, other=other: came[one] == came[other])
        assert "not used" in _failed(gradcheck.check(lost, _drawn(3)))[0]
    assert gradcheck.check(_many(count, any), _drawn(3)).ok


def _affine(asked: tuple[int, int, int] = (0, 1, 2), before: Callable[[Any], None] = lambda ctx: None) -> Any:
    """Return the rule of x wᵀ + b, whose gradients are computed where the inputs `asked` about need one."""

    class Affine(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any, b: Any) -> Any:
            ctx.save_for_backward(x, w)
            return x @ w.T + b

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            before(ctx)
            x, w = ctx.saved_tensors
            made = (lambda: g @ w, lambda: g.T @ x, lambda: g.sum(0))
            return tuple(make() if ctx.needs_input_grad[k] else None for make, k in zip(made, asked, strict=True))

    return Affine


class _Layer(nn.Module):
    def __init__(self, rule: Any, width: int = 3) -> None:
        super().__init__()
        self.rule, self.b = rule, nn.Parameter(_drawn(2, seed=2))
        self.w = nn.Parameter(_drawn(2, width, seed=1))

    def forward(self, x: Any) -> Any:
        return self.rule.apply(x, self.w, self.b)


@pytest.mark.parametrize("asked", [(0, 0, 2), (0, 1, 0), (1, 1, 2), (2, 1, 2), (0, 2, 2), (0, 1, 1)])
def test_a_rule_that_asks_about_another_input_is_found(asked: tuple[int, int, int]) -> None:
    """Every copied index is found where nothing is marked, whatever is drawn."""
    given = _drawn(4, 3), _drawn(2, 3, seed=1), _drawn(2, seed=2)
    titles = _failed(gradcheck.check(_affine(asked), *given))
    assert titles
    assert "is missing where" in titles[0]


class _SharedCondition(torch.autograd.Function):
    """The gradient of the last input is computed where one of two others needs theirs."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any, k: Any) -> Any:
        ctx.save_for_backward(x, w)
        return x * w + b + k

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        needs = ctx.needs_input_grad
        return g * w, (g * x).sum(0), g.sum(0), g.sum(0) if needs[1] or needs[2] else None


def test_a_condition_that_two_others_share_is_found() -> None:
    """Each of few inputs is asked alone: of halves, none may be without both of the others."""
    given = _drawn(4, 3), *(_drawn(3, seed=seed) for seed in (1, 2, 3))
    assert _failed(gradcheck.check(_SharedCondition, *given)) == [
        "the gradient of inputs['k'] is missing where inputs['x'] and inputs['w'] and inputs['b'] need none"
    ]


@pytest.mark.parametrize("rows", [4, 10_000])
def test_parameters_are_asked_without_the_data(rows: int) -> None:
    """So every training asks, and nothing else does if the data are marked for the check."""
    x = _drawn(rows, 3)
    assert _failed(gradcheck.check(_Layer(_affine((0, 0, 2))), x)) == [
        "the gradient of params['w'] is missing where inputs['x'] needs none"
    ]
    assert gradcheck.check(_Layer(_affine()), x).ok


@pytest.mark.parametrize("lost", [True, False])
def test_a_large_layer_that_one_look_would_pass_is_asked_without_the_data(lost: bool) -> None:
    """That look is a check's only one, unless the parameters answer otherwise for themselves."""
    layer = _Layer(_affine((0, 0, 2) if lost else (0, 1, 2)))
    layer.w, layer.b = nn.Parameter(_drawn(150, 200, seed=1)), nn.Parameter(_drawn(150, seed=2))
    report = gradcheck.check(layer.double(), _drawn(16, 200).double())
    assert bool(_failed(report)) is lost
    assert lost or report.cost.forward < 10


def test_what_the_caller_has_marked_stays_marked() -> None:
    """A rule may need the gradient of its data; the caller says so, as for torch's own checker."""

    def needs_all(ctx: Any) -> None:
        assert all(ctx.needs_input_grad)

    marked = [_drawn(*shape).requires_grad_() for shape in ((4, 3), (2, 3), (2,))]
    assert gradcheck.check(_affine(before=needs_all), *marked).ok
    assert gradcheck.check(_Layer(_affine(before=needs_all)), marked[0]).ok


class _Force(nn.Module):
    """A gradient inside of a forward, of data that have to be marked."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = _Layer(_affine())

    def forward(self, x: Any) -> Any:
        energy = torch.tanh(self.inner(x)).sum()
        return torch.autograd.grad(energy, x, create_graph=True)[0]


class _Otherwise(nn.Module):
    """Another value where no gradient of the data is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = _Layer(_affine())

    def forward(self, x: Any) -> Any:
        return self.inner(x) * (2 if x.requires_grad else 3)


class _Sampled(nn.Module):
    """A rule after a dropout, and statistics of the batch, in training."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.drop, self.norm = _Layer(_affine()), nn.Dropout(), nn.BatchNorm1d(2)

    def forward(self, x: Any) -> Any:
        return self.norm(self.inner(self.drop(x)))


class _Still(nn.Module):
    """No way leads to the parameters without marked data, as through a reentrant checkpoint, of which torch warns."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = _Layer(_affine())

    def forward(self, x: Any) -> Any:
        return self.inner(x) if x.requires_grad else self.inner(x).detach()


class _TopTwo(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        values, where = x.topk(2)
        ctx.mark_non_differentiable(where)
        ctx.save_for_backward(where)
        ctx.size = x.shape
        return values, where

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        return g.new_zeros(ctx.size).scatter(-1, ctx.saved_tensors[0], g)


@pytest.mark.parametrize("module", [_Force, _Otherwise, _Sampled, _Still])
def test_a_module_that_lives_on_its_data_passes(module: Any) -> None:
    """What cannot be asked in part, or is something else then, is judged as a whole."""
    assert gradcheck.check(module(), _drawn(5, 3)).ok


def test_positions_are_no_output_to_be_used() -> None:
    """Integers have no gradient; the values beside them pass, alone and with a rule behind them."""
    assert gradcheck.check(_TopTwo, _drawn(4, 5)).ok
    assert gradcheck.check(lambda x: _powers(_both).apply(_TopTwo.apply(x)[0]), _drawn(4, 5)).ok


def test_what_torch_derives_alone_costs_nothing_more() -> None:
    """Only a rule in the graph can tell what is asked for."""
    given = _drawn(4, 3), _drawn(2, 3, seed=1), _drawn(2, seed=2)
    derived = gradcheck.check(lambda x, w, b: x @ w.T + b, *given).cost
    ruled = gradcheck.check(lambda x, w, b: _affine().apply(x, w, b), *given).cost
    assert ruled.forward - derived.forward == ruled.backward - derived.backward == len(without_some(3, range(3)))


@pytest.mark.parametrize("count", range(1, 9))
def test_any_two_inputs_are_apart_in_one_marking(count: int) -> None:
    """Where all may go; the data go alone where parameters are beside them."""
    markings = without_some(count, range(count))
    pairs = [(one, other) for one in range(count) for other in range(count) if one != other]
    assert all(any(one in wanted and other not in wanted for wanted in markings) for one, other in pairs)
    assert without_some(count + 1, [0])[0] == tuple(range(1, count + 1))
    assert without_some(count, []) == ()
