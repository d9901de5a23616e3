"""Random edits of a drawing, as people make them in an editor: a line here, a word there."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

from codegen.drawings import read_graphs
from codegen.review.outline import EDGES, NODES, Statement, outline

ROOT = Path(__file__).parents[3]
DRAWINGS = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in sorted(ROOT.glob("specs/*/*.dot"))
}
"""The living drawings by their path."""

Edit = Callable[[str, Random, str], str]
"""From a text to another one; the last argument is a word that no other edit uses."""


def statements(text: str, kind: str, *, attribute: str = "") -> list[Statement]:
    """The statements of one kind, or those of them that have an attribute."""
    graphs, problems = read_graphs("specs/states/x.dot", text.encode())
    assert problems == []
    found = [it for graph in graphs for it in outline(graph).walk() if it.kind == kind]
    return [it for it in found if not attribute or it.pair(attribute)]


def line_around(text: str, statement: Statement) -> tuple[int, int]:
    """Where the lines of a statement begin and end."""
    start = text.rfind("\n", 0, statement.start) + 1
    end = text.find("\n", statement.end)
    return start, end + 1 if end != -1 else len(text)


def rename_node(text: str, random: Random, word: str) -> str:
    """Call a state, layout or step otherwise."""
    atoms = [atom for it in statements(text, NODES) for atom in it.atoms]
    name = random.choice(atoms).name
    return re.sub(rf"\b{name}\b", f"{name}_{word}", text)


def rename_value(text: str, random: Random, word: str) -> str:
    """Call a guard, an action or a packet otherwise."""
    pairs = [
        pair
        for it in statements(text, EDGES)
        for pair in it.pairs
        if pair.name in ("guard", "action", "packet", "event")
    ]
    if not pairs:
        return text
    name = re.split(r"[,\s]+", random.choice(pairs).text)[0]
    return re.sub(rf"\b{name}\b", f"{name}_{word}", text)


def change_value(text: str, random: Random, word: str) -> str:
    """Give an attribute of an edge or a node another value."""
    kind = random.choice((EDGES, NODES))
    pairs = [pair for it in statements(text, kind) for pair in it.pairs]
    pairs = [it for it in pairs if it.name in ("guard", "action", "comment", "section", "packet")]
    if not pairs:
        return text
    pair = random.choice(pairs)
    return f'{text[: pair.value]}"{word}"{text[pair.end :]}'


def add_value(text: str, random: Random, word: str) -> str:
    """Give an edge or a node an attribute that it does not have."""
    name = {"states": "guard", "layouts": "feature", "flows": "comment"}[kind_of_text(text)]
    kind = EDGES if name == "guard" else NODES
    found = [it for it in statements(text, kind) if not it.pair(name) and it.pairs]
    if not found:
        return text
    end = random.choice(found).pairs[-1].end
    return f"{text[:end]}, {name}={word}{text[end:]}"


def remove_value(text: str, random: Random, word: str) -> str:
    """Take an attribute away."""
    found = [
        pair
        for it in (*statements(text, EDGES), *statements(text, NODES))
        for pair in it.pairs
        if pair.name in ("guard", "action", "comment", "wire", "since", "stays", "when")
    ]
    if not found:
        return text
    pair = random.choice(found)
    return text[: pair.start] + re.sub(r"^[ ,]*", "", text[pair.end :])


def remove_statement(text: str, random: Random, word: str) -> str:
    """Delete the lines of an edge or a node."""
    found = statements(text, random.choice((EDGES, NODES)))
    if len(found) < 2:
        return text
    start, end = line_around(text, random.choice(found))
    return text[:start] + text[end:]


def add_edge(text: str, random: Random, word: str) -> str:
    """Draw an arrow in a line of its own, behind another one."""
    found = statements(text, EDGES)
    if not found:
        return text
    atoms = sorted({atom.name for it in found for atom in it.atoms})
    tail, head = random.choice(atoms), random.choice(atoms)
    _, end = line_around(text, random.choice(found))
    label = f'"{word} came"' if kind_of_text(text) == "states" else word
    colour = random.choice(("", ", color=red", ", style=bold"))
    return f"{text[:end]}    {tail} -> {head} [label={label}{colour}]\n{text[end:]}"


def add_node(text: str, random: Random, word: str) -> str:
    """Draw a node in a line of its own, behind another one."""
    _, end = line_around(text, random.choice(statements(text, NODES)))
    label = {"states": "", "layouts": f' [label="{word}\\nu32"]', "flows": f' [label="{word}()"]'}
    return f"{text[:end]}    New{word}{label[kind_of_text(text)]}\n{text[end:]}"


def change_cell(text: str, random: Random, word: str) -> str:
    """Add, rename or widen a field of a record."""
    fields = list(re.finditer(r"\| (\w+)\\n(u32|u64)\b", text))
    if not fields:
        return text
    field = random.choice(fields)
    made = random.choice(
        (
            f"| {word}\\nu16\\\n                {field[0]}",
            f"| {field[1]}_{word}\\n{field[2]}",
            f"| {field[1]}\\nu16",
        )
    )
    return text[: field.start()] + made + text[field.end() :]


def swap_statements(text: str, random: Random, word: str) -> str:
    """Let two neighbours change places; nothing is said by that, guards apart."""
    found = statements(text, EDGES)
    pairs = [
        (one, other) for one, other in pairwise(found) if not text[one.end : other.start].strip()
    ]
    if not pairs:
        return text
    one, other = random.choice(pairs)
    between = text[one.end : other.start]
    first, second = text[one.start : one.end], text[other.start : other.end]
    return text[: one.start] + second + between + first + text[other.end :]


def indent(text: str, random: Random, word: str) -> str:
    """Move lines to the right, and change a colour."""
    lines = text.splitlines(keepends=True)
    start = random.randrange(len(lines))
    for at in range(start, min(start + random.choice((3, 30, 300)), len(lines))):
        if re.match(r" +\w", lines[at]):
            lines[at] = f" {lines[at]}"
    return "".join(lines).replace("#1a1a1a", f"#{random.randrange(999999):06}")


def remark(text: str, random: Random, word: str) -> str:
    """Write a comment."""
    start, _ = line_around(text, random.choice(statements(text, NODES)))
    return f"{text[:start]}    // {word}\n{text[start:]}"


def kind_of_text(text: str) -> str:
    """The kind of a living drawing, also of an edited one."""
    if ("subgraph cluster" in text and "[style=invis]" in text) or "packet=" in text:
        return "flows"
    return "layouts" if "shape=record" in text else "states"


EDITS: tuple[Edit, ...] = (
    rename_node,
    rename_value,
    change_value,
    add_value,
    remove_value,
    remove_statement,
    add_edge,
    add_node,
    change_cell,
    swap_statements,
    indent,
    remark,
)


def is_drawing(path: str, text: str) -> bool:
    """Whether a text is still DOT."""
    return not read_graphs(path, text.encode())[1]


def edited(path: str, text: str, random: Random, word: str, count: int) -> str:
    """A drawing after some edits."""
    for number in range(count):
        made = random.choice(EDITS)(text, random, f"{word}{number}")
        text = made if is_drawing(path, made) else text
    return text
