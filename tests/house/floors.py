"""The tables of the house: which file stands on which floor, and who may import what.

A file imports lower floors only. A new file gets a line here: as low as its imports allow.
"""

from fnmatch import fnmatch
from typing import Final

FLOORS: Final = {
    "generated/*": -1,  # everything in runtime/ may import it
    # codegen: text -> graph -> model -> view -> text -> files
    "codegen/__init__.py": 0,
    "codegen/flows/__init__.py": 0,
    "codegen/layouts/__init__.py": 0,
    "codegen/states/__init__.py": 0,
    "codegen/docstrings.py": 0,
    "codegen/fingerprint.py": 0,
    "codegen/names.py": 0,
    "codegen/problems.py": 0,
    "codegen/say.py": 0,
    "codegen/config.py": 1,
    "codegen/graph.py": 1,
    "codegen/lexer.py": 1,
    "codegen/memo.py": 1,
    "codegen/plan.py": 1,
    "codegen/report.py": 1,
    "codegen/*/model.py": 1,
    "codegen/crossrules.py": 2,
    "codegen/drawing.py": 2,
    "codegen/files.py": 2,
    "codegen/format.py": 2,
    "codegen/layouts/records.py": 2,
    "codegen/render.py": 2,
    "codegen/scopes.py": 2,
    "codegen/syntax.py": 2,
    "codegen/vocabulary.py": 2,
    "codegen/*/rules.py": 2,
    "codegen/*/view.py": 2,
    "codegen/commit.py": 3,
    "codegen/layouts/cells.py": 3,
    "codegen/parse.py": 3,
    "codegen/flows/reader.py": 3,
    "codegen/states/reader.py": 3,
    "codegen/layouts/reader.py": 4,
    "codegen/layouts/sizes.py": 4,
    "codegen/drawings.py": 5,
    "codegen/build.py": 6,
    "codegen/coverage.py": 6,
    # reviewing: models -> facts -> changes -> review -> text, pictures, page
    "codegen/painting.py": 2,
    "codegen/git.py": 3,
    "codegen/outputs.py": 3,
    "codegen/trace.py": 4,
    "codegen/review/facts.py": 2,
    "codegen/*/facts.py": 3,
    "codegen/review/changes.py": 3,
    "codegen/*/changes.py": 4,
    "codegen/*/consequences.py": 5,
    "codegen/review/__init__.py": 0,
    "codegen/review/diff3.py": 0,
    "codegen/review/implementers.py": 0,
    "codegen/review/conflict_text.py": 1,
    "codegen/review/outline.py": 2,
    "codegen/review/renames.py": 3,
    "codegen/review/svg.py": 3,
    "codegen/review/sides.py": 4,
    "codegen/review/setup.py": 4,
    "codegen/review/patches.py": 3,
    "codegen/review/handlers.py": 4,
    "codegen/review/cell_edits.py": 4,
    "codegen/review/compare.py": 4,
    "codegen/review/labels.py": 4,
    "codegen/review/reach.py": 4,
    "codegen/review/report.py": 4,
    "codegen/review/statements.py": 4,
    "codegen/review/causes.py": 5,
    "codegen/review/gate.py": 5,
    "codegen/review/life.py": 5,
    "codegen/review/machine_readable.py": 5,
    "codegen/review/markdown.py": 5,
    "codegen/review/marks.py": 5,
    "codegen/review/merge.py": 5,
    "codegen/review/text.py": 5,
    "codegen/review/picture.py": 6,
    "codegen/review/tables.py": 6,
    "codegen/review/judge.py": 7,
    "codegen/review/page.py": 7,
    # merging: facts -> wanted facts -> edits of the text
    "codegen/review/draft.py": 7,
    "codegen/review/version.py": 8,
    "codegen/review/record_edits.py": 9,
    "codegen/review/rename_edits.py": 9,
    "codegen/review/transplant.py": 10,
    "codegen/review/edits.py": 11,
    "codegen/review/merge_text.py": 12,
    # what the command line calls
    "codegen/commands.py": 8,
    "codegen/coverage_command.py": 9,
    "codegen/explain.py": 9,
    "codegen/review/commands.py": 9,
    "codegen/review/setup_command.py": 5,
    "codegen/review/driver.py": 8,
    "codegen/review/log_command.py": 8,
    "codegen/review/merge_command.py": 13,
    "codegen/cli.py": 14,
    "codegen/__main__.py": 15,
    # runtime: bytes -> frame -> packet -> event -> engine -> effects -> driver -> bytes
    "runtime/__init__.py": 0,
    "runtime/engine/__init__.py": 0,
    "runtime/engine/disk_limits.py": 0,
    "runtime/engine/progress.py": 0,
    "runtime/engine/random_numbers.py": 0,
    "runtime/engine/sizes.py": 0,
    "runtime/engine/state_words.py": 0,
    "runtime/engine/volume_state.py": 0,
    "runtime/errors.py": 0,
    "runtime/io/__init__.py": 0,
    "runtime/io/event_loop.py": 0,
    "runtime/metadata/__init__.py": 0,
    "runtime/metadata/bit_runs.py": 0,
    "runtime/metadata/device.py": 0,
    "runtime/metadata/generations.py": 0,
    "runtime/requests.py": 0,
    "runtime/wire/__init__.py": 0,
    "runtime/wire/reassembly.py": 0,
    "runtime/config.py": 1,
    "runtime/engine/consequences.py": 1,
    "runtime/engine/epochs.py": 1,
    "runtime/engine/intervals.py": 1,
    "runtime/engine/static_rules.py": 1,
    "runtime/io/capture.py": 1,
    "runtime/io/device.py": 1,
    "runtime/metadata/bitmap_pages.py": 1,
    "runtime/metadata/comparison.py": 1,
    "runtime/metadata/dump_parser.py": 1,
    "runtime/metadata/placement.py": 1,
    "runtime/metadata/signatures.py": 1,
    "runtime/wire/bitmap_code.py": 1,
    "runtime/wire/framing.py": 1,
    "runtime/engine/pace.py": 2,
    "runtime/engine/rules.py": 2,
    "runtime/engine/split_brain.py": 2,
    "runtime/metadata/bitmap.py": 2,
    "runtime/metadata/superblock.py": 2,
    "runtime/metadata/transactions.py": 2,
    "runtime/node_config.py": 2,
    "runtime/wire/channel.py": 2,
    "runtime/wire/direction.py": 2,
    "runtime/demo_cable.py": 3,
    "runtime/effects.py": 3,
    "runtime/engine/handshake.py": 3,
    "runtime/engine/resync_order.py": 3,
    "runtime/engine/sync_decision.py": 3,
    "runtime/io/disk.py": 3,
    "runtime/metadata/activity_log.py": 3,
    "runtime/metadata/creation.py": 3,
    "runtime/metadata/dump_text.py": 3,
    "runtime/metadata/recovery.py": 3,
    "runtime/wire/bitmap_transfer.py": 3,
    "runtime/wire/conversation.py": 3,
    "runtime/decode.py": 4,
    "runtime/engine/agenda.py": 4,
    "runtime/metadata/restoration.py": 4,
    "runtime/metadata/store.py": 4,
    "runtime/state_watchers.py": 4,
    "runtime/trace.py": 4,
    "runtime/engine/backing.py": 5,
    "runtime/engine/connection.py": 5,
    "runtime/metadata_commands.py": 5,
    "runtime/demo_nodes.py": 6,
    "runtime/engine/asking.py": 6,
    "runtime/engine/pings.py": 6,
    "runtime/engine/volume.py": 6,
    "runtime/events.py": 6,
    "runtime/io/volume_disk.py": 6,
    "runtime/application_requests.py": 7,
    "runtime/demo.py": 7,
    "runtime/engine/connecting.py": 7,
    "runtime/engine/durable_flags.py": 7,
    "runtime/engine/flushing.py": 7,
    "runtime/engine/resync_source.py": 7,
    "runtime/engine/resync_target.py": 7,
    "runtime/engine/write_mode.py": 7,
    "runtime/io/disk_work.py": 7,
    "runtime/io/sockets.py": 7,
    "runtime/demo_audience.py": 8,
    "runtime/engine/change.py": 8,
    "runtime/engine/diskless_read.py": 8,
    "runtime/engine/mirrored_write.py": 8,
    "runtime/engine/peer_write.py": 8,
    "runtime/io/driver.py": 8,
    "runtime/engine/applications.py": 9,
    "runtime/engine/parameters.py": 9,
    "runtime/engine/bitmap_exchange.py": 10,
    "runtime/engine/link.py": 10,
    "runtime/engine/resync.py": 10,
    "runtime/engine/rooms.py": 11,
    "runtime/engine/circumstances.py": 12,
    "runtime/engine/conn.py": 12,
    "runtime/engine/disk.py": 12,
    "runtime/engine/node.py": 12,
    "runtime/engine/answering.py": 13,
    "runtime/engine/commands.py": 13,
    "runtime/engine/peer.py": 13,
    "runtime/engine/peer_state.py": 13,
    "runtime/engine/leaving.py": 14,
    "runtime/engine/volume_rooms.py": 14,
    "runtime/engine/data_packets.py": 15,
    "runtime/engine/meta_packets.py": 15,
    "runtime/engine/resource.py": 16,
    "runtime/node.py": 17,
    "runtime/node_orders.py": 18,
    "runtime/node_process.py": 19,
    "runtime/cli.py": 20,
    "runtime/__main__.py": 21,
}

