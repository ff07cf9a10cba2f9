"""The text that a person reads: its length, its order, its words. Letter by letter it is in the snapshots."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gradcheck.renderers import _full, render
from gradcheck.report import LawResult, Readable, Report, Status, SuiteReport


def test_a_check_fits_on_a_screen(sample: tuple[str, Readable]) -> None:
    """A report of one check takes 40 lines at most, however much was found."""
    name, report = sample

    assert not name.startswith("check") or len(render(report).split("\n")) <= 40


def test_numbers_have_six_digits_at_most(sample: tuple[str, Readable]) -> None:
    """No number is printed with more than six significant digits."""
    text = re.sub(r"\b\d+ of \d+\b|\[[\d, ]+\]|#\d+|GC\d+", "", render(sample[1]))

    for number in re.findall(r"\d+\.\d+(?:e[+-]\d+)?", text):
        mantissa = number.split("e")[0].replace(".", "").lstrip("0")
        assert len(mantissa) <= 6, number


@pytest.mark.parametrize("name", ["check-pass", "check-kink", "suite-pass"])
def test_a_pass_is_short_and_states_its_resolution(samples: dict[str, Readable], name: str) -> None:
    """A passing report has two to four lines and says which error it would have noticed, its cost and its seed."""
    text = render(samples[name])

    assert 2 <= len(text.split("\n")) <= 4
    assert "would have noticed a relative error of 2.1e-09" in text
    assert "seed 0" in text


def test_the_first_line_stands_alone(samples: dict[str, Readable]) -> None:
    """Severity, code, subject and title are on the first line, and the place on the second."""
    first, second, *_ = render(samples["check-fail"]).split("\n")

    assert first == "error[GC101]: `BatchNorm`: the backward pass is wrong for the input x"
    assert second == "  --> mypkg/layers.py:14 in BatchNorm"


def test_the_worst_entry_comes_first(samples: dict[str, Readable]) -> None:
    """Entries are sorted by their difference, and at most eight are shown."""
    rows = [line.split() for line in render(samples["check-fail"]).split("\n") if "inputs['x'][" in line]
    differences = [abs(float(row[-1])) for row in rows]

    assert len(rows) == 8
    assert differences == sorted(differences, reverse=True)


def test_what_is_found_twice_is_told_once(samples: dict[str, Readable]) -> None:
    """The law that repeats the finding of the check only adds its smallest failing input."""
    check = samples["check-fail"]
    assert isinstance(check, Report)
    law = LawResult("GC101", "gradients", Status.FAILED, check.findings, 3, counterexample="x = zeros((2, 1))")
    text = render(SuiteReport("BatchNorm", "normalization", (law,), check=check))

    assert text.count("error[GC101]") == 1
    assert "smallest failing input (3 examples tried): x = zeros((2, 1))" in text


def test_verbose_tells_why_a_law_does_not_apply(samples: dict[str, Readable]) -> None:
    """The verbose text lists every law with its status and reason."""
    text = _full.render(samples["suite-fail"], verbose=True)

    assert re.search(r"GC508 +not applicable +smallest slope \(trait `smallest_slope` is not declared\)", text)


def test_the_accounting_adds_up(samples: dict[str, Readable]) -> None:
    """What ran is the sum of all that passed, failed or was undecided, and laws left out are counted apart."""
    line = next(line for line in render(samples["suite-fail"]).split("\n") if line.startswith("ran "))

    assert line == (
        "ran 7 · passed 2 · failed 1 · inconclusive 1 · expected failure 1 · unexpected pass 1 · "
        "not applicable 1 · vacuous 1"
    )


@pytest.mark.parametrize("reproduce", ["gradcheck run layers.py", None])
def test_a_check_that_fails_at_its_own_inputs_names_its_case(
    samples: dict[str, Readable], reproduce: str | None
) -> None:
    """Once, whatever else repeats it: nobody finds a stored case whose name is not told."""
    check = replace(samples["check-fail"], case="check-1a2b3c4d")
    text = render(SuiteReport("BatchNorm", "", check=check, reproduce=reproduce))

    assert text.count("stored: gradcheck.load_case('check-1a2b3c4d').run() tries it again") == 1
    assert "check-1a2b3c4d" in render(SuiteReport("BatchNorm", "", check=check, reproduce=reproduce), "html")


def test_a_long_cause_is_wrapped_and_not_cut(samples: dict[str, Readable]) -> None:
    """Every word of the cause and the help is there, in lines of 160 columns at most."""
    report = samples["check-fail"]
    assert isinstance(report, Report)
    said = "a sentence of many words " * 12
    finding = replace(report.findings[0], cause=said, hint=said)
    text = render(replace(report, findings=(finding,)))

    assert " ".join(text.split()).count(" ".join(said.split())) == 2
    assert all(len(line) <= 160 for line in text.split("\n"))
