"""What the peer says of its state, and what follows for this node (states 5.5, 5.8)."""

from typing import Final

from generated.layouts.generations import P_UUIDS, UuidFlags
from generated.layouts.state import P_STATE, ReturnCode, StateWord
from generated.states.conn_states import ConnEvent, ConnState
from generated.states.disk_states import DiskEvent, DiskState
from generated.states.machine import Refused
from generated.states.node_states import NodeEvent
from generated.states.peer_disk_states import PeerDiskState
from generated.states.peer_states import PeerEvent, PeerState
from runtime.engine.change import PauseFlags, change, is_drawn, refusal_of
from runtime.engine.circumstances import circumstances_of
from runtime.engine.consequences import REPORTS, VolumeEvent
from runtime.engine.disk_limits import limited_peer_disk
from runtime.engine.handshake import PeerRefused
from runtime.engine.parameters import send_state, send_uuids
from runtime.engine.rooms import Rooms
from runtime.engine.rules import refusal_text
from runtime.engine.sync_decision import Decision, OwnSide, PeerSide, decide
from runtime.errors import PeerError
from runtime.metadata.generations import Generations

NEGOTIATING: Final = DiskState.Negotiating.wire
CONNECTED: Final = ConnState.Connected.wire
PREPARING: Final = range(ConnState.StartingSyncS.wire, ConnState.WFBitMapT.wire + 1)
UNDECIDED: Final = range(ConnState.StartingSyncS.wire, ConnState.WFSyncUUID.wire + 1)


