"""Numerics: differences, noise, kinks, probes, location. Arrays and callables only; knows no subject."""

from ._along import judge_along as judge_along
from ._along import judge_elementwise as judge_elementwise
from ._along import kinked_outputs as kinked_outputs
from ._entries import Lanes as Lanes
from ._entries import judge_columns as judge_columns
from ._entries import sweep as sweep
from ._glance import Glance as Glance
from ._glance import Look as Look
from ._glance import glance as glance
from ._locate import residual_of as residual_of
from ._locate import wrong_coordinates as wrong_coordinates
from ._noise import backward_noise as backward_noise
from ._noise import forward_noise as forward_noise
from ._precision import DOUBLE as DOUBLE
from ._precision import SINGLE as SINGLE
from ._precision import Precision as Precision
from ._precision import precision_of as precision_of
from ._problem import Mask as Mask
from ._problem import Problem as Problem
from ._problem import Vector as Vector
from ._problem import natural_sizes as natural_sizes
from ._problem import probe_sizes as probe_sizes
from ._rule import Judged as Judged
from ._rule import Ruling as Ruling
from ._upstreams import weights as weights
