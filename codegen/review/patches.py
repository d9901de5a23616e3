"""Small changes of a DOT text that leave all else as its author wrote it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, product
from typing import Final, NamedTuple

from codegen.graph import Graph
from codegen.lexer import KEYWORDS
from codegen.names import words
from codegen.review.outline import EDGES, Atom, Group, Pair, Statement

INDENT: Final = "    "

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|-?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)")
_REST_OF_LINE: Final = re.compile(r"[ \t]*(?:(?://|\#)[^\n]*|/\*[^\n*]*\*/[ \t]*)?(?=\n|\Z)")
_SEPARATOR: Final = re.compile(r"[ \t]*[,;]?[ \t]*")
_BLANKS: Final = re.compile(r"[ \t]*")


class Patch(NamedTuple):
    """What comes into the place of a stretch of the text."""

    start: int
    end: int
    text: str


def patched(text: str, patches: Iterable[Patch]) -> str:
    """The text with all patches that do not overlap; of those that do, the first and longest."""
    unique = dict.fromkeys(patches)
    parts: list[str] = []
    done = 0
    for patch in sorted(unique, key=lambda it: (it.start, it.end > it.start, -it.end)):
        if patch.start >= done:
            parts += [text[done : patch.start], patch.text]
            done = patch.end
    return "".join([*parts, text[done:]])


def quoted(text: str) -> str:
    """A text as a name or value in DOT, in quotes only where it needs them."""
    if _PLAIN.fullmatch(text) and text.lower() not in KEYWORDS:
        return text
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'


def with_value(text: str, statement: Statement, name: str, value: str) -> Iterator[Patch]:
    """Give an attribute of a statement a value; an empty one takes it away.

    Where it is not there to be taken away, it is inherited, and an empty one of its own hides that.
    """
    pair = statement.pair(name)
    if pair and value:
        yield Patch(pair.value, pair.end, listed(text[pair.value : pair.end], pair.text, value))
    elif pair:
        yield _without(text, pair, statement)
    else:
        yield _added(statement, f"{name}={quoted(value)}")


def listed(raw: str, before: str, after: str) -> str:
    """A value in the text's own spelling where it only got longer."""
    more = after[len(before) :].replace('"', '\\"')
    is_longer = raw.endswith('"') and after.startswith(before) and more.startswith(",")
    return f'{raw[:-1]}{more}"' if is_longer else quoted(after)


def with_words(pair: Pair | None, wanted: Sequence[str]) -> str:
    """A list as the value of an attribute, which keeps what stands there already."""
    known = words(pair.text) if pair else []
    if pair and known and known == list(wanted[: len(known)]):
        return ", ".join([pair.text, *wanted[len(known) :]])
    return ", ".join(wanted)


def _added(statement: Statement, text: str) -> Patch:
    begin, end = statement.lists
    if statement.pairs:
        return Patch(statement.pairs[-1].end, statement.pairs[-1].end, f", {text}")
    if begin != end:
        return Patch(begin + 1, begin + 1, text)
    return Patch(begin, begin, f" [{text}]")


def _without(text: str, pair: Pair, statement: Statement) -> Patch:
    if len(statement.pairs) == 1:
        begin, end = statement.lists
        return Patch(len(text[:begin].rstrip(" \t")), end, "")
    at = statement.pairs.index(pair)
    before = text[statement.pairs[at - 1].end : pair.start]
    if at and not before.strip(" \t\n,;"):
        return Patch(pair.start - len(before), pair.end, "")  # others may be added behind it
    separator = _SEPARATOR.match(text, pair.end)
    assert separator is not None
    start, end = pair.start, separator.end()
    if text[end] in "\n]":
        start = len(text[:start].rstrip())
        end = len(text[:end].rstrip(" \t"))
    return Patch(start, end, "")


def removed(text: str, statement: Statement) -> Patch:
    """Take a statement away, with its line where nothing else is in that; comments above stay."""
    start, end = statement.start, statement.end
    rest = _REST_OF_LINE.match(text, end)
    line = text.rfind("\n", 0, start) + 1
    if rest is None or text[line:start].strip():
        blanks = _BLANKS.match(text, end)
        assert blanks is not None
        return Patch(start, blanks.end(), "")
    end = min(rest.end() + 1, len(text))
    is_between_blanks = text.endswith("\n\n", 0, line) and text.startswith("\n", end)
    return Patch(line, end + is_between_blanks, "")


