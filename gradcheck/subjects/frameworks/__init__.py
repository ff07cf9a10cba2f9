"""Frameworks: the framework differentiates, and what it says is the claim."""
