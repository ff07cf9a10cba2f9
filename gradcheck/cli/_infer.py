"""``gradcheck infer``: the traits that can be read off a subject, and the test file that declares them."""

from __future__ import annotations

from pathlib import Path

import click

from . import _complete


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...", shell_complete=_complete.targets)
@click.option(
    "-o", "--output-file", type=click.Path(dir_okay=False, path_type=Path), help="Write the test file here."
)
@click.option("--force", is_flag=True, help="Overwrite that file if it exists.")
def infer(targets: tuple[str, ...], *, output_file: Path | None, force: bool) -> int:
    """Propose the traits of the TARGETs, and a test file that declares them.

    Without `-o` the file is printed, below what was inferred. What was read off a few values is a proposal: delete
    what is not promised.
    """
    from ..engine import collect
    from ..engine._overlooked import overlooked, sentence
    from ..engine._propose import command_for, propose, test_file
    from ..engine.config import Source
    from ._guard import Exit
    from ._output import put

    collected = collect(targets)
    proposals = [propose(item) for item in collected]
    for proposal in proposals:
        click.echo("\n".join(_facts(proposal.name, proposal.kind, proposal.facts)), err=output_file is None)
    if left_out := sentence(overlooked(map(Source, targets), collected), command="infer", said="left out"):
        click.echo(left_out, err=True)
    text = test_file(proposals)
    if output_file is None:
        click.echo(text, nl=False)
        return Exit.PASSED
    if output_file.exists() and not force:
        raise click.UsageError(f"{output_file} exists; --force overwrites it")
    put(text.removesuffix("\n"), output_file)
    click.echo(f"wrote {output_file}; run it with `{command_for(proposals, output_file)}`")
    return Exit.PASSED


def _facts(name: str, kind: str, facts: tuple[tuple[str, str, str], ...]) -> list[str]:
    from ..renderers._escape import visible
    from ..renderers._finding_text import columns

    rows = [["  " + visible(trait), visible(value), origin] for trait, value, origin in facts]
    return [f"{visible(name)}: {kind}", *columns(rows, right=False)]
