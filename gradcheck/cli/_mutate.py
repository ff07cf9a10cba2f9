"""``gradcheck mutate``: which mistakes in a backward the tests would notice."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..renderers._mutation import FORMATS
from ._guard import Exit
from ._style import color_option


@click.command()
@click.argument("target", metavar="TARGET")
@click.option("--tests", metavar="CMD", help='A command such as "pytest tests/test_layers.py"; default: our suite.')
@click.option("--max-mutants", type=click.IntRange(min=1), default=100, show_default=True, help="Mistakes to try.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Draws which are tried.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Processes at a time.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds for one mistake; default: many times what the right code takes.",
)
@click.option("--operators", multiple=True, metavar="NAMES", help="Only these kinds: sign,axis,upstream.")
@click.option("-n", "--max-examples", type=click.IntRange(min=1), default=20, help="Examples per law of our suite.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 100),
    default=100,
    show_default=True,
    help="Exit with 1 where the score, in percent, is lower.",
)
@click.option("--output-format", "--format", "output_format", type=click.Choice(FORMATS), default="full")
@click.option("-o", "--output-file", type=click.Path(dir_okay=False, path_type=Path), help="Instead of the terminal.")
@color_option
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.option("-v", "--verbose", is_flag=True, help="A traceback where gradcheck itself fails.")
def mutate(
    target: str,
    *,
    tests: str | None,
    max_mutants: int,
    seed: int,
    jobs: int,
    timeout: float | None,
    operators: tuple[str, ...],
    max_examples: int,
    threshold: float,
    output_format: str,
    output_file: Path | None,
    color: str,
    quiet: bool,
    verbose: bool,  # noqa: ARG001 - `_guard.py` reads it
) -> int:
    """Put realistic mistakes into the backward of TARGET, and report those that the tests let live.

    The judge is the command of `--tests`, or our own suite. No file is changed: the mistake exists only inside of the
    processes that run the tests. Mistakes that change no value anywhere are left out of the score.
    """
    from ..mutation import Settings
    from ..mutation import mutate as search
    from ..renderers._mutation import render_mutation
    from ._output import put
    from ._progress import watching
    from ._signals import interruptible

    kinds = tuple(word.strip() for text in operators for word in text.split(",") if word.strip())
    settings = Settings(tests, max_mutants, seed, jobs, timeout, kinds, max_examples)
    with interruptible(), watching(sys.stderr, quiet=quiet) as watch:
        report = search(target, settings, watch.step)
    text = render_mutation(report, output_format, threshold=threshold)
    put(text, output_file, color)
    if not report.complete:
        return Exit.INTERRUPTED
    if report.score is None:
        return Exit.NOTHING
    return Exit.PASSED if report.score >= threshold else Exit.FAILED
