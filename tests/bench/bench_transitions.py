"""One transition: the generated step function beside plain dicts and the libraries people use.

Every row walks the same closed tour over one graph (the published conn_states figure and one arrow
out of its dead end) and is checked against the reference walk first. Rows run in turn, round by
round; the ratios are medians of the rounds' own ratios, so that a busy machine moves all alike.
"""

import gc
import importlib.util
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import automat
import click
import transitions
from click.testing import CliRunner

from codegen.cli import main as dotgen

EDGES = [
    ("StandAlone", "set_net", "WFConnection"),
    ("WFConnection", "bind_failed", "Unconnected"),
    ("Unconnected", "retry", "WFConnection"),
    ("WFConnection", "accepted", "WFReportParams"),
    ("WFReportParams", "params_refused", "StandAlone"),
    ("WFReportParams", "params_ok", "Connected"),
    ("WFReportParams", "handshake_source", "WFBitMapS"),
    ("WFReportParams", "handshake_target", "WFBitMapT"),
    ("WFBitMapS", "bitmap_received", "SyncSource"),
    ("WFBitMapT", "bitmap_received", "SyncTarget"),
    ("SyncSource", "sync_done", "Connected"),
    ("SyncTarget", "sync_done", "Connected"),
    ("SyncSource", "pause", "PausedSyncS"),
    ("SyncTarget", "pause", "PausedSyncT"),
    ("PausedSyncS", "resume", "SyncSource"),
    ("PausedSyncT", "resume", "SyncTarget"),
    ("Connected", "network_error", "WFConnection"),
]
"""The figure's arrows, and the way out of Unconnected, which the figure leaves a dead end."""

TOUR = (
    "set_net bind_failed retry accepted params_refused set_net accepted params_ok network_error "
    "accepted handshake_source bitmap_received pause resume sync_done network_error "
    "accepted handshake_target bitmap_received pause resume sync_done network_error accepted "
    "params_refused"
).split()
"""A closed walk that takes every arrow."""

ROUNDS = 7
TOURS_PER_ROUND = {"fast": 4000, "slow": 100}

Walk = Callable[[], str]
"""Walks the tour once and returns the state that it ends in."""


class DictMachine:
    """What people write by hand: a dict keyed by pairs of strings."""

    __slots__ = ("state",)
    table = {(tail, event): head for tail, event, head in EDGES}

    def __init__(self) -> None:
        self.state = "StandAlone"

    def fire(self, event: str) -> None:
        """Take an event."""
        self.state = self.table[self.state, event]


def dict_row() -> tuple[Callable[[], Any], Walk]:
    """The tuple-keyed dict of strings."""
    machine = DictMachine()

    def walk() -> str:
        fire = machine.fire
        for event in TOUR:
            fire(event)
        return machine.state

    return DictMachine, walk


def generated_row() -> tuple[Callable[[], Any], Walk]:
    """What dotgen makes of the graph."""
    package = generate_package("\n".join(f'{a} -> {b} [label="{e}"]' for a, e, b in EDGES))
    handlers = package.TourHandlers()
    machine = package.TourMachine(handlers)
    tour = [package.TourEvent[event] for event in TOUR]

    def walk() -> str:
        fire = machine.fire
        for event in tour:
            fire(event)
        return str(machine.state.name)

    return lambda: package.TourMachine(handlers), walk


def generate_package(edges: str) -> Any:
    """Generate a states graph called `tour` in a folder of its own and import the package."""
    root = Path(tempfile.mkdtemp())
    (root / "specs" / "states").mkdir(parents=True)
    (root / "specs" / "states" / "tour.dot").write_text(f"digraph tour {{\n{edges}\n}}\n")
    made = CliRunner().invoke(dotgen, ["generate", "--root", str(root)])
    assert made.exit_code == 0, made.output
    return import_generated(root).states.tour


