"""The text of `drbdsetup status`, 8.4 form (states 9.3): lines of spans, each with its tone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from runtime.control.proc_text import progress_lines
from runtime.control.view import CONNECTED, OFF, PEER, ResourceView, VolumeView, yes_no

WIDTH_DEFAULT: Final = 80  # states 9.3: of a terminal that does not say
COLOURED: Final = frozenset({"primary", "good", "bad", "transitional"})


class Span(NamedTuple):
    """A piece of a line. Its tone is primary, good, bad, transitional, or normal."""

    text: str
    tone: str = "normal"
    is_local: bool = False

    @property
    def is_bold(self) -> bool:
        """Whether it is a fact of this node that matters."""
        return self.is_local and self.tone in COLOURED


Line = list[Span]
_ROLES: Final = {"Primary": "primary", "Secondary": "normal"}
_CONNECTIONS: Final = {"StandAlone": "bad", "Connecting": "bad", "Connected": "normal"}
_DISKS: Final = {"UpToDate": "good", "Diskless": "bad", "Inconsistent": "bad", "Outdated": "bad"}
_REPLICATIONS: Final = {
    **dict.fromkeys(("SyncSource", "SyncTarget", "PausedSyncT"), "bad"),
    **dict.fromkeys(("Established", "VerifyS", "VerifyT", "PausedSyncS", "Ahead"), "normal"),
}
_LOCAL_REPLICATIONS: Final = frozenset({"SyncTarget", "PausedSyncT", "Behind"})


def _field(name: str, value: str, tone: str = "normal", *, is_local: bool = False) -> Line:
    return [Span(f"{name}:"), Span(value, tone, is_local)]


@dataclass(frozen=True, slots=True)
class StatusForm:
    """How much is told, and how wide."""

    is_verbose: bool = False
    has_statistics: bool = False
    has_progress: bool = False
    """Whether two lines tell how far a resync is, as in /proc/drbd."""
    width: int = WIDTH_DEFAULT

    def lines(self, resource: ResourceView) -> Iterator[Line]:
        """One resource, and an empty line."""
        yield from self._wrapped(0, self._resource(resource), 4)
        for volume in resource.volumes:
            yield from self._wrapped(2, self._volume(resource, volume), 6)
        yield from self._wrapped(2, self._connection(resource), 6)
        is_connected = resource.connection == CONNECTED
        for volume in resource.volumes:
            if is_connected or self.is_verbose or self.has_statistics:
                yield from self._wrapped(4, self._peer_volume(resource, volume), 8)
            if self.has_progress:
                yield from ([Span("      " + it.strip())] for it in progress_lines(volume))
        yield []

    def _wrapped(self, indent: int, fields: Iterator[Line | None], further: int) -> Iterator[Line]:
        """Lay fields out; None begins a new line, as does the edge of the terminal."""
        line, width, is_begun = [Span(" " * indent)], indent, False
        for field in fields:
            size = sum(len(span.text) for span in field) if field is not None else 0
            is_full = is_begun and width + 1 + size > self.width
            if field is None or is_full:
                if is_begun:
                    yield line
                line, width, is_begun = [Span(" " * further)], further, False
            if field is not None:
                line += [Span(" "), *field] if is_begun else field
                width, is_begun = width + size + is_begun, True
        if is_begun:
            yield line

    def _resource(self, it: ResourceView) -> Iterator[Line | None]:
        yield [Span(it.name)]
        yield _field("role", it.role, _ROLES.get(it.role, "transitional"), is_local=True)
        if self.is_verbose or it.suspended:
            yield _field("suspended", ",".join(it.suspended) or "no")
        if self.is_verbose and self.has_statistics:
            yield None
            yield _field("write-ordering", it.write_ordering)

    def _number(self, resource: ResourceView, volume: VolumeView) -> Iterator[Line]:
        if self.is_verbose or len(resource.volumes) > 1 or volume.volume:
            yield _field("volume", str(volume.volume))

    def _volume(self, resource: ResourceView, it: VolumeView) -> Iterator[Line | None]:
        yield from self._number(resource, it)
        if self.is_verbose:
            yield _field("minor", str(it.minor))
        yield _field("disk", it.disk, _DISKS.get(it.disk, "transitional"), is_local=True)
        if self.has_statistics:
            yield None
            figures = {"size": it.size_kib} if self.is_verbose else {}
            figures |= {"read": it.read_kib, "written": it.written_kib}
            if self.is_verbose:
                figures |= {
                    "al-writes": it.log_writes,
                    "bm-writes": 0,
                    "upper-pending": it.upper_pending,
                    "lower-pending": it.lower_pending,
                }
            yield from (_field(name, str(value)) for name, value in figures.items())
            if self.is_verbose:
                yield _field("al-suspended", "no")
        if self.has_statistics and (self.is_verbose or it.is_blocked):
            yield _field("blocked", "upper" if it.is_blocked else "no")

    def _connection(self, it: ResourceView) -> Iterator[Line | None]:
        is_connected = it.connection == CONNECTED
        yield [Span(PEER)]
        if self.is_verbose or not is_connected:
            tone = _CONNECTIONS.get(it.connection, "transitional")
            yield _field("connection", it.connection, tone, is_local=True)
        if self.is_verbose or is_connected:
            yield _field("role", it.peer_role, _ROLES.get(it.peer_role, "transitional"))
        if self.is_verbose or it.is_congested:
            yield _field("congested", yes_no(it.is_congested))

    def _peer_volume(self, resource: ResourceView, it: VolumeView) -> Iterator[Line | None]:
        yield from self._number(resource, it)
        is_on = it.replication != OFF
        if self.is_verbose or is_on:
            tone = _REPLICATIONS.get(it.replication, "transitional")
            is_local = it.replication in _LOCAL_REPLICATIONS
            yield _field("replication", it.replication, tone, is_local=is_local)
        if self.is_verbose or self.has_statistics or is_on or it.peer_disk != "DUnknown":
            yield _field("peer-disk", it.peer_disk, _DISKS.get(it.peer_disk, "transitional"))
        if it.percent_done is not None:
            yield _field("done", f"{it.percent_done:.2f}")
        if self.is_verbose or it.pauses:
            yield _field("resync-suspended", ",".join(it.pauses) or "no")
        if self.has_statistics:
            yield None
            yield _field("received", str(it.received_kib))
            yield _field("sent", str(it.sent_kib))
            if self.is_verbose or it.out_of_sync_kib:
                yield _field("out-of-sync", str(it.out_of_sync_kib))
            if self.is_verbose:
                yield _field("pending", str(it.peer_pending))
                yield _field("unacked", str(it.unacked))
