"""``gradcheck``: the group of commands."""

from __future__ import annotations

import click

from .. import __version__
from ._compare import compare
from ._config import config
from ._doctor import doctor
from ._explain import explain
from ._fuzz import fuzz
from ._guard import Guarded
from ._infer import infer
from ._init import init
from ._list import list_subjects
from ._mutate import mutate
from ._plot import plot
from ._replay import replay
from ._report import report
from ._run import run


@click.group(cls=Guarded, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", message="gradcheck %(version)s")
def main() -> None:
    """Check gradients written by hand, and the laws that layers and activations obey.

    Exit codes: 0 everything passed; 1 a check failed; 2 the command, a setting or a target is wrong; 3 gradcheck
    itself failed; 5 nothing ran; 130 interrupted.
    """


for command in (
    run,
    fuzz,
    replay,
    list_subjects,
    infer,
    explain,
    mutate,
    plot,
    compare,
    report,
    config,
    doctor,
    init,
):
    main.add_command(command)