def import_generated(root: Path) -> Any:
    """Import root/generated under a name of its own, with its tour."""
    name = f"generated_{root.name}"
    spec = importlib.util.spec_from_file_location(name, root / "generated" / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    importlib.import_module(f"{name}.states.tour")
    return module


def automat_row() -> tuple[Callable[[], Any], Walk]:
    """Automat: a method per input."""
    make: Any = automat.MethodicalMachine  # untyped
    machine = make()
    body: dict[str, Any] = {"machine": machine}
    states = {}
    for name in dict.fromkeys(state for a, _, b in EDGES for state in (a, b)):
        states[name] = machine.state(initial=name == "StandAlone")(_named(name))
    inputs = {event: machine.input()(_named(event)) for event in dict.fromkeys(TOUR)}
    for tail, event, head in EDGES:
        states[tail].upon(inputs[event], enter=states[head], outputs=[])
    body |= {event: inputs[event] for event in inputs}
    body["where"] = machine._getState if hasattr(machine, "_getState") else None
    kind = type("AutomatMachine", (), body)
    instance = kind()

    def walk() -> str:
        for event in TOUR:
            getattr(instance, event)()
        return "StandAlone"  # Automat hides its state; every refused input would have raised

    return kind, walk


def _named(name: str) -> Callable[[Any], None]:
    def method(self: Any) -> None:
        """Do nothing."""

    method.__name__ = name
    return method


def transitions_row() -> tuple[Callable[[], Any], Walk]:
    """The `transitions` library: a method per trigger."""
    names = list(dict.fromkeys(state for a, _, b in EDGES for state in (a, b)))

    class Model:
        state = "StandAlone"

    machine = transitions.Machine(
        model=None,
        states=names,
        initial="StandAlone",
        transitions=[[event, tail, head] for tail, event, head in EDGES],
        auto_transitions=False,
    )
    model = Model()
    machine.add_model(model)

    def walk() -> str:
        for event in TOUR:
            getattr(model, event)()
        return str(model.state)

    def new() -> Any:
        other = Model()
        machine.add_model(other)
        return other

    return new, walk


ROWS: dict[str, tuple[Callable[[], tuple[Callable[[], Any], Walk]], str]] = {
    "tuple-keyed dict": (dict_row, "fast"),
    "dotgen": (generated_row, "fast"),
    "automat": (automat_row, "slow"),
    "transitions": (transitions_row, "slow"),
}


def time_walk(walk: Walk, count: int) -> float:
    """Nanoseconds for one transition."""
    gc.disable()
    start = time.perf_counter_ns()
    for _ in range(count):
        walk()
    elapsed = time.perf_counter_ns() - start
    gc.enable()
    return elapsed / count / len(TOUR)


def bytes_per_machine(new: Callable[[], Any]) -> float:
    """Bytes that each further machine takes."""
    new()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    machines = [new() for _ in range(1000)]
    used = tracemalloc.get_traced_memory()[0] - before - sys.getsizeof(machines)
    tracemalloc.stop()
    return used / len(machines)


def table(samples: dict[str, Sequence[float]], memory: dict[str, float]) -> list[str]:
    """The result as lines of text."""
    base = samples["tuple-keyed dict"]
    heads = ("ns (min)", "x dict", "dotgen is", "B/machine")
    lines = ["{:20} {:>9} {:>8} {:>11} {:>10}".format("one transition", *heads)]
    for name, times in samples.items():
        ratio = statistics.median(a / b for a, b in zip(times, base, strict=True))
        ours = statistics.median(a / b for a, b in zip(times, samples["dotgen"], strict=True))
        lines.append(f"{name:20} {min(times):9.0f} {ratio:8.2f} {ours:10.1f}x {memory[name]:10.0f}")
    return lines


def main() -> None:
    """Print the table."""
    made = {name: (make(), pace) for name, (make, pace) in ROWS.items()}
    for name, ((_, walk), _) in made.items():
        assert walk() == "StandAlone", name
    samples: dict[str, list[float]] = {name: [] for name in made}
    for _ in range(ROUNDS):
        for name, ((_, walk), pace) in made.items():
            samples[name].append(time_walk(walk, TOURS_PER_ROUND[pace]))
    memory = {name: bytes_per_machine(new) for name, ((new, _), _) in made.items()}
    click.echo("\n".join(table(dict(samples), memory)))


if __name__ == "__main__":
    main()
