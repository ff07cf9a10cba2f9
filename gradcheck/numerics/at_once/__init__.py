"""Many entries at once: those that reach no output in common move together, and are judged on their own."""
