"""`run`: hold every collected subject against the laws of its kind, and check its gradients.

What one subject does, the others do not suffer: an exception of its code becomes a finding with the traceback,
and the run goes on.
"""

from __future__ import annotations

import platform
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

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

    Returns
    -------
    RunReport
        With ``complete=False`` where the user interrupted it.

    Raises
    ------
    InvalidArgument
        A code of the settings is unknown.

    """
    settings = settings or Settings()
    selection = Selection.of(settings.checks, settings.exclude)
    start = time.perf_counter()
    suites: list[SuiteReport] = []

    def checked(number: int) -> SuiteReport:
        item, since = collected[number], time.perf_counter()
        tell = _told(progress, item, len(suites), len(collected))
        if container is not None:
            suite = container.check(number, item, tell, on_fault)
        else:
            suite = check_one(item.declaration, settings, selection, tell, on_fault)
        return _signed(suite, item, settings, time.perf_counter() - since)

    complete = True
    try:
        with closing(in_order(checked, len(collected), container)) as reports:
            for suite in reports:
                suites.append(suite)
                if settings.max_failures and _failures(suites) >= settings.max_failures:
                    break
    except KeyboardInterrupt:
        complete = False
    left = len(collected) - len(suites)
    header = (*_header(settings), *notes, *((("not run", f"{left} of {len(collected)} subjects"),) if left else ()))
    if complete and not left:
        suites += _too_few(suites, settings.min_checks)
    return RunReport(tuple(suites), header, time.perf_counter() - start, complete)


def _too_few(suites: Sequence[SuiteReport], least: int) -> list[SuiteReport]:
    """Return a failure of the run itself where fewer checks ran than were asked for."""
    ran = sum(suite.ran for suite in suites)
    if ran >= least:
        return []
    title = f"{ran} checks ran in all, but --min-checks {least} asks for more"
    hint = "see what does not apply, and why, with -v; a subject, a trait or a gradient may have got lost"
    law = LawResult("GC906", f"at least {least} checks run", Status.FAILED, (Finding("GC906", title, hint=hint),))
    return [SuiteReport("the run", "", (law,))]


def _told(progress: Progress | None, item: Collected, done: int, total: int) -> Tell:
    def tell(law: str, _status: str) -> None:
        if progress is not None:
            progress(item.declaration.name, law, done, total)

    return tell


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


def _header(settings: Settings) -> tuple[tuple[str, str], ...]:
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
