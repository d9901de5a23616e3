"""DOT's tokens, each at its offset: cut as libcgraph cuts them, in linear time, never failing."""

import re
from typing import Final

ATOM: Final = "atom"
"""A name, a number, a quoted text or an HTML text: what may be a name or a value."""
END: Final = "end"
"""The end of the text; it repeats for ever."""
STRAY: Final = "stray"
"""A character that begins no token."""
UNCLOSED: Final = "unclosed"
"""The rest of the text, because what begins here is never closed; `value` says what that is."""
STRING: Final = "string"
COMMENT: Final = "comment"
HTML: Final = "HTML text"
_OPENERS: Final = {'"': STRING, "<": HTML}

KEYWORDS: Final = {
    word: word for word in ("strict", "graph", "digraph", "subgraph", "node", "edge")
}
"""A keyword's kind is the keyword in lower case, a mark's kind is the mark."""
ARROWS: Final = ("->", "--")

# Possessive throughout: nothing is tried twice, so no text takes more than linear time.
_BLANKS: Final = r"(?>[ \t\r\n]++|//[^\n]*+|\#[^\n]*+|/\*(?>[^*]++|\*(?!/))*+\*/)*+"
_IN_NAME: Final = r"[A-Za-z0-9_\x80-\U0010FFFF]"
_NAME: Final = rf"(?![0-9]){_IN_NAME}++"
_NUMBER: Final = r"-?(?>[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)"
_QUOTED: Final = r'"(?>[^"\\]++|\\.)*+"'
_ONE_LINE_QUOTED: Final = r'"(?>[^"\\\n]++|\\.)*+"'

_TOKEN: Final = re.compile(
    rf"""{_BLANKS} (?> (?P<name>{_NAME}) | (?P<mark>->|--|[{{}}\[\];,:=+]) | (?P<quoted>{_QUOTED})
                     | (?P<number>{_NUMBER}) | (?P<end>\Z) | (?P<other>.) )""",
    re.VERBOSE | re.DOTALL,
)
_PLUS: Final = re.compile(rf"{_BLANKS}\+")
_ANGLE: Final = re.compile(r"[<>]")
_ESCAPE: Final = re.compile(r'(\\\\)|\\(?:(")|\r?\n)')

_HEADER: Final = (
    rf"(?>(?ai:strict)(?!{_IN_NAME})[ \t\r\n]*+)?(?ai:digraph|graph)(?!{_IN_NAME})[ \t\r\n]*+"
    rf"(?>{_NAME}|{_NUMBER}|{_ONE_LINE_QUOTED})?[ \t\r\n]*+\{{"
)
HEADER: Final = re.compile(_HEADER, re.DOTALL)
HEADER_LINE: Final = re.compile(rf"^[ \t]*+(?={_HEADER})", re.DOTALL | re.MULTILINE)
"""The blanks before a graph that begins its line."""

_UNIT: Final = rf"{_ONE_LINE_QUOTED}|\\[^\n]"
_REST_OF_STATEMENT: Final = re.compile(
    rf"""(?>{_UNIT}|\[(?>{_UNIT}|[^\[\]{{}}"\\])*+\]|//[^\n]*+|\#[^\n]*+|[^;{{}}\n])*+""", re.DOTALL
)
_REST_OF_ATTRIBUTE: Final = re.compile(rf"(?>{_UNIT}|\[[^\[\]\n]*+\]|[^,;\]\n])*+", re.DOTALL)
"""What a fault spoils. A lone backslash or quote is passed by."""

SHOWN_LENGTH_MAX: Final = 40
"""What a message shows of a token: enough to know it again, in one line."""


