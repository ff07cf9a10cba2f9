"""Excuses: what else than a mistake a residual may come from, as casts, stairs, jumps, and loops that stop."""
