# Generated from the drawings in specs/; edit those, then run `make generate`.
"""What the drawings in specs/ say, as typed Python."""
