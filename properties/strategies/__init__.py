"""What suites draw: seeded noise with a structure on purpose, and one pasteable line per array."""

from ._draws import choice as choice
from ._layouts import LAYOUTS as LAYOUTS
from ._layouts import laid_out as laid_out
from ._special import Made as Made
from ._special import label_vector as label_vector
from ._special import labels as labels
from ._special import orthogonal as orthogonal
from ._special import orthogonal_matrix as orthogonal_matrix
from ._special import simplex as simplex
from ._special import simplex_points as simplex_points
from ._special import spd as spd
from ._special import spd_matrix as spd_matrix
from ._structures import MILD as MILD
from ._structures import STRUCTURES as STRUCTURES
from ._tensor import Drawn as Drawn
from ._tensor import tensor as tensor
from ._tensors import at_kinks as at_kinks
from ._tensors import away_from as away_from
from ._tensors import batches as batches
from ._tensors import broadcastable as broadcastable
from ._tensors import images as images
from ._tensors import tensors as tensors
from ._tensors import upstreams as upstreams
from ._tensors import weights as weights

__all__ = [
    "LAYOUTS",
    "MILD",
    "STRUCTURES",
    "Drawn",
    "Made",
    "at_kinks",
    "away_from",
    "batches",
    "broadcastable",
    "choice",
    "images",
    "label_vector",
    "labels",
    "laid_out",
    "orthogonal",
    "orthogonal_matrix",
    "simplex",
    "simplex_points",
    "spd",
    "spd_matrix",
    "tensor",
    "tensors",
    "upstreams",
    "weights",
]