class Lexer:
    """A cursor over a text: the token under it is described by the fields."""

    __slots__ = ("end", "html", "kind", "offset", "text", "value")

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind = END
        self.value = ""
        self.html = False
        self.offset = self.end = 0

    def seek(self, offset: int) -> None:
        """Go to the first token at or behind `offset`."""
        self.end = offset
        self.advance()

    def advance(self) -> None:
        """Go to the next token."""
        match = _TOKEN.match(self.text, self.end)
        assert match is not None
        group = match.lastgroup or ""
        self.value = word = match[group]
        self.offset = match.start(group)
        self.end = match.end()
        self.html = False
        if group == "mark":
            self.kind = word
        elif group == "name":
            self.kind = KEYWORDS.get(word.lower(), ATOM)
        elif group == "quoted":
            self.kind = ATOM
            self.value = _unquoted(word)
            self._join()
        elif group == "number":
            self.kind = ATOM
        elif group == "end":
            self.kind = END
        else:
            self._other(word)

    def shown(self) -> str:
        """The token as messages call it."""
        if self.kind == END:
            return "the end of the text"
        word = self.text[self.offset : min(self.end, self.offset + SHOWN_LENGTH_MAX)]
        if self.kind == STRAY and not word.isprintable():
            return f"the character U+{ord(word):04X}"
        word = word.partition("\n")[0]
        return f"the keyword `{word}`" if self.kind in KEYWORDS else f"`{word}`"

    def line_end(self, offset: int) -> int:
        """Where the line of `offset` ends."""
        end = self.text.find("\n", offset)
        return len(self.text) if end == -1 else end

    def statement_end(self, start: int) -> int:
        """How far the fault at this token spoils the statement that began at `start`.

        That is up to a semicolon, a brace or the end of the line. A token that begins a line is
        more likely the next statement than a part of this one.
        """
        line_start = self.text.rfind("\n", start, self.offset) + 1
        if line_start and not self.text[line_start : self.offset].strip():
            return self.offset
        return self._rest(_REST_OF_STATEMENT)

    def attribute_end(self, start: int) -> int:
        """How far the fault at this token spoils the attribute that began at `start`."""
        is_next = self.kind == ATOM and "\n" in self.text[start : self.offset]
        return self.offset if is_next else self._rest(_REST_OF_ATTRIBUTE)

    def _rest(self, pattern: re.Pattern[str]) -> int:
        rest = pattern.match(self.text, self.end if self.kind == ATOM else self.offset)
        assert rest is not None
        return rest.end()

    def _other(self, word: str) -> None:
        """Take an HTML text, or find out what is wrong."""
        self.kind = STRAY
        if word == "<" and (end := self._html_end(self.end)):
            self.kind = ATOM
            self.value = self.text[self.end : end - 1]
            self.html = True
            self.end = end
            self._join()
        elif word in _OPENERS or self.text.startswith("/*", self.offset):
            self.kind = UNCLOSED
            self.value = _OPENERS.get(word, COMMENT)

    def _html_end(self, start: int) -> int:
        """The offset behind the `>` that closes the HTML text whose content starts there, or 0."""
        depth = 1
        for angle in _ANGLE.finditer(self.text, start):
            depth += 1 if angle[0] == "<" else -1
            if not depth:
                return angle.end()
        return 0

    def _join(self) -> None:
        """Add the texts that `+` adds to this one; any other `+` is left to be read."""
        parts = [self.value]
        while plus := _PLUS.match(self.text, self.end):
            token = _TOKEN.match(self.text, plus.end())
            assert token is not None
            if token.lastgroup == "quoted":
                parts.append(_unquoted(token["quoted"]))
                self.end = token.end()
            elif token["other"] == "<" and (end := self._html_end(token.end())):
                parts.append(self.text[token.end() : end - 1])
                self.end = end
            else:
                break
        if len(parts) > 1:
            self.value = "".join(parts)
            self.html = False


def _unquoted(word: str) -> str:
    """What libcgraph holds of a quoted text: other escapes than these are left to the labels."""
    content = word[1:-1]
    return _ESCAPE.sub(r"\1\2", content) if "\\" in content else content
