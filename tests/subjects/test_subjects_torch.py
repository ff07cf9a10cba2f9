"""torch: what is understood, what is found, and what comes back as it was."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument, Verdict

torch = pytest.importorskip("torch", reason="subjects of torch need torch")
nn = torch.nn
DOUBLE = {"dtype": torch.float64}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small modules are slower on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def x() -> Any:
    return torch.tensor(np.random.default_rng(0).normal(size=(4, 3)))


def _codes(report: Any) -> list[str]:
    return [finding.code for finding in report.findings if finding.severity is Verdict.FAIL]


def _inputs(report: Any) -> set[str]:
    return {compared.input for compared in report.comparisons}


# -- arguments and results -------------------------------------------------------------------------------------------


@dataclass
class Batch:
    """A nest as people hand it to their models."""

    image: Any
    scale: int
    mask: Any = None


def test_nested_arguments_and_results_are_opened(x: Any) -> None:
    """Dataclasses, dictionaries, lists, None and numbers: arrays become leaves with names, all else stays."""

    def model(batch: Batch, more: dict[str, Any]) -> dict[str, Any]:
        return {"y": batch.image * batch.scale, "none": batch.mask, "t": (more["w"][0].exp(), [torch.arange(3)])}

    report = gradcheck.check(model, Batch(x, 3), {"w": [x[0].clone(), None]})

    assert report.ok, str(report)
    assert _inputs(report) == {"inputs['batch.image']", "inputs['more.w.0']"}


def test_keywords_come_by_partial(x: Any) -> None:
    """Tensors among the keywords of a `functools.partial` are leaves by name."""
    report = gradcheck.check(partial(nn.functional.linear, weight=x[:2].clone()), x)

    assert report.ok
    assert "inputs['weight']" in _inputs(report)


def test_integers_are_left_alone_and_marks_are_obeyed(x: Any) -> None:
    """Where a tensor requires a gradient, those that do not are left out, and the report says so."""
    index = torch.tensor([2, 0])
    report = gradcheck.check(lambda a, b, i: (a * b)[i], x, x.clone().requires_grad_(), index)

    assert report.ok
    assert _inputs(report) == {"inputs['b']"}
    assert "left out, for it does not require a gradient: a" in report.convention


@pytest.mark.parametrize(
    ("wrt", "expected"),
    [
        ("bias", {"params['0.bias']"}),
        ("0", {"params['0.weight']", "params['0.bias']"}),
        (0, {"inputs['input']"}),
        (["input", "params['1.weight']"], {"inputs['input']", "params['1.weight']"}),
    ],
)
def test_wrt_names_inputs_parameters_and_modules(wrt: Any, expected: set[str], x: Any) -> None:
    """By position, name, path, or the module that holds them."""
    module = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2)).double()
    wrt = "0.bias" if wrt == "bias" else wrt

    assert _inputs(gradcheck.check(module, x, wrt=wrt)) == expected


@pytest.mark.parametrize(
    ("subject", "inputs", "words"),
    [
        (nn.Linear, (torch.ones(3),), "is a class"),
        (lambda i: i * 2, (torch.arange(3),), "nothing to differentiate"),
        (torch.sin, (torch.tensor([1.0, float("nan")]),), r"\[1\] is nan"),
        (nn.Linear(3, 2), (torch.ones(3), "biass"), "names 'biass'"),
    ],
)
def test_what_cannot_be_checked_is_said_in_a_sentence(subject: Any, inputs: tuple[Any, ...], words: str) -> None:
    """A class, integers, a NaN, an unknown name."""
    tensors = [value for value in inputs if not isinstance(value, str)]
    wrt = next((value for value in inputs if isinstance(value, str)), None)
    with pytest.raises(InvalidArgument, match=words):
        gradcheck.check(subject, *tensors, wrt=wrt)


# -- precision -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_low_precision_is_checked_in_double_then_compared(dtype: Any, x: Any) -> None:
    """A module and its input in few digits pass, and no difference of such numbers is taken."""
    if dtype is torch.bfloat16:
        pytest.importorskip("ml_dtypes", reason="NumPy has no bfloat16 of its own")
    report = gradcheck.check(nn.Sequential(nn.Linear(3, 2), nn.Tanh()).to(dtype), x.to(dtype))

    assert report.ok, str(report)


def test_complex_numbers_follow_the_convention_of_torch() -> None:
    """A function that is not holomorphic passes as torch differentiates it."""
    z = torch.tensor([1 + 2j, -0.5 + 0.25j], dtype=torch.complex128)

    assert gradcheck.check(lambda z: z**2 * z.conj(), z).ok


# -- layouts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["transposed", "sliced", "expanded", "sparse"])
def test_inputs_of_any_layout_pass(layout: str, x: Any) -> None:
    """A right gradient is right for every layout."""
    made = {
        "transposed": x.t(),
        "sliced": x[:, ::2],
        "expanded": x[:1].expand(4, 3),
        "sparse": x.to_sparse(),
    }
    assert gradcheck.check(lambda x: x * x, made[layout]).ok


def test_the_strides_of_an_input_are_kept(x: Any) -> None:
    """The function meets a transposed tensor as a transposed one."""
    seen = set()

    def function(x: Any) -> Any:
        seen.add(x.is_contiguous())
        return x * 2

    gradcheck.check(function, x.t())

    assert seen == {False}


# -- hygiene ---------------------------------------------------------------------------------------------------------


def test_everything_of_the_callers_comes_back(x: Any) -> None:
    """Parameters, buffers, ``.grad``, the mode, the inputs, the generators, the precision: bit for bit."""
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.3))
    module(x.float()).sum().backward()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    grads = [p.grad.clone() for p in module.parameters()]
    given, state, usual = x.float(), torch.get_rng_state(), torch.get_default_dtype()
    kept = given.clone()

    with torch.autocast("cpu", dtype=torch.bfloat16):
        report = gradcheck.check(module, given)
        assert torch.is_autocast_enabled("cpu")

    assert report.ok, str(report)
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert all(torch.equal(p.grad, grad) for p, grad in zip(module.parameters(), grads, strict=True))
    assert torch.equal(given, kept)
    assert given.grad is None
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() is usual
    assert module.training


def test_an_exception_leaves_everything_as_it_was(x: Any) -> None:
    """The user's own exception comes through, and the input holds what it held."""

    def breaks(x: Any) -> Any:
        raise KeyError("mine")

    state, kept = torch.get_rng_state(), x.clone()
    with pytest.raises(KeyError, match="mine"):
        gradcheck.check(breaks, x)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(x, kept)


