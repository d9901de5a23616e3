# Generated from the drawings in specs/flows/; edit those, then run `make generate`.
"""The flows: who does what in which order, one module per drawing in specs/flows/."""
