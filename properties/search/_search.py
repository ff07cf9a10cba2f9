"""`search`: Hypothesis chooses shapes, scales, structure, layout and what came before, and shrinks what fails."""

from __future__ import annotations

import time
import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from ..._errors import InvalidArgument
from ...checks.bench._randomness import callers_randomness_kept
from ...report import SearchReport
from ...subjects import Declaration, name_of
from ...subjects._keywords import OPTIONS, refuse_unknown_options
from .._settings import count_of, refuse_unstorable, seed_of
from .._store import Cases, Stored, store_for
from ._call import Target
from ._hunt import Hunt
from ._told import told

SETTINGS = ("max_examples", "shrink", "cases")
"""What a search takes beside the options of `gradcheck.check`."""


def search(
    subject: Any,
    *example_inputs: Any,
    max_examples: int = 100,
    rng: int | np.random.Generator = 0,
    shrink: bool = True,
    cases: Cases = "auto",
    **options: Any,
) -> SearchReport:
    """Look for an input at which the gradient of `subject` is wrong, and shrink it.

    Parameters
    ----------
    subject
        What `gradcheck.check` takes, or the class of a layer, which is called without arguments, or with a width
        where its first one has no default or is named like one.
    *example_inputs
        The arguments of one call that works. They show what a call looks like: which sides belong together (found
        out by trial calls), what the entries are (positive, labels, rows that sum to 1, ...), and their size.
    max_examples
        Inputs to try. Sizes (batches of 0, 1 and 2, widths of 1, unequal ones), scales to saturation, structure
        (zeros, constant rows and columns, ties, an outlier), layouts of inputs and upstream, a call with another
        batch before, and other values of a layer's parameters, in a copy of it, are drawn together.
    rng
        Seed; the same seed gives the same report in any process.
    shrink
        Whether to look for the smallest failing input.
    cases
        Where failing inputs are stored, to be tried first next time: a folder, ``"auto"`` (the ``.gradcheck/cases``
        of the project around the current directory, see `gradcheck.load_case`), or None.
    **options
        Those of `gradcheck.check` that belong to the subject: ``vjp=``, ``derivative=``, ``params=``, ...

    Returns
    -------
    SearchReport
        ``.ok``, ``.findings``, ``.counterexample`` (one pasteable line), ``.examples``, ``.facts`` (what was
        inferred), ``.case``.

    Raises
    ------
    InvalidArgument
        There are no example inputs, or they cannot be used; a setting cannot be used, or is unknown.
    Exception
        What the subject raises at the example inputs. What it raises elsewhere becomes a finding with the traceback,
        unless it is a refusal (a ``raise`` or ``assert`` of its own), which is counted.

    Examples
    --------
    >>> def relu(x): return np.maximum(x, 0)
    >>> report = search(relu, np.ones((4, 3)), derivative=lambda x: np.where(x == 0, 2.0, x > 0), max_examples=50)
    >>> report.findings[0].code, report.counterexample.startswith("x = tensor(shape=(2, 1)")
    ('GC101', True)
    """
    start = time.perf_counter()
    most = count_of("max_examples", max_examples, least=1)
    refuse_unknown_options(options, (*OPTIONS, *SETTINGS), "a search")
    refuse_unstorable(cases)
    inputs, seed = _examples(subject, example_inputs), seed_of(rng)
    hunt = Hunt(Target.of(subject, options), name_of(subject), seed, subject=subject)
    store = store_for(cases)
    with callers_randomness_kept(), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        hunt.begin(inputs)
        hunt.replay(store)
        if hunt.best is None or not hunt.best.drawn:
            hunt.run(most, shrink=shrink)
    case = hunt.remember()
    report = told(hunt, seconds=time.perf_counter() - start, case=case)
    return replace(report, seed=None if isinstance(rng, np.random.Generator) else seed)


def _examples(subject: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments of the call to start from: those given, or those declared."""
    inputs = given or (subject.inputs if isinstance(subject, Declaration) else ())
    if not inputs:
        raise InvalidArgument("example_inputs=() but a search starts from the arguments of one call: pass them")
    return tuple(_array(value) for value in inputs)


def _array(value: Any) -> Any:
    """Return lists of numbers as arrays, and all else as it is."""
    return np.asarray(value) if isinstance(value, list) else value


def replayed(subject: Any, inputs: tuple[Any, ...], stored: Stored) -> SearchReport:
    """Return how a stored example of a search fares today.

    Raises
    ------
    InvalidArgument
        There are no example inputs, or a call of the subject looks different by now.
    """
    start = time.perf_counter()
    hunt = Hunt(Target.of(subject, {}), name_of(subject), stored.seed)
    with callers_randomness_kept():
        hunt.begin(_examples(subject, inputs), look=False)
        hunt.best = hunt.again(stored.drawn)
    if hunt.outdated:
        raise InvalidArgument(f"case={stored.id!r} is no call of {hunt.name!r} any more: it takes something else")
    return told(hunt, seconds=time.perf_counter() - start, case=stored.id)
