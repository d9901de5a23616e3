"""Rows of the drawings that no test takes, each with its reason."""

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[tuple[str, str], str]] = {}
"""Drawing and row -> why no node ever goes that way."""
