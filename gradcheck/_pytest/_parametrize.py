"""`parametrize`: one test per subject and law, so that pytest selects, distributes and counts them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from .._errors import GradientError, InvalidArgument
from ..report import Cost, LawResult, Pictures, Report, Status, SuiteReport
from ..subjects import Declaration, location_of, subject
from ..subjects._declaration import refuse_empty_reasons
from ..subjects._keywords import OPTIONS, refuse_unknown_options, refuses_unknown_options
from . import running

if TYPE_CHECKING:
    from ..engine.config import Configuration
    from ..properties import Plan

Expected = Mapping[str, str | Mapping[str, str]]


@refuses_unknown_options
def parametrize(
    subjects: Iterable[Any],
    *,
    expected_failures: Expected | None = None,
    strict: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make one test per subject and law out of a function with an argument named ``check``.

    Parameters
    ----------
    subjects
        What `gradcheck.subject` returned, or things whose kind their methods tell; each may stand in a
        `pytest.param`, with its marks and its id.
    expected_failures
        ``{code: reason}`` for every subject, or ``{name of a subject: {code: reason}}``; both may be mixed.
    strict
        Whether a law that passes in spite of it fails the test.

    Returns
    -------
    decorator
        Tests are called ``relu-GC501``: the subject's name and the law's code. Laws that do not apply are left out.

    Raises
    ------
    InvalidArgument
        An expected failure names a code or a subject that does not exist.

    Examples
    --------
    ::

        @gradcheck.parametrize([gradcheck.subject(relu, kind="activation")], expected_failures={"GC509": "see #41"})
        def test_conformance(check):
            check()

    """
    listed: Any = subjects
    if not isinstance(listed, Iterable) or isinstance(listed, (str, Declaration)):
        raise InvalidArgument(f"subjects={listed!r:.60} must be a list of subjects: parametrize([...])")
    given = [_unwrapped(thing) for thing in subjects]
    table = _table(expected_failures or {}, [declaration for declaration, _ in given])
    if not given:
        raise InvalidArgument("subjects=[] makes no test: parametrize needs at least one subject")
    checks = [(c, marks) for one, marks in given for c in checks_of(one, table, strict=strict)]
    return pytest.mark.parametrize("check", [pytest.param(c, id=c.id, marks=marks) for c, marks in checks])


def _unwrapped(thing: Any) -> tuple[Declaration, Any]:
    """Return a subject with the marks of the `pytest.param` around it, whose id is its name."""
    wrapped = hasattr(thing, "marks") and hasattr(thing, "values") and len(thing.values) == 1
    inner = thing.values[0] if wrapped else thing
    declaration = inner if isinstance(inner, Declaration) else subject(inner)
    if not wrapped:
        return declaration, ()
    named = replace(declaration, name=thing.id) if isinstance(thing.id, str) else declaration
    return named, thing.marks


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """One law and one subject, to be called by a test; `plan` is None for the gradients at its own inputs."""

    declaration: Declaration
    code: str
    plan: Plan | None
    reason: str | None
    strict: bool

    def stored(self, configuration: Configuration) -> bool:
        """Say whether a case of this law and this subject is stored."""
        from ..engine._check_one import store_of
        from ..engine._settings import Settings
        from ..properties._store import CHECK

        store = store_of(Settings.of(configuration))
        if store is None:
            return False
        name, kind, code = (
            (self.declaration.name, "", CHECK) if self.plan is None else (*_named(self.plan), self.code)
        )
        return bool(store.find(name, kind, code))

    @property
    def id(self) -> str:
        """What the test is called."""
        return f"{self.declaration.name}-{self.code}"

    def __repr__(self) -> str:
        return f"<check {self.id}>"

    def __call__(self, **options: Any) -> SuiteReport:
        """Hold the law against the subject.

        Raises
        ------
        GradientError
            It does not hold, or holds though it was expected not to.

        """
        refuse_unknown_options(options, (*OPTIONS, "max_examples"), "check")
        settings = {**running.options(), **options}
        suite = _gradients(self, settings) if self.plan is None else _law(self, self.plan, settings)
        running.record(suite)
        _conclude(suite, strict=self.strict)
        return suite


def _named(plan: Plan) -> tuple[str, str]:
    return plan.name, plan.kind


def _law(check: BoundCheck, plan: Plan, settings: Mapping[str, Any]) -> SuiteReport:
    from ..properties import run_law

    seed, examples = settings.get("rng", 0), settings.get("max_examples")
    result = run_law(
        plan,
        check.code,
        rng=seed,
        max_examples=examples,
        cases=running.cases(),
        expected=check.reason,
        only_stored=running.replays(),
    )
    return SuiteReport(
        plan.name,
        plan.kind,
        (result,),
        cost=Cost(seconds=result.seconds),
        seed=seed if isinstance(seed, int) else None,
        facts=plan.facts,
        location=location_of(check.declaration.thing),
        reproduce=running.command(seed),
        pictures=_pictures(plan),
    )


