"""What many tests look at: the living drawings, read once; and how properties are tried."""

import gc
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from codegen.coverage import Coverage
from codegen.drawings import Drawings, read_drawings
from codegen.files import read_specs
from codegen.layouts.model import Layout
from tests.rows_left import judged
from tests.steps_taken import TAKEN, counts, rows

ROOT = Path(__file__).parents[1]

# A slow machine is no fault, and CI tries the same examples each time; at a desk they are new ones.
settings.register_profile(
    "project",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("project")

# What a shell starts in the background ignores Ctrl-C, and hands that on to what it starts itself:
# the programs that tests interrupt would never end.
signal.signal(signal.SIGINT, signal.default_int_handler)

STEPS: Final = "steps"
"""What a worker's output calls them."""


def pytest_collection_finish() -> None:
    """Let Python look for garbage among what tests make alone: then it takes no time."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    """A whole run takes every row of the drawings; a run of some tests need not."""
    parser.addoption(
        "--every-row",
        action="store_true",
        help="fail if a row of the transition tables or a step of the flows is never taken",
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand what this worker's nodes have done to the first process, which judges the whole."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[STEPS] = sorted(TAKEN.steps)
    elif session.config.getoption("--every-row") and exitstatus == pytest.ExitCode.OK:
        wrong, _ = _judged(_covered())
        if wrong:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """A worker has ended: take what its nodes have done."""
    TAKEN.steps.update(getattr(node, "workeroutput", {}).get(STEPS, ()))


def _covered() -> list[Coverage]:
    specs, _ = read_specs(ROOT)
    return TAKEN.coverages(read_drawings(specs))


def _judged(covered: list[Coverage]) -> tuple[list[str], dict[str, list[str]]]:
    return judged(taken=rows(covered, taken=True), left=rows(covered, taken=False))


def _whole(covered: list[Coverage]) -> Iterator[str]:
    """What a whole run has to say of the rows that are left."""
    wrong, excused = _judged(covered)
    yield from wrong
    for reason, left in excused.items():
        yield f"never taken, since {reason}:"
        yield from (f"  {row}" for row in left)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show what tests recorded: each "summary" is a line, all "crashes" are counted together."""
    recorded = [
        it for report in terminalreporter.getreports("passed") for it in report.user_properties
    ]
    lines = [line for name, line in recorded if name == "summary"]
    crashes = [int(str(count)) for name, count in recorded if name == "crashes"]
    if crashes:
        lines.append(
            f"{sum(crashes):,} crashes in the middle of {len(crashes)} changes of many steps"
        )
    if lines:
        terminalreporter.section("what was tried")
        terminalreporter.write_line("\n".join(map(str, lines)))
    if TAKEN.steps:
        terminalreporter.section("what the nodes did")
        covered = _covered()
        terminalreporter.write_line(counts(covered))
        if config.getoption("--every-row"):
            terminalreporter.write_line("\n".join(_whole(covered)))


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_held() -> Iterator[None]:
    """Give back what a module's tests have left in cycles: Python looks for it much later."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def drawings() -> Drawings:
    """The project's own drawings."""
    specs, problems = read_specs(ROOT)
    assert problems == []
    return read_drawings(specs)


@pytest.fixture(scope="session")
def layouts(drawings: Drawings) -> Mapping[str, Layout]:
    """Every layout of the project by name."""
    return {layout.name: layout for schema in drawings.schemas for layout in schema.layouts}
