"""The settings of one node, checked once (wire 12, states 10.2).

Options have the names, units, limits and defaults that they have in DRBD's configuration; a hyphen
there is an underscore here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, Final, NamedTuple

from generated.layouts.configuration import ReplicationProtocol, SplitBrainPolicy
from runtime.digests import DIGEST_SIZE_BYTES, HMAC_NAMES
from runtime.errors import ConfigError

NAME_SIZE_MAX: Final = 63  # wire 12.1: of algorithms and of the secret, in bytes
MINOR_MAX: Final = 1048575  # states 10.2
VERSION_MIN: Final = 86
VERSION_MAX: Final = 101
HELPERS: Final = frozenset("""
    fence-peer unfence-peer initial-split-brain split-brain pri-lost pri-lost-after-sb
    pri-on-incon-degr local-io-error before-resync-target before-resync-source
    after-resync-target out-of-sync
    """.split())  # states 4.5
"""The administrator's programs, by the names that a configuration gives them."""


_NAMES: Final = ("cram_hmac_alg", "shared_secret", "data_integrity_alg", "verify_alg", "csums_alg")


class Limit(NamedTuple):
    """What an option may be."""

    least: int
    most: int
    unit: str


def _option(default: int, least: int, most: int, unit: str = "") -> Any:
    """An option that is a number, with the limits of wire 12."""
    return field(default=default, metadata={"limit": Limit(least, most, unit)})


@dataclass(frozen=True, slots=True)
class _Options:
    """Options that are held against their limits when they are made."""

    def __post_init__(self) -> None:
        for option in fields(self):
            limit = option.metadata.get("limit")
            value = getattr(self, option.name)
            if limit is not None and not limit.least <= value <= limit.most:
                unit = f" ({limit.unit})" if limit.unit else ""
                name = option.name.replace("_", "-")
                raise ConfigError(
                    f"{name} is {value}, which must be {limit.least} to {limit.most}{unit}"
                )


class OnIoError(Enum):
    """What a failing disk leads to (states 7.1)."""

    PASS_ON = "pass_on"  # noqa: S105  # no password
    CALL_LOCAL_IO_ERROR = "call-local-io-error"
    DETACH = "detach"


class FencingPolicy(Enum):
    """What a Primary does about a peer that it lost, the stronger the later (states 7.8)."""

    DONT_CARE = "dont-care"
    RESOURCE_ONLY = "resource-only"
    RESOURCE_AND_STONITH = "resource-and-stonith"


class OnNoDataAccessible(Enum):
    """What becomes of requests when no good data can be reached (states 7.11)."""

    IO_ERROR = "io-error"
    SUSPEND_IO = "suspend-io"


class ReadBalancing(Enum):
    """Which of two UpToDate disks reads; striping takes turns by address."""

    PREFER_LOCAL = "prefer-local"
    PREFER_REMOTE = "prefer-remote"
    ROUND_ROBIN = "round-robin"
    LEAST_PENDING = "least-pending"
    """The one that has fewer reads to answer."""
    WHEN_CONGESTED_REMOTE = "when-congested-remote"
    """The peer's, while works have to wait at the own one."""
    STRIPING_32K = "32K-striping"
    STRIPING_64K = "64K-striping"
    STRIPING_128K = "128K-striping"
    STRIPING_256K = "256K-striping"
    STRIPING_512K = "512K-striping"
    STRIPING_1M = "1M-striping"


class RrConflict(Enum):
    """What a resync against the role leads to (states 5.8 step 10)."""

    DISCONNECT = "disconnect"
    CALL_PRI_LOST = "call-pri-lost"
    VIOLENTLY = "violently"


