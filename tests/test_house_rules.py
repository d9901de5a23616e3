"""The house rules: each holds in all files, and each bites on a bad example."""

import fnmatch
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from tests.house import imports, shape, testing, words
from tests.house.floors import FLOORS, HOUSES, TOP
from tests.house.rule import Rule
from tests.house.source import Source, read_sources

ROOT: Final = Path(__file__).parents[1]
RULES: Final = {
    rule.name: rule for rule in (*imports.RULES, *shape.RULES, *words.RULES, *testing.RULES)
}


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    """Return every text of the project."""
    return read_sources(ROOT)


def fail_with(faults: Iterable[str]) -> None:
    """Fail with nothing but the lines, when there are any."""
    if text := "\n".join(faults):
        pytest.fail(text, pytrace=False)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_every_file_keeps_every_rule(sources: list[Source], rule: Rule) -> None:
    """No file of the project breaks a house rule."""
    fail_with(fault for source in sources for fault in rule.faults(source))


def test_no_imports_run_in_a_circle(sources: list[Source]) -> None:
    """Each file can be read after those that it imports."""
    fail_with(imports.import_circles(sources))


def stray_entries(names: Iterable[str], ignored: str) -> list[str]:
    """Find what lies at the top and is neither fixed, hidden, nor named by .gitignore."""
    litter = {line.strip("/") for line in ignored.splitlines()}
    strays = {name for name in names if not name.startswith(".")} - TOP - litter
    return [f"{name}:1: stray-entry: does not belong at the top" for name in sorted(strays)]


def test_the_top_holds_nothing_else() -> None:
    """Beside the fixed entries nothing piles up at the top."""
    faults = stray_entries(
        (path.name for path in ROOT.iterdir()), (ROOT / ".gitignore").read_text()
    )
    fail_with(faults)


def test_no_line_of_the_table_is_left_behind(sources: list[Source]) -> None:
    """Every line of the table of floors has a file to stand on."""
    paths = [source.path for source in sources]
    empty = [pattern for pattern in FLOORS if not fnmatch.filter(paths, pattern)]
    place = "tests/house/floors.py:1: empty-floor"
    fail_with(f"{place}: no file is {pattern}" for pattern in empty)


def lines(head: str, line: str, count: int) -> str:
    """Return a text of many equal lines."""
    return head + line * count


BAD: Final[list[tuple[str, str, str]]] = [
    ("no-floor", "codegen/tower.py", ""),
    ("import-upwards", "codegen/graph.py", "from codegen.parse import parse"),
    ("import-upwards", "codegen/graph.py", "from codegen.states import rules"),
    ("import-upwards", "codegen/files.py", "import codegen.render"),
    ("foreign-house", "codegen/graph.py", "import runtime.errors"),
    ("foreign-house", "generated/states/x.py", "from runtime import errors"),
    ("foreign-house", "runtime/cli/status.py", "from codegen.live_command import draw_trace"),
    ("foreign-house", "runtime/errors.py", "from tests.house import floors"),
    ("relative-import", "codegen/graph.py", "from . import problems"),
    ("import-in-function", "tests/test_x.py", "def f() -> None:\n    import os"),
    ("import-in-function", "codegen/graph.py", "importlib.import_module('os')"),
    ("unfenced-library", "codegen/graph.py", "import pydot"),
    ("unfenced-library", "codegen/parse.py", "from jinja2 import Template"),
    ("unfenced-library", "runtime/errors.py", "import numpy.random"),
    ("unfenced-library", "generated/states/x.py", "import attrs"),
    ("touching-the-world", "runtime/wire/framing.py", "import time"),
    ("touching-the-world", "runtime/wire/framing.py", "from pathlib import Path"),
    ("touching-the-world", "runtime/wire/framing.py", "x = datetime.now()"),
    ("touching-the-world", "codegen/graph.py", "print(1)"),
    ("broad-except", "tests/test_x.py", "try: x\nexcept: pass"),
    ("broad-except", "runtime/errors.py", "try: x\nexcept Exception: pass"),
    ("broad-except", "codegen/graph.py", "try: x\nexcept (OSError, BaseException): pass"),
    ("long-function", "tests/test_x.py", lines("def f() -> None:\n", "    x\n", 50)),
    ("long-file", "codegen/graph.py", lines("", "x\n", 401)),
    ("long-line", "codegen/graph.py", "x" * 101),
    ("deep-nesting", "runtime/errors.py", "for a in b:\n if a:\n  with a:\n   while a: pass"),
    ("deep-nesting", "runtime/errors.py", "if a: b\nelif c:\n if d:\n  if e:\n   if f: pass"),
    ("many-positional", "codegen/graph.py", "def f(a, b, c, d, e): return a"),
    ("many-positional", "codegen/graph.py", "class A:\n def f(self, a, b, c, /, d, e): return a"),
    ("type-ignore", "generated/states/x.py", "x = 1  # " + "type: ignore[misc]"),
    ("clever-code", "generated/states/x.py", "x = getattr(y, 'z')"),
    ("clever-code", "generated/states/x.py", "class A(metaclass=B): x = 1"),
    ("empty-name", "tests/runtime/test_utils.py", ""),
    ("empty-name", "codegen/helpers/names.py", ""),
    ("unfinished", "codegen/graph.py", "# TODO: all of it"),
    ("unfinished", "codegen/graph.py", '"""Good enough for now."""'),
    ("unfinished", "codegen/graph.py", "raise NotImplementedError"),
    ("unfinished", "templates/states/x.py.j2", "{# FIXME #}"),
    ("unfinished", "specs/flows/x.dot", "// XXX is this so?"),
    ("empty-body", "runtime/errors.py", "def f() -> None:\n    '''Later.'''"),
    ("empty-body", "runtime/errors.py", "def f() -> None: ..."),
    ("workplace-path", "README.md", "See /wo" + "rk/shared/style.md."),
    ("workplace-path", "tests/test_x.py", "path = '/tm" + "p/x'"),
    ("workplace-path", "specs/README.md", "See .." + "/shared/figures."),
    ("missing-docstring", "codegen/graph.py", "x = 1"),
    ("missing-docstring", "codegen/graph.py", "'''A.'''\nclass Graph: x = 1"),
    ("missing-docstring", "codegen/graph.py", "'''A.'''\nclass A:\n '''A.'''\n def b(self): c()"),
    ("missing-sentence", "tests/test_x.py", "def test_x() -> None: assert x"),
    ("missing-sentence", "tests/test_x.py", "def test_x() -> None:\n '''Tests x'''"),
    ("missing-sentence", "tests/test_x.py", "def test_x() -> None:\n '''It is x. It is y.'''"),
    ("sleeping-test", "tests/test_x.py", "time.sleep(1)"),
    ("sleeping-test", "tests/test_x.py", "async def f() -> None: await asyncio.sleep(0)"),
    ("skipped-test", "tests/test_x.py", "pytest.skip('no')"),
    ("skipped-test", "tests/test_x.py", "@pytest.mark.skipif(x, reason='y')\ndef f(): x"),
    ("mocked-code", "tests/test_x.py", "from unittest import mock"),
    ("mocked-code", "tests/test_x.py", "from unittest.mock import patch"),
    ("private-matter", "tests/test_x.py", "assert machine._rows"),
    ("private-matter", "tests/test_x.py", "from codegen.files import _normal"),
]


