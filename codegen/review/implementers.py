"""Finds who implements the generated handler classes, in a program's own Python.

Who derives from `ConnHandlers` has to have a method for each guard, action and choice of its
drawing, so that a review can say which class, at which line, a changed drawing asks more of.
"""

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, NamedTuple

SUFFIX: Final = "Handlers"
GENERATED: Final = "generated"
"""The folder of the generated modules: an import through it tells the drawing."""

LISTED_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Implementer:
    """A class that derives from a handler class, itself or through others.

    `methods` are its own, each with its line; `inherited` are those of the classes between, and
    `is_base` says that it is such a class to others.
    """

    class_name: str
    file: str
    line: int
    methods: Mapping[str, int]
    inherited: frozenset[str] = frozenset()
    is_base: bool = False

    def has(self, method: str) -> bool:
        """Whether it has a method that somebody wrote."""
        return method in self.methods or method in self.inherited

    def __str__(self) -> str:
        """The class and its line, as messages name it: `Primary in runtime/io/primary.py:12`."""
        return f"{self.class_name} in {self.file}:{self.line}"


Found = tuple[str, Implementer]
"""The module that a handler class is imported from, empty where nothing tells, and who derives."""


@dataclass(frozen=True, slots=True)
class Implementers:
    """Everybody who derives from a handler class, by the name of that class."""

    found: Mapping[str, tuple[Found, ...]] = field(default_factory=dict)

    def of(self, class_name: str, module: str = "") -> tuple[Implementer, ...]:
        """Who derives from a handler class, by file and line; `module` is its drawing's name.

        Handler classes of two drawings may have one name. Those who import it from a module of the
        drawing count, and only without any of them those whose import does not tell.
        """
        found = [(path.split("."), it) for path, it in self.found.get(class_name, ())]
        told = [it for path, it in found if not module or module in path]
        untold = [it for path, it in found if GENERATED not in path]
        return tuple({(it.file, it.line): it for it in told or untold}.values())

    def to_add(self, class_name: str, method: str, module: str = "") -> str:
        """Say where a method is to be added, or who has it already."""
        found = [it for it in self.of(class_name, module) if not it.is_base]
        lacking = [str(it) for it in found if not it.has(method)]
        if lacking:
            return f"add it to {listed(lacking)}"
        if found:
            verb = "has" if len(found) == 1 else "have"
            return f"{listed([str(it) for it in found])} {verb} it already"
        return f"no class derives from {class_name} yet"

    def where(self, class_name: str, method: str, module: str = "") -> str:
        """Say who has a method, and where it is; empty where nobody has."""
        places = [
            f"{it.class_name} ({it.file}:{it.methods[method]})"
            for it in self.of(class_name, module)
            if method in it.methods
        ]
        return listed(places)


def listed(texts: Sequence[str]) -> str:
    """Texts as people list them, after LISTED_MAX only how many more: `A, B and 3 more`."""
    more = len(texts) - LISTED_MAX
    shown = [*texts[:LISTED_MAX], *([f"{more} more"] if more > 0 else [])]
    return " and ".join([", ".join(shown[:-1]), *shown[-1:]] if len(shown) > 1 else shown)


class _Class(NamedTuple):
    """A class as its file has it; `path` and `bases` are full names as far as imports tell."""

    path: str
    file: str
    line: int
    bases: tuple[str, ...]
    methods: Mapping[str, int]


def find_implementers(files: Mapping[str, bytes]) -> Implementers:
    """Look through Python files (path -> bytes), by their path; what is no Python is left out.

    Only files that mention handlers are read.
    """
    texts = {file: data for file, data in sorted(files.items()) if SUFFIX.encode() in data}
    classes = [it for file, data in texts.items() for it in _classes(file, data)]
    family = _Family(classes)
    lineages = [(it, family.lineage(it)) for it in classes]
    bases = {base.path for _, lineage in lineages for base in lineage[1:]}
    found: dict[str, list[Found]] = {}
    for it, lineage in lineages:
        inherited = frozenset(method for base in lineage[1:] for method in base.methods)
        name = _last(it.path)
        who = Implementer(name, it.file, it.line, it.methods, inherited, it.path in bases)
        for path in dict.fromkeys(path for base in lineage for path in base.bases):
            if path.endswith(SUFFIX):
                found.setdefault(_last(path), []).append((_module(path), who))
    return Implementers({name: tuple(each) for name, each in found.items()})


class _Family:
    """The classes of all files, and which derives from which."""

    def __init__(self, classes: list[_Class]) -> None:
        self.named: dict[str, list[_Class]] = {}
        for it in classes:
            self.named.setdefault(_last(it.path), []).append(it)

    def lineage(self, first: _Class) -> list[_Class]:
        """A class and all that it derives from, the nearest first."""
        found = {first.path: first}
        todo = [first]
        for it in todo:
            new = {base.path: base for base in self.bases(it) if base.path not in found}
            found |= new
            todo += new.values()
        return todo

    def bases(self, it: _Class) -> Iterator[_Class]:
        """The classes that one derives from directly."""
        for path in it.bases:
            for base in self.named.get(_last(path), ()):
                if _may_be(path, base.path):
                    yield base


def _may_be(imported: str, defined: str) -> bool:
    """Whether an imported name may be that class.

    The file may lie below a folder that is no package (`src/`), and a package may pass on what its
    modules define.
    """
    module = _module(imported)
    return not module or f".{module}." in f".{_module(defined)}."


def _classes(file: str, data: bytes) -> Iterator[_Class]:
    """Every class of a file."""
    try:
        with warnings.catch_warnings(action="ignore"):  # what Python dislikes in somebody's text
            tree = ast.parse(data.decode("utf-8-sig"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    nodes = list(ast.walk(tree))
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    classes.sort(key=lambda node: node.lineno)
    module = _module_of(file)
    known = {node.name: f"{module}.{node.name}" for node in classes}
    for node in nodes:
        known |= _imported(node, PurePosixPath(file).parent.parts)
    for node in classes:
        bases = tuple(_path(base, known) for base in node.bases)
        yield _Class(f"{module}.{node.name}", file, node.lineno, bases, dict(_methods(node)))


def _module_of(file: str) -> str:
    """The module that a file is, from the root of the program."""
    parts = PurePosixPath(file).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(node: ast.AST, package: tuple[str, ...]) -> dict[str, str]:
    """The names that an import binds, and what they are in full."""
    match node:
        case ast.Import(names=names):
            return {it.asname: it.name for it in names if it.asname}
        case ast.ImportFrom(module=module, names=names, level=level):
            above = package[: max(len(package) - level + 1, 0)] if level else ()
            start = ".".join([*above, *([module] if module else [])])
            return {it.asname or it.name: f"{start}.{it.name}" for it in names}
    return {}


def _path(base: ast.expr, known: Mapping[str, str]) -> str:
    """The full name of a base class, without its type arguments; empty for anything else."""
    parts: list[str] = []
    while isinstance(base, ast.Attribute | ast.Subscript):
        if isinstance(base, ast.Attribute):
            parts.append(base.attr)
        base = base.value
    if not isinstance(base, ast.Name):
        return ""
    return ".".join([known.get(base.id, base.id), *reversed(parts)])


def _methods(node: ast.ClassDef) -> Iterator[tuple[str, int]]:
    """What a class defines, each with its line; a function may be given by its name as well."""
    for child in node.body:
        match child:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.Assign(targets=[ast.Name(id=name)])
            ):
                yield name, child.lineno


def _module(path: str) -> str:
    return path.rpartition(".")[0]


def _last(path: str) -> str:
    return path.rpartition(".")[2]