def test_randomness_of_torch_is_the_same_for_every_call(x: Any) -> None:
    """Dropout and a generator that is handed over draw equal numbers; NumPy's own do not, and are reported."""
    assert gradcheck.check(nn.Dropout(0.5), x).ok
    assert gradcheck.check(lambda x, g: x * torch.rand(3, generator=g), x, torch.Generator()).ok
    drawn = gradcheck.check(lambda x: x * float(np.random.rand()), x)  # noqa: NPY002 - the mistake to be found
    assert [finding.code for finding in drawn.findings] == ["GC904"]


def test_running_statistics_start_where_the_callers_stand(x: Any) -> None:
    """In evaluation mode those of the caller count; in training mode every call starts from them."""

    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, x: Any) -> Any:
            self.calls += 1
            return x * self.calls

    module = Counts()
    assert gradcheck.check(module, x).ok
    assert module.calls == 0


# -- forms of a module -----------------------------------------------------------------------------------------------


def test_scripted_and_compiled_modules_are_checked_as_they_are(x: Any) -> None:
    """Parameters keep their names."""
    module = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    forms = [torch.compile(module, backend="eager")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        forms.append(torch.jit.script(module))
    for form in forms:
        report = gradcheck.check(form, x.float())
        assert report.ok, str(report)
        assert "params['0.weight']" in _inputs(report)


def test_shared_parameters_are_one(x: Any) -> None:
    """A weight under two names moves under both."""
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)).double()
    module[1].weight = module[0].weight
    report = gradcheck.check(module, x)

    assert report.ok
    assert _inputs(report) >= {"params['0.weight']"}
    assert "params['1.weight']" not in _inputs(report)


def test_a_hook_that_changes_the_gradient_is_found(x: Any) -> None:
    """A full backward hook is part of the claim."""
    module = nn.Sequential(nn.Linear(3, 2), nn.Tanh()).double()
    module[1].register_full_backward_hook(lambda module, inputs, outputs: (inputs[0] * 2,))

    assert set(_codes(gradcheck.check(module, x))) == {"GC101", "GC102"}


