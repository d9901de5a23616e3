# Generated from the drawings in specs/states/; edit those, then run `make generate`.
"""The state machines, one package per drawing in specs/states/."""
