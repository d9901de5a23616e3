"""Texts of drawings as docstrings: wrapped, and with nothing in them that Python would read."""

import re
import textwrap
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

WIDTH: Final = 100
"""The line length of generated code."""


def docstring(paragraphs: Sequence[str], indent: int) -> list[str]:
    """The lines of a docstring, quotes included, to be placed `indent` columns deep.

    The first paragraph is the summary. A paragraph that begins with "- " is a list item.
    """
    texts = [_safe(text) for text in paragraphs]
    room = WIDTH - indent
    if len(texts) == 1 and len(texts[0]) + 6 <= room:
        return [f'"""{texts[0]}"""']
    lines = _wrap(f'"""{texts[0]}', room)
    for before, text in pairwise(texts):
        if not (before.startswith("- ") and text.startswith("- ")):
            lines.append("")
        lines += _wrap(text, room)
    return [*lines, '"""']


def _wrap(text: str, room: int) -> list[str]:
    deeper = "  " if text.startswith("- ") else ""
    return textwrap.wrap(text, room, subsequent_indent=deeper, break_on_hyphens=False)


def _safe(text: str) -> str:
    """The text without line ends and control characters, and with nothing that ends a literal."""
    plain = text.replace("\\n", " ").replace("\\l", " ")
    shown = (character if character.isprintable() else " " for character in plain)
    words = " ".join("".join(shown).split())
    return re.sub(r'"(?="|$)', r"\"", words.replace("\\", "\\\\"))
