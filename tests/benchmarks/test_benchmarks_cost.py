"""The table of costs, in small: what is counted and how it is divided; no time is asserted."""

from __future__ import annotations

import _peers as peers
import _units as units
import cost
import numpy as np
import pytest
from threadpoolctl import threadpool_info
from workloads import BY_NAME, WORKLOADS, Workload

import gradcheck

GELU = BY_NAME["gelu"]


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda w: w.name)
def test_a_right_workload_passes_and_its_calls_are_counted(workload: Workload) -> None:
    """The calls that the report states are those that the subject saw."""
    inputs = workload.inputs(200)
    subject = peers.Counted(workload.forward, workload.backward)
    assert peers.ours(subject, inputs, workload.upstream(inputs))() == "pass"
    report = gradcheck.check((workload.forward, workload.backward), *inputs)
    assert (report.cost.forward, report.cost.backward) == (subject.forwards, subject.backwards)


@pytest.mark.parametrize("peer", [*peers.AT_ONCE, *peers.ENTRY_BY_ENTRY], ids=lambda p: p.name)
def test_a_peer_runs_the_same_code(peer: peers.Peer) -> None:
    """Every peer calls the forward and the backward that it was given, and accepts a right one."""
    pytest.importorskip(peer.package)
    (_, _, forwards, backwards), word = cost.counted(GELU, peer, 12)
    assert forwards >= 2
    assert backwards >= 1
    assert word == "pass" if peer.judges else word.startswith("error")


def test_the_calls_of_plain_differences_are_extrapolated_exactly() -> None:
    """One forward an input, one at the point and one for the claim, whatever the size."""
    plain = next(p for p in peers.ENTRY_BY_ENTRY if p.name == "scipy approx_fprime")
    small = Workload("gelu", GELU.forward, GELU.backward, GELU.draw, full=1000)
    found = cost.extrapolated(small, plain)
    assert found.forwards == pytest.approx(1002)
    assert found.backwards == pytest.approx(1)


def test_a_false_alarm_is_named_in_its_cell() -> None:
    """A number alone would hide that the checker was wrong."""
    assert cost.Cost("x", 8.13, 1, 1, "fail").cell == "8.1, false alarm"
    assert cost.Cost("x", 812345.0, 1, 1, "pass").cell == "8e+05"


def test_units_divide_by_the_subject_itself() -> None:
    """A call that is the unit costs some positive number of units; each call runs once a round and once before."""
    calls = []
    found = units.in_units(lambda: calls.append("unit"), {"own": lambda: calls.append("own")}, rounds=3, per_round=1)
    assert found["own"] > 0
    assert calls.count("own") == 4
    assert calls.count("unit") == 7


def test_the_peak_is_what_a_call_holds_at_once() -> None:
    """Two arrays one after the other count once, two at the same time count twice."""
    size = 8 * 100_000
    assert units.peak_bytes(lambda: [np.ones(100_000).sum(), np.ones(100_000).sum()]) == pytest.approx(size, rel=0.05)
    assert units.peak_bytes(lambda: [np.ones(100_000), np.ones(100_000)]) == pytest.approx(2 * size, rel=0.05)


def test_on_one_thread_the_same_is_measured() -> None:
    """The limit is there while it runs, and gone afterwards."""
    seen = []

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen.append(max((pool["num_threads"] for pool in threadpool_info()), default=1))
        return GELU.forward(x)

    before = [pool["num_threads"] for pool in threadpool_info()]
    assert cost.on_one_thread(Workload("gelu", forward, GELU.backward, GELU.draw, full=100), 1) > 0
    assert set(seen) == {1}
    assert [pool["num_threads"] for pool in threadpool_info()] == before
