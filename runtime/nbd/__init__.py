"""The volumes of a node for clients that speak NBD."""
