"""House rules about the shape of code: sizes, depths, and what hides a fault."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.house.rule import CODE, PYTHON, WRITTEN, Fault, rule
from tests.house.source import BLOCKS, Function, Source

FUNCTION_LINES_MAX: Final = 50
FILE_LINES_MAX: Final = 400
LINE_CHARACTERS_MAX: Final = 100
BLOCKS_DEPTH_MAX: Final = 3
POSITIONAL_MAX: Final = 4
TOO_CLEVER: Final = frozenset({"getattr", "setattr", "delattr", "eval", "exec", "globals"})


@rule(*PYTHON)
def broad_except(source: Source) -> Iterator[Fault]:
    """Whoever catches everything catches our own bugs and the user's Ctrl-C too."""
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler):
            caught = "BaseException" if node.type is None else ast.unparse(node.type)
            if re.search(r"\b(Base)?Exception\b", caught):
                yield node.lineno, f"catches {caught}; name what can be done something about"


@rule(*WRITTEN)
def long_function(source: Source) -> Iterator[Fault]:
    """A function fits on a screen."""
    for function in source.functions:
        count = (function.end_lineno or function.lineno) - function.lineno + 1
        if count > FUNCTION_LINES_MAX:
            yield function.lineno, f"{function.name} has {count} lines of {FUNCTION_LINES_MAX}"


@rule(*WRITTEN)
def long_file(source: Source) -> Iterator[Fault]:
    """A file that is full is split along a noun."""
    if len(source.lines) > FILE_LINES_MAX:
        yield FILE_LINES_MAX, f"{len(source.lines)} lines of {FILE_LINES_MAX}; split it"


@rule(*WRITTEN)
def long_line(source: Source) -> Iterator[Fault]:
    """A line fits beside another one."""
    for number, line in enumerate(source.lines, 1):
        if len(line) > LINE_CHARACTERS_MAX:
            yield number, f"{len(line)} characters of {LINE_CHARACTERS_MAX}"


@rule(*WRITTEN)
def deep_nesting(source: Source) -> Iterator[Fault]:
    """Three blocks inside each other are what a reader can hold."""
    for node, depth in _blocks(source.tree, 0):
        if depth > BLOCKS_DEPTH_MAX:
            yield node.lineno, f"block {depth} levels deep of {BLOCKS_DEPTH_MAX}"


def _blocks(node: ast.AST, depth: int) -> Iterator[tuple[ast.stmt, int]]:
    """Yield every block with its depth; a function begins anew, an `elif` goes no deeper."""
    for child in ast.iter_child_nodes(node):
        below = 0 if isinstance(child, Function) else depth
        if isinstance(child, BLOCKS):
            is_elif = (
                isinstance(node, ast.If) and node.orelse == [child] and isinstance(child, ast.If)
            )
            below = depth if is_elif else depth + 1
            yield child, below
        yield from _blocks(child, below)


@rule(*CODE)
def many_positional(source: Source) -> Iterator[Fault]:
    """More than four arguments are told apart by their names only."""
    for function in source.functions:
        names = [it.arg for it in [*function.args.posonlyargs, *function.args.args]]
        count = len(names) - (names[:1] in (["self"], ["cls"]))
        if count > POSITIONAL_MAX:
            yield function.lineno, f"{function.name} has {count} positional of {POSITIONAL_MAX}"


@rule(*PYTHON)
def type_ignore(source: Source) -> Iterator[Fault]:
    """A fault that the type checker is told to overlook is still a fault."""
    for line, comment in source.comments:
        if re.search(r"type:\s*ignore", comment):
            yield line, "mend the type instead"


@rule("generated/")
def clever_code(source: Source) -> Iterator[Fault]:
    """Generated code is ordinary code: nothing is looked up by a name that is a string."""
    for line, name in source.calls:
        if name in TOO_CLEVER:
            yield line, f"{name}() is too clever"
    for node in source.nodes:
        if isinstance(node, ast.ClassDef) and any(it.arg == "metaclass" for it in node.keywords):
            yield node.lineno, f"{node.name} has a metaclass"


@rule(*CODE)
def empty_body(source: Source) -> Iterator[Fault]:
    """A function does something, unless it is only a promise that a type checker holds it to."""
    promises = {
        child
        for node in source.nodes
        if isinstance(node, ast.ClassDef) and "Protocol" in {ast.unparse(it) for it in node.bases}
        for child in node.body
    }
    for function in source.functions:
        marks = {_name(it) for it in function.decorator_list}
        ignored = [it.arg.startswith("_") for it in function.args.args]
        is_deaf = bool(ignored) and all(ignored)  # does nothing on purpose, and its names say so
        if function in promises or is_deaf or marks & {"abstractmethod", "overload", "group"}:
            continue
        if all(isinstance(it, ast.Pass) or _is_constant(it) for it in function.body):
            yield function.lineno, f"{function.name} does nothing"


def _name(decorator: ast.expr) -> str:
    """Return a decorator's own name, without where it comes from and its arguments."""
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(named).rpartition(".")[2]


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


RULES: Final = (
    broad_except,
    long_function,
    long_file,
    long_line,
    deep_nesting,
    many_positional,
    type_ignore,
    clever_code,
    empty_body,
)
"""The rules of this file."""
