"""``gradcheck plot``: each picture of a report alone, as SVG or PNG."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..renderers._pictures import OF_RUN, SORTS
from ._guard import Exit
from ._options import settings_options

if TYPE_CHECKING:
    from ..engine.config import Configuration
    from ..renderers._pictures import Picture
    from ..report import RunReport

KINDS = ("svg", "png")


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "-p", "--picture", "sorts", multiple=True, type=click.Choice(list(SORTS)), help="Only this sort; repeatable."
)
@click.option("-s", "--subject", "subjects", multiple=True, metavar="NAME", help="Only of this subject; repeatable.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("gradcheck-pictures"),
    show_default=True,
    help="A folder; or a file, such as picture.svg, where one picture is left.",
)
@click.option("--format", "kind", type=click.Choice(KINDS), help="Default: what the name of the file says, or svg.")
@click.option("--list", "listed", is_flag=True, help="Say which pictures there are, and write nothing.")
@settings_options("seed", "max-examples", "timeout", "memory")
def plot(
    sources: tuple[str, ...],
    *,
    configuration: Configuration,
    sorts: tuple[str, ...],
    subjects: tuple[str, ...],
    output: Path,
    kind: str | None,
    listed: bool,
) -> int:
    """Draw the pictures of each SOURCE: a JSON report, the identifier of a stored case, or a TARGET to be run.

    Of a failure: the heat maps of analytic, numeric and difference, the scatter, the error against the step. Of an
    activation: the function, its derivative and its kinks; of an initializer: the activations of a deep net; of a
    preprocessor: the covariance before and after; of all SOURCEs together: initializers side by side, and subjects
    by laws.
    """
    from ..renderers._escape import visible
    from ..renderers._pictures import of_run
    from ..report import RunReport

    suites = [suite for source in sources for suite in _run_of(source, configuration).suites]
    found = list(of_run(RunReport(tuple(suites))))
    chosen = [(s, p) for s, p in found if _is_asked_for(s, p.name, subjects, sorts)]
    if not chosen:
        raise click.ClickException(_nothing(found))
    if listed:
        lines = (f"{stem}  {picture.title}: {picture.caption}" for stem, picture in _named(chosen))
        click.echo("\n".join(map(visible, lines)))
    else:
        _write(chosen, output, kind)
    return Exit.PASSED


def _run_of(source: str, configuration: Configuration) -> RunReport:
    """Return the report that a source is, or leads to."""
    from ..renderers._run_view import as_run
    from ._reading import read_report

    path = Path(source)
    if path.suffix == ".json" and path.is_file() and not path.with_suffix(".npz").exists():
        return read_report(path)
    if re.fullmatch(r"\w+-[0-9a-f]{8}", source) or path.suffix == ".json":
        from ..properties import load_case

        return as_run(load_case(source).run(keep=True))
    return _run(source, configuration)


def _run(target: str, configuration: Configuration) -> RunReport:
    """Run a target as ``gradcheck run`` does, each subject in a process of its own."""
    from ..engine import Settings
    from ._run import checked

    settings, sources = Settings.of(configuration), configuration.sources((target,))
    report, faults = checked(sources, settings, configuration, contained=True, quiet=False)
    for error in faults:
        raise error
    return report


def _is_asked_for(subject: str, sort: str, subjects: Sequence[str], sorts: Sequence[str]) -> bool:
    """Say whether a picture is meant; those of the whole run belong to every subject, if they are asked for."""
    of_subject = not subjects or subject in subjects or (sort in OF_RUN and sort in sorts)
    return of_subject and (not sorts or sort in sorts)


def _nothing(found: Sequence[tuple[str, Picture]]) -> str:
    if not found:
        return "there is no picture: nothing ran, or nothing that ran has one"
    from ..renderers._escape import visible

    listed = sorted({visible(f"{subject} ({picture.name})") for subject, picture in found})
    return f"no picture is left of these: {', '.join(listed)}"


def _named(chosen: Sequence[tuple[str, Picture]]) -> Iterator[tuple[str, Picture]]:
    """Yield each picture with the name of its file: subject and sort, and a number where there are several."""
    seen: Counter[str] = Counter()
    for subject, picture in chosen:
        stem = re.sub(r"[^\w.-]+", "_", f"{subject}-{picture.name}", flags=re.ASCII).strip("._")[:100]
        seen[stem.lower()] += 1
        number = seen[stem.lower()]
        yield stem if number == 1 else f"{stem}-{number}", picture


def _write(chosen: Sequence[tuple[str, Picture]], output: Path, kind: str | None) -> None:
    """Write the pictures into a folder, or one of them into a file."""
    suffix = output.suffix.lower().lstrip(".")
    if suffix and suffix not in KINDS and not output.is_dir():
        way_out = "name a file that ends in .svg or .png, or a folder without such an ending"
        raise click.UsageError(f"--output={output} ends in .{suffix}, which no picture is; {way_out}")
    if suffix in KINDS and not output.is_dir():
        if len(chosen) > 1:
            way_out = "choose one with --picture and --subject, or name a folder"
            raise click.UsageError(f"{output} is one file for {len(chosen)} pictures; {way_out}")
        _save(chosen[0][1], output, kind or suffix)
        return
    kind = kind or KINDS[0]
    for stem, picture in _named(chosen):
        _save(picture, output / f"{stem}.{kind}", kind)


def _save(picture: Picture, path: Path, kind: str) -> None:
    from ..renderers._files import write_bytes_atomically
    from ..renderers._png import png

    drawing = picture.whole()
    data = png(drawing) if kind == "png" else drawing.alone().encode() + b"\n"
    try:
        write_bytes_atomically(path, data)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {path}")
