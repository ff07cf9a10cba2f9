"""Memory that is kept for the next check, and memory that the subject's allocator keeps for the next call."""

import platform
import subprocess
import sys

import numpy as np
import pytest

from gradcheck.checks.large._scratch import borrowed, release

_FAULTS = """
from resource import RUSAGE_SELF, getrusage
import numpy as np
from gradcheck.checks.large._scratch import borrowed

def faults():
    before = getrusage(RUSAGE_SELF).ru_minflt
    for _ in range(10):
        several = [np.ones(10**6) for _ in range(3)]
        del several
    return getrusage(RUSAGE_SELF).ru_minflt - before

first = faults()
with borrowed():
    pass
faults()
print(first, faults())
"""


def test_arrays_that_are_given_back_are_lent_again():
    """Of the same size, the same memory; but to two borrowers at once, never."""
    release()
    with borrowed() as scratch:
        first, second = scratch.empty(1000), scratch.empty(1000)
        assert not np.may_share_memory(first, second)
    with borrowed() as scratch:
        assert any(np.may_share_memory(scratch.empty(1000), before) for before in (first, second))
    release()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's malloc alone learns from what is freed")
def test_what_a_subject_frees_is_not_fetched_anew_page_by_page():
    """After a large look has begun, three arrays of 8 MB made and freed ten times cause next to no page faults."""
    done = subprocess.run([sys.executable, "-c", _FAULTS], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after < before / 20