def without_atom(statement: Statement, atom: Atom) -> Patch:
    """Take one node out of a list with commas."""
    atoms = list(statement.atoms)
    at = atoms.index(atom)
    if at:
        return Patch(atoms[at - 1].port_end, atom.port_end, "")
    return Patch(atom.start, atoms[1].start, "")


def is_single(statement: Statement) -> bool:
    """Whether a statement draws one node, or one edge from node to node."""
    return all(isinstance(link, list) and len(link) == 1 for link in statement.links) and (
        len(statement.links) == (2 if statement.kind == EDGES else 1)
    )


def singles(text: str, statement: Statement, graph: Graph) -> Patch:
    """Draw by statements of their own what one statement draws: a chain, groups, a list of nodes.

    A group that says more than which nodes are meant stays, before them.
    """
    lists = text[slice(*statement.lists)]
    tail = f" {lists}" if lists else ""
    made = [text[it.start : it.closed + 1] for it in statement.groups if not _is_plain(it)]
    if statement.kind == EDGES:
        arrow = "->" if graph.directed else "--"
        for tails, heads in pairwise(_ends(text, link, graph) for link in statement.links):
            made += [f"{some} {arrow} {other}{tail}" for some, other in product(tails, heads)]
    else:
        made += [f"{text[it.start : it.port_end]}{tail}" for it in statement.atoms]
    return Patch(statement.start, statement.end, _line_end(text, statement.start).join(made))


def _is_plain(group: Group) -> bool:
    return group.name is None and all(
        it.kind == "nodes" and not it.pairs and is_single(it) for it in group.body
    )


def _ends(text: str, link: list[Atom] | Group, graph: Graph) -> list[str]:
    """The ends of arrows that a link stands for, as the text names them."""
    if isinstance(link, list):
        return [text[atom.start : atom.port_end] for atom in link]
    inside = [graph.root, *graph.root.walk()]
    names = next((it.nodes for it in inside if it.place.offset == link.start), [])
    return [quoted(it) for it in sorted(names, key=lambda name: graph.nodes[name].place.offset)]


def _line_end(text: str, offset: int) -> str:
    """What separates statements here: a new line of the same indentation, or a blank."""
    line = text.rfind("\n", 0, offset) + 1
    indent = text[line:offset]
    return f"\n{indent}" if line and not indent.strip() else " "


def behind(text: str, statement: Statement, blocks: str) -> Patch:
    """Put a statement behind another one, in a line of its own where that one has."""
    separator = _line_end(text, statement.start)
    rest = _REST_OF_LINE.match(text, statement.end)
    at = rest.end() if rest and separator != " " else statement.end
    return Patch(at, at, f"{separator}{reindented(blocks, separator)}")


def before(text: str, statement: Statement, blocks: str) -> Patch:
    """Put a statement in front of another one."""
    separator = _line_end(text, statement.start)
    at = statement.start
    return Patch(at, at, f"{reindented(blocks, separator)}{separator}")


def last_in(text: str, group: Group, blocks: str) -> Patch:
    """Put a statement at the end of a group."""
    separator = _line_end(text, group.closed)
    if separator == " ":
        return Patch(group.closed, group.closed, f"{blocks} ")
    at = text.rfind("\n", 0, group.closed) + 1
    separator += INDENT
    return Patch(at, at, f"{separator[1:]}{reindented(blocks, separator)}\n")


def block(text: str, statement: Statement) -> tuple[str, int, int]:
    """A statement with the comment in its line: its indentation, where it begins and ends."""
    separator = _line_end(text, statement.start)
    rest = _REST_OF_LINE.match(text, statement.end)
    end = rest.end() if rest and separator != " " else statement.end
    return separator.strip("\n") if separator != " " else "", statement.start, end


def reindented(blocks: str, separator: str) -> str:
    """A block whose further lines are as far behind the new indentation as behind the old one."""
    content = blocks.lstrip(" \t")
    old = blocks[: len(blocks) - len(content)]
    if separator != " ":
        return content.replace(f"\n{old}", separator)
    last = content.rpartition("\n")[2]
    return f"{content}\n" if "//" in last or "#" in last else content


def with_word(raw: str, old: str, new: str, *, behind: str = r"(?<!\w)") -> str:
    """A raw value with one word for another, where a look back at what is before it agrees."""
    made = re.sub(rf"{behind}{re.escape(old)}(?!\w)", lambda _: new, raw)
    return made if made.startswith('"') or made == raw else quoted(made)
