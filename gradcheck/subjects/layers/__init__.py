"""Layers: objects with a forward, a backward, and parameters that are found or told."""