class OnCongestion(Enum):
    """What a primary does about a peer that lags behind its writes (states 6.9)."""

    BLOCK = "block"
    PULL_AHEAD = "pull-ahead"
    DISCONNECT = "disconnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetOptions(_Options):
    """How the two nodes talk (wire 12.1)."""

    protocol: ReplicationProtocol = ReplicationProtocol.C
    connect_int: int = _option(10, 1, 120, "s")
    timeout: int = _option(60, 1, 600, "0.1 s")
    ping_int: int = _option(10, 1, 120, "s")
    ping_timeout: int = _option(5, 1, 300, "0.1 s")
    socket_check_timeout: int = _option(0, 0, 300, "0.1 s")
    ko_count: int = _option(7, 0, 200)
    max_epoch_size: int = _option(2048, 1, 20000, "writes")
    max_buffers: int = _option(2048, 32, 131072, "pages of 4 KiB")
    sndbuf_size: int = _option(0, 0, 10485760, "bytes")
    rcvbuf_size: int = _option(0, 0, 10485760, "bytes")
    use_rle: bool = True
    allow_two_primaries: bool = False
    """Whether applications may write on both nodes at once; it needs protocol C.

    Where the link is lost while both are primary, the brain is split: each node has changes that
    the other one lacks. Writes of both nodes to the same place at the same time are carried out in
    the same order on both, but who was first nobody can foresee.
    """
    always_asbp: bool = False
    after_sb_0pri: SplitBrainPolicy = SplitBrainPolicy.DISCONNECT
    after_sb_1pri: SplitBrainPolicy = SplitBrainPolicy.DISCONNECT
    after_sb_2pri: SplitBrainPolicy = SplitBrainPolicy.DISCONNECT
    rr_conflict: RrConflict = RrConflict.DISCONNECT
    on_congestion: OnCongestion = OnCongestion.BLOCK
    congestion_fill: int = _option(0, 0, 20971520, "sectors")
    """So much on its way to the peer is congestion; 0 for no bound."""
    congestion_extents: int = _option(1237, 67, 65534)
    """So many active extents of the activity log are."""
    cram_hmac_alg: str = ""
    shared_secret: str = ""
    data_integrity_alg: str = ""
    """The hash of the digests in front of all data, in both directions; none if empty.

    An application that alters a buffer while it is being written makes the digest wrong, as a bad
    network does: the connection ends and is made again, and a resync sends the block once more.
    Without digests nobody would notice that the two disks may differ there. This node itself never
    alters a buffer that it was given.
    """
    verify_alg: str = ""
    csums_alg: str = ""
    """The hash by which a resync finds out which blocks are the same on both nodes already, and
    need not be sent; none if empty."""
    csums_after_crash_only: bool = False
    """Whether csums-alg is for the resync only that follows a crash of a primary."""
    version_min: int = _option(VERSION_MIN, VERSION_MIN, VERSION_MAX)
    """The lowest protocol version to agree on."""
    version_max: int = _option(VERSION_MAX, VERSION_MIN, VERSION_MAX)
    """The highest one; a lower one than 101 is for tests and old peers."""

    def __post_init__(self) -> None:
        _Options.__post_init__(self)
        if self.version_min > self.version_max:
            raise ConfigError(
                f"no protocol version is from {self.version_min} to {self.version_max}"
            )
        for name in _NAMES:
            size = len(getattr(self, name).encode())
            if size > NAME_SIZE_MAX:
                raise ConfigError(
                    f"{name.replace('_', '-')} has {size} bytes, at most {NAME_SIZE_MAX} are sent"
                )
        _check_algorithm("cram-hmac-alg", self.cram_hmac_alg, HMAC_NAMES)
        _check_algorithm("data-integrity-alg", self.data_integrity_alg, DIGEST_SIZE_BYTES)
        _check_algorithm("verify-alg", self.verify_alg, DIGEST_SIZE_BYTES)
        _check_algorithm("csums-alg", self.csums_alg, DIGEST_SIZE_BYTES)
        if self.allow_two_primaries and self.protocol is not ReplicationProtocol.C:
            raise ConfigError("allow-two-primaries needs protocol C")
        if self.cram_hmac_alg and not self.shared_secret:
            raise ConfigError("cram-hmac-alg needs a shared-secret")
        if not (self.on_congestion is OnCongestion.BLOCK or self.protocol is ReplicationProtocol.A):
            raise ConfigError(
                f"on-congestion is {self.on_congestion.value}, which needs protocol A"
            )

    @property
    def timeout_s(self) -> float:
        """How long a send may make no progress."""
        return self.timeout / 10

    @property
    def ping_timeout_s(self) -> float:
        """How long an answer to a ping may take."""
        return self.ping_timeout / 10

    @property
    def socket_check_timeout_s(self) -> float:
        """How long two sockets must live before the handshake begins (wire 1.2)."""
        return (self.socket_check_timeout or self.ping_timeout) / 10


