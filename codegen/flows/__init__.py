"""Drawings of who does what in which order."""
