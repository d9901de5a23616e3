"""Drawings of packets and blocks."""
