"""Drawings of states and events."""
