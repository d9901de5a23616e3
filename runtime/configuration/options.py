"""Every option of DRBD 8.4, by section: what it may be, and whether this node uses it.

What this node has comes from `runtime/config.py`, with its names, limits and defaults; the rest is
here, each with the reason why it is not used.
"""

import re
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from typing import Any, Final

from generated.layouts.configuration import ReplicationProtocol
from runtime.config import HELPERS, DiskOptions, Limit, NetOptions, ResourceConfig
from runtime.node_config import options_of, spelled

NUMBER: Final = re.compile(r"([0-9]+)([kKmMgGs]?)")
FACTORS: Final = {"s": 512, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
UNIT_SIZES_BYTES: Final = {"KiB/s": 1 << 10, "sectors": 512}
"""What a number without a suffix counts, where that is not one byte or no size at all."""
HOST_POLICY: Final = "discard-node-"
"""after-sb-0pri discard-node-alice: one side's name, which is the same text on both nodes."""


class Kind(Enum):
    """What an option takes."""

    FLAG = "yes or no"
    NUMBER = "a number"
    CHOICE = "a word"
    TEXT = "a text"
    MARK = "nothing"
    """It stands alone."""
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Rule:
    """One option: what it may be; where it is not used, why."""

    name: str
    kind: Kind
    limit: Limit | None = None
    choices: tuple[str, ...] = ()
    default: str = ""
    unused: str = ""
    no_form: bool = False
    """Whether `no-NAME` is another way to say no, as it was in 8.3."""

    @property
    def unit_size_bytes(self) -> int:
        """What a number without a suffix counts."""
        return UNIT_SIZES_BYTES.get(self.limit.unit, 1) if self.limit else 1


_TWO_PRIMARIES: Final = ("disconnect", "call-pri-lost-after-sb", "violently-as0p")
_CHOICES: Final = {
    "after-sb-0pri": tuple("""
        disconnect discard-younger-primary discard-older-primary discard-zero-changes
        discard-least-changes discard-local discard-remote
        """.split()),
    "after-sb-1pri": ("disconnect", "consensus", "discard-secondary", *_TWO_PRIMARIES[1:]),
    "after-sb-2pri": _TWO_PRIMARIES,
}
"""Where an option takes fewer words than its type has."""

_NOT_FOR_FILES: Final = frozenset({"version-min", "version-max", "minor"})


def _known(kind: type[Any], names: tuple[str, ...] = ()) -> dict[str, Rule]:
    """The options of one of our classes, or some of them."""
    hints = typing.get_type_hints(kind)
    rules = {}
    for field in fields(kind):
        name = field.name.replace("_", "-")
        if name in _NOT_FOR_FILES or (names and name not in names):
            continue
        it = hints[field.name]
        choices: tuple[str, ...] = ()
        if issubclass(it, Enum):
            choices = _CHOICES.get(name) or tuple(map(spelled, it))
        types = {bool: Kind.FLAG, int: Kind.NUMBER, str: Kind.TEXT}
        rules[name] = Rule(
            name,
            types.get(it, Kind.CHOICE),
            field.metadata.get("limit"),
            choices,
            "" if field.default is MISSING else _told(field.default),
            no_form=name == "disk-flushes",
        )
    return rules


def _told(value: object) -> str:
    """A value as a configuration has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spelled(value) if isinstance(value, Enum) else str(value)


def _unused(*rules: Rule) -> dict[str, Rule]:
    return {rule.name: rule for rule in rules}


_THREADS: Final = "this node has no kernel threads"
_BOOT: Final = "no script waits for connections here"
_FLUSHED: Final = "a disk is flushed, or disk-flushes says that it is not"
_KERNEL: Final = "there is no kernel module here"
_WAIT: Final = Limit(0, 300000, "s")
_COUNT: Final = Limit(0, (1 << 31) - 1, "")

NET: Final = _known(NetOptions) | _unused(
    Rule("tcp-cork", Kind.FLAG, default="yes", no_form=True, unused="one call sends what is due"),
    Rule("unplug-watermark", Kind.NUMBER, Limit(1, 131072, ""), default="128", unused=_KERNEL),
)
DISK: Final = _known(DiskOptions) | _unused(
    Rule("max-bio-bvecs", Kind.NUMBER, Limit(0, 128, ""), default="0", unused=_KERNEL),
    Rule("use-bmbv", Kind.FLAG, default="no", unused=_KERNEL),
    Rule("disk-barrier", Kind.FLAG, default="no", no_form=True, unused=_FLUSHED),
    Rule("disk-drain", Kind.FLAG, default="yes", no_form=True, unused=_FLUSHED),
    Rule("md-flushes", Kind.FLAG, default="yes", no_form=True, unused="meta-data always are"),
    Rule("discard-zeroes-if-aligned", Kind.FLAG, default="yes", unused="zeroes read as zeroes"),
    Rule("disable-write-same", Kind.FLAG, default="no", unused="a write-same is never offered"),
)
OPTIONS: Final = _known(ResourceConfig, ("on-no-data-accessible",)) | _unused(
    Rule("cpu-mask", Kind.TEXT, unused=_THREADS)
)
HANDLERS: Final = {name: Rule(name, Kind.TEXT) for name in sorted(HELPERS)}
STARTUP: Final = _unused(
    Rule("wfc-timeout", Kind.NUMBER, _WAIT, default="0", unused=_BOOT),
    Rule("degr-wfc-timeout", Kind.NUMBER, _WAIT, default="0", unused=_BOOT),
    Rule("outdated-wfc-timeout", Kind.NUMBER, _WAIT, default="0", unused=_BOOT),
    Rule("wait-after-sb", Kind.FLAG, default="no", unused=_BOOT),
    Rule("stacked-timeouts", Kind.MARK, unused=_BOOT),
    Rule("become-primary-on", Kind.WORDS, unused="a node is promoted by whoever starts it"),
)
GLOBAL: Final = _unused(
    Rule("minor-count", Kind.NUMBER, Limit(1, 1048575, ""), unused=_KERNEL),
    Rule("dialog-refresh", Kind.NUMBER, Limit(0, 600, "s"), unused=_BOOT),
    Rule("disable-ip-verification", Kind.MARK, unused="addresses are not looked up"),
    Rule("udev-always-use-vnr", Kind.MARK, unused="udev is not told of volumes"),
    Rule("usage-count", Kind.CHOICE, choices=("yes", "no", "ask"), unused="nobody counts"),
    Rule("cmd-timeout-short", Kind.NUMBER, _COUNT, unused="no command is run for you"),
    Rule("cmd-timeout-medium", Kind.NUMBER, _COUNT, unused="no command is run for you"),
    Rule("cmd-timeout-long", Kind.NUMBER, _COUNT, unused="no command is run for you"),
)
RULES: Final[Mapping[str, Mapping[str, Rule]]] = {
    "options": OPTIONS,
    "net": NET,
    "disk": DISK,
    "startup": STARTUP,
    "handlers": HANDLERS,
}
"""Section -> its options, in the order in which sections are shown."""

SYNCER: Final[Mapping[str, tuple[str, str]]] = {
    "rate": ("disk", "resync-rate"),
    "after": ("disk", "resync-after"),
    **{name: ("disk", name) for name in ("al-extents", "c-plan-ahead", "c-delay-target")},
    **{name: ("disk", name) for name in ("c-fill-target", "c-max-rate", "c-min-rate")},
    **{name: ("net", name) for name in ("csums-alg", "verify-alg", "use-rle")},
    **{name: ("options", name) for name in ("cpu-mask", "on-no-data-accessible")},
}
"""Option of a `syncer` section, which 8.3 had -> the section and option that it is in 8.4."""

OLDER_NAMES: Final = {("handlers", "outdate-peer"): "fence-peer"}
"""Section and name of an option in 8.3 -> its name in 8.4."""

REFUSED: Final[Mapping[str, str]] = {
    "stacked-on-top-of": "a stacked resource is not possible here: write its own `on` sections",
    "proxy": "this node does not speak through DRBD Proxy: write the peer's own address",
}
"""Sections of 8.4 that this node can't do without lying -> what to do instead."""

NEWER: Final = frozenset("""
    node-id connection connection-mesh path peer-device-options template-file quorum on-no-quorum
    auto-promote transport load-balance-paths bitmap require-drbd-module-version net-options
    """.split())
"""Words of DRBD 9 that people may have."""

KEYWORDS: Final = frozenset("""
    global common resource include skip on floating volume address device disk meta-disk minor
    flexible-meta-disk internal syncer protocol ignore-on yes no ipv4 ipv6 sdp ssocks sci
    """.split()).union(REFUSED, RULES, GLOBAL, *RULES.values())
"""Words that name something only in quotes."""

_COMPANIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "cram-hmac-alg": {"shared_secret": "-"},
    "on-congestion": {"protocol": ReplicationProtocol.A},
}
"""What else has to be given so that one option alone can be tried."""
_KINDS: Final[Mapping[str, type[Any]]] = {"net": NetOptions, "disk": DiskOptions}


def number_of(text: str, unit_size_bytes: int) -> int | None:
    """What a number with its suffix counts in an option's own unit; a broken part counts whole."""
    found = NUMBER.fullmatch(text)
    if found is None:
        return None
    factor = FACTORS.get(found[2].lower(), unit_size_bytes)
    return -(-int(found[1]) * factor // unit_size_bytes)


def try_option(section: str, name: str, value: Any) -> None:
    """ConfigError for a value that `runtime/config.py` does not take."""
    kind = _KINDS.get(section)
    if kind is not None and name != "resync-after":  # the name of a resource, looked up later
        given = options_of(kind, {name: value}, section)
        kind(**{**_COMPANIONS.get(name, {}), **given})
