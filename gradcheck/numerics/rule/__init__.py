"""The rule: pass, fail or undecided, for every lane along one direction, at kinks as well."""
