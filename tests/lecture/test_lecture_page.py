"""The page of claims: every claim is executable, and every law knows what it is a law of."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from gradcheck.properties import laws

import gradcheck
from gradcheck import reference

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "lecture.md"


class Claim(NamedTuple):
    """One row of the page."""

    id: str
    says: str
    reference: str
    laws: list[str]
    test: str


def claims() -> list[Claim]:
    rows = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| [A-Z]+-", line))
    cells = ([cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows)
    return [Claim(key, says, ref.strip("`"), codes.split(), test.strip("`")) for key, says, ref, codes, test in cells]


def test_no_claim_is_listed_twice() -> None:
    """The ids are unique, and there are as many as the lecture has."""
    ids = [claim.id for claim in claims()]

    assert len(ids) == len(set(ids)) == 59


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.id)
def test_each_claim_is_executable(claim: Claim) -> None:
    """It has a law or a test; the laws are exactly those that name it, the test exists and names it."""
    assert claim.laws or claim.test, f"{claim.id} has neither a law nor a test"
    assert claim.laws == [law.code for law in laws() if claim.id in law.claims]
    if claim.test:
        file, name = claim.test.split("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        found = {node.name: ast.get_docstring(node) or "" for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert claim.id in found[name]


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.id)
def test_each_claim_has_its_reference(claim: Claim) -> None:
    """What the page says is the system's code is there."""
    name = claim.reference.removeprefix("gradcheck.")

    assert not name or hasattr(reference, name) or hasattr(gradcheck, name)


def test_no_law_names_an_unknown_claim() -> None:
    """What a law says it makes executable is a claim of the page."""
    assert {claim for law in laws() for claim in law.claims} <= {claim.id for claim in claims()}
