"""Proportions, bounded means, two samples, spectra and sequential tests: their rates, held against simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite
from gradcheck.properties._proportions import (
    bounded_mean_limit,
    family_rate,
    proportion_band,
    proportion_power,
    proportion_sample,
    spectrum_band,
    two_sample_limit,
)
from gradcheck.properties._sequential import sequential_proportion, sequential_variance
from gradcheck.properties._statistics import FALSE_ALARM, POWER, VARIANCE_ERROR, sample_size
from gradcheck.properties.catalogue import SUBJECTS

import gradcheck
from gradcheck.report import Status

RATE = 0.05
RUNS = 2000
SLACK = 4 * np.sqrt(RATE / RUNS)
"""Four standard deviations of a rate that is measured in so many runs."""


@pytest.mark.parametrize("p", [0.02, 0.5, 0.8])
def test_a_share_rarely_leaves_its_band(p: float) -> None:
    """The share of false alarms is at most the stated one; an error is seen as often as stated."""
    rng, n = np.random.default_rng(0), 400
    band = proportion_band(n, p, RATE)
    error = 3 * np.sqrt(p * (1 - p) / n)

    def outside(q: float) -> float:
        share = rng.binomial(n, q, RUNS) / n
        return float(((share < band.low - 1e-12) | (share > band.high + 1e-12)).mean())

    assert outside(p) <= RATE + SLACK
    seen = [outside(q) for q in (p - error, p + error) if 0 < q < 1]
    assert min(seen) == pytest.approx(proportion_power(n, p, band, error), abs=0.05)


def test_the_sample_of_a_share_is_large_enough() -> None:
    """Half of it would not do."""
    n = proportion_sample(0.8, 0.02)

    assert proportion_power(n, 0.8, proportion_band(n, 0.8), 0.02) >= POWER
    assert proportion_power(n // 2, 0.8, proportion_band(n // 2, 0.8), 0.02) < POWER


def test_a_bounded_mean_rarely_leaves_its_bound() -> None:
    """Values that a mask keeps with probability 0.8, rescaled, have the mean that they should."""
    rng, n, keep = np.random.default_rng(1), 300, 0.8
    kept = (rng.random((RUNS, n)) < keep) / keep - 1
    limit = bounded_mean_limit(n, 1 / keep - 1, 1.0, RATE)

    assert (np.abs(kept.mean(axis=1)) > limit).mean() <= RATE


def test_two_samples_of_one_law_are_rarely_far_apart() -> None:
    """The distance of two empirical distribution functions stays below its bound, and two laws are told apart."""
    rng, n, m = np.random.default_rng(2), 200, 150
    limit = two_sample_limit(n, m, RATE)

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        at = np.sort(np.concatenate([a, b]))
        return float(
            np.abs(np.searchsorted(np.sort(a), at, "right") / n - np.searchsorted(np.sort(b), at, "right") / m).max()
        )

    same = [distance(rng.random(n), rng.random(m)) > limit for _ in range(400)]
    other = [distance(rng.random(n), rng.random(m) ** 3) > limit for _ in range(20)]
    assert np.mean(same) <= RATE
    assert all(other)


def test_a_spectrum_rarely_leaves_its_band() -> None:
    """Eigenvalues of a sample covariance of whitened normal numbers stay inside; a wrong scale does not."""
    rng, n, p = np.random.default_rng(3), 200, 5
    x = rng.standard_normal((400, n, p))
    spectra = np.linalg.eigvalsh(np.swapaxes(x, 1, 2) @ x / n)
    band = spectrum_band(n, p, RATE)

    assert ((spectra < band.low) | (spectra > band.high)).any(axis=1).mean() <= RATE
    assert (4 * spectra.max(axis=1) > band.high).all()


@pytest.mark.parametrize("kind", ["variance", "proportion"])
def test_a_sequential_test_keeps_both_of_its_rates(kind: str) -> None:
    """However often it looks: false alarms at most as stated, errors of the stated size missed at most as stated."""
    rng, most, rates = np.random.default_rng(4), 20_000, {"false_alarm": RATE, "power": 0.9}

    def ends(wrong: float) -> list:
        if kind == "variance":
            return [
                sequential_variance(lambda n: rng.standard_normal(n) * np.sqrt(1 + wrong), 1.0, 0.3, most, **rates)
                for _ in range(400)
            ]
        return [
            sequential_proportion(lambda n: rng.random(n) < 0.6 + wrong / 3, 0.6, 0.1, most, **rates)
            for _ in range(400)
        ]

    slack = 4 * np.sqrt(0.1 / 400)
    assert np.mean([end.refused for end in ends(0.0)]) <= RATE + slack
    assert np.mean([end.accepted for end in ends(0.0)]) >= 0.9
    for wrong in (0.3, -0.3):
        assert np.mean([end.accepted for end in ends(wrong)]) <= 0.1 + slack


def test_a_sequential_test_saves_samples() -> None:
    """At the rates of a law a right subject needs less than half of what the test of fixed size draws."""
    rng, fixed = np.random.default_rng(5), sample_size(0.1, "normal")
    counts = [sequential_variance(rng.standard_normal, 1.0, 0.1, 2 * fixed).count for _ in range(20)]

    assert np.mean(counts) < fixed / 2


def test_the_variance_of_normal_weights_is_tested_while_they_are_drawn() -> None:
    """Where a law may rely on the normal distribution it stops early, says so, and still sees three per cent."""
    fixed = sample_size(VARIANCE_ERROR, "normal", FALSE_ALARM / 2)
    for wrong, verdict in ((0.0, Status.PASSED), (0.03, Status.FAILED), (-0.03, Status.FAILED)):
        found = run_suite(
            gradcheck.subject(
                lambda n, m, rng, factor=1 + wrong: rng.standard_normal((n, m)) * np.sqrt(factor / n),
                kind="initializer",
                traits={"variance": lambda n, _: 1 / n, "distribution": "normal"},
            ),
            checks=["GC402"],
            cases=None,
        )
        (law,) = (one for one in found.results if one.code == "GC402")
        told = dict(law.statistics)

        assert law.status is verdict
        if verdict is Status.PASSED:
            assert int(told["sample size"].split()[0]) < fixed / 2
            assert "3.0% error of the variance with probability 0.999" in told["power"]


def test_an_endless_test_ends() -> None:
    """Between right and wrong enough nothing is refused, and the budget is kept."""
    rng = np.random.default_rng(6)
    end = sequential_variance(lambda n: rng.standard_normal(n) * np.sqrt(1.05), 1.0, 0.1, 500)

    assert (end.count, end.refused) == (500, False)


def test_rates_add_up() -> None:
    """Over a suite the probability of any false alarm is at most the sum."""
    assert family_rate(7) == pytest.approx(7 * FALSE_ALARM)
    assert family_rate(10**12) == 1.0


@pytest.mark.parametrize("name", ["sparse", "orthogonal", "he_uniform", "identity"])
def test_right_initializers_do_not_know_of_each_other(name: str) -> None:
    """Rows that are orthogonal pass; a matrix that is mostly 0 is not asked."""
    declared = next(one for one in SUBJECTS if one.name == name)
    reports = [run_suite(declared, checks=["GC423"], rng=seed, cases=None) for seed in range(5)]

    assert all(report.ok for report in reports), [report.findings for report in reports]


@pytest.mark.parametrize("rounded", [lambda w: w.astype(np.float16), lambda w: np.round(w, 2)])
@pytest.mark.parametrize("seed", range(3))
def test_few_values_are_no_short_stream(rounded: Any, seed: int) -> None:
    """Numbers of sixteen bits, or of two decimals, come again and again, and no run of them does."""
    coarse = gradcheck.subject(
        lambda n, m, rng: rounded(rng.standard_normal((n, m)) / np.sqrt(n)),
        kind="initializer",
        traits={"variance": lambda n, _: 1 / n, "distribution": "normal"},
    )

    assert run_suite(coarse, checks=["GC418"], rng=seed, cases=None).ok
