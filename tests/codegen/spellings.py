"""Random drawings, random ways of writing one and the same drawing as DOT, and random damage."""

import re
from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

from codegen.lexer import KEYWORDS
from tests.codegen.dot_cases import ACCEPTED
from tests.codegen.dot_faults import REFUSED

ARROWS = {True: "->", False: "--"}
BLANKS = (" ", "\n", "\t", "\r\n", "  ", " /* a -> b */ ", " // {\n", ' # "\n', "/**/")
PLAIN = re.compile(r"[A-Za-z_\x80-\U0010FFFF][\w\x80-\U0010FFFF]*|-?(\d+(\.\d*)?|\.\d+)", re.ASCII)
ATTRIBUTES = ("label", "x", "Farbe", "größe", "two words", "2", "edge")

pieces = st.sampled_from((r"\n", r"\l", r"\N", r"\\", '"', " ", "a", "b\nc", "Node", "-1", "]"))
characters = st.characters(codec="utf-8", exclude_characters="\\\0\n%")
texts = st.lists(pieces | characters, max_size=5).map("".join)
"""What quotes can hold: no lone backslash, which would take the next quote with it; for Graphviz's
sake neither a lone line end, which it loses in places, nor `%`, with which its own names begin."""
names = st.sampled_from(("a", "b", "Idle", "1", "-2.5", "graph", "SubGraph", "é", "")) | texts
attributes = st.dictionaries(st.sampled_from(ATTRIBUTES), texts, max_size=3)


@dataclass(frozen=True)
class Arrow:
    """An edge from node to node, by their numbers."""

    tail: int
    head: int
    attributes: dict[str, str]
    tail_port: str = ""


@dataclass(frozen=True)
class Drawing:
    """What the spellings have in common."""

    name: str
    directed: bool
    nodes: dict[str, dict[str, str]]
    arrows: list[Arrow] = field(default_factory=list)


@st.composite
def random_drawings(draw: st.DrawFn) -> Drawing:
    """Any drawing: nodes and edges with attributes, and ports."""
    nodes = draw(st.dictionaries(names, attributes, min_size=1, max_size=5))
    numbers = st.integers(0, len(nodes) - 1)
    arrows = st.builds(Arrow, numbers, numbers, attributes, st.sampled_from(("", "", "p", "é n")))
    return Drawing(draw(names), draw(st.booleans()), nodes, draw(st.lists(arrows, max_size=6)))


@dataclass(frozen=True)
class Speller:
    """Writes drawings, each time in another way."""

    random: Random

    def graph(self, drawing: Drawing) -> str:
        """The whole drawing."""
        kind = "digraph" if drawing.directed else "graph"
        tokens = [self._case(kind)]
        if drawing.name or self.random.random() < 0.5:
            tokens.append(self._atom(drawing.name))
        tokens.append("{")
        nodes = list(drawing.nodes)
        for name, own in drawing.nodes.items():
            tokens += self._statement([self._atom(name), *self._lists(own)])
        for arrow in drawing.arrows:
            port = [":", self._atom(arrow.tail_port)] if arrow.tail_port else []
            tail, head = self._atom(nodes[arrow.tail]), self._atom(nodes[arrow.head])
            drawn = [tail, *port, ARROWS[drawing.directed], head, *self._lists(arrow.attributes)]
            tokens += self._statement(drawn)
        return "".join(token + self.random.choice(BLANKS) for token in [*tokens, "}"])

    def _statement(self, tokens: list[str]) -> list[str]:
        """A statement with or without its semicolon, by itself or in a subgraph."""
        tokens = tokens + [";"] * self.random.randint(0, 1)
        keyword = self._case("subgraph")
        headers: list[list[str]] = [[], [keyword], [keyword, "s"]]
        if self.random.random() < 0.2:
            tokens = [*self.random.choice(headers), "{", *tokens, "}"]
        return tokens

    def _lists(self, attributes: dict[str, str]) -> list[str]:
        """Attributes in one list or in several."""
        tokens: list[str] = ["[", "]"] * self.random.randint(0, 1)
        for name, value in attributes.items():
            separator = self.random.choice(([], [","], [";"]))
            pair = [self._atom(name), "=", self._atom(value), *separator]
            if tokens and self.random.random() < 0.6:
                tokens[-1:] = [*pair, "]"]
            else:
                tokens += ["[", *pair, "]"]
        return tokens

    def _atom(self, text: str) -> str:
        """A name or a value: as it is where that is possible, or quoted, or in quoted parts."""
        is_plain = PLAIN.fullmatch(text) and text.lower() not in KEYWORDS
        if is_plain and self.random.random() < 0.7:
            return text
        cut = self.random.randint(0, len(text))
        if text[:cut].endswith("\\") or self.random.random() < 0.7:
            return _quote(text)
        return f"{_quote(text[:cut])}{self.random.choice(BLANKS)}+ {_quote(text[cut:])}"

    def _case(self, keyword: str) -> str:
        return self.random.choice((keyword, keyword.upper(), keyword.title()))


def _quote(text: str) -> str:
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'


spellers = st.builds(Speller, st.randoms(use_true_random=False))

FRAGMENTS = st.sampled_from(
    [
        *"\n\0\udc80 ",
        *r"""a"\<>{}[];,=+:#.""",
        *"-> -- -1 /* // node strict digraph{ subgraph".split(),
    ]
)
"""What damage may put into a text."""

Edit = tuple[int, int, str]


def damage(text: str, edits: list[Edit]) -> str:
    """Replace pieces of a text: where, how many characters, and by what."""
    for start, length, fragment in edits:
        text = text[:start] + fragment + text[start + length :]
    return text


damaged_texts = st.builds(
    damage,
    st.sampled_from([case.text for case in ACCEPTED + REFUSED if len(case.text) < 200]),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 9), FRAGMENTS), max_size=4),
)