HOUSES: Final = {
    "codegen": {"codegen"},
    "generated": {"generated"},
    "runtime": {"runtime", "generated"},
}
"""Folder -> the folders of ours that it may import."""

FENCES: Final = {
    "pydot": ("codegen/drawing.py",),
    "jinja2": ("codegen/render.py",),
    "black": ("codegen/format.py",),
    "click": ("codegen/cli.py", "runtime/cli.py", "runtime/demo_audience.py"),
    "dpkt": ("runtime/io/capture.py",),
    "uvloop": ("runtime/io/event_loop.py",),
    "google_crc32c": ("runtime/metadata/transactions.py",),
    "numpy": (
        "runtime/metadata/bit_runs.py",
        "runtime/metadata/bitmap.py",
        "runtime/metadata/bitmap_pages.py",
        "runtime/wire/bitmap_code.py",
        "runtime/wire/bitmap_transfer.py",
    ),
}
"""Library -> the only files that know it; a library that is missing here nobody may know."""

LATE_IMPORTS: Final = ("codegen/cli.py",)
"""Who may import by name while it runs: the command line, so that a run without work is short."""

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
    "runtime/demo*.py",
    "runtime/node_config.py",
    "runtime/node.py",
    "runtime/node_process.py",
    "runtime/node_orders.py",
    "runtime/application_requests.py",
    "runtime/state_watchers.py",
    "runtime/cli.py",
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
