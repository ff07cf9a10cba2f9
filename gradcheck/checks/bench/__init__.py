"""The bench: a subject as one flat function, its calls counted, its arguments guarded, its rounding measured."""
