"""What a kernel says when its peer does what no kernel would do."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

COMPLAINT: Final = re.compile(
    r"assert|\bbug\b|warn|oops|unexpected|error|invalid|magic|fail|corrupt|timed? ?out|short read"
    r"|not arrive|shut down|refus|incompat|different|bad |abort|reset|violat|out of order|magic"
    r"|unknown (data|meta|command|packet)|too (small|large|big)|disagree|cannot|giving up|stuck"
    r"|split.?brain|unrelated|considerable|dropp|protocolerror|lost|call trace|\brip:",
    re.IGNORECASE,
)
HARMLESS: Final = (
    r"helper command: disabled \S+ minor-\d+( exit code .*)?$",  # there is nobody to call
    r"(disk|pdsk)\( \w+ -> Failed \)$",  # graceful detach passes through it
    r"(disk|pdsk)\( Failed -> Diskless \)",
)
LOST: Final = (
    r"PingAck did not arrive in time",
    r"sock was (shut down|reset) by peer",
    r"drbd_send_block\(\) failed",
    r"meta connection shut down by peer",
    r"short read \(expected size \d+\)",
    r"sock_(sendmsg|recvmsg) returned -\d+",
    r"error receiving \w+, e: -\d+ l: \d+!",
    r"conn\( \w+ -> (BrokenPipe|NetworkFailure|Timeout) \)",
    r"conn\( (BrokenPipe|NetworkFailure|Timeout) -> ",
    r"Remote failed to finish a request within \d+ms",
    r"Error receiving initial packet",
    r"\w+ time expired, ko = \d+",
    r"short sent \w+ size=\d+ sent=-?\d+",
    r"(drbd_)?(s|r)ock_\w+ -?\d+",
)
"""Of a link that a scenario cut, or of a peer that it killed."""

STAMP: Final = re.compile(r"^\[ *[0-9.]+\] ?")


def complaints(log: str, allowed: Mapping[str, str] | None = None) -> list[str]:
    """Lines of a kernel's log that tell of a fault; `allowed` has patterns and their reasons."""
    harmless = re.compile("|".join([*HARMLESS, *(allowed or {})]))
    lines = (STAMP.sub("", line).strip() for line in log.splitlines())
    return [line for line in lines if COMPLAINT.search(line) and not harmless.search(line)]


def after(reason: str, patterns: Iterable[str] = LOST) -> dict[str, str]:
    """Patterns that are allowed for one reason."""
    return dict.fromkeys(patterns, reason)
