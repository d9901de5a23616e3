"""House rules about who may import what."""

import ast
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from tests.house.floors import (
    CLOCKS,
    DOORS,
    FENCES,
    HOUSES,
    LATE_IMPORTS,
    WORLD,
    WORLD_CALLS,
    WORLDLY,
    floor,
    is_one_of,
)
from tests.house.rule import CODE, PYTHON, WRITTEN, Fault, rule
from tests.house.source import Source


@rule(*CODE)
def no_floor(source: Source) -> Iterator[Fault]:
    """A file that is missing in the table of floors has no place in the house."""
    if floor(source.path) is None:
        yield 1, "stands on no floor; give it a line in tests/house/*_floors.py"


@rule(*CODE)
def import_upwards(source: Source) -> Iterator[Fault]:
    """Imports point down: to a lower floor, neither to the same one nor to a higher one."""
    here = floor(source.path)
    for it in source.imports:
        target = it.file(lambda path: floor(path) is not None)
        there = floor(target)
        if here is not None and there is not None and there >= here:
            yield it.line, f"floor {here} imports {target}, which stands on floor {there}"


@rule(*HOUSES)
def foreign_house(source: Source) -> Iterator[Fault]:
    """The generator and the engine do not know each other, and nobody knows the tests."""
    allowed = HOUSES[source.path.partition("/")[0]] | DOORS.get(source.path, set())
    for it in source.imports:
        if it.top in {*HOUSES, "tests"} - allowed:
            yield it.line, f"{it.module} is none of this folder's business"


@rule(*WRITTEN)
def relative_import(source: Source) -> Iterator[Fault]:
    """An import names the whole path, so that everybody can find it."""
    for it in source.imports:
        if it.level:
            yield it.line, f"write out {it.module}"


@rule(*PYTHON)
def import_in_function(source: Source) -> Iterator[Fault]:
    """An import stands at the top, where a reader and the floors can see it."""
    for function in source.functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield node.lineno, f"{function.name} imports; move it to the top"
    for line, name in source.calls:
        late = name.rpartition(".")[2] in {"import_module", "__import__"}
        if late and source.path.startswith(CODE) and source.path not in LATE_IMPORTS:
            yield line, f"{name} hides an import"


@rule("codegen/", "runtime/", "generated/")
def unfenced_library(source: Source) -> Iterator[Fault]:
    """One file knows a library; all others see our own plain values."""
    for it in source.imports:
        if it.top in sys.stdlib_module_names or it.top in HOUSES:
            continue
        if it.top not in FENCES:
            yield it.line, f"{it.top} has no fence; name its only file in tests/house/floors.py"
        elif not is_one_of(source.path, FENCES[it.top]):
            yield it.line, f"{it.top} stays behind the fence of {' and '.join(FENCES[it.top])}"


@rule(*CODE)
def touching_the_world(source: Source) -> Iterator[Fault]:
    """Files, sockets, threads, clocks and chance are passed in from the few who may touch them."""
    if is_one_of(source.path, WORLDLY):
        return
    for it in source.imports:
        pure = it.name.startswith("Pure")  # paths that are only names
        if it.top in WORLD and not pure:
            yield it.line, f"{it.module} is the outside world; pass in what comes from there"
    for line, name in source.calls:
        if name in WORLD_CALLS or name.rpartition(".")[2] in CLOCKS:
            yield line, f"{name}() is the outside world; return the value instead"


def import_circles(sources: Iterable[Source]) -> Iterator[str]:
    """Find files that import each other in a circle, of which none can be read first."""
    known = {source.path: source for source in sources if source.is_python}
    done: set[str] = set()

    def visit(path: str, way: list[str]) -> Iterator[str]:
        if path in way:
            circle = [*way[way.index(path) :], path]
            yield f"{path}:1: import-circle: {' -> '.join(circle)}"
        elif path not in done:
            for target in sorted(
                {it.file(known.__contains__) for it in known[path].imports} - {""}
            ):
                yield from visit(target, [*way, path])
            done.add(path)

    for path in known:
        yield from visit(path, [])


RULES: Final = (
    no_floor,
    import_upwards,
    foreign_house,
    relative_import,
    import_in_function,
    unfenced_library,
    touching_the_world,
)
"""The rules of this file."""
