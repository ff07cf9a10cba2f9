"""Suites over implementations that nobody here wrote: how many laws ran, and every red with its case.

    python benchmarks/strangers.py --write docs/measurements/strangers.md

What is known to be a defect of theirs, or a promise that they do not make, is in `tests/gallery/strangers/known.py`.
Peers come with `pip install '.[test,peers]'`; flax is in no extra, and has a `pip install flax` of its own.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from _table import made_with, markdown, publish

import gradcheck
from gradcheck.report import Status, SuiteReport

MAKERS = {
    "torch activations": ("of_torch", "activations"),
    "torch initializers": ("of_torch", "initializers"),
    "torch normalizations": ("of_torch", "normalizations"),
    "jax activations": ("of_jax", "activations"),
    "scikit-learn": ("of_scientific", "preprocessors"),
    "scipy.special": ("of_scientific", "specials"),
    "autograd": ("of_scientific", "of_autograd"),
    "flax initializers": ("of_flax", "initializers"),
    "mygrad activations": ("of_mygrad", "activations"),
    "mygrad layers": ("of_mygrad", "of_layers"),
    "mygrad losses": ("of_mygrad", "of_losses"),
}
"""Group -> the module in `tests/gallery/strangers/`, and its function that declares the subjects."""

PACKAGES = {
    "of_torch": ("torch",),
    "of_jax": ("jax",),
    "of_scientific": ("scikit-learn", "autograd"),
    "of_flax": ("flax", "jax"),
    "of_mygrad": ("mygrad",),
}
"""Module -> the packages whose versions a table names."""

GROUPS = tuple(MAKERS)


def subjects(group: str) -> list[Any]:
    """Return the declarations of a group; only its own library is imported."""
    module, function = MAKERS[group]
    return getattr(import_module(f"gallery.strangers.{module}"), function)()


def reports(group: str, seed: int, examples: int | None) -> list[SuiteReport]:
    """Return the report of every subject of a group."""
    from gallery.strangers.known import expected

    return [
        gradcheck.run_suite(one, rng=seed, max_examples=examples, expected_failures=expected(one.name))
        for one in subjects(group)
    ]


def row(group: str, found: list[SuiteReport]) -> list[object]:
    """Return subjects, laws that ran, passed, known defects and reds of a group."""
    ran, known = (sum(report.ran for report in found), sum(map(_known, found)))
    return [group, len(found), ran, ran - known - len(reds(found)), known, len(reds(found))]


def _known(report: SuiteReport) -> int:
    return report.counts.get(Status.EXPECTED_FAILURE, 0)


def reds(found: list[SuiteReport]) -> list[str]:
    """Return one line per law that did not pass, with its case."""
    fine = {Status.PASSED, Status.NOT_APPLICABLE, Status.EXPECTED_FAILURE}
    return [
        f"- {report.subject}, {law.code} ({law.status}): {law.findings[0].title if law.findings else law.reason}; "
        f"`{(law.counterexample or '').splitlines()[0] if law.counterexample else ''}`"
        for report in found
        for law in report.results
        if law.status not in fine
    ]


def main() -> None:
    """Run every group, and print the table and the reds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--examples", type=int, default=None, help="per law; by default as a suite does")
    parser.add_argument("--only", nargs="*", default=GROUPS, metavar="GROUP")
    parser.add_argument("--without", nargs="*", default=(), metavar="GROUP")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the table to this file")
    asked = parser.parse_args()
    found = {group: reports(group, asked.seed, asked.examples) for group in asked.only if group not in asked.without}
    head = ("group", "subjects", "laws run", "passed", "known defects", "red")
    from gallery.strangers.known import told

    lines = [line for group in found.values() for line in reds(group)] or ["No law is red beside the known defects."]
    parts = [
        "# Implementations that nobody here wrote",
        markdown(head, [row(group, reports_) for group, reports_ in found.items()]),
        "\n".join(lines),
        "## Known defects, and promises that are not made",
        told(),
        made_with(*dict.fromkeys(name for group in found for name in PACKAGES[MAKERS[group][0]])),
    ]
    publish("\n\n".join(parts), asked.write)


if __name__ == "__main__":
    main()
