"""Checks: the battery for one subject at one point: health, algebra, gradient."""

from ._assert import assert_gradients as assert_gradients
from ._check import check as check
