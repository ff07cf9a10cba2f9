"""PyTorch's own operator database: every differentiable float64 op, at its own sample inputs.

    python benchmarks/op_db.py                                  # needs `pip install torch expecttest`
    python benchmarks/op_db.py --only linalg --samples 3 --torch

`torch.testing._internal.common_methods_invocations.op_db` ships with torch; its gradients are right, or known not to
be. So a `fail` here is a false alarm, or a disagreement of the op with its own derivative; `--torch` asks torch's
slow checker about the samples that do not pass. Samples with more than `--largest` numbers are left out, and counted.
"""

from __future__ import annotations

import argparse
import random
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from _table import made_with, markdown, publish, share, with_common_options
from hypothesis import settings

import gradcheck

_LABELS = "its labels require a gradient, and the loss jumps where they are not exactly 1 or -1"
_UNPOOL = "several indices name one place: one value gets there, and each gets the gradient"
_SPARSE = "it takes compressed sparse tensors alone; inputs are handed over as dense ones"
_BITS = "the op itself rounds to sixteen bits"

LOOKED_INTO = {
    "nn_functional_hardsigmoid": "its float64 backward multiplies by a sixth rounded to float32, off by 3e-8",
    "nn_functional_hardswish": "on CUDA its forward multiplies by a sixth rounded to float32, off by 3e-8",
    "nn_functional_channel_shuffle": "on CUDA its backward takes a view of the upstream, which not all strides allow",
    "normal": "no gradient goes to mean and deviation, though for the same random numbers the values move with both",
    "as_strided_scatter": "entries that are overwritten get a gradient as well; torch's checker says so, too",
    "nn_functional_max_unpool1d": _UNPOOL,
    "nn_functional_max_unpool2d": _UNPOOL,
    "nn_functional_max_unpool3d": _UNPOOL,
    "nn_functional_cosine_embedding_loss": _LABELS,
    "nn_functional_hinge_embedding_loss": _LABELS,
    "corrcoef": "of a single variable it is 1 whatever the input: nothing but rounding is left",
    "linalg_norm_subgradients_at_zero": "the norm that counts entries, which jumps at 0",
    "nn_functional_multi_head_attention_forward": "entries whose gradient is rounding beside the others",
    "special_ndtr": "in the tail torch computes (1 + erf)/2, which moves in stairs of 6e-17 beside a slope of 1e-7; "
    "the finest steps lie on one stair, and say nothing",
    "__rpow__": "not finite at the sample",
    "bfloat16": _BITS,
    "half": _BITS,
    "chalf": _BITS,
    "torch_ops_aten__safe_softmax_default": "the samples hold minus infinity; a gradient is checked at finite points",
    "sparse_mm_reduce": _SPARSE,
    "sparse_sampled_addmm": _SPARSE,
    "as_strided_partial_views": "it reads the memory around the tensor that it is given",
}
"""Op of which some sample did not pass -> why."""

VERDICTS = ("pass", "fail", "inconclusive")


@dataclass
class Tally:
    """What became of the samples of one op; ``notes`` are those that did not pass, in a few words each."""

    name: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*VERDICTS, "raised", "left out"), 0))
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def ops(only: str = "", device: str = "cpu") -> list[Any]:
    """Return the ops with a gradient in float64 on a device, those whose name contains `only`."""
    import torch

    profile = settings.get_current_profile_name()
    try:
        from torch.testing._internal.common_methods_invocations import op_db
    finally:
        settings.load_profile(profile)  # torch's testing package loads one of its own

    known = [op for op in op_db if op.supports_autograd and torch.float64 in op.supported_dtypes(device)]
    return [op for op in known if only in op.formatted_name]