_DRAWN: set[int] = set()
"""Plans whose pictures some report has: the tests of one subject come together in one, so once is enough."""


def _pictures(plan: Plan) -> Pictures | None:
    from ..properties._pictures import pictures_of

    if id(plan) in _DRAWN:
        return None
    _DRAWN.add(id(plan))
    found: Pictures | None = pictures_of(plan)
    return found


def _gradients(check: BoundCheck, settings: Mapping[str, Any]) -> SuiteReport:
    from .. import check as check_gradients
    from ..properties._checked import kept

    declaration = check.declaration
    options = {name: value for name, value in settings.items() if name != "max_examples"}
    report: Report = check_gradients(declaration.thing, *declaration.inputs, **{**options, **declaration.options})
    report = kept(declaration, replace(report, subject=declaration.name), running.cases(), reason=check.reason)
    again = running.command(report.seed)
    suite = SuiteReport(report.subject, "", cost=report.cost, seed=report.seed, check=report, reproduce=again)
    if check.reason is None:
        return suite
    status = Status.UNEXPECTED_PASS if report.ok else Status.EXPECTED_FAILURE
    law = LawResult(check.code, "the gradients are right", status, reason=check.reason)
    return replace(suite, results=(law,), check=None)


def _conclude(suite: SuiteReport, *, strict: bool) -> None:
    law = suite.results[0] if suite.results else None
    if law is None or law.status in (Status.FAILED, Status.PASSED):
        if not suite.ok:
            raise GradientError(suite)
    elif law.status is Status.EXPECTED_FAILURE:
        pytest.xfail(law.reason or "expected failure")
    elif law.status is Status.UNEXPECTED_PASS:
        if strict:
            raise GradientError(suite)
    elif str(law.status) in running.setting("fail-on", ()):
        raise GradientError(suite)
    else:
        # Neither a pass nor a failure: nothing was shown, and the count of skipped tests says so.
        pytest.skip(f"{law.code} {law.status}: {law.reason or law.title}")


def checks_of(
    declaration: Declaration, table: Mapping[str, Mapping[str, str]] | None = None, *, strict: bool = True
) -> list[BoundCheck]:
    """Return the laws that apply to a subject, and those that its author expects to fail though they do not apply."""
    known = table or {"": {}}
    own = {**declaration.expected_failures, **known.get(declaration.name, {})}
    expected = {**declaration.expected_failures, **known[""], **own}
    if declaration.kind is None and declaration.inputs:
        reason = next((why for code, why in expected.items() if code.startswith("GC1")), None)
        return [BoundCheck(declaration, "GC101", None, reason, strict)]
    from ..properties import plan

    planned = plan(declaration)
    stale = [code for code in own if code not in planned.codes]
    return [BoundCheck(declaration, code, planned, expected.get(code), strict) for code in (*planned.codes, *stale)]


def _table(expected: Expected, declared: Iterable[Declaration]) -> dict[str, dict[str, str]]:
    """Return ``{subject: {code: reason}}``; the empty name stands for every subject."""
    if not isinstance(expected, Mapping):
        raise InvalidArgument(f"expected_failures={expected!r} must be a dictionary {{code: reason}}")
    names = {declaration.name for declaration in declared}
    table: dict[str, dict[str, str]] = {"": {}}
    for key, value in expected.items():
        if isinstance(value, str):
            table[""][key] = value
        elif key in names:
            table[key] = dict(value)
        else:
            raise _unknown(key, names, "subject")
    _known_codes(code for codes in table.values() for code in codes)
    for codes in table.values():
        refuse_empty_reasons(codes)
    return table


def _known_codes(codes: Iterable[str]) -> None:
    from ..pages import codes as pages
    from ..properties._registry import laws

    wanted = set(codes)
    known = {law.code for law in laws()} | set(pages()) if wanted else set()
    for code in wanted - known:
        raise _unknown(code, known, "code")


_LOOK_ALIKES = str.maketrans("OIL", "011")


def _unknown(key: str, known: Iterable[str], what: str) -> InvalidArgument:
    typed = key.upper().translate(_LOOK_ALIKES) if what == "code" else key
    near = difflib.get_close_matches(typed, sorted(known), 1)
    ask = f"; did you mean {near[0]!r}?" if near else ""
    return InvalidArgument(f"expected_failures names the unknown {what} {key!r}{ask}")
