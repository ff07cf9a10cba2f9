"""The keys of ``[tool.gradcheck]``: what each may be, what it is where nobody says, and what it means.

The documentation, ``gradcheck config show`` and the sentences about mistakes are all made from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import _forms as form
from ._forms import Form

TABLE = "tool.gradcheck"


@dataclass(frozen=True, slots=True)
class Key:
    """One key; ``variable`` says whether an environment variable gives it, ``profile`` whether a profile may."""

    name: str
    form: Form
    default: Any
    says: str
    variable: bool = True
    profile: bool = True


KEYS = (
    Key("subjects", form.ANYTHING, (), "What to check: targets, or tables with a `target`.", False, False),
    Key(
        "profile",
        form.NAME,
        "auto",
        "How thorough: dev, ci, nightly or yours; auto is ci in CI.",
        True,
        False,
    ),
    Key("seed", form.whole_from(0), 0, "Repeats a run exactly."),
    Key("select", form.WORDS, (), "Only these codes or families."),
    Key("ignore", form.WORDS, (), "Not these codes or families."),
    Key("max-examples", form.whole_from(1), None, "Generated examples per law."),
    Key("max-evals", form.whole_from(1), None, "Forward calls of one gradient check at given inputs."),
    Key("min-checks", form.whole_from(0), 0, "Fewer checks in the whole run are a failure."),
    Key("fail-on", form.one_of("inconclusive", "vacuous"), (), "Verdicts that are failures as well."),
    Key("timeout", form.SECONDS, 300, "Seconds without a word after which a subject is given up."),
    Key("memory", form.MEMORY, "auto", "What a subject may allocate; auto is three quarters of the machine's."),
    Key("jobs", form.JOBS, 1, "Processes that check subjects at the same time; auto is one per core."),
    Key("reports", form.REPORTS, (), "Files to write, FORMAT=PATH each."),
    Key("annotations", form.choice("auto", "always", "never"), "auto", "GitHub annotations; auto is on GitHub only."),
    Key(
        "cases",
        form.FOLDER,
        "auto",
        "Folder of stored cases; auto is .gradcheck/cases, off is none.",
        True,
        False,
    ),
    Key("keep-cases", form.YES_OR_NO, False, "Cases that fail no more stay, as a regression corpus.", True, False),
    Key("expected-failures", form.ANYTHING, {}, "Subject -> code -> reason: what is known to fail.", False, False),
    Key("profiles", form.ANYTHING, {}, "Name -> keys that hold under this profile only.", False, False),
)
BY_NAME = {key.name: key for key in KEYS}

PROFILES: dict[str, dict[str, Any]] = {"dev": {}, "ci": {"max-examples": 100}, "nightly": {"max-examples": 2000}}
"""The profiles that are there without a word, and what they set; `[tool.gradcheck.profiles.NAME]` says more."""