def test_a_hook_that_writes_into_the_upstream_is_found(x: Any) -> None:
    """Clipping in place what comes from above."""
    module = nn.Tanh()
    module.register_full_backward_pre_hook(lambda module, upstream: (upstream[0].clamp_(-0.1, 0.1),))

    assert set(_codes(gradcheck.check(module, x))) & {"GC105", "GC108", "GC101"}


def test_both_modes_can_be_compared(x: Any) -> None:
    """``jvp=True`` asks torch's forward mode as well; one that lies is found."""

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(x: Any) -> Any:
            return x**2

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return upstream * 2 * ctx.saved_tensors[0]

        @staticmethod
        def jvp(ctx: Any, tangent: Any) -> Any:
            return tangent * 3 * ctx.saved_tensors[0]

    assert gradcheck.check(torch.sin, x, jvp=True).ok
    assert gradcheck.check(Rule, x).ok
    assert "GC113" in _codes(gradcheck.check(Rule, x, jvp=True))
    assert gradcheck.check(nn.Linear(3, 2).double(), x, jvp=True).ok


def test_second_order_needs_no_claim_of_its_own(x: Any) -> None:
    """``order=2`` goes on to the derivative of the gradient."""
    assert gradcheck.check(lambda x: (x**3).sum(), x, order=2).ok


def test_a_method_of_a_module_is_checked_with_its_parameters(x: Any) -> None:
    """``model.encode`` has the parameters of the model."""

    class Model(nn.Linear):
        def encode(self, x: Any) -> Any:
            return self(x).tanh()

    assert "params['weight']" in _inputs(gradcheck.check(Model(3, 2).encode, x.float()))


def test_a_million_weights_cost_a_few_calls() -> None:
    """Three; one draw in five has an entry so small that it is moved alone, which takes four more."""
    calls = []
    for seed in range(5):
        torch.manual_seed(seed)
        report = gradcheck.check(nn.Linear(1024, 1024).double(), torch.randn(64, 1024, **DOUBLE))
        assert report.ok
        calls.append(report.cost.forward)

    assert sorted(calls)[2] <= 4
    assert max(calls) <= 8


def test_a_compiler_that_fails_is_gone_without(x: Any) -> None:
    """The module is checked as it was written, and the report says so."""

    def broken(graph: Any, inputs: Any) -> Any:
        raise OSError("no compiler")

    report = gradcheck.check(torch.compile(nn.Linear(3, 2).double(), backend=broken), x)

    assert report.ok
    assert "checked uncompiled" in report.convention


@pytest.mark.parametrize("factor", [2.0, 3.0])
def test_a_gradient_written_by_hand_for_tensors_is_checked_as_one_of_numpy(factor: float, x: Any) -> None:
    """``vjp=`` and pairs of functions get tensors where tensors were given."""

    def forward(x: Any, w: Any) -> Any:
        return torch.matmul(x * x, w), (x, w)

    def backward(upstream: Any, cache: Any) -> Any:
        x, w = cache
        return torch.matmul(upstream, w.T) * factor * x, torch.matmul((x * x).T, upstream)

    w = x.T.contiguous()
    paired = gradcheck.check((forward, backward), x, w)
    told = gradcheck.check(lambda x: torch.square(x), x.float(), vjp=lambda u, x: u * torch.mul(x, factor))

    assert paired.ok == told.ok == (factor == 2.0)


@pytest.mark.parametrize("mode", ["auto", "entries"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_sigmoid_less_its_label_is_no_alarm(dtype: Any, mode: str) -> None:
    """Where it saturates, it has the last digits of 1 alone; torch has no longer format to show them."""

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, z: Any, t: Any) -> Any:
            ctx.save_for_backward(z, t)
            return torch.clamp(z, min=0) - z * t + torch.log1p(torch.exp(-z.abs()))

        @staticmethod
        def backward(ctx: Any, u: Any) -> Any:
            z, t = ctx.saved_tensors
            return u * (torch.sigmoid(z) - t), None

    for seed in range(4):
        rng = np.random.default_rng(seed)
        z = torch.tensor(20 * rng.normal(size=40), dtype=dtype)
        t = torch.tensor(rng.integers(0, 2, 40), dtype=dtype)
        report = gradcheck.check(lambda z, t=t: Loss.apply(z, t.to(z.dtype)), z, mode=mode, rng=seed)
        assert report.verdict is not Verdict.FAIL
