"""The one way in which a volume's state changes: through the tables, whole or not at all.

A change is one or more events. Each takes its arrow; what follows from it is offered to the other
machines of the volume, until nothing follows. Only then are the rules asked, and when they refuse,
nothing has happened. Otherwise the new state is told, written down, and the arrows' actions are
done in order: so all of them, and every packet that they send, see the state in which it ends.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol, TypedDict

from generated.layouts.state import ReturnCode
from generated.states import (
    conn_states,
    disk_states,
    node_states,
    peer_disk_states,
    peer_states,
    susp_fen_states,
    susp_nod_states,
    susp_states,
)
from generated.states.machine import Refused
from runtime.effects import Arrow, Effect, StateChanged
from runtime.engine.consequences import VolumeEvent, consequences, is_due, suspensions
from runtime.engine.durable_flags import write_flags
from runtime.engine.refusal_log import log_refused_change
from runtime.engine.rules import Circumstances, refusal
from runtime.engine.volume import Volume
from runtime.engine.volume_state import VolumeState
from runtime.errors import DiskError

ARROWS_MAX: Final = 64  # in one change; the longest that is drawn takes nine

ONCE: Final = frozenset(
    {
        "send_state",
        "send_uuids",
        "write_bitmap",
        "report_upgrade",
        "settle_generations",
        "thaw_requests",
    }
)
"""Actions that say how it ends: several arrows of one change need them once, the last time."""


class PauseFlags(TypedDict, total=False):
    """New values of flags that let a resync wait (states 1.4)."""

    aftr_isp: bool
    peer_isp: bool
    user_isp: bool


class Handlers(Protocol):
    """A room, whatever its drawing."""

    def act(self, action: Any) -> Iterable[Effect]:
        """Do what an arrow says."""


class Machine(Protocol):
    """One of the machines."""

    state: Any
    handlers: Any


@dataclass(slots=True)
class _Change:
    """A change that is being worked out."""

    volume: Volume
    before: VolumeState
    arrows: list[Arrow] = field(default_factory=list)
    actions: list[tuple[Handlers, Enum]] = field(default_factory=list)

    @property
    def state(self) -> VolumeState:
        return self.volume.state


_TABLES: Final[Mapping[type[Enum], tuple[int, str, Any, Mapping[Any, Any]]]] = {
    event: (index, name, module.step, module.TRANSITIONS)
    for index, (event, name, module) in enumerate(
        (
            (conn_states.ConnEvent, "conn_states", conn_states),
            (disk_states.DiskEvent, "disk_states", disk_states),
            (node_states.NodeEvent, "node_states", node_states),
            (peer_states.PeerEvent, "peer_states", peer_states),
            (peer_disk_states.PeerDiskEvent, "peer_disk_states", peer_disk_states),
            (susp_states.SuspEvent, "susp_states", susp_states),
            (susp_nod_states.SuspNodEvent, "susp_nod_states", susp_nod_states),
            (susp_fen_states.SuspFenEvent, "susp_fen_states", susp_fen_states),
        )
    )
}
"""Kind of event -> its machine's place in Machines, its graph, and its table."""

_FIELDS: Final = ("conn", "disk", "role", "peer", "pdsk", "susp", "susp_nod", "susp_fen")
"""The field of VolumeState for each place in Machines."""

_SHARED: Final = 5
"""From this place on they are the resource's: all its volumes are in the same state (I4)."""


def change(
    volume: Volume,
    *events: VolumeEvent,
    flags: PauseFlags | None = None,
    circumstances: Circumstances | None = None,
    is_told: bool = True,
) -> ReturnCode:
    """Change a volume's state; with circumstances the rules are asked first and may refuse.

    `flags` are new values of aftr_isp, peer_isp or user_isp. Raises Refused, with nothing changed,
    when a drawing has no arrow for an event. A refusal is logged if it is to be told.
    """
    made = _worked_out(volume, events, flags)
    code = _asked(made, circumstances, is_cluster_wide=False)
    if code < ReturnCode.SS_SUCCESS:
        _refuse(made, code, is_told=is_told)
        return code
    _commit(made)
    return code


def refusal_of(
    volume: Volume,
    *events: VolumeEvent,
    circumstances: Circumstances,
    is_cluster_wide: bool = False,
    is_told: bool = False,
) -> ReturnCode:
    """What the rules would say to a change, without making it; who needs it has that logged."""
    made = _worked_out(volume, events, None)
    code = _asked(made, circumstances, is_cluster_wide=is_cluster_wide)
    _refuse(made, code, is_told=is_told)
    return code


def outcome_of(volume: Volume, *events: VolumeEvent) -> VolumeState:
    """The state that some events would lead to, without going there."""
    made = _worked_out(volume, events, None)
    after = made.state
    _undo(made)
    return after