@pytest.mark.parametrize(("rule", "path", "text"), BAD)
def test_a_rule_bites(rule: str, path: str, text: str) -> None:
    """A bad example is found, in the form `path:line: rule: sentence`."""
    found = RULES[rule].faults(Source(path, text))
    assert len(found) == 1
    place, _, sentence = found[0].partition(f": {rule}: ")
    name, _, line = place.partition(":")
    assert name == path
    assert 1 <= int(line) <= max(1, len(text.splitlines()))
    assert sentence


def test_every_rule_has_a_bad_example() -> None:
    """No rule goes unproven."""
    assert {rule for rule, _, _ in BAD} == set(RULES)


GOOD: Final[list[tuple[str, str]]] = [
    ("codegen/graph.py", "from codegen.problems import Place"),
    ("codegen/render.py", "import jinja2"),
    ("codegen/plan.py", "from pathlib import PurePosixPath"),
    ("codegen/cli.py", "import_module('codegen.commands')"),
    ("runtime/cli/draw.py", "from codegen.live_command import draw_trace"),
    ("runtime/io/capture.py", "import time\nimport dpkt\nfrom generated.layouts import x"),
    ("codegen/graph.py", "class A:\n '''A.'''\n def f(self, a, b, c, d, *, e):\n  '''A.'''\n  a()"),
    ("codegen/graph.py", "class A(Protocol):\n '''A.'''\n def f(self) -> None:\n  '''A.'''"),
    ("codegen/graph.py", "if a: b\nelif c: d\nelif e: f\nelif g: h\nelif i: j\nelif k: l"),
    ("codegen/graph.py", "def ignore(_total: int) -> None:\n '''Tell nobody.'''"),
    ("codegen/cli.py", "@click.group()\ndef main() -> None: '''A.'''"),
    ("codegen/graph.py", "words = 'TODO type: ignore'  # neither is a comment"),
    ("tests/test_x.py", "def test_x() -> None:\n '''It is x.'''\n assert y._replace(z=1)"),
]


@pytest.mark.parametrize(("path", "text"), GOOD)
def test_a_good_example_is_left_alone(path: str, text: str) -> None:
    """What the rules mean to allow, they allow."""
    source = Source(path, f'"""A."""\n{text}')
    assert [fault for rule in RULES.values() for fault in rule.faults(source)] == []


def test_a_circle_is_found() -> None:
    """Two files that import each other are named with the way around."""
    pair = [
        Source("generated/a.py", "import generated.b"),
        Source("generated/b.py", "from generated import a"),
    ]
    assert list(imports.import_circles(pair)) == [
        "generated/a.py:1: import-circle: generated/a.py -> generated/b.py -> generated/a.py"
    ]


def test_a_stray_entry_is_found() -> None:
    """A folder that somebody added at the top is named; litter that git ignores is not."""
    found = stray_entries(["docs", "tests", ".ci", "build"], "/build/\n*.pyc\n")
    assert found == ["docs:1: stray-entry: does not belong at the top"]


def test_the_houses_are_at_the_top() -> None:
    """The folders whose imports are watched are those that exist."""
    assert set(HOUSES) <= TOP
