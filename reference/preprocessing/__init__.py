"""Preprocessing in scikit-learn's manner: `fit` on training data, then `transform`, `inverse_transform`.

====================  ==================================================================
class                 the training data come out with
====================  ==================================================================
`Centering`           zero mean per feature
`ImageCentering`      zero mean image, or zero mean per channel
`Normalizing`         zero mean and unit variance per feature
`MinMax`              values from 0 to 1 per feature
`PCA`                 diagonal, sorted covariance
`Whitening`           identity covariance, in the PCA or the ZCA form, with shrinkage
====================  ==================================================================

For data that do not fit in memory, `partial_fit` learns from one chunk after the other, and `merge` from what another
step has learned; both give the statistics of the whole, in one pass and to rounding.

Statistics come from the data given to `fit` and from nothing else; every later table is mapped by the same
ones. Sums and decompositions are carried in double precision, and the output has the precision of the input.
`TRAITS` says what each step promises, as plain data.
"""

from __future__ import annotations

from . import _centering, _image_centering, _min_max, _normalizing, _pca, _whitening
from ._centering import Centering as Centering
from ._image_centering import ImageCentering as ImageCentering
from ._min_max import MinMax as MinMax
from ._normalizing import Normalizing as Normalizing
from ._pca import PCA as PCA
from ._whitening import Whitening as Whitening

__all__ = ["PCA", "TRAITS", "Centering", "ImageCentering", "MinMax", "Normalizing", "Whitening"]

TRAITS: dict[str, dict[str, object]] = {
    "Centering": _centering.TRAITS,
    "ImageCentering": _image_centering.TRAITS,
    "MinMax": _min_max.TRAITS,
    "Normalizing": _normalizing.TRAITS,
    "PCA": _pca.TRAITS,
    "Whitening": _whitening.TRAITS,
    "Whitening[zca]": _whitening.TRAITS | {"symmetric": True},
}
"""Class name -> what is known about the step; a name in brackets is the form it holds for."""
