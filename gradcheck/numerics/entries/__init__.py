"""Entry mode: one coordinate at a time, what the others say of it, and which of many are wrong."""