def _check_algorithm(option: str, name: str, known: Iterable[str]) -> None:
    """ConfigError for a hash that this node does not have; none is always allowed."""
    if name and name not in known:
        raise ConfigError(f"{option} is {name}, which must be one of {', '.join(known)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskOptions(_Options):
    """How one volume uses its disk (wire 12.2)."""

    size: int = _option(0, 0, 1 << 41, "sectors")
    """The size that the administrator wants, 0 for the largest (wire 5.4, u_size)."""
    on_io_error: OnIoError = OnIoError.DETACH
    fencing: FencingPolicy = FencingPolicy.DONT_CARE
    disk_timeout: int = _option(0, 0, 6000, "0.1 s")
    """How long the disk may owe an answer before it is given up, 0 for ever (states 7.5).

    Meta-data are written while the whole node waits: a disk that took too long for them is given
    up when it has answered at last.
    """
    read_balancing: ReadBalancing = ReadBalancing.PREFER_LOCAL
    disk_flushes: bool = True
    al_extents: int = _option(1237, 67, 65534)
    al_updates: bool = True
    minor: int = _option(-1, -1, MINOR_MAX)
    """The volume's number among all of the node, for resync-after; -1 for none."""
    resync_after: str = ""
    """Which volume has to be in sync before: a minor, or RESOURCE/VOLUME; -1 for none."""
    resync_rate: int = _option(250, 1, 4194304, "KiB/s")
    c_plan_ahead: int = _option(20, 0, 300, "0.1 s")
    c_delay_target: int = _option(10, 1, 100, "0.1 s")
    c_fill_target: int = _option(100, 0, 1048576, "sectors")
    c_max_rate: int = _option(102400, 250, 4194304, "KiB/s")
    c_min_rate: int = _option(250, 0, 4194304, "KiB/s")
    rs_discard_granularity: int = _option(0, 0, 1048576, "bytes")
    """The size at which a resync's requests end, and of which zeroes are told and not sent; 0 for
    the largest requests and no such word. With csums-alg it is also what is compared at once."""

    def __post_init__(self) -> None:
        _Options.__post_init__(self)
        name, slash, number = self.resync_after.rpartition("/")
        is_number = number.isascii() and number.isdecimal()
        is_place = bool(slash and name and is_number)
        is_minor = not slash and is_number and int(number) <= MINOR_MAX
        if not (is_place or is_minor or self.resync_after in ("", "-1")):
            raise ConfigError(
                f"The resync-after minor number is invalid: {self.resync_after!r} is neither a"
                f" minor of 0 to {MINOR_MAX} nor RESOURCE/VOLUME"
            )

    @property
    def disk_timeout_s(self) -> float:
        """How long the disk may owe an answer; 0 for ever."""
        return self.disk_timeout / 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceConfig(_Options):
    """One resource of one node: its connection, its volumes and the administrator's programs."""

    name: str = "r0"
    net: NetOptions = NetOptions()
    volumes: Mapping[int, DiskOptions] = field(default_factory=lambda: {0: DiskOptions()})
    """Volume number -> its disk's options."""
    on_no_data_accessible: OnNoDataAccessible = OnNoDataAccessible.IO_ERROR
    handlers: Mapping[str, str] = field(default_factory=dict)
    """Helper -> the command line that a shell runs when it is called (states 4.5)."""
    handler_timeout: int = _option(120, 1, 3600, "s")
    """How long a command may run; then it is killed, and has failed. A kernel waits for ever."""
    trace_flows: bool = False
    """Whether each request's steps are told; for tests, since it costs time."""

    def __post_init__(self) -> None:
        _Options.__post_init__(self)
        if not self.volumes:
            raise ConfigError(f"resource {self.name} has no volume")
        for number in self.volumes:
            if not 0 <= number <= 65535:
                raise ConfigError(f"volume {number} of {self.name} must be 0 to 65535")
        for helper in self.handlers:
            if helper not in HELPERS:
                raise ConfigError(
                    f"{helper} is no handler, these are: {', '.join(sorted(HELPERS))}"
                )
        by_stonith = FencingPolicy.RESOURCE_AND_STONITH
        is_fencing = any(disk.fencing is by_stonith for disk in self.volumes.values())
        if is_fencing and self.net.protocol is ReplicationProtocol.A:  # states 8.4
            raise ConfigError("fencing resource-and-stonith needs protocol B or C")
