# Generated from specs/states/peer_disk_states.dot; edit that drawing, then run `make generate`.
"""The names of peer_disk_states: states, events, guards and actions."""

from enum import Enum


class PeerDiskState(Enum):
    """A state, with its number in packets and the name that people see."""

    Diskless = (0, "Diskless")
    """The peer has no disk."""
    Attaching = (1, "Attaching")
    """Seen only in passing."""
    Failed = (2, "Failed")
    """The peer gave its disk up."""
    Inconsistent = (4, "Inconsistent")
    """Parts are not usable. P5: survives the loss of the link."""
    Outdated = (5, "Outdated")
    """Consistent, but old. P5: survives the loss of the link."""
    DUnknown = (6, "DUnknown")
    """Not connected, nothing known."""
    Consistent = (7, "Consistent")
    """This node is source before the resync runs, or it is Ahead."""
    UpToDate = (8, "UpToDate")
    """Usable."""

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call

    def __init__(self, wire: int, printed: str) -> None:
        self.wire = wire
        self.printed = printed

    @classmethod
    def from_wire(cls, wire: int) -> "PeerDiskState":
        """Return the state with this number; raise ValueError when there is none."""
        if wire not in _BY_WIRE:
            raise ValueError(f"{wire} is no number of peer_disk_states")
        return _BY_WIRE[wire]

    @classmethod
    def describe(cls, wire: int) -> str:
        """Return the printed name of the state with this number, or the number."""
        return _BY_WIRE[wire].printed if wire in _BY_WIRE else str(wire)


_BY_WIRE = {state.wire: state for state in PeerDiskState}


class PeerDiskEvent(Enum):
    """An event; its value is the drawing's text."""

    diskless_reported = "* on diskless reported"
    failed_reported = "* on failed reported"
    inconsistent_reported = "* on inconsistent reported"
    consistent_reported = "* on consistent reported"
    up_to_date_reported = "* on up_to_date reported"
    attaching_reported = "attaching reported"
    outdated_reported = "outdated reported"
    peer_asked_to_detach = "peer asked to detach"
    connection_lost = "connection lost"
    up_to_date_demanded = "* on up_to_date demanded"
    became_source = "became source"
    back_in_connected = "back in connected"
    start_resync = "start resync"
    resync_completed = "resync completed"
    initial_sync_skipped = "initial sync skipped"
    peer_outdated = "* on peer outdated"
    peer_found_inconsistent = "peer found inconsistent"
    invalidate_remote_requested = "invalidate_remote requested"

    __hash__ = object.__hash__


class PeerDiskGuard(Enum):
    """A question that an arrow asks the handlers."""

    no_block_failed = "no_block_failed"
    is_standalone = "is_standalone"

    __hash__ = object.__hash__


class PeerDiskAction(Enum):
    """What the handlers do on an arrow."""

    create_current_uuid = "create_current_uuid"
    reset_resync = "reset_resync"
    send_uuids = "send_uuids"
    send_state = "send_state"
    clear_crashed_primary = "clear_crashed_primary"
    thaw_fenced_requests = "thaw_fenced_requests"
    set_whole_bitmap = "set_whole_bitmap"
    report_upgrade = "report_upgrade"

    __hash__ = object.__hash__
