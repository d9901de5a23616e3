"""What the checks against other programs say at the end: a table of what was held against what."""

from collections import Counter
from collections.abc import Callable

import pytest


@pytest.fixture(autouse=True)
def _check(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """Record what a test checks: its name and its sentence."""
    name = request.function.__name__.removeprefix("test_").replace("_", " ")
    sentence = (request.function.__doc__ or "").split("\n")[0]
    record_property("check", (request.path.stem.removeprefix("test_"), f"{name}. {sentence}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a line for each check, with the number of cases that passed."""
    recorded = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "check"
    ]
    counts = Counter(recorded)
    if not counts:
        return
    terminalreporter.section("oracle checks")
    for check, count in counts.items():
        assert isinstance(check, tuple)
        terminalreporter.write_line(f"{check[0]:16} {count:5}  {check[1]}")
    terminalreporter.write_line(f"{'':16} {counts.total():5}  passed")
