"""What a refusal is called by number and text, in the words of drbdsetup (states 8.2, 8.3)."""

from collections.abc import Mapping
from typing import Final

NO_ERROR: Final = 101
OPEN_DISK: Final = 104
MD_INVALID: Final = 119
INVALID_REQUEST: Final = 162
RESOURCE_NOT_KNOWN: Final = 158
MINOR_INVALID: Final = 127
LOWER_THAN_OUTDATED: Final = -16

CONFIGURATION: Final[Mapping[int, str]] = {
    OPEN_DISK: "Can not open backing device.",
    111: "Low.dev. smaller than requested DRBD-dev. size.",
    MD_INVALID: "No valid meta-data signature found.",
    123: "--discard-my-data not allowed when primary.",
    124: "Device is attached to a disk (use detach first)",
    125: "Device has a net-config (use disconnect first)",
    MINOR_INVALID: "Device minor not allocated",
    130: "Resize not allowed during resync.",
    131: "Need one Primary node to resize.",
    134: "Sync-pause flag is already set",
    135: "Sync-pause flag is already cleared",
    138: "Device does not have a disk-config",
    148: "Can not change csums-alg while resync is in progress",
    149: "Can not change verify-alg while online verify runs",
    150: "Can only attach to the data we lost last (see kernel log).",
    151: "Need to be StandAlone",
    153: "Protocol version 93 required to use --assume-clean",
    156: (
        "Sync-pause flag is already cleared.\n"
        "Note: Resync pause caused by a local resync-after dependency."
    ),
    157: ("Sync-pause flag is already cleared.\nNote: Resync pause caused by the peer node."),
    RESOURCE_NOT_KNOWN: "Unknown resource",
    INVALID_REQUEST: "Invalid configuration request",
    163: "Prot version 100 required in order to change\nthese network options while connected",
    164: "Can not clear allow_two_primaries as long as\nthere a primaries on both sides",
    170: "Implicit device shrinking not allowed. See kernel log.",
}
"""What this node can say of the configuration, by number."""


def plain(text: str) -> str:
    """A text without its lines and its last stop, by which it is known."""
    return " ".join(text.split()).rstrip(".")


_BY_TEXT: Final = {plain(text): code for code, text in CONFIGURATION.items()}
_EXIT_CODES: Final[Mapping[int, int]] = {LOWER_THAN_OUTDATED: 5, -4: 16, -2: 17}
EXIT_FAILURE: Final = 10
EXIT_STATE_CHANGE: Final = 11


def code_of(text: str) -> int | None:
    """The number of a refusal that the engine tells by its text; None for one of its own."""
    known = [it for it in _BY_TEXT if plain(text).startswith(it)]
    return _BY_TEXT[max(known, key=len)] if known else None


def sentence(obj: str, code: int, text: str) -> str:
    """What is said on the error output."""
    if code > NO_ERROR:
        return f"{obj}: Failure: ({code}) {text}"
    gap = " " if code else ""  # states 8.2: none behind a zero
    return f"{obj}: State change failed: ({code}){gap}{text}{'' if code else '.'}"


def exit_code(code: int) -> int:
    """What a command that was refused ends with."""
    return EXIT_FAILURE if code > NO_ERROR else _EXIT_CODES.get(code, EXIT_STATE_CHANGE)
