"""What the drawing conn_states asks for: finding the peer, resyncs, and losing it."""

from collections.abc import Iterable
from typing import Final, Literal

from generated.layouts.generations import P_SYNC_UUID
from generated.states.conn_states import ConnEvent, ConnHandlers, ConnState
from generated.states.disk_states import DiskState
from runtime.config import FencingPolicy, OnCongestion
from runtime.effects import Effect, Level
from runtime.engine.before_resync import begin_resync
from runtime.engine.consequences import VERIFYING
from runtime.engine.parameters import send_parameters, send_state
from runtime.engine.rooms import Rooms
from runtime.errors import DiskError

UP_TO_DATE: Final = DiskState.UpToDate.wire


class Conn(ConnHandlers[Effect]):
    """The handlers of one volume's connection state."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._volume = rooms.volume
        self._link = rooms.link

    # Guards

    def resync_may_run(self) -> bool:
        """Whether nobody wants it to wait."""
        return not self._volume.state.is_paused

    def error_is_transient(self) -> bool:
        """Whether the address may be free in a second."""
        return self._link.is_bind_transient

    def disks_are_usable(self) -> bool:
        """Whether both nodes have a disk that is not broken (N4)."""
        state = self._volume.state
        return min(state.disk.wire, state.pdsk.wire) > DiskState.Failed.wire

    def becomes_target(self) -> bool:
        """Whether the new space is to come from the peer, as was found when it grew."""
        return not self._volume.becomes_source

    def may_pull_ahead(self) -> bool:
        """Whether congestion is answered by going Ahead (states 6.9)."""
        policy = self._volume.connection.options.on_congestion
        return policy is OnCongestion.PULL_AHEAD and self._rooms.writes.mode.looks_for_congestion

    def peer_knows_stop_sectors(self) -> bool:
        """Whether it is told when a verify ends (A25)."""
        return self._rooms.verify.peer_knows_stop_sectors

    def volume_is_unused(self) -> bool:
        """Whether the volume is Secondary and Diskless."""
        return not self._volume.is_primary and self._volume.backing is None

    def sync_handshake_in_WFReportParams(self) -> Literal[ConnState.WFBitMapS, ConnState.WFBitMapT]:
        """What the comparison of generations has decided."""
        return ConnState.WFBitMapS if self._volume.becomes_source else ConnState.WFBitMapT

    def sync_handshake_in_Connected(self) -> Literal[ConnState.WFBitMapS, ConnState.WFBitMapT]:
        """What the comparison of generations has decided."""
        return ConnState.WFBitMapS if self._volume.becomes_source else ConnState.WFBitMapT

    # The link

    def store_net_options(self) -> Iterable[Effect]:
        """They are the connection's from the beginning, but for what a peer has changed."""
        connection = self._volume.connection
        connection.use_options(connection.given_options)
        return ()

    def start_receiver(self) -> Iterable[Effect]:
        """Look for the peer."""
        self._link.start_receiver()
        return ()

    def start_connecting(self) -> Iterable[Effect]:
        """Listen, and try to connect, in turns."""
        self._link.start_connecting()
        return ()

    def send_parameters(self) -> Iterable[Effect]:
        """P_SYNC_PARAM89, P_SIZES, P_UUIDS, P_STATE."""
        send_parameters(self._volume)
        return ()

    def start_ack_receiver(self) -> Iterable[Effect]:
        """Watch the peer by pings from now on."""
        self._link.pings.start()
        return ()

    def clear_discard_my_data(self) -> Iterable[Effect]:
        """It is for one handshake; the volume's own mark lives a little longer (states 10.1)."""
        self._volume.connection.discards_my_data = False
        return ()

    def complete_handshake(self) -> Iterable[Effect]:
        """The last volume that leaves the handshake lets waiting requests go on (I7, I19)."""
        self._volume.connection.count += 1
        states = [volume.state.conn for volume in self._link.volumes.values()]
        if ConnState.WFReportParams not in states:
            self._volume.connection.is_state_sent = False
        return ()

    def clean_up_link(self) -> Iterable[Effect]:
        """Close both sockets, and report when nothing of the link is under way any more."""
        self._link.clean_up()
        return ()

    def stop_receiver(self) -> Iterable[Effect]:
        """The same, and it does not begin again."""
        self._link.clean_up()
        return ()

    def fence_lost_peer(self) -> Iterable[Effect]:
        """A Primary may have to see to it that the peer does not go on alone (7.6 step 6)."""
        self._link.fence_peer()
        return ()

    def drop_net_options(self) -> Iterable[Effect]:
        """They stay known for the next connect."""
        return ()

    # What is sent

    def send_state(self) -> Iterable[Effect]:
        """P_STATE of this change."""
        send_state(self._volume)
        return ()

    def send_bitmap(self) -> Iterable[Effect]:
        """As target at once, as source when the open writes have ended (A9)."""
        if self._volume.state.conn is ConnState.WFBitMapS:
            self._rooms.exchange.send_when_idle()
        else:
            self._rooms.exchange.send()
        return ()

    def send_sync_uuid(self) -> Iterable[Effect]:
        """Begin the generation of this resync, and tell the target (states 5.6)."""
        volume = self._volume
        generations = volume.store.generations.started_resync_as_source(volume.random_uuid())
        volume.store.write_generations(generations)
        volume.log(f"updated sync UUID {generations}")
        packet = P_SYNC_UUID(generations.bitmap_uuid)
        volume.connection.send_data(packet, volume=volume.number)
        return ()

    # Resync

    def start_resync(self) -> Iterable[Effect]:
        """Count from here; a target asks for its blocks."""
        self._rooms.resync.start()
        return ()

    def adopt_sync_uuid(self) -> Iterable[Effect]:
        """The data is of the generation of this resync, for as long as it lasts."""
        volume = self._volume
        generations = volume.store.generations.started_resync_as_target(
            volume.sync_uuid, is_primary=volume.is_primary
        )
        volume.store.write_generations(generations)
        volume.exposed_uuid = generations.current_uuid
        volume.log(f"updated sync uuid {generations}")
        return ()

    def rotate_uuids(self) -> Iterable[Effect]:
        """The target has what this node has."""
        if not self._rooms.resync.has_failed_blocks:
            volume = self._volume
            volume.store.write_generations(volume.store.generations.finished_resync_as_source())
            volume.peer_generations = volume.store.generations
            volume.log(f"updated UUIDs {volume.store.generations}")
        return ()

    def adopt_peer_uuids(self) -> Iterable[Effect]:
        """The own data is what the source has."""
        volume = self._volume
        if not self._rooms.resync.has_failed_blocks and volume.peer_generations is not None:
            generations = volume.store.generations.finished_resync_as_target(
                volume.peer_generations, is_primary=volume.is_primary
            )
            volume.store.write_generations(generations)
            volume.peer_generations = generations
            volume.log(f"updated UUIDs {generations}")
        return ()

    def stop_resync_clock(self) -> Iterable[Effect]:
        """A pause does not count."""
        self._rooms.resync.stop_clock()
        return ()

    def start_resync_clock(self) -> Iterable[Effect]:
        """It goes on."""
        self._rooms.resync.start_clock()
        return ()

    def fire_resync_timer(self) -> Iterable[Effect]:
        """The next requests go out at once."""
        self._rooms.resync.fire()
        return ()

    def resume_dependents(self) -> Iterable[Effect]:
        """Volumes that waited for this one may go on (A23)."""
        self._volume.connection.resync_turns_changed()
        return ()

    def write_bitmap(self) -> Iterable[Effect]:
        """What changed of it."""
        if self._volume.has_disk:
            self._volume.store.write_bitmap()
        return ()

    def set_whole_bitmap(self) -> Iterable[Effect]:
        """All blocks are out of sync; then the resync is prepared."""
        volume = self._volume
        try:
            volume.store.set_all_out_of_sync()
        except DiskError as error:
            volume.agenda.later(lambda: self._report(ConnEvent.bitmap_write_failed))
            volume.metadata_failed(str(error))
        else:
            volume.agenda.later(lambda: self._report(ConnEvent.bitmap_written))
        return ()

    def _report(self, event: ConnEvent) -> None:
        if self._volume.state.conn in (ConnState.StartingSyncS, ConnState.StartingSyncT):
            begin_resync(self._rooms, event)

    def report_aborted(self) -> Iterable[Effect]:
        """A disk is gone (N4)."""
        run = "Online-verify" if self._volume.state_before.conn in VERIFYING else "Resync"
        self._volume.log(f"{run} aborted.", Level.WARNING)
        return ()

    def close_epoch(self) -> Iterable[Effect]:
        """Nothing that follows may come before what was written (I5)."""
        self._volume.connection.close_epoch()
        return ()

    # Helpers of the administrator (states 4.5, 6.6)

    def call_unfence_peer(self) -> Iterable[Effect]:
        """The peer is as good as this node again, if all of its volumes are."""
        is_fencing = self._volume.options.fencing is not FencingPolicy.DONT_CARE
        states = [volume.state for volume in self._link.volumes.values()]
        if is_fencing and all(it.disk.wire == it.pdsk.wire == UP_TO_DATE for it in states):
            self._rooms.calling.call("unfence-peer", None)
        return ()

    def call_after_resync_target(self) -> Iterable[Effect]:
        """The own data is whole again, or as far as it will be."""
        self._rooms.calling.call("after-resync-target", self._volume.number)
        return ()

    def call_out_of_sync(self) -> Iterable[Effect]:
        """A verify has found differences."""
        if self._volume.bits_out_of_sync:
            self._rooms.calling.call("out-of-sync", self._volume.number)
        return ()

    # Online verify

    def start_verify(self) -> Iterable[Effect]:
        """Count from here; who drives it asks for the peer's digests (I12)."""
        self._rooms.verify.start()
        return ()

    def set_verify_range(self) -> Iterable[Effect]:
        """It may end sooner, or later."""
        self._rooms.verify.set_range()
        return ()

    def remember_verify_position(self) -> Iterable[Effect]:
        """Where the next one begins (I9)."""
        self._rooms.verify.stop()
        return ()

    def remove_volume(self) -> Iterable[Effect]:
        """A resource's volumes are fixed while it runs."""
        return ()
