"""From arrays and functions to what pictures show: down-sampled data, drawn by the renderers."""

from ._covariance import covariances as covariances
from ._curve import curve as curve
from ._field import field as field
from ._layers import layers as layers

__all__ = ["covariances", "curve", "field", "layers"]
