"""Text to statements and sections, each with its place; the lark fence.

The grammar knows words, braces and semicolons only. Which words mean something where is said in
`sections.py`, so that a word that means nothing spoils nothing else in the file.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from runtime.configuration.problems import Place, Problem

GRAMMAR: Final = r"""
start: (statement | section | skipped)*
statement: WORD _value* SEMICOLON
section: WORD _value* OPEN (statement | section)* CLOSE
skipped: SKIP (_value | OTHER)* OPEN _anything* CLOSE

_value: WORD | STRING | BRACKETED | COLON
_anything: _value | SKIP | OTHER | SEMICOLON | OPEN _anything* CLOSE

SKIP: "skip"
WORD: /[A-Za-z0-9\/._-]+/
STRING: /"(\\.|[^"\\\n])*"/
BRACKETED: /\[[^\]\s{};"]*\]|\[ *[0-9]+ *\]/
COLON: ":"
SEMICOLON: ";"
OPEN: "{"
CLOSE: "}"
OTHER.-1: /[^\s{};]/
COMMENT: /#[^\n]*/
%ignore COMMENT
%ignore /\s+/
"""
"""What is skipped may hold anything but unequal braces; elsewhere OTHER is an error."""

PARSER: Final = Lark(GRAMMAR, parser="lalr", propagate_positions=False, maybe_placeholders=False)


class WordKind(Enum):
    """How a word was written."""

    BARE = "WORD"
    QUOTED = "STRING"
    BRACKETED = "BRACKETED"
    COLON = "COLON"


@dataclass(frozen=True, slots=True)
class Word:
    """A word, what it says and where; of a string what is between the quotes."""

    text: str
    kind: WordKind
    place: Place


@dataclass(frozen=True, slots=True)
class Statement:
    """Words up to a semicolon; the first is the keyword."""

    keyword: Word
    values: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Words, and what is between the braces behind them."""

    keyword: Word
    values: tuple[Word, ...]
    items: tuple["Statement | Section", ...]


Item = Statement | Section


def parse(text: str, file: str) -> tuple[tuple[Item, ...], list[Problem]]:
    """All items that can be made out, and what is no syntax."""
    reading = _Reading(text, file)
    try:
        tree = PARSER.parse(text, on_error=reading.mend)
    except UnexpectedInput:  # it was told to `mend`, which saw no way on
        return (), reading.problems
    return tuple(reading.items(tree)), reading.problems


class _Reading:
    """One text on its way through the parser."""

    def __init__(self, text: str, file: str) -> None:
        self._lines = text.split("\n")
        self._file = file
        self.problems: list[Problem] = []

    def items(self, tree: Tree[Token]) -> Iterator[Item]:
        """The statements and sections below a node; what is skipped is left out."""
        for child in tree.children:
            if not isinstance(child, Tree) or child.data == "skipped":
                continue
            tokens = [it for it in child.children if isinstance(it, Token)]
            words = tuple(self._word(it) for it in tokens if it.type in _KINDS)
            if child.data == "statement":
                yield Statement(words[0], words[1:])
            else:
                yield Section(words[0], words[1:], tuple(self.items(child)))

    def _word(self, token: Token) -> Word:
        kind = WordKind(token.type)
        text = str(token)
        if kind is WordKind.QUOTED:
            text = _unquoted(text)
        elif kind is WordKind.BRACKETED:
            text = text[1:-1].strip()
        return Word(text, kind, self._place(token.line or 1, token.column or 1))

    def _place(self, line: int, column: int) -> Place:
        shown = self._lines[line - 1] if line <= len(self._lines) else ""
        return Place(self._file, line, column, shown.rstrip("\r"))

    def mend(self, error: UnexpectedInput) -> bool:
        """Note what is wrong, and go on as if it were not: a missing `;` or `}` is added."""
        if not isinstance(error, UnexpectedToken):
            return False
        parser = error.interactive_parser
        token = error.token
        accepts: Callable[[], set[str]] = parser.accepts
        accepted = accepts()
        is_end = token.type == "$END"
        place = self._end() if is_end else self._place(token.line or 1, token.column or 1)
        self.problems.append(Problem(place, _sentence(accepted, token)))
        if is_end:
            while missing := [it for it in ("CLOSE", "SEMICOLON", "OPEN") if it in accepted]:
                parser.feed_token(Token(missing[0], ""))
                accepted = accepts()
        elif "SEMICOLON" in accepted and token.type == "CLOSE":
            parser.feed_token(Token("SEMICOLON", ";"))
            parser.feed_token(token)
        return True

    def _end(self) -> Place:
        """Behind the last character."""
        return self._place(len(self._lines), len(self._lines[-1]) + 1)


_KINDS: Final = frozenset(it.value for it in WordKind)


def _sentence(accepted: set[str], token: Token) -> str:
    """What should have been there, and what is."""
    if token.type == "OTHER" and token.value == '"':
        return "this string has no end on its line"
    if "SEMICOLON" in accepted and "WORD" in accepted:
        expected = 'a value, ";" or "{"'
    elif "$END" in accepted:
        expected = "global, common, resource, include or skip"
    elif "CLOSE" in accepted:
        expected = 'an option, a section or "}"'
    else:
        expected = 'some text or "{"'
    found = "the end of the file" if token.type == "$END" else f'"{token}"'
    hint = ", other characters than letters, digits and /._- need quotes"
    return f"expected {expected}, here is {found}{hint if token.type == 'OTHER' else ''}"


def _unquoted(text: str) -> str:
    """What a string says: a backslash takes the next character as it is."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def quoted(text: str) -> str:
    """A text as a word, in quotes where it needs them."""
    if text and all(it.isascii() and (it.isalnum() or it in "/._-") for it in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