class PeerReports:
    """The peer's P_STATE packets about one volume."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._volume = rooms.volume
        self._missed: Generations | None = None
        """The own generations with what the comparison has found that this node had missed."""

    def receive(self, packet: P_STATE) -> None:
        """Take over what the peer says, and decide what has to be decided."""
        volume, word = self._volume, packet.state
        before = volume.state.conn
        if before.wire < ConnState.WFReportParams.wire:
            return  # the link is being closed
        disk = self._real_disk(word)
        if self._ends_resync(word, disk):
            self._rooms.resync.target_says_done()
            return
        if self._ends_verify(word, disk):
            self._rooms.verify.peer_says_done()
            return
        disk = self._corrected(word, disk)
        self._missed = None
        event, disk, own_fails = self._decided(word, disk)
        self._refuse_restarted(event, disk)
        self._apply(event, word, disk, own_fails=own_fails)
        if before.wire > ConnState.WFReportParams.wire:
            self._tell_undecided(word)
        self._catch_up()
        volume.discards_my_data = False

    def _refuse_restarted(self, event: ConnEvent | None, disk: PeerDiskState) -> None:
        """A peer that was restarted may lack what it acknowledged (states 5.5 step 10)."""
        volume = self._volume
        is_restarted = event is ConnEvent.in_receive_param and disk is PeerDiskState.Consistent
        if is_restarted and volume.state.is_suspended and volume.wants_generation:
            self._rooms.suspension.refuse_thaw()
            raise PeerError("the peer was restarted while requests wait: it gets none of them")

    def _tell_undecided(self, word: StateWord) -> None:
        """A peer that has not decided yet is told that a resync is due (states 5.5 step 12)."""
        is_due = self._volume.state.conn.wire > CONNECTED
        if is_due and word.conn <= CONNECTED and word.disk != NEGOTIATING:
            send_uuids(self._volume)
            send_state(self._volume)

    def _real_disk(self, word: StateWord) -> PeerDiskState:
        """What the peer's disk is worth (states 5.5 step 1)."""
        if word.disk == NEGOTIATING:
            if self._volume.peer_generations is None:
                raise PeerError("P_STATE says that the disk is Negotiating, and no P_UUIDS came")
            is_bad = self._volume.peer_uuid_flags & UuidFlags.INCONSISTENT
            return PeerDiskState.Inconsistent if is_bad else PeerDiskState.Consistent
        if word.disk == PeerDiskState.DUnknown.wire:
            raise PeerError("P_STATE says that the sender does not know its own disk")
        try:
            return PeerDiskState.from_wire(word.disk)
        except ValueError as error:
            raise PeerError(f"P_STATE: {error}") from error

    def _ends_resync(self, word: StateWord, disk: PeerDiskState) -> bool:
        """Whether the target of our resync says that it has all (states 5.5 step 3)."""
        state = self._volume.state
        was_behind = state.pdsk in (PeerDiskState.Inconsistent, PeerDiskState.Consistent)
        return (
            was_behind
            and disk is PeerDiskState.UpToDate
            and state.conn.wire >= ConnState.SyncSource.wire
            and state.disk is DiskState.UpToDate
            and word.conn == CONNECTED
        )

    def _ends_verify(self, word: StateWord, disk: PeerDiskState) -> bool:
        """Whether the source of our verify says that it asks no more (states 5.5 step 4)."""
        state = self._volume.state
        return (
            state.conn is ConnState.VerifyT
            and state.disk is DiskState.UpToDate
            and word.conn == CONNECTED
            and disk is PeerDiskState.UpToDate
        )

    def _corrected(self, word: StateWord, disk: PeerDiskState) -> PeerDiskState:
        """What a report near a resync's begin or end counts as (states 5.5 steps 3 and 5)."""
        state = self._volume.state
        was_behind = state.pdsk in (PeerDiskState.Inconsistent, PeerDiskState.Consistent)
        is_source = state.conn.wire > CONNECTED and state.disk is DiskState.UpToDate
        if was_behind and disk is PeerDiskState.UpToDate and is_source and word.conn in UNDECIDED:
            return PeerDiskState.Inconsistent
        is_late = (
            state.pdsk is PeerDiskState.UpToDate
            and disk is PeerDiskState.Inconsistent
            and state.conn is ConnState.Connected
            and word.conn > ConnState.SyncSource.wire
        )
        return PeerDiskState.UpToDate if is_late else disk

    # The decision

    def _decided(
        self, word: StateWord, disk: PeerDiskState
    ) -> tuple[ConnEvent | None, PeerDiskState, bool]:
        """The event for the connection, the peer's disk, and whether the own disk is given up."""
        volume = self._volume
        event: ConnEvent | None = None
        if word.conn == ConnState.Ahead.wire:
            is_known = volume.state.conn is ConnState.Behind
            event = None if is_known else ConnEvent.peer_went_ahead
        elif volume.state.conn is ConnState.WFReportParams:
            event = ConnEvent.in_receive_param
        if not self._considers_resync(word):
            return event, disk, False
        decision = self._decide(word, disk)
        if decision.failure:
            return self._failed(word, disk, decision)
        self._prepare(decision)
        if decision.verdict:
            return ConnEvent.sync_handshake, disk, False
        return event or ConnEvent.in_receive_param, disk, False

    def _considers_resync(self, word: StateWord) -> bool:
        """Whether generations are to be compared (states 5.5 step 7)."""
        volume, state = self._volume, self._volume.state
        own_disk = state.disk.wire
        if volume.peer_generations is None or min(word.disk, own_disk) < NEGOTIATING:
            return False
        if state.conn.wire < CONNECTED or volume.considers_resync:
            return True
        is_attached = NEGOTIATING in (word.disk, own_disk)
        return state.conn is ConnState.Connected and (is_attached or word.conn in PREPARING)

    def _decide(self, word: StateWord, disk: PeerDiskState) -> Decision:
        volume, connection = self._volume, self._volume.connection
        generations = volume.peer_generations
        assert generations is not None
        own = OwnSide(
            generations=volume.store.generations,
            disk=volume.state.disk,
            would_be_disk=volume.would_be_disk,
            role=volume.state.role,
            was_crashed_primary=volume.is_crashed_primary,
            discard_my_data=volume.discards_my_data,
            bits_sent=volume.bits_sent,
            bits_set=volume.bits_out_of_sync,
            is_dry_run=connection.is_tentative or connection.peer_wants_dry_run,
            can_step_down=self._can_step_down(),
        )
        uuids = P_UUIDS(
            generations.current_uuid,
            generations.bitmap_uuid,
            generations.younger_history_uuid,
            generations.older_history_uuid,
            volume.peer_bits_set,
            volume.peer_uuid_flags,
        )
        peer = PeerSide(uuids=uuids, disk=disk, role=_role(word))
        decision = decide(own, peer, connection.agreement, connection.options)
        for sentence in decision.log:
            volume.log(sentence)
        for helper in decision.helpers:
            self._rooms.calling.call(helper, volume.number)
        if decision.steps_down:
            change(volume, NodeEvent.split_brain_lost, circumstances=circumstances_of(self._rooms))
        return decision

    def _can_step_down(self) -> bool:
        """Whether a primary that loses a split brain could be secondary now (states 5.9, R3)."""
        volume, lost = self._volume, NodeEvent.split_brain_lost
        if not volume.is_primary:
            return False
        try:
            code = refusal_of(volume, lost, circumstances=circumstances_of(self._rooms))
        except Refused:
            return False
        return code >= ReturnCode.SS_SUCCESS

    def _failed(
        self, word: StateWord, disk: PeerDiskState, decision: Decision
    ) -> tuple[ConnEvent | None, PeerDiskState, bool]:
        """What is undone by a decision that could not be made (states 5.5 step 7)."""
        connection = self._volume.connection
        if self._volume.state.disk is DiskState.Negotiating:
            return ConnEvent.in_receive_param, disk, True
        if word.disk == NEGOTIATING:
            return ConnEvent.in_receive_param, PeerDiskState.Diskless, False
        if connection.peer_wants_dry_run and not connection.is_tentative:
            connection.peer_wants_dry_run = False
            raise PeerError(decision.failure)
        raise PeerRefused(decision.failure)

    def _prepare(self, decision: Decision) -> None:
        """Note what the comparison has corrected, and write down what a full sync means."""
        volume = self._volume
        comparison = decision.comparison
        if comparison.own != volume.store.generations:
            self._missed = comparison.own
        volume.peer_generations = comparison.peer
        volume.becomes_source = decision.is_source
        if decision.full_sync:
            volume.store.set_all_out_of_sync()

    def _catch_up(self) -> None:
        """Write down what this node had missed: after what the change tells (A8, step 12).

        The peer has to come to the same decision, so it is told what this node has compared.
        """
        if self._missed is not None:
            self._volume.store.write_generations(self._missed)
            self._missed = None

    # The change

    def _apply(
        self, event: ConnEvent | None, word: StateWord, disk: PeerDiskState, *, own_fails: bool
    ) -> None:
        volume = self._volume
        volume.reported_role = _role(word)
        events: list[VolumeEvent] = [event] if event is not None else []
        report = REPORTS[limited_peer_disk(self._coming_conn(event, word, disk), disk)]
        if own_fails:
            events.insert(0, DiskEvent.handshake_refused)
        if volume.is_up:
            events.append(PeerEvent.recv_state_packet)
        if volume.is_up and not is_drawn(volume, report):
            raise PeerError(
                f"P_STATE: the peer's disk can't go from {volume.state.pdsk.name} to {disk.name}"
            )
        events.append(report)
        flags: PauseFlags = {"peer_isp": bool(word.aftr_isp or word.user_isp)}
        is_new = not volume.is_up
        circumstances = circumstances_of(self._rooms) if is_new else None
        volume.considers_resync = False
        try:
            code = change(volume, *events, flags=flags, circumstances=circumstances)
        except Refused as error:
            raise PeerError(f"P_STATE: {error}") from error
        if code < ReturnCode.SS_SUCCESS:
            raise PeerRefused(f"the peer does not fit: {refusal_text(code)}")

    def _coming_conn(
        self, event: ConnEvent | None, word: StateWord, disk: PeerDiskState
    ) -> ConnState:
        """The state that limits what the peer's disk counts as (states 3.3, N8)."""
        if disk.wire <= PeerDiskState.Failed.wire:
            return ConnState.Connected  # N4 comes first: no resync goes on without a disk
        if event is ConnEvent.sync_handshake:
            is_source = self._volume.becomes_source
            return ConnState.WFBitMapS if is_source else ConnState.WFBitMapT
        if event is ConnEvent.peer_went_ahead:
            return ConnState.Behind
        state = self._volume.state
        is_paused = word.aftr_isp or word.user_isp or state.aftr_isp or state.user_isp
        if state.conn is ConnState.PausedSyncS and not is_paused:
            return ConnState.SyncSource  # N11: with this report the pause is over
        return state.conn if self._volume.is_up else ConnState.Connected


def _role(word: StateWord) -> PeerState:
    try:
        return PeerState.from_wire(word.role)
    except ValueError as error:
        raise PeerError(f"P_STATE: {error}") from error
