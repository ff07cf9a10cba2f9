"""Exit codes: whatever happens below becomes one sentence and one number."""

from __future__ import annotations

import difflib
import os
import sys
import traceback
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn

import click

from .._errors import GradcheckError


class Exit(IntEnum):
    """What the process says when it ends."""

    PASSED = 0
    FAILED = 1
    """A check failed, or something expected to fail passed."""
    USAGE = 2
    """The command line, a setting or a target is wrong."""
    FAULT = 3
    """gradcheck itself failed."""
    NOTHING = 5
    """No check ran."""
    INTERRUPTED = 130


class Guarded(click.Group):
    """A group whose errors are sentences: no traceback unless ``-v`` asks for it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant; for what is none, say which was probably meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            is_target = Path(args[0].partition(":")[0]).exists()
            ask = (
                f"to check it: gradcheck run {args[0]}" if is_target else f"did you mean {near[0]!r}?" if near else ""
            )
            known = ask or f"the commands are {', '.join(self.list_commands(ctx))}"
            raise click.UsageError(f"No such command {args[0]!r}; {known}", ctx) from error

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> NoReturn:
        """Run the command line, and exit with one of `Exit`."""
        verbose = bool({"-v", "--verbose"} & set(sys.argv[1:] if args is None else args))
        options["standalone_mode"] = False
        for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a character shows its code instead
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        try:
            code = super().main(args, *rest, **options)
        except Exception as error:
            code = told(error, verbose=verbose)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            code = Exit.INTERRUPTED
        sys.exit(int(code or 0))


def told(error: Exception, *, verbose: bool) -> Exit:
    """Say what went wrong, and return the exit code for it."""
    if isinstance(error, click.exceptions.Abort):
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return Exit.USAGE
    if isinstance(error, GradcheckError):
        click.echo(f"error: {error}", err=True)
        return Exit.USAGE
    if isinstance(error, BrokenPipeError):  # `gradcheck explain | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.PASSED
    return fault(error, verbose=verbose)


def fault(error: BaseException, *, verbose: bool) -> Exit:
    """Say that gradcheck itself failed, and how to report it."""
    if verbose:
        click.echo("".join(traceback.format_exception(error)), err=True)
    ask = "please report this with the traceback above" if verbose else "please report this with the output of -v"
    said = " ".join(f"{type(error).__name__}: {error}".split())
    click.echo(f"internal error: gradcheck itself failed ({said}); {ask}", err=True)
    return Exit.FAULT
