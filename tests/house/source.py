"""A source file as the house rules see it: its text, its syntax tree, its comments, its imports."""

import ast
import io
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

BORROWED: Final = ("tests/cases/", "tests/golden/")
"""Bad drawings and expected output: texts that are tested, not texts of ours."""

BLOCKS: Final = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.Match,
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Import(NamedTuple):
    """One imported name: `from module import name`, or `import module` with an empty name."""

    line: int
    module: str
    name: str
    level: int = 0

    @property
    def top(self) -> str:
        """The package at the top, which is a library's name."""
        return self.module.partition(".")[0]

    def file(self, exists: Callable[[str], bool]) -> str:
        """Return which of our files this is; nothing when it is none."""
        place = self.module.replace(".", "/")
        for stem in (f"{place}/{self.name}", place):
            for path in (f"{stem}.py", f"{stem}/__init__.py"):
                if exists(path):
                    return path
        return ""


@dataclass(frozen=True)
class Source:
    """One file, with its path from the project's folder."""

    path: str
    text: str

    @property
    def is_python(self) -> bool:
        """Whether it has a syntax tree."""
        return self.path.endswith(".py")

    @property
    def lines(self) -> list[str]:
        """Its lines without line ends."""
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text if self.is_python else "", self.path)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree."""
        return list(ast.walk(self.tree))

    @property
    def functions(self) -> Iterator[Function]:
        """Every function and method."""
        return (node for node in self.nodes if isinstance(node, Function))

    @property
    def calls(self) -> Iterator[tuple[int, str]]:
        """Every call: its line, and what is called as it is written (`time.sleep`)."""
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield node.lineno, ast.unparse(node.func)

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Every comment with its line."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(it.start[0], it.string) for it in tokens if it.type == tokenize.COMMENT]

    @property
    def docstrings(self) -> Iterator[tuple[int, str]]:
        """Every line of a docstring, with its number."""
        for node in self.nodes:
            if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node):
                start = node.body[0].lineno
                text = ast.get_docstring(node, clean=False) or ""
                yield from enumerate(text.splitlines(), start)

    @property
    def prose(self) -> Iterator[tuple[int, str]]:
        """Every line that is written for people: comments and docstrings, or the whole text."""
        if not self.is_python:
            return enumerate(self.lines, 1)
        return chain(self.comments, self.docstrings)

    @cached_property
    def imports(self) -> list[Import]:
        """Every imported name."""
        return list(self._imports())

    def _imports(self) -> Iterator[Import]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(node.lineno, alias.name, "")
            elif isinstance(node, ast.ImportFrom):
                above = self.path.split("/")[: -node.level] if node.level else []
                module = ".".join([*above, *([node.module] if node.module else [])])
                for alias in node.names:
                    yield Import(node.lineno, module, alias.name, node.level)


def read_sources(root: Path) -> list[Source]:
    """Read every text of the project; what hides behind a dot is a tool's."""
    found: list[Source] = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        hidden = any(part.startswith((".", "__pycache__")) for part in name.split("/"))
        if path.is_file() and not hidden and not name.startswith(BORROWED):
            content = path.read_bytes()
            if b"\0" not in content:
                found.append(Source(name, content.decode()))
    return found
