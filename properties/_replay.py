"""`load_case`: a stored counterexample, and how it fares today."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..report import Cost, LawResult, SearchReport, Status, SuiteReport
from ..subjects import Declaration, location_of
from ..subjects._keywords import refuses_unknown_options
from ._case import Tally
from ._checked import check_again
from ._plan import plan
from ._run import Trial, concluded
from ._settings import refuse_unstorable
from ._store import CHECK, COMES_BACK, Cases, Store, Stored, store_for
from .search import replayed


@dataclass(frozen=True)
class LoadedCase:
    """A stored counterexample; `load_case` returns them.

    ``stored`` is what the files say: subject, kind, code, what was drawn, and the line that people read.
    """

    stored: Stored

    @property
    def id(self) -> str:
        """The identifier of the case."""
        return self.stored.id

    def __repr__(self) -> str:
        return f"<case {self.id}: {self.stored.subject}, {self.stored.code}: {self.stored.line}>"

    def run(self, subject: Any = None, *example_inputs: Any, keep: bool = False) -> SuiteReport | SearchReport:
        """Try the example once more.

        Parameters
        ----------
        subject
            What the case is of; by default what was found under its name when the case was stored.
        *example_inputs
            Of a case that a search stored: the inputs that the search started from.
        keep
            Whether the files stay where the example does not fail any more; by default they are deleted then.

        Raises
        ------
        InvalidArgument
            The subject cannot be imported, or the case is of something that it does not do any more.
        """
        found = subject if subject is not None else _imported(self.stored)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            if self.stored.code == "search":
                report: SuiteReport | SearchReport = replayed(found, example_inputs, self.stored)
            elif self.stored.code == CHECK:
                report = check_again(found, self.stored)
            elif self.stored.code == COMES_BACK:
                report = _comes_back(found, self.stored)
            else:
                report = _law_again(found, self.stored)
        if report.ok and _was_tried(report) and not keep:
            self.stored.forget()
        return report


@refuses_unknown_options
def load_case(case: str | Path, *, cases: Cases = "auto") -> LoadedCase:
    """Return a stored counterexample.

    Parameters
    ----------
    case
        Its identifier, which reports print, or the path of its ``.json`` file.
    cases
        The folder of the cases. ``"auto"`` is ``.gradcheck/cases`` in the nearest folder, from the current directory
        upwards, that has a ``.gradcheck`` folder or a ``pyproject.toml`` with a ``[tool.gradcheck]`` table; the
        environment variable GRADCHECK_CASES names another one, or is ``off``. Where there is none of these, nothing
        is stored.

    Raises
    ------
    InvalidArgument
        There is no such case, or it is damaged or of another version.
    """
    refuse_unstorable(case, "case")
    refuse_unstorable(cases)
    path = Path(case)
    if path.suffix == ".json":
        if not path.is_file():
            raise InvalidArgument(f"case={str(case)!r} is not there; pass the path of a case, or its identifier")
        return LoadedCase(Store(path.parent).load(path.stem))
    store = store_for(cases)
    if store is None:
        raise InvalidArgument(
            f"case={str(case)!r} is looked for in the .gradcheck/cases of a project, and there is none here: "
            "go to its folder, or pass the path of the .json file"
        )
    return LoadedCase(store.load(str(case)))


def _was_tried(report: SuiteReport | SearchReport) -> bool:
    """Say whether the example could have failed again."""
    return isinstance(report, SearchReport) or report.results[0].status is Status.PASSED


def _law_again(subject: Any, stored: Stored) -> SuiteReport:
    start = time.perf_counter()
    chosen = plan(subject, stored.kind)
    law, reason = chosen.find(stored.code)
    if reason is not None:
        raise InvalidArgument(f"case={stored.id!r}: {law.code} does not apply to {chosen.name!r} any more: {reason}")
    trial = Trial(law, chosen, stored.seed, Tally())
    result = concluded(trial, trial.again(stored.drawn, trial.tally))
    if not trial.tally.examples:
        raise InvalidArgument(f"case={stored.id!r} is no example of {law.code} any more: the law draws other things")
    seconds = time.perf_counter() - start
    return SuiteReport(
        chosen.name,
        chosen.kind,
        (replace(result, seconds=seconds, case=stored.id),),
        Cost(seconds=seconds),
        stored.seed,
        chosen.facts,
        location=location_of(chosen.declaration.thing),
        reproduce=f"gradcheck.load_case({stored.id!r}).run()",
    )


def _comes_back(subject: Any, stored: Stored) -> SuiteReport:
    """Look at a subject as it was looked at when it did not come back: whoever reads the report came back."""
    from ..checks import check

    start, checked = time.perf_counter(), None
    if stored.kind:
        plan(subject, stored.kind)
    else:
        inputs = subject.inputs if isinstance(subject, Declaration) else [value.array for _, value in stored.drawn]
        thing, options = (subject.thing, subject.options) if isinstance(subject, Declaration) else (subject, {})
        checked = check(thing, *inputs, **options)
    seconds = time.perf_counter() - start
    law = LawResult(COMES_BACK, "the subject comes back", Status.PASSED, seconds=seconds, case=stored.id)
    return SuiteReport(stored.subject, stored.kind, (law,), Cost(seconds=seconds), stored.seed, check=checked)


def _imported(stored: Stored) -> Any:
    if stored.target is None:
        raise InvalidArgument(
            f"subject=None, but {stored.subject!r} has no name to import it by: run(subject) takes it"
        )
    module, _, name = stored.target.rpartition(":")
    if module.split(".")[0] in {*sys.stdlib_module_names, *sys.builtin_module_names}:
        raise InvalidArgument(f"case={stored.id!r} is of {stored.target}, which is Python's own and no subject")
    try:
        return _named(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidArgument(
            f"subject=None, but {stored.target} cannot be imported ({error}); run(subject) takes the subject itself, "
            f"and `gradcheck replay {stored.id}` looks for it"
        ) from error


def _named(module: Any, name: str) -> Any:
    """Return the declaration of that name, or whatever else the module calls so."""
    lists = [value if isinstance(value, (list, tuple)) else (value,) for value in vars(module).values()]
    declared = (item for items in lists for item in items if isinstance(item, Declaration))
    return next((item for item in declared if item.name == name), None) or getattr(module, name)
