"""Functions and their gradients, in every convention in which people hand them over."""
