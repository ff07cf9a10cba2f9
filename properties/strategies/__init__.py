"""What suites draw: seeded noise with a structure on purpose, and one pasteable line per array."""

from ._draws import choice as choice
from ._structures import MILD as MILD
from ._structures import STRUCTURES as STRUCTURES
from ._tensor import Drawn as Drawn
from ._tensor import tensor as tensor
from ._tensors import at_kinks as at_kinks
from ._tensors import away_from as away_from
from ._tensors import batches as batches
from ._tensors import images as images
from ._tensors import tensors as tensors
from ._tensors import upstreams as upstreams
from ._tensors import weights as weights

__all__ = [
    "MILD",
    "STRUCTURES",
    "Drawn",
    "at_kinks",
    "away_from",
    "batches",
    "choice",
    "images",
    "tensor",
    "tensors",
    "upstreams",
    "weights",
]
