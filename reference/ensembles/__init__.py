"""Ensembles: `average_probabilities` of several classifiers, `polyak` averages of the weights of one."""

from __future__ import annotations

from ._average_probabilities import average_probabilities as average_probabilities
from ._polyak import polyak as polyak

__all__ = ["average_probabilities", "polyak"]
