"""Every machine's table, whole: every state with every event, every handler method."""

import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from generated.handlers import Handlers
from generated.states import (
    conn_states,
    disk_states,
    nbd_states,
    node_states,
    peer_disk_states,
    peer_states,
    susp_fen_states,
    susp_nod_states,
    susp_states,
)
from generated.states.machine import Refused

ROOT = Path(__file__).parents[2]
PACKAGES = (
    conn_states,
    disk_states,
    nbd_states,
    node_states,
    peer_states,
    peer_disk_states,
    susp_states,
    susp_nod_states,
    susp_fen_states,
)


def prefix(package: ModuleType) -> str:
    """What the package's classes begin with."""
    names: list[str] = package.__all__
    return next(name.removesuffix("Machine") for name in names if name.endswith("Machine"))


def part(package: ModuleType, name: str) -> Any:
    """One of the package's own classes: State, Event, Handlers, Machine."""
    return vars(package)[prefix(package) + name]


def guards_of(package: ModuleType) -> list[str]:
    """The guards that a machine asks."""
    return [guard.value for guard in vars(package).get(f"{prefix(package)}Guard", ())]


def recording_handlers(package: ModuleType, *, yes: Collection[str], choice: int = 0) -> Any:
    """Handlers that say yes to some guards, take the nth choice, and record their actions."""
    base = part(package, "Handlers")
    body: dict[str, Any] = {}
    for name in base.__abstractmethods__:
        body[name] = _method(package, name, yes=yes, choice=choice)
    return type("RecordingHandlers", (base,), body)()


def _method(package: ModuleType, name: str, *, yes: Collection[str], choice: int) -> Any:
    guards = guards_of(package)
    actions = {action.value for action in vars(package).get(f"{prefix(package)}Action", ())}

    def guard(self: Any) -> bool:
        return name in yes

    def action(self: Any) -> Iterator[str]:
        yield name

    def choose(self: Any) -> Any:
        for (state, event), arrows in package.TRANSITIONS.items():
            if f"{event.name}_in_{state.name}" == name:
                return arrows[choice % len(arrows)].target
        return None

    return guard if name in guards else action if name in actions else choose


def everything(package: ModuleType) -> Iterable[tuple[Enum, Enum]]:
    """Every state with every event."""
    return itertools.product(part(package, "State"), part(package, "Event"))


@pytest.mark.parametrize("package", PACKAGES, ids=prefix)
@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("choice", [0, 1])
def test_every_state_with_every_event(package: ModuleType, *, yes: bool, choice: int) -> None:
    """The result is drawn, or it is a refusal that names all and changes nothing."""
    agreed = guards_of(package) if yes else ()
    handlers = recording_handlers(package, yes=agreed, choice=choice)
    for state, event in everything(package):
        machine = part(package, "Machine")(handlers, state)
        drawn = package.TRANSITIONS.get((state, event), ())
        open_arrows = [arrow for arrow in drawn if yes or _guard(arrow) is None]
        if not open_arrows:
            with pytest.raises(Refused, match=f"{event.name} cannot happen in {state.name}"):
                machine.fire(event)
            assert machine.state is state
            continue
        effects = list(machine.fire(event))
        taken = package.step(state, event, handlers)
        assert taken in open_arrows
        assert machine.state is taken.target
        assert effects == [action.value for action in _actions(taken)]


def _guard(arrow: Any) -> Any:
    return arrow.guard if hasattr(arrow, "guard") else None


def _actions(arrow: Any) -> Any:
    return arrow.actions if hasattr(arrow, "actions") else ()


@pytest.mark.parametrize("package", PACKAGES, ids=prefix)
def test_every_arrow_is_taken_by_some_answer(package: ModuleType) -> None:
    """No row of the table is there in vain: some answers of the handlers lead along it."""
    taken = set()
    answers = [(), *((guard,) for guard in guards_of(package))]
    for yes, choice in itertools.product(answers, range(3)):
        handlers = recording_handlers(package, yes=yes, choice=choice)
        for state, event in package.TRANSITIONS:
            try:
                taken.add((state, event, package.step(state, event, handlers)))
            except Refused:
                continue
    drawn = {(*key, arrow) for key, arrows in package.TRANSITIONS.items() for arrow in arrows}
    assert drawn == taken


@pytest.mark.parametrize("package", PACKAGES, ids=prefix)
def test_a_class_that_lacks_methods_is_refused_with_their_lines(package: ModuleType) -> None:
    """The sentence names each method and the line of the drawing that asks for it."""
    base = part(package, "Handlers")
    lacking = type("Lacking", (base,), {})
    with pytest.raises(TypeError, match=r"^Lacking lacks ") as refusal:
        lacking()
    for name in base.__abstractmethods__:
        match = re.search(rf"\b{name}\(\) \((specs/states/\w+\.dot):(\d+)\)", str(refusal.value))
        assert match, name
        line = (ROOT / match[1]).read_text(encoding="utf-8").splitlines()[int(match[2]) - 1]
        words = base.DRAWN.get(name, (name,))
        assert all(re.search(rf"\b{word}\b", line) for word in words)


def test_a_drawing_that_is_not_at_hand_is_named_without_a_line() -> None:
    """In an installed package the specs are missing; the sentence still says which drawing."""

    class Elsewhere(Handlers[str]):
        DRAWING = "specs/states/elsewhere.dot"

    assert Elsewhere.where("some_method") == "specs/states/elsewhere.dot"


ON_THE_WIRE = [it for it in PACKAGES if it is not nbd_states]  # whose states no packet tells


@pytest.mark.parametrize("package", ON_THE_WIRE, ids=prefix)
def test_wire_numbers_find_their_states(package: ModuleType) -> None:
    """from_wire and describe are the inverse of the numbers; a foreign number is refused."""
    states = part(package, "State")
    for state in states:
        assert states.from_wire(state.wire) is state
        assert states.describe(state.wire) == state.printed
    with pytest.raises(ValueError, match="99 is no number of"):
        states.from_wire(99)
    assert states.describe(99) == "99"


def test_a_state_is_found_under_its_printed_name() -> None:
    """The figure's spelling is the member, the printed name an alias of it."""
    alias: conn_states.ConnState = conn_states.ConnState.StandAlone
    assert alias.name == "StandAllone"
    assert alias.printed == "StandAlone"
    assert conn_states.ConnState["StandAlone"] is conn_states.ConnState["StandAllone"]


def test_published_numbers_of_the_states() -> None:
    """The numbers of states 1.1 to 1.3, typed from there."""
    conn = (
        "StandAlone Disconnecting Unconnected Timeout BrokenPipe NetworkFailure ProtocolError "
        "TearDown WFConnection WFReportParams Connected StartingSyncS StartingSyncT WFBitMapS "
        "WFBitMapT WFSyncUUID SyncSource SyncTarget VerifyS VerifyT PausedSyncS PausedSyncT Ahead "
        "Behind"
    ).split()
    assert [conn_states.ConnState.describe(number) for number in range(24)] == conn
    disk = (
        "Diskless Attaching Failed Negotiating Inconsistent Outdated DUnknown Consistent UpToDate"
    ).split()
    for number, name in enumerate(disk):
        assert peer_disk_states.PeerDiskState.describe(number) in (name, str(number))
        if name != "DUnknown":
            assert disk_states.DiskState.describe(number) == name
    assert peer_states.PeerState.describe(0) == "Unknown"
    assert node_states.NodeState.describe(1) == "Primary"
    assert node_states.NodeState.describe(2) == "Secondary"
