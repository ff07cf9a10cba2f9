"""`run`: hold every collected subject against the laws of its kind, and check its gradients.

What one subject does, the others do not suffer: an exception of its code becomes a finding with the traceback,
and the run goes on.
"""

from __future__ import annotations

import platform
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version

from ..renderers._words import count
from ..report import Finding, LawResult, RunReport, Status, SuiteReport, Verdict
from ..subjects import location_of
from ._check_one import check_one
from ._collect import Collected
from ._contain import Container
from ._jobs import in_order
from ._select import Selection
from ._settings import OnFault, Settings, Tell

Progress = Callable[[str, str, int, int], None]
"""Called as ``progress(subject, law, done, total)`` where ``done`` of ``total`` subjects are finished."""


OnSuite = Callable[[SuiteReport, int, int], None]
"""Called as ``on_suite(suite, done, total)`` when a subject is finished."""


def _raise(error: BaseException) -> None:
    raise error


def run(
    collected: Sequence[Collected],
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    on_fault: OnFault = _raise,
    container: Container | None = None,
    notes: Sequence[tuple[str, str]] = (),
    on_suite: OnSuite | None = None,
) -> RunReport:
    """Check `collected` one after the other.

    Parameters
    ----------
    collected
        What `collect` returned.
    settings
        Seed, limits, and the choice of laws.
    progress
        Told what happens; see `Progress`.
    on_fault
        Told of an exception in which no code of the user had a part; it is raised by default.
    container
        The process to check in, made for the same targets; this process by default.
    notes
        What the header of the report is to say beside versions and settings, as ``(name, text)``.
    on_suite
        Called as ``on_suite(suite, done, total)`` when a subject is finished.

    Returns
    -------
    RunReport
        With ``complete=False`` where the user interrupted it: then it holds what was finished, the laws of the
        subjects in hand included, and a finding of the run itself that says so in every format.

    Raises
    ------
    InvalidArgument
        A code of the settings is unknown.

    """
    settings = settings or Settings()
    selection = Selection.of(settings.checks, settings.exclude)
    start = time.perf_counter()
    suites: list[SuiteReport] = []
    state = State(collected, settings, progress, on_suite)

    def checked(number: int) -> SuiteReport:
        item, since = collected[number], time.perf_counter()
        tell = state.begin(number)
        if container is not None:
            suite = container.check(number, item, tell, on_fault)
        else:
            suite = check_one(item.declaration, settings, selection, tell, on_fault)
        return state.finish(number, _signed(suite, item, settings, time.perf_counter() - since))

    complete = True
    try:
        with closing(in_order(checked, len(collected), container)) as reports:
            for suite in reports:
                suites.append(suite)
                if settings.max_failures and _failures(suites) >= settings.max_failures:
                    break
    except KeyboardInterrupt:
        complete, suites = False, [_signed(suite, item, settings, 0.0) for item, suite in state.so_far()]
    left = len(collected) - len(state.finished)
    told = (*header(settings), *notes, *((("not run", f"{left} of {len(collected)} subjects"),) if left else ()))
    if not complete:
        suites.append(interrupted(f"{left} of {count(len(collected), 'subject')} not checked to the end"))
    elif not left:
        suites += _too_few(suites, settings.min_checks, settings.asked_by)
    return RunReport(tuple(suites), told, time.perf_counter() - start, complete)


@dataclass
class State:
    """How far a run is: what is finished, and the laws that were held of the subjects in hand."""

    collected: Sequence[Collected]
    settings: Settings
    progress: Progress | None = None
    on_suite: OnSuite | None = None
    finished: dict[int, SuiteReport] = field(default_factory=dict)
    in_hand: dict[int, list[LawResult]] = field(default_factory=dict)

    def begin(self, number: int) -> Tell:
        """Return whom to tell of the laws of a subject."""
        laws = self.in_hand.setdefault(number, [])

        def tell(code: str, result: LawResult | None) -> None:
            if result is not None:
                laws.append(result)
            if self.progress is not None:
                name = self.collected[number].declaration.name
                self.progress(name, code, len(self.finished), len(self.collected))

        return tell

    def finish(self, number: int, suite: SuiteReport) -> SuiteReport:
        """Take down the report of a subject, and return it."""
        self.finished[number] = suite
        self.in_hand.pop(number, None)
        if self.on_suite is not None:
            self.on_suite(suite, len(self.finished), len(self.collected))
        return suite

    def so_far(self) -> Iterator[tuple[Collected, SuiteReport]]:
        """Yield every subject of which something is known, with all that is known."""
        for number, item in enumerate(self.collected):
            declaration, laws = item.declaration, self.in_hand.get(number)
            if number in self.finished:
                yield item, self.finished[number]
            elif laws:
                kind = declaration.kind or ""
                yield item, SuiteReport(declaration.name, kind, tuple(laws), seed=self.settings.seed)


def interrupted(what: str) -> SuiteReport:
    """Return what the run itself has to say where it was interrupted; so every format says it."""
    hint = "what is told was found before that; run it again for the rest"
    finding = Finding("GC906", f"the run was interrupted: {what}", Verdict.INCONCLUSIVE, hint=hint)
    law = LawResult("GC906", "every subject is checked to the end", Status.INCONCLUSIVE, (finding,))
    return SuiteReport("the run", "", (law,), seed=None)


def _too_few(suites: Sequence[SuiteReport], least: int, who: str) -> list[SuiteReport]:
    """Return a failure of the run itself where fewer checks ran than were asked for."""
    ran = sum(suite.ran for suite in suites)
    if ran >= least:
        return []
    title = f"{ran} checks ran in all, but min-checks = {least} ({who}) asks for more"
    hint = "see what does not apply, and why, with -v; a subject, a trait or a gradient may have got lost"
    law = LawResult("GC906", f"at least {least} checks run", Status.FAILED, (Finding("GC906", title, hint=hint),))
    return [SuiteReport("the run", "", (law,), seed=None)]


def _signed(suite: SuiteReport, item: Collected, settings: Settings, seconds: float) -> SuiteReport:
    """Return `suite` with what every suite of a run says: time, place, and the command that repeats it."""
    examples = f" -n {settings.max_examples}" if settings.max_examples is not None else ""
    return replace(
        suite,
        cost=replace(suite.cost, seconds=suite.cost.seconds or seconds),
        location=suite.location or location_of(item.declaration.thing),
        reproduce=f"gradcheck run {shlex.quote(item.origin)} --seed {settings.seed}{examples}",
    )


def _failures(suites: Sequence[SuiteReport]) -> int:
    return sum(suite.verdict is Verdict.FAIL for suite in suites)


def header(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return versions, and the settings that differ from the usual ones."""
    chosen = {
        "max-examples": str(settings.max_examples) if settings.max_examples is not None else "",
        "min-checks": str(settings.min_checks) if settings.min_checks else "",
        "checks": ", ".join(settings.checks),
        "exclude-checks": ", ".join(settings.exclude),
    }
    versions = [(name, _version(name)) for name in ("gradcheck", "numpy", "hypothesis")]
    return (*versions, ("python", platform.python_version()), *((k, v) for k, v in chosen.items() if v))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
