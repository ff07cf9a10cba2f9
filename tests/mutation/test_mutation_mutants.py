"""Where mistakes are put, which ones, and how they look as a diff."""

from __future__ import annotations

import ast

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument
from gradcheck.mutation import OPERATORS
from gradcheck.mutation._draw import in_turns
from gradcheck.mutation._mutants import Mutant, chosen_operators, mutants_of
from gradcheck.mutation._sites import Site, sites_named, sites_of

from . import some_layers

ALL = chosen_operators(())


@pytest.fixture(scope="module")
def sites() -> dict[str, Site]:
    return {site.name: site for site in sites_of(some_layers.SUBJECTS)}


def made(site: Site) -> list[Mutant]:
    return mutants_of(0, site, ALL)


def test_sites_are_backwards_and_what_they_alone_call(sites: dict[str, Site]) -> None:
    """The helper of the backward is one, the helper that the forward calls too is not."""
    assert set(sites) == {"affine_backward", "_product_of_transposed", "Scale.backward", "square_grad"}
    assert sites["affine_backward"].upstream == 0
    assert sites["Scale.backward"].upstream == 1
    assert sites["Scale.backward"].keeps
    assert sites["square_grad"].upstream is None
    assert sites["_product_of_transposed"].subjects == (0,)


def test_undeclared_backwards_are_found_by_their_names() -> None:
    """Functions and methods called like a backward, those of the module itself alone."""
    assert {site.name for site in sites_named(some_layers)} == {"affine_backward", "square_grad", "Scale.backward"}


def test_a_claim_without_source_still_gets_mistakes_around_it() -> None:
    """A vjp= made by exec has no source: its upstream and its state are mistaken."""
    space: dict = {}
    exec("def pull(u, x): return 2 * x * u", space)
    (site,) = sites_of([gradcheck.subject(lambda x: x * x, np.ones(2), vjp=space["pull"])])
    assert {mutant.operator for mutant in made(site)} >= {"negated", "upstream", "state"}


def test_every_edit_is_one_place_of_the_users_own_text(sites: dict[str, Site]) -> None:
    """A diff takes away one line and adds one; comments stay; what only guards an exception is left alone."""
    for site in sites.values():
        for mutant in made(site):
            lines = mutant.diff.splitlines()[3:]
            changed = [line for line in lines if line[0] in "+-"]
            assert len(changed) == (1 if mutant.wrap else 2), mutant.diff
            assert not any("ndim" in line or "#" in line for line in changed)
            if mutant.text is not None:
                ast.parse(mutant.text)


def test_mutants_are_different_programs_that_can_be_called(sites: dict[str, Site]) -> None:
    """No two of a site have the same text, and each of square_grad returns or raises at once."""
    texts = [mutant.text or str(mutant.wrap) for mutant in made(sites["Scale.backward"])]
    assert len(set(texts)) == len(texts)
    slopes = [mutant.call(sites["square_grad"])(np.array([3.0])) for mutant in made(sites["square_grad"])]
    assert sum(not np.array_equal(slope, [6.0]) for slope in slopes) >= 5


def test_operators_are_chosen_by_name(sites: dict[str, Site]) -> None:
    """Only that kind is made; an unknown one is refused with a suggestion."""
    only = mutants_of(0, sites["Scale.backward"], chosen_operators(["axis"]))
    assert [mutant.what for mutant in only] == ["1 for 0"]
    with pytest.raises(InvalidArgument, match="'axes', which is no kind of mistake; did you mean 'axis'"):
        chosen_operators(["axes"])
    assert len(set(OPERATORS)) == len(OPERATORS)


def test_kinds_take_turns_in_an_order_that_the_seed_draws(sites: dict[str, Site]) -> None:
    """All of them once; the same seed, the same order; the first few are of different kinds."""
    every = made(sites["affine_backward"])
    drawn = list(in_turns(every, 3))
    kinds = {mutant.operator for mutant in every}

    assert sorted(m.diff for m in drawn) == sorted(m.diff for m in every)
    assert drawn == list(in_turns(every, 3)) != list(in_turns(every, 4))
    assert {mutant.operator for mutant in drawn[: len(kinds)]} == kinds
