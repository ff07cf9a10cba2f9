"""The comparison: the claimed gradient against differences, from a first look to every entry on its own."""
