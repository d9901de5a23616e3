# Generated from specs/states/disk_states.dot; edit that drawing, then run `make generate`.
"""The names of disk_states: states, events, guards and actions."""

from enum import Enum


class DiskState(Enum):
    """A state, with its number in packets and the name that people see."""

    Diskless = (0, "Diskless")
    """No disk."""
    Inconsistent = (4, "Inconsistent")
    """Parts are not usable."""
    Consistent = (7, "Consistent")
    """Consistent, old or not."""
    Outdated = (5, "Outdated")
    """Consistent, but old."""
    UpToDate = (8, "UpToDate")
    """Usable."""
    Failed = (2, "Failed")
    """Given up, being released."""
    Attaching = (1, "Attaching")
    """The meta data are being read."""
    Negotiating = (3, "Negotiating")
    """Attached while connected, waiting for the handshake."""

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call

    def __init__(self, wire: int, printed: str) -> None:
        self.wire = wire
        self.printed = printed

    @classmethod
    def from_wire(cls, wire: int) -> "DiskState":
        """Return the state with this number; raise ValueError when there is none."""
        if wire not in _BY_WIRE:
            raise ValueError(f"{wire} is no number of disk_states")
        return _BY_WIRE[wire]

    @classmethod
    def describe(cls, wire: int) -> str:
        """Return the printed name of the state with this number, or the number."""
        return _BY_WIRE[wire].printed if wire in _BY_WIRE else str(wire)


_BY_WIRE = {state.wire: state for state in DiskState}


class DiskEvent(Enum):
    """An event; its value is the drawing's text."""

    ioctl_set_disk = "ioctl_set_disk()"
    receive_param = "receive_param()"
    start_resync = "start resync"
    ioctl_replicate = "ioctl_replicate"
    resync_completed = "resync completed"
    io_completion_error = "io completion error"
    sending_notify_to_peer = "sending notify to peer"
    attach_failed = "attach failed"
    meta_data_read = "meta data read"
    handshake_refused = "handshake refused"
    connection_lost = "connection lost"
    peer_fenced = "peer fenced"
    back_in_connected = "back in connected"
    primary_forced = "primary forced"
    initial_sync_skipped = "initial sync skipped"
    up_to_date_demanded = "up_to_date_demanded"
    outdate_requested = "outdate requested"
    peer_found_primary = "peer_found_primary"
    peer_asked_to_outdate = "peer_asked_to_outdate"
    meta_data_io_failed = "* on meta data io failed"
    detach_requested = "* on detach requested"
    detach_forced = "* on detach forced"
    disk_timed_out = "* on disk timed out"

    __hash__ = object.__hash__


class DiskGuard(Enum):
    """A question that an arrow asks the handlers."""

    becomes_target = "becomes_target"
    is_standalone = "is_standalone"
    no_block_failed = "no_block_failed"
    detaches_on_io_error = "detaches_on_io_error"
    is_connected = "is_connected"
    marked_inconsistent = "marked_inconsistent"
    marked_outdated = "marked_outdated"
    peer_may_be_newer = "peer_may_be_newer"
    exposed_data_differ = "exposed_data_differ"
    peer_has_nothing_newer = "peer_has_nothing_newer"
    is_unconnected = "is_unconnected"
    nobody_relies_on_it = "nobody_relies_on_it"

    __hash__ = object.__hash__


class DiskAction(Enum):
    """What the handlers do on an arrow."""

    clear_crashed_primary = "clear_crashed_primary"
    set_whole_bitmap = "set_whole_bitmap"
    expose_current_uuid = "expose_current_uuid"
    call_local_io_error = "call_local_io_error"
    send_state = "send_state"
    release_disk = "release_disk"
    write_bitmap = "write_bitmap"
    close_disk = "close_disk"
    read_meta_data = "read_meta_data"
    store_would_be_states = "store_would_be_states"
    forget_peer_uuids = "forget_peer_uuids"
    send_sizes = "send_sizes"
    send_uuids = "send_uuids"
    note_attach_time = "note_attach_time"
    report_no_data = "report_no_data"
    create_current_uuid = "create_current_uuid"
    clear_bitmap = "clear_bitmap"
    report_upgrade = "report_upgrade"
    abort_disk_io = "abort_disk_io"

    __hash__ = object.__hash__