def is_drawn(volume: Volume, event: VolumeEvent) -> bool:
    """Whether the volume's machine has an arrow for an event in its present state."""
    index, _, _, table = _TABLES[type(event)]
    return (volume.machines[index].state, event) in table


def _worked_out(volume: Volume, events: Iterable[VolumeEvent], flags: PauseFlags | None) -> _Change:
    made = _Change(volume, volume.state)
    queue = deque((event, False) for event in events)
    if flags:
        volume.state = volume.state._replace(**flags)
        queue.extend((event, True) for event in _of_flags(volume.state))
    try:
        _take_all(made, queue)
        _take_all(made, deque((it, True) for it in suspensions(made.before, volume.state)))
    except Refused:
        _undo(made)
        raise
    return made


def _take_all(made: _Change, queue: deque[tuple[VolumeEvent, bool]]) -> None:
    """Take events and what follows from them; who is only offered one may have no arrow for it."""
    volume = made.volume
    while queue:
        event, is_offer = queue.popleft()
        if is_offer and not (is_drawn(volume, event) and is_due(event, volume.state)):
            continue
        before = volume.state
        _take(made, event)
        assert len(made.arrows) <= ARROWS_MAX, f"a change that never ends: {made.arrows}"
        queue.extend((it, True) for it in consequences(event, before, volume.state))


def _of_flags(state: VolumeState) -> Iterable[VolumeEvent]:
    paused, resumed = conn_states.ConnEvent.resync_paused, conn_states.ConnEvent.resync_resumed
    return (paused,) if state.is_paused else (resumed,)


def _take(made: _Change, event: VolumeEvent) -> None:
    """Take one arrow, without doing what it says."""
    volume = made.volume
    index, graph, step, _ = _TABLES[type(event)]
    machine: Machine = volume.machines[index]
    source = machine.state
    arrow = step(source, event, machine.handlers)
    machine.state = arrow.target
    actions = tuple(action.name for action in arrow.actions)
    made.arrows.append(Arrow(graph, source.name, event.name, arrow.target.name, actions))
    made.actions += ((machine.handlers, action) for action in arrow.actions)
    volume.state = volume.state._replace(**{_FIELDS[index]: arrow.target})
    if volume.state.peer_isp and not volume.is_up:
        volume.state = volume.state._replace(peer_isp=False)  # states 3.3, N2


def _asked(
    made: _Change, circumstances: Circumstances | None, *, is_cluster_wide: bool
) -> ReturnCode:
    if circumstances is None:
        return ReturnCode.SS_SUCCESS
    return refusal(made.before, made.state, circumstances, is_cluster_wide=is_cluster_wide)


def _undo(made: _Change) -> None:
    volume = made.volume
    volume.state = made.before
    for index, name in enumerate(_FIELDS):
        machine: Machine = volume.machines[index]
        machine.state = getattr(made.before, name)


def _refuse(made: _Change, code: ReturnCode, *, is_told: bool) -> None:
    wanted = made.state
    _undo(made)
    if is_told:
        log_refused_change(made.volume, wanted, code)


def _commit(made: _Change) -> None:
    volume = made.volume
    volume.state_before = made.before
    if made.arrows or made.state != made.before:
        volume.agenda.emit(StateChanged(volume.number, made.before, made.state, tuple(made.arrows)))
    if said := made.state.differences(made.before):
        volume.log(said.rstrip())
    _share(made)
    _guarded(volume, lambda: write_flags(volume))
    for handlers, action in _each_once(made.actions):
        _guarded(volume, lambda: _act(volume, handlers, action))  # noqa: B023  # called at once
    for watch in volume.watchers:
        watch(made.before)


def _share(made: _Change) -> None:
    """Let the resource's other volumes hold back requests, or not, like this one (I4)."""
    names = _FIELDS[_SHARED:]
    shared = {name: getattr(made.state, name) for name in names}
    for other in made.volume.siblings:
        before = other.state
        if all(getattr(before, name) is state for name, state in shared.items()):
            continue
        other.state = before._replace(**shared)
        for index, name in enumerate(names, _SHARED):
            machine: Machine = other.machines[index]
            machine.state = shared[name]
        other.agenda.emit(StateChanged(other.number, before, other.state, ()))
        for watch in other.watchers:
            watch(before)


def _act(volume: Volume, handlers: Handlers, action: Enum) -> None:
    for effect in handlers.act(action):
        volume.agenda.emit(effect)


def _guarded(volume: Volume, work: Callable[[], None]) -> None:
    """Do something that may find the meta-data broken: that is a fact for the disk's machine."""
    try:
        work()
    except DiskError as error:
        volume.metadata_failed(str(error))


def _each_once(
    actions: Iterable[tuple[Handlers, Enum]],
) -> Iterable[tuple[Handlers, Enum]]:
    """The actions in order, those of ONCE where they come last."""
    left = [action.name for _, action in actions]
    for handlers, action in actions:
        left.remove(action.name)
        if action.name not in ONCE or action.name not in left:
            yield handlers, action
