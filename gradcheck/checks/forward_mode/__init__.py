"""Forward mode: the health of a ``jvp``, its differences, and its agreement with a reverse mode."""
