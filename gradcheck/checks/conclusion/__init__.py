"""The conclusion: what the numerics saw, in the words of a report."""
