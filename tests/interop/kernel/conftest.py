"""The guest that all scenarios share, who plays which part, and a line for each that was played.

With DOTMIRROR_TWO_KERNELS set, two kernels play all scenarios with each other, which shows what of
a failure is the scenario's own. With DOTMIRROR_WIRE=FOLDER each scenario leaves a capture there.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.interop.kernel.guest import Guest
from tests.interop.kernel.pair import Pair, Stage

TWO_KERNELS: Final = "DOTMIRROR_TWO_KERNELS"
CAPTURES: Final = "DOTMIRROR_WIRE"
PARTS: Final = ("ours-first", "kernel-first")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "one_kernel: two resources of one guest can't play it")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let our node play each part once."""
    if "parts" in metafunc.fixturenames:
        two_kernels = (
            [] if metafunc.definition.get_closest_marker("one_kernel") else ["two-kernels"]
        )
        metafunc.parametrize("parts", two_kernels if os.environ.get(TWO_KERNELS) else PARTS)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One guest for all scenarios: it takes as long to boot as a scenario."""
    it = Stage(tmp_path_factory.mktemp("stage"))
    with it.guest:
        yield it


@pytest.fixture
def pair(stage: Stage, parts: str, request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Two nodes that have not met."""
    match parts:
        case "ours-first":
            kernel, ours = stage.kernel_and_ours()
            it = Pair(stage.guest, ours, kernel)
        case "kernel-first":
            kernel, ours = stage.kernel_and_ours()
            it = Pair(stage.guest, kernel, ours)
        case _:
            it = Pair(stage.guest, *stage.two_kernels())
    with recorded(stage.guest, request.node.name):
        yield it
    it.clear_away()


@contextmanager
def recorded(guest: Guest, name: str) -> Iterator[None]:
    """Record what goes over the wire, for `dotmirror decode`, if somebody wants it."""
    folder = os.environ.get(CAPTURES)
    if not folder:
        yield
        return
    tcpdump = "tcpdump -Z root -U -B 8192 -i eth0 -w /run/wire.pcap"
    recording = guest.start(tcpdump)
    guest.wait_for("[ -s /run/wire.pcap ]", timeout_s=10.0)
    yield
    if not recording.is_done:  # else the guest was killed, and the recording is gone
        guest.run("killall -INT tcpdump")
        recording.outcome()
        Path(folder, f"{name}.pcap").write_bytes(guest.read("/run/wire.pcap"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What both nodes said belongs to a failure."""
    report = yield
    pair = item.funcargs.get("pair") if isinstance(item, pytest.Function) else None
    if call.when == "call" and call.excinfo is not None and isinstance(pair, Pair):
        report.sections += pair.testimony()
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each scenario with its time."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" and "/interop/kernel/" in report.nodeid
    ]
    if not reports:
        return
    terminalreporter.section("scenarios")
    for report in sorted(reports, key=lambda it: it.start):
        name = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
        terminalreporter.write_line(f"{report.duration:6.1f} s  {report.outcome:6}  {name}")
    total_s = sum(report.duration for report in reports)
    terminalreporter.write_line(f"{total_s:6.1f} s  all")
