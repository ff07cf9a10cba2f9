"""Subjects of ``[tool.gradcheck]`` as tests: ``pyproject.toml::BatchNorm::GC101``, without a test file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .. import __version__
from .._errors import GradcheckError, GradientError
from ..engine.config import Configuration, configured, refuse_stale, rows
from ..pytest_plugin import LISTS, VALUES

if TYPE_CHECKING:
    from ..engine import Collected
    from ._parametrize import BoundCheck


def configured_for(config: pytest.Config) -> Configuration:
    """Return every setting in force in a session.

    Raises
    ------
    pytest.UsageError
        One cannot be meant.
    """
    values: dict[str, Any] = {name: _option(config, name) for name in VALUES}
    lists = {name: _split(name, _option(config, name)) for name in LISTS}
    given = {f"--gradcheck-{name}": value for name, value in {**values, **lists}.items()}
    try:
        return configured(given, start=config.rootpath)
    except GradcheckError as error:
        raise pytest.UsageError(str(error)) from None


def _option(config: pytest.Config, name: str) -> Any:
    return config.getoption(f"gradcheck_{name.replace('-', '_')}")


def _split(name: str, given: list[str]) -> tuple[str, ...]:
    return tuple(word.strip() for text in given for word in ([text] if name == "report" else text.split(",")))


def prepare(config: pytest.Config, configuration: Configuration) -> None:
    """Refuse what could not be done at the end, and have the subjects collected where everything is run."""
    from ._session import destinations

    destinations(configuration)
    try:
        _ = configuration.cases
        if configuration["select"] or configuration["ignore"] or configuration.expected:
            from ..engine._select import Selection

            Selection.configured(configuration)
    except GradcheckError as error:
        raise pytest.UsageError(str(error)) from None
    file, wanted = configuration.file.path, config.getoption("gradcheck")
    if file is None or not configuration.subjects or config.getoption("gradcheck_skip"):
        if wanted:
            raise pytest.UsageError("--gradcheck, but [tool.gradcheck] of pyproject.toml declares no subjects")
        return
    everything = config.args_source is config.ArgsSource.TESTPATHS
    if (wanted or everything) and not any(_covers(config, argument, file) for argument in config.args):
        config.args.append(str(file))


def _covers(config: pytest.Config, argument: str, file: Path) -> bool:
    return file.is_relative_to((config.invocation_params.dir / argument.split("::")[0]).resolve())


def header(configuration: Configuration) -> str:
    """Return one line with every setting in force, and in brackets where it does not go without saying."""
    told = (row for row in rows(configuration) if row[0] not in _OF_RUN and row[1] not in (None, ()))
    return " ".join([f"gradcheck: {__version__}", *(f"{n}={_shown(v)}{_from(origin)}" for n, v, origin in told)])


_OF_RUN = {"timeout", "memory", "jobs"}
"""Settings of the processes of `gradcheck run`: a test runs where pytest runs it."""
_FEW = 3


def _shown(value: Any) -> str:
    """Return a value as one word, long lists as their length."""
    if isinstance(value, tuple):
        return ",".join(value) if len(value) <= _FEW else str(len(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _from(origin: str) -> str:
    return "" if origin == "default" or origin.startswith("--") else f" ({origin})"


def subjects_file(path: Path, parent: pytest.Collector, configuration: Configuration) -> pytest.Collector | None:
    """Return the collector of the configuration file, where `path` is it, and it declares subjects."""
    file = configuration.file.path
    if not configuration.subjects or file is None or path.resolve() != file:
        return None
    if parent.config.getoption("gradcheck_skip"):
        return None
    collector: pytest.Collector = SubjectsFile.from_parent(parent, path=path)
    return collector


class SubjectsFile(pytest.File):
    """The configuration file: a collector with one subject after the other."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield the subjects."""
        from ..engine import collect
        from ..pytest_plugin import configuration

        known = configuration(self.config)
        try:
            found = collect(known.sources())
            refuse_stale(known.expected, [item.declaration.name for item in found], known.file)
        except GradcheckError as error:
            raise self.CollectError(str(error)) from error
        names, seen = Counter(item.declaration.name for item in found), Counter[str]()
        for item in found:
            name = _addressable(item.declaration.name if names[item.declaration.name] == 1 else item.origin)
            seen[name] += 1
            again = f" {seen[name]}" if seen[name] > 1 else ""
            yield SubjectNode.from_parent(self, name=name + again, collected=item)


def _addressable(name: str) -> str:
    """Return a name that pytest finds again: it splits a node id at ``::``, and not after the first ``[``."""
    return name.replace("::", ":").replace("[", "(").replace("]", ")")


class SubjectNode(pytest.Collector):
    """One subject: a collector with one law after the other."""

    def __init__(self, *, collected: Collected, **rest: Any) -> None:
        super().__init__(**rest)
        self.collected = collected

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the laws that apply, and those that are expected to fail though they do not apply."""
        from ._parametrize import checks_of

        try:
            found = checks_of(self.collected.declaration)
        except GradcheckError as error:
            raise self.CollectError(f"{self.collected.origin}: {error}") from error
        for check in found:
            yield LawItem.from_parent(self, name=check.code, check=check)


class LawItem(pytest.Item):
    """One law of one subject: a test without a file."""

    def __init__(self, *, check: BoundCheck, **rest: Any) -> None:
        super().__init__(**rest)
        self.check = check
        self.add_marker("gradcheck")

    def runtest(self) -> None:
        """Hold the law against the subject."""
        self.check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the report as it is: there is no line of a test to show."""
        if isinstance(excinfo.value, GradientError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return where the subject is declared, and what the test is called."""
        return self.path, None, f"{getattr(self.parent, 'name', '')} {self.name}"
