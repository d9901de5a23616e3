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
from tests.steps_taken import TAKEN, summary

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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what the nodes of this worker have done to the first process."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[STEPS] = sorted(TAKEN.steps)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """A worker has ended: take what its nodes have done."""
    TAKEN.steps.update(getattr(node, "workeroutput", {}).get(STEPS, ()))


def _covered() -> list[Coverage]:
    specs, _ = read_specs(ROOT)
    return TAKEN.coverages(read_drawings(specs))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
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
        terminalreporter.write_line("\n".join(summary(_covered())))


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
