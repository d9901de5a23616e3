"""House rules about words: names, promises, and the sentence that each public thing has."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.house.rule import CODE, PYTHON, TEXTS, Fault, rule
from tests.house.source import Function, Source

BANNED_NAMES: Final = frozenset(
    "utils util common misc manager managers helper helpers stuff".split()
)
UNFINISHED: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK|for now|placeholder|not yet implemented)\b")
WORKPLACE: Final = re.compile(r"(?<![\w.])/(?:work|tmp)\b|\.\./(?:shared|upstream)\b")


@rule(*PYTHON)
def empty_name(source: Source) -> Iterator[Fault]:
    """A file is named after what is in it, not after that something is in it."""
    for word in re.split(r"[/_.]", source.path):
        if word in BANNED_NAMES:
            yield 1, f"{word} says nothing"


@rule(*TEXTS)
def unfinished(source: Source) -> Iterator[Fault]:
    """What is not done is not there; a promise in a comment is neither."""
    for line, text in source.prose:
        if found := UNFINISHED.search(text):
            yield line, f"{found[0]}: do it or leave it"
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield node.lineno, "NotImplementedError: implement it"


@rule(*TEXTS)
def workplace_path(source: Source) -> Iterator[Fault]:
    """The project stands alone; nobody else has the folders of the place where it was written."""
    for number, line in enumerate(source.lines, 1):
        if found := WORKPLACE.search(line):
            yield number, f"{found[0]} is a path of somebody's workplace"


@rule(*CODE)
def missing_docstring(source: Source) -> Iterator[Fault]:
    """Whatever is public says in a sentence what it is for."""
    if source.path.endswith("__init__.py"):
        return
    if not ast.get_docstring(source.tree):
        yield 1, "the file has none"
    for node in _public(source.tree):
        if not ast.get_docstring(node):
            yield node.lineno, f"{node.name} has none"


def _public(node: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | Function]:
    """Yield what is public in a module or class."""
    for child in node.body:
        if isinstance(child, ast.ClassDef | Function) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from _public(child)


RULES: Final = (
    empty_name,
    unfinished,
    workplace_path,
    missing_docstring,
)
"""The rules of this file."""
