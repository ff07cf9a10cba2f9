"""Health first: whether a subject can be measured at all, each fault with a code of its own."""
