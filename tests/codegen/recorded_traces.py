"""Records traces: drives generated machines and walks generated flows, a line for each step.

`python -m tests.codegen.recorded_traces` prints the trace that traces/first_sync.trace holds.
"""

from collections.abc import Iterator
from itertools import count, product
from types import ModuleType
from typing import Any, Final

from generated.flows import (
    checksum_resync,
    checksum_resync_in_sync,
    diskless_read,
    mirrored_write,
    online_verify,
    resync,
)
from generated.states import conn_states
from generated.states.machine import Refused
from tests.generated.test_tables import PACKAGES, guards_of, part, recording_handlers

FLOWS: Final = (
    mirrored_write,
    diskless_read,
    resync,
    checksum_resync,
    checksum_resync_in_sync,
    online_verify,
)

CONNECT: Final = "ioctl_set_net receiver_started in_connect_after_accept sync_handshake"
LOSE: Final = "peer_closed link_cleaned_up receiver_started in_connect_after_accept"
SOURCE: Final = f"{CONNECT} receive_bitmap resync_paused resync_resumed resync_finished {LOSE}"
TARGET: Final = f"{CONNECT} receive_bitmap sync_uuid_received resync_finished {LOSE}"


def first_sync() -> Iterator[str]:
    """Two nodes find each other, sync, write once, and lose each other again."""
    yield "# Made by `python -m tests.codegen.recorded_traces`: two generated conn_states machines,"
    yield "# then every row of the generated flow mirrored_write."
    clock = count()
    for node, choice, events in (("alice", 0, SOURCE), ("bob", 1, TARGET)):
        handlers = recording_handlers(conn_states, yes=guards_of(conn_states), choice=choice)
        machine = conn_states.ConnMachine(handlers)
        for event in events.split():
            yield f"{next(clock) / 1000:.3f} {node} {fired(conn_states, machine, event)}"
    for step in walked(mirrored_write):
        yield f"{next(clock) / 1000:.3f} alice {step}"


def everything() -> Iterator[str]:
    """Every arrow of every machine by some answer of its handlers, and every row of every flow."""
    for package in PACKAGES:
        answers = [(), *((guard,) for guard in guards_of(package))]
        for yes, choice in product(answers, range(3)):
            handlers = recording_handlers(package, yes=yes, choice=choice)
            yield from _all_rows(package, handlers)
    for flow in FLOWS:
        yield from (f"0.5 bob {step}" for step in walked(flow))


def _all_rows(package: ModuleType, handlers: Any) -> Iterator[str]:
    for state, event in package.TRANSITIONS:
        machine = part(package, "Machine")(handlers, state)
        try:
            yield f"0.5 alice {fired(package, machine, event.name)}"
        except Refused:
            continue  # all guards said no


def fired(package: ModuleType, machine: Any, event: str) -> str:
    """Let a machine take an event; what a trace says of it behind time and node."""
    source = machine.state
    effects = machine.fire(part(package, "Event")[event])
    done = f"  [{', '.join(effects)}]" if effects else ""
    graph = package.__name__.rpartition(".")[2]
    return f"{graph} {source.name} --{event}--> {machine.state.name}{done}"


def walked(package: ModuleType) -> Iterator[str]:
    """Each row of a flow as a trace says it, every function with its column."""
    graph = package.__name__.rpartition(".")[2]
    for step, arrows in package.FOLLOWS.items():
        for arrow in arrows:
            packet = f"{arrow.packet.__name__}--" if arrow.packet else ""
            yield f"{graph} {step} --{packet}> {arrow.step}"


if __name__ == "__main__":
    for line in first_sync():
        print(line)
