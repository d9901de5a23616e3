# Generated from the drawings in specs/layouts/; edit those, then run `make generate`.
"""The packets and blocks, one module per drawing in specs/layouts/."""
