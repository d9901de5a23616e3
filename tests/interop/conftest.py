"""What the checks against other programs say at the end: a table of what was held against what."""

import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.interop.clients import Clients
from tests.replay.coverage import NOT_REPLAYED, NOT_REPLAYED_SIDES

REPLAYED: Final = re.compile(r"/test_replay\.py::\w+\[(?P<name>[\w.-]+)-(?P<side>[AB])\]$")
LIST_WIDTH: Final = 100


@pytest.fixture(autouse=True)
def _check(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """Record what a test checks: its name and its sentence."""
    name = request.function.__name__.removeprefix("test_").replace("_", " ")
    sentence = (request.function.__doc__ or "").split("\n")[0]
    record_property("check", (request.path.stem.removeprefix("test_"), f"{name}. {sentence}"))


@pytest.fixture
def clients(record_property: Callable[[str, object], None]) -> Clients:
    """Programs to be run; each command has a line in the summary."""
    return Clients(record_property)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line for each check, with the number of cases that passed."""
    counts = Counter(_recorded(terminalreporter, "check"))
    if not counts:
        return
    terminalreporter.section("oracle checks")
    for check, count in counts.items():
        terminalreporter.write_line(f"{check[0]:16} {count:5}  {check[1]}")
    terminalreporter.write_line(f"{'':16} {counts.total():5}  passed")
    if commands := Counter(_recorded(terminalreporter, "command")):
        terminalreporter.section("real clients, as they were called")
        for (command, outcome), count in commands.items():
            terminalreporter.write_line(f"{count:5} {outcome}  {command}")
    passed = [report.nodeid for report in terminalreporter.getreports("passed")]
    if sides := _sides_of(passed):
        terminalreporter.section("recorded conversations, with our node in a kernel's place")
        terminalreporter.write_line("\n".join(_listed(sides)))


def _recorded(terminalreporter: pytest.TerminalReporter, kind: str) -> list[tuple[str, str]]:
    """What tests that passed have recorded: two texts each time."""
    reports = terminalreporter.getreports("passed")
    found = [it for report in reports for name, it in report.user_properties if name == kind]
    return [(first, second) for first, second in found]


def _sides_of(nodeids: list[str]) -> dict[str, str]:
    """Scenario -> the sides that were replayed: A, B or AB."""
    sides: defaultdict[str, str] = defaultdict(str)
    for found in map(REPLAYED.search, nodeids):
        if found is not None:
            sides[found["name"]] = "".join(sorted({*sides[found["name"]], found["side"]}))
    return dict(sides)


def _listed(sides: dict[str, str]) -> Iterator[str]:
    """The scenarios that were replayed, and for the others the reason."""
    names = [name if it == "AB" else f"{name} ({it} only)" for name, it in sorted(sides.items())]
    yield f"{len(sides)} scenarios, {sum(map(len, sides.values()))} sides:"
    yield textwrap.indent(textwrap.fill(", ".join(names), LIST_WIDTH, break_on_hyphens=False), "  ")
    yield "not replayed:"
    for name, reason in sorted(NOT_REPLAYED.items()):
        yield f"  {name}: {reason}"
    for (name, side), reason in sorted(NOT_REPLAYED_SIDES.items(), key=lambda it: it[0][0]):
        yield f"  {name}, side {side.name}: {reason}"
