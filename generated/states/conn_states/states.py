# Generated from specs/states/conn_states.dot; edit that drawing, then run `make generate`.
"""The names of conn_states: states, events, guards and actions."""

from enum import Enum


class ConnState(Enum):
    """A state, with its number in packets and the name that people see."""

    StandAllone = (0, "StandAlone")
    """No net configuration."""
    WFConnection = (8, "WFConnection")
    """Waiting for and trying the connection."""
    Unconnected = (2, "Unconnected")
    """A net configuration is there, about to try connecting."""
    WFReportParams = (9, "WFReportParams")
    """Sockets exist, waiting for the peer's first packets."""
    Connected = (10, "Connected")
    """In sync, or nothing to sync."""
    WFBitMapS = (13, "WFBitMapS")
    """Exchanging bitmaps, becoming source."""
    WFBitMapT = (14, "WFBitMapT")
    """Exchanging bitmaps, becoming target."""
    SyncSource = (16, "SyncSource")
    """Resync running, this side is source."""
    SyncTarget = (17, "SyncTarget")
    """Resync running, this side is target."""
    PausedSyncS = (20, "PausedSyncS")
    """Resync paused, this side is source."""
    PausedSyncT = (21, "PausedSyncT")
    """Resync paused, this side is target."""
    Disconnecting = (1, "Disconnecting")
    """On the way to StandAlone."""
    Timeout = (3, "Timeout")
    """The peer did not answer in time."""
    BrokenPipe = (4, "BrokenPipe")
    """The data socket ended."""
    NetworkFailure = (5, "NetworkFailure")
    """The peer went silent, the meta socket ended, or an attempt to connect failed."""
    ProtocolError = (6, "ProtocolError")
    """The peer said what it must not say."""
    TearDown = (7, "TearDown")
    """The peer disconnects gracefully."""
    StartingSyncS = (11, "StartingSyncS")
    """Full sync demanded, this side is source."""
    StartingSyncT = (12, "StartingSyncT")
    """Full sync demanded, this side is target."""
    WFSyncUUID = (15, "WFSyncUUID")
    """The target waits for the sync UUID."""
    VerifyS = (18, "VerifyS")
    """Online verify running, this side drives it."""
    VerifyT = (19, "VerifyT")
    """Online verify running, this side answers."""
    Ahead = (22, "Ahead")
    """Replication cut short by congestion, this side leads."""
    Behind = (23, "Behind")
    """Counterpart of Ahead."""
    StandAlone = StandAllone

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call

    def __init__(self, wire: int, printed: str) -> None:
        self.wire = wire
        self.printed = printed

    @classmethod
    def from_wire(cls, wire: int) -> "ConnState":
        """Return the state with this number; raise ValueError when there is none."""
        if wire not in _BY_WIRE:
            raise ValueError(f"{wire} is no number of conn_states")
        return _BY_WIRE[wire]

    @classmethod
    def describe(cls, wire: int) -> str:
        """Return the printed name of the state with this number, or the number."""
        return _BY_WIRE[wire].printed if wire in _BY_WIRE else str(wire)


_BY_WIRE = {state.wire: state for state in ConnState}


class ConnEvent(Enum):
    """An event; its value is the drawing's text."""

    ioctl_set_net = "ioctl_set_net()"
    unable_to_bind = "unable to bind()"
    in_connect_after_accept = "in connect() after accept"
    checks_in_receive_param = "checks in receive_param()"
    in_receive_param = "in receive_param()"
    sync_handshake = "sync_handshake()"
    receive_bitmap = "receive_bitmap()"
    resync_finished = "resync_finished"
    resync_paused = "resync_paused"
    resync_resumed = "resync_resumed"
    network_error = "* on network error"
    receiver_started = "receiver started"
    peer_closed = "* on peer closed"
    peer_timed_out = "* on peer timed out"
    peer_refused = "peer refused"
    protocol_violated = "* on protocol violated"
    peer_asked_for_teardown = "* on peer asked for teardown"
    disconnect_requested = "* on disconnect requested"
    disconnect_forced = "* on disconnect forced"
    link_cleaned_up = "link cleaned up"
    invalidate_remote_requested = "invalidate_remote requested"
    peer_asked_for_source = "peer_asked_for_source"
    invalidate_requested = "invalidate requested"
    peer_asked_for_target = "peer_asked_for_target"
    bitmap_written = "bitmap written"
    bitmap_write_failed = "bitmap write failed"
    device_grown = "device grown"
    sync_uuid_received = "sync_uuid received"
    disk_lost = "* on disk lost"
    verify_requested = "verify requested"
    peer_asked_for_verify = "peer asked for verify"
    verify_finished = "verify finished"
    congested = "congested"
    peer_went_ahead = "peer went ahead"
    congestion_over = "congestion over"
    del_minor_requested = "del_minor requested"
    peer_asked_for_removal = "peer_asked_for_removal"
    handshake_passed = "handshake_passed"

    __hash__ = object.__hash__


class ConnGuard(Enum):
    """A question that an arrow asks the handlers."""

    resync_may_run = "resync_may_run"
    error_is_transient = "error_is_transient"
    disks_are_usable = "disks_are_usable"
    becomes_target = "becomes_target"
    peer_knows_stop_sectors = "peer_knows_stop_sectors"
    may_pull_ahead = "may_pull_ahead"
    volume_is_unused = "volume_is_unused"

    __hash__ = object.__hash__


class ConnAction(Enum):
    """What the handlers do on an arrow."""

    start_ack_receiver = "start_ack_receiver"
    clear_discard_my_data = "clear_discard_my_data"
    complete_handshake = "complete_handshake"
    send_state = "send_state"
    send_bitmap = "send_bitmap"
    send_sync_uuid = "send_sync_uuid"
    start_resync = "start_resync"
    rotate_uuids = "rotate_uuids"
    resume_dependents = "resume_dependents"
    write_bitmap = "write_bitmap"
    call_unfence_peer = "call_unfence_peer"
    adopt_peer_uuids = "adopt_peer_uuids"
    call_after_resync_target = "call_after_resync_target"
    stop_resync_clock = "stop_resync_clock"
    start_resync_clock = "start_resync_clock"
    fire_resync_timer = "fire_resync_timer"
    store_net_options = "store_net_options"
    start_receiver = "start_receiver"
    start_connecting = "start_connecting"
    clean_up_link = "clean_up_link"
    stop_receiver = "stop_receiver"
    fence_lost_peer = "fence_lost_peer"
    drop_net_options = "drop_net_options"
    set_whole_bitmap = "set_whole_bitmap"
    adopt_sync_uuid = "adopt_sync_uuid"
    report_aborted = "report_aborted"
    remember_verify_position = "remember_verify_position"
    start_verify = "start_verify"
    call_out_of_sync = "call_out_of_sync"
    close_epoch = "close_epoch"
    remove_volume = "remove_volume"
    send_parameters = "send_parameters"
    set_verify_range = "set_verify_range"

    __hash__ = object.__hash__
