"""``gradcheck init``: a configuration, and files for continuous integration, written into a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ._guard import Exit

if TYPE_CHECKING:
    from ..scaffold import Edit


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGET...]")
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab", "none"]),
    default="github",
    show_default=True,
    help="The service to write a workflow for.",
)
@click.option("--pre-commit", is_flag=True, help="Add a hook to .pre-commit-config.yaml.")
@click.option("--force", is_flag=True, help="Replace a table and a workflow that are there already.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and write nothing.")
def init(targets: tuple[str, ...], *, ci: str, pre_commit: bool, force: bool, dry_run: bool) -> int:
    """Write [tool.gradcheck] into the pyproject.toml here, and a workflow for continuous integration.

    The TARGETs become the subjects; without any, the files that look as if they declared some. Nothing that is
    there is overwritten; what is refused is refused before anything is written.
    """
    from ..scaffold import planned

    root = Path.cwd()
    edits = planned(root, targets, service=None if ci == "none" else ci, hook=pre_commit, force=force)
    if dry_run:
        click.echo("\n".join(line for edit in edits for line in edit.diff(root)))
        return Exit.PASSED
    for edit in edits:
        edit.apply()
        click.echo(f"{edit.did} {edit.path.relative_to(root).as_posix()}")
    click.echo("\n".join(_next(root, edits, ci)))
    return Exit.PASSED


def _next(root: Path, edits: tuple[Edit, ...], ci: str) -> list[str]:
    """Return what is left to do."""
    from ..scaffold._files import advice

    by_hand = advice(root) if ci == "gitlab" else None
    empty = "subjects = []" in edits[0].after
    then = "list your subjects there, then run `gradcheck run`" if empty else "now run `gradcheck run`"
    return [*([by_hand] if by_hand else []), then]