def samples(op: Any, seed: int, device: str = "cpu") -> Iterator[tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Yield each sample as a function and its arguments; what the op asks for around itself is in the function."""
    import torch

    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the database draws from it
    for sample in op.sample_inputs(device, torch.float64, requires_grad=True):
        process = sample.output_process_fn_grad

        def function(*arguments: Any, process: Any = process, **keywords: Any) -> Any:
            out = op.gradcheck_wrapper(op.get_op(), *arguments, **keywords)
            return process(out) if process is not None else out

        yield partial(function, **sample.kwargs), (sample.input, *sample.args)


def size(arguments: Any, keywords: Any = None) -> int:
    """Return how many numbers require a gradient."""
    import torch
    from torch.utils._pytree import tree_leaves

    leaves = tree_leaves((arguments, keywords))
    return sum(leaf.numel() for leaf in leaves if torch.is_tensor(leaf) and leaf.requires_grad)


def judge(op: Any, function: Any, arguments: tuple[Any, ...], *, mode: str, ask_torch: bool) -> tuple[str, str]:
    """Return the verdict on one sample, and a note where it is no pass."""
    try:
        report = gradcheck.check(function, *arguments, mode=mode)
    except Exception as error:  # a row of the table, not the end of it
        return "raised", f"{type(error).__name__}: {error}".splitlines()[0][:90]
    if report.ok:
        return "pass", ""
    findings = [f for f in report.findings if f.severity is not gradcheck.Verdict.PASS]
    note = f"{findings[0].code} {findings[0].path or ''}".strip()
    return str(report.verdict.value), note + (f"; torch: {theirs(op, function, arguments)}" if ask_torch else "")


def theirs(op: Any, function: Any, arguments: tuple[Any, ...]) -> str:
    """Return what torch's slow checker says of the same sample."""
    import torch
    from torch.utils._pytree import tree_flatten, tree_unflatten

    leaves, structure = tree_flatten(arguments)
    tensors = [k for k, leaf in enumerate(leaves) if torch.is_tensor(leaf)]

    def flat(*given: Any) -> Any:
        filled = list(leaves)
        for k, tensor in zip(tensors, given, strict=True):
            filled[k] = tensor
        return function(*tree_unflatten(filled, structure))

    try:
        torch.autograd.gradcheck(
            flat,
            [leaves[k] for k in tensors],
            nondet_tol=op.gradcheck_nondet_tol,
            fast_mode=False,
            check_batched_grad=False,
        )
    except Exception as error:  # its own error, or the op's
        return "fail" if "GradcheckError" in type(error).__name__ else f"raised {type(error).__name__}"
    return "pass"


def tally(op: Any, asked: argparse.Namespace) -> Tally:
    """Return what became of the first samples of `op`."""
    found, start = Tally(op.formatted_name), time.perf_counter()
    try:
        for function, arguments in islice(samples(op, asked.seed, asked.device), asked.samples):
            entries = size(arguments, function.keywords)
            if not 0 < entries <= asked.largest:
                found.counts["left out"] += 1
                continue
            verdict, note = judge(op, function, arguments, mode=asked.mode, ask_torch=asked.torch)
            found.counts[verdict] += 1
            found.notes += [note] if note else []
    except Exception as error:  # the database could not make its samples here
        found.notes.append(f"no samples: {type(error).__name__}")
    found.seconds = time.perf_counter() - start
    return found


def report(tallies: list[Tally], asked: argparse.Namespace, unmet: int) -> str:
    """Return the counts, and a row for each op of which some sample did not pass; then those that passed."""
    total = {key: sum(t.counts[key] for t in tallies) for key in tallies[0].counts}
    judged = sum(total[key] for key in (*VERDICTS, "raised"))
    head = [(key, total[key] if key == "left out" else share(total[key], judged)) for key in total]
    rows = [
        (
            t.name,
            *t.counts.values(),
            "; ".join(dict.fromkeys(t.notes)),
            LOOKED_INTO.get(t.name, "") if t.notes else "",
        )
        for t in tallies
        if t.notes or not t.counts["pass"]
    ]
    clean = [t.name for t in tallies if not t.notes and t.counts["pass"]]
    return "\n\n".join(
        [
            f"# PyTorch's operator database: {len(tallies)} ops, {judged} samples",
            f"At most {asked.samples} samples of an op, mode {asked.mode}, at most {asked.largest} numbers each; "
            f"{unmet} ops were not reached in the time allowed.",
            markdown(("verdict", "samples"), head),
            markdown(("op", *tallies[0].counts, "what was said", "why"), rows),
            f"Every sample passes ({len(clean)} ops): {', '.join(clean)}.",
            made_with("torch"),
        ]
    )


def main() -> None:
    """Print the table."""
    parser = with_common_options(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    parser.add_argument("--samples", type=int, default=2, help="of each op")
    parser.add_argument("--largest", type=int, default=400, help="numbers in a sample")
    parser.add_argument("--only", default="", help="ops whose name contains this")
    parser.add_argument("--seconds", type=float, default=480.0, help="stop after so many")
    parser.add_argument("--torch", action="store_true", help="ask torch's slow checker about what does not pass")
    parser.add_argument("--device", default="cpu", help="where the samples are, cuda for one")
    parser.add_argument("--every", type=int, default=1, help="take each n-th op only")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    start, tallies, todo = time.perf_counter(), [], ops(asked.only, asked.device)[:: asked.every]
    for op in todo:
        if time.perf_counter() - start > asked.seconds:
            break
        tallies.append(tally(op, asked))
    publish(report(tallies, asked, len(todo) - len(tallies)), asked.write)


if __name__ == "__main__":
    main()
