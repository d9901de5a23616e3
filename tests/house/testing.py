"""House rules about tests."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.house.floors import HOUSES
from tests.house.rule import Fault, rule
from tests.house.source import Source

SECOND_SENTENCE: Final = re.compile(r"[.!?]\s+[A-Z]")
SKIPS: Final = re.compile(r"pytest\.(skip|importorskip|xfail|mark\.(skip|skipif|xfail))")
NAMED_TUPLE: Final = frozenset({"_replace", "_asdict", "_fields", "_make"})


@rule("tests/")
def missing_sentence(source: Source) -> Iterator[Fault]:
    """A test is a sentence about behaviour, and its docstring is that sentence."""
    for function in source.functions:
        sentence = ast.get_docstring(function) or ""
        if not function.name.startswith("test_"):
            continue
        if not sentence.endswith((".", "!", "?")):
            yield function.lineno, f"{function.name} has no sentence that ends"
        elif SECOND_SENTENCE.search(sentence):
            yield function.lineno, f"{function.name} has more than one sentence"


@rule("tests/")
def sleeping_test(source: Source) -> Iterator[Fault]:
    """A test that waits for luck is slow when it is lucky and wrong when it is not."""
    for line, name in source.calls:
        if name.rpartition(".")[2] == "sleep":
            yield line, f"{name}() waits for luck; wait for what happens"


@rule("tests/")
def skipped_test(source: Source) -> Iterator[Fault]:
    """A test that does not run proves nothing."""
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and (found := SKIPS.fullmatch(ast.unparse(node))):
            yield node.lineno, f"{found[0]} hides a test"


@rule("tests/")
def mocked_code(source: Source) -> Iterator[Fault]:
    """A test builds real objects; a mock only repeats what its author believes."""
    for it in source.imports:
        if "mock" in f"{it.module}.{it.name}".split("."):
            yield it.line, "a mock is no object of ours"


@rule("tests/")
def private_matter(source: Source) -> Iterator[Fault]:
    """A test asks what everybody may ask, so that the inside can be rebuilt."""
    if source.path.startswith("tests/bench/"):  # contenders are measured as they are
        return
    for node in source.nodes:
        if not isinstance(node, ast.Attribute) or node.attr in NAMED_TUPLE:
            continue
        owner = ast.unparse(node.value)
        if re.match(r"_[^_]", node.attr) and owner not in {"self", "cls"}:
            yield node.lineno, f"{owner}.{node.attr} is private"
    for it in source.imports:
        if it.name.startswith("_") and it.top in HOUSES:
            yield it.line, f"{it.module}.{it.name} is private"


RULES: Final = (
    missing_sentence,
    sleeping_test,
    skipped_test,
    mocked_code,
    private_matter,
)
"""The rules of this file."""
