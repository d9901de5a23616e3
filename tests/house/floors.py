"""The tables of the house: which file stands on which floor, and who may import what.

A file imports lower floors only. Each has a line in `codegen_floors.py` or `runtime_floors.py`.
"""

from fnmatch import fnmatch
from typing import Final

from tests.house.codegen_floors import CODEGEN_FLOORS
from tests.house.runtime_floors import RUNTIME_FLOORS

FLOORS: Final = CODEGEN_FLOORS | RUNTIME_FLOORS

HOUSES: Final = {
    "codegen": {"codegen"},
    "generated": {"generated"},
    "runtime": {"runtime", "generated"},
}
"""Folder -> the folders of ours that it may import."""

DOORS: Final = {"runtime/cli/draw.py": {"codegen"}}
"""File -> the folder that it, alone of its own, may import too."""

FENCES: Final = {
    "pydot": ("codegen/drawing.py",),
    "jinja2": ("codegen/render.py",),
    "black": ("codegen/format.py",),
    "click": ("codegen/cli.py", "runtime/cli/*", "runtime/demo/audience.py"),
    "dpkt": ("runtime/io/capture.py",),
    "lark": ("runtime/configuration/syntax.py",),
    "uvloop": ("runtime/io/event_loop.py",),
    "google_crc32c": ("runtime/digests.py",),
    "numpy": (
        "runtime/metadata/bit_runs.py",
        "runtime/metadata/bitmap.py",
        "runtime/metadata/bitmap_pages.py",
        "runtime/wire/bitmap_code.py",
        "runtime/wire/bitmap_transfer.py",
    ),
}
"""Library -> the only files that know it; a library that is missing here nobody may know."""

LATE_IMPORTS: Final = ("codegen/cli.py", "runtime/cli/group.py")
"""Who may import by name while it runs: the command lines, so that a run without work is short."""

WORLD: Final = frozenset("""
    asyncio concurrent fcntl fileinput getpass glob http mmap multiprocessing os
    pathlib queue random sched secrets select selectors shutil signal socket socketserver ssl
    subprocess tempfile threading time urllib uuid zoneinfo
    """.split())
"""Modules that are the outside world: files, sockets, threads, clocks, random numbers."""

WORLD_CALLS: Final = frozenset({"open", "print", "input"})
CLOCKS: Final = frozenset({"now", "utcnow", "today"})
"""The same without an import."""

WORLDLY: Final = (
    "codegen/files.py",
    "codegen/fingerprint.py",
    "codegen/commit.py",
    "codegen/memo.py",
    "codegen/commands.py",
    "codegen/coverage_command.py",
    "codegen/drawing.py",
    "codegen/git.py",
    "codegen/live_command.py",
    "codegen/outputs.py",
    "codegen/review/commands.py",
    "codegen/review/driver.py",
    "codegen/review/log_command.py",
    "codegen/review/merge_command.py",
    "codegen/review/setup.py",
    "codegen/review/setup_command.py",
    "codegen/review/sides.py",
    "codegen/cli.py",
    "*/__main__.py",
    "runtime/io/*",
    "runtime/metadata_commands.py",
    "runtime/demo/*.py",
    "runtime/configuration/files.py",
    "runtime/configuration/node.py",
    "runtime/configuration/places.py",
    "runtime/configured_nodes.py",
    "runtime/node_config.py",
    "runtime/node.py",
    "runtime/node_facts.py",
    "runtime/node_process.py",
    "runtime/node_orders.py",
    "runtime/application_requests.py",
    "runtime/nbd/server.py",
    "runtime/state_watchers.py",
    "runtime/observing.py",
    "runtime/run_process.py",
    "runtime/systemd.py",
    "runtime/control/client.py",
    "runtime/control/events_feed.py",
    "runtime/control/metrics_server.py",
    "runtime/control/orders.py",
    "runtime/control/place.py",
    "runtime/control/server.py",
    "runtime/cli/*",
)
"""Who may touch the outside world."""


def floor(path: str) -> int | None:
    """Return the floor of a file, the first line of the table that fits; None for a stranger."""
    return next((floor for pattern, floor in FLOORS.items() if fnmatch(path, pattern)), None)


def is_one_of(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a path fits one of the patterns."""
    return any(fnmatch(path, pattern) for pattern in patterns)


TOP: Final = frozenset("""
    pyproject.toml README.md LICENSE Makefile requirements.lock
    codegen generated runtime specs templates tests
    """.split())
"""All that lies at the top, beside what begins with a dot and what .gitignore names."""
