"""The rules over drawings of several kinds, one function each."""

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

from codegen.flows.model import Arrow, Flow
from codegen.layouts.model import Layout, Schema
from codegen.names import did_you_mean
from codegen.problems import Problem, Severity, rule
from codegen.states.model import Machine


@rule(Severity.error)
def unknown_packet(
    _machines: Sequence[Machine], schemas: Sequence[Schema], flows: Sequence[Flow]
) -> Iterator[Problem]:
    """A flow sends a packet that no layout defines, so nobody could say what its bytes are. Mend
    the name, or draw the packet's record in specs/layouts/. Flows alone, without any layout, are
    not held against this rule.
    """
    packets = _packets(schemas)
    for arrow in _sendings(flows):
        if schemas and arrow.packet not in packets:
            sentence = f"no layout defines {arrow.packet}"
            hint = did_you_mean(arrow.packet, packets)
            yield Problem(arrow.place, "unknown-packet", sentence, hint)


@rule(Severity.error)
def wrong_socket(
    _machines: Sequence[Machine], schemas: Sequence[Schema], flows: Sequence[Flow]
) -> Iterator[Problem]:
    """A flow sends a packet on a socket on which its layout does not let it arrive, so the peer
    would drop the connection. Mend the socket here or in the layout, whichever is wrong.
    """
    packets = _packets(schemas)
    for arrow in _sendings(flows):
        packet = packets.get(arrow.packet)
        if packet and arrow.socket and arrow.socket not in packet.sockets:
            allowed = " or ".join(packet.sockets) or "no socket"
            sentence = f"{arrow.packet} is sent on {arrow.socket}, its layout says {allowed}"
            yield Problem(arrow.place, "wrong-socket", sentence)


@rule(Severity.error)
def obsolete_packet(
    _machines: Sequence[Machine], schemas: Sequence[Schema], flows: Sequence[Flow]
) -> Iterator[Problem]:
    """A flow sends a packet that its layout calls obsolete, which no peer handles. Send another
    one, or delete `obsolete`.
    """
    packets = _packets(schemas)
    for arrow in _sendings(flows):
        if arrow.packet in packets and packets[arrow.packet].obsolete:
            sentence = f"{arrow.packet} is obsolete, nobody handles it"
            yield Problem(arrow.place, "obsolete-packet", sentence)


@rule(Severity.error)
def duplicate_number(
    _machines: Sequence[Machine], schemas: Sequence[Schema], _flows: Sequence[Flow]
) -> Iterator[Problem]:
    """Two packets have the same number on the same socket, so that a receiver could not tell them
    apart. Give each its published number.
    """
    taken: dict[tuple[str, int], Layout] = {}
    for layout in _packets(schemas).values():
        for socket in layout.sockets or ("no",):
            first = taken.setdefault((socket, layout.number or 0), layout)
            if first is not layout:
                sentence = f"{layout.name} has the number {layout.number:#04x} of {first.name}"
                yield Problem(layout.place, "duplicate-number", sentence)
                break


@rule(Severity.error)
def same_layout_twice(
    _machines: Sequence[Machine], schemas: Sequence[Schema], _flows: Sequence[Flow]
) -> Iterator[Problem]:
    """Two drawings have a layout of the same name, so that a field of that type could mean either.
    Rename one.
    """
    drawn: dict[str, Layout] = {}
    for schema in schemas:
        for layout in schema.layouts:
            first = drawn.setdefault(layout.name, layout)
            if first is not layout:
                where = f"{first.place.file}:{first.place.line}"
                sentence = f"{layout.name} is drawn at {where} too"
                yield Problem(layout.place, "same-layout-twice", sentence)


@rule(Severity.error)
def piece_too_narrow(
    machines: Sequence[Machine], schemas: Sequence[Schema], _flows: Sequence[Flow]
) -> Iterator[Problem]:
    """A state's number does not fit into a piece of a word that carries the machine's states, so
    it could be entered but never be sent. Widen the piece, or mend the number.
    """
    widest = {it.name: max((state.wire or 0 for state in it.states), default=0) for it in machines}
    layouts = (layout for schema in schemas for layout in schema.layouts)
    for piece in (piece for layout in layouts for piece in layout.pieces):
        number = widest.get(piece.symbols, 0)
        if number >> piece.width:
            sentence = f"{piece.symbols} has the number {number}, too wide for {piece.name}"
            yield Problem(piece.place, "piece-too-narrow", sentence)


@rule(Severity.error)
def same_classes_twice(
    machines: Sequence[Machine], _schemas: Sequence[Schema], _flows: Sequence[Flow]
) -> Iterator[Problem]:
    """Two states graphs (`conn` and `conn_states`) give classes of the same names, so that whoever
    uses both, as a packet may, gets one for the other. Rename one graph.
    """
    first: dict[str, Machine] = {}
    for machine in machines:
        known = first.setdefault(machine.prefix, machine)
        if known.name != machine.name:
            sentence = f"{machine.name} and {known.name} would both have {machine.prefix}State"
            yield Problem(machine.place, "same-classes-twice", sentence)


@rule(Severity.error)
def circular_drawings(
    _machines: Sequence[Machine], schemas: Sequence[Schema], _flows: Sequence[Flow]
) -> Iterator[Problem]:
    """Drawings of layouts refer to each other in a circle, and so would the modules that are made
    of them, which Python cannot import. Move the layouts in between into one drawing.
    """
    home = {layout.name: schema.name for schema in schemas for layout in schema.layouts}
    sorter = TopologicalSorter(
        {
            schema.name: {
                home[name]
                for layout in schema.layouts
                for name in layout.mentioned
                if home.get(name, schema.name) != schema.name
            }
            for schema in schemas
        }
    )
    try:
        sorter.prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        place = next(schema.place for schema in schemas if schema.name == circle[0])
        sentence = f"the drawings {' and '.join(sorted(set(circle)))} refer to each other"
        yield Problem(place, "circular-drawings", sentence)


RULES: Final = (
    unknown_packet,
    wrong_socket,
    obsolete_packet,
    duplicate_number,
    same_layout_twice,
    piece_too_narrow,
    same_classes_twice,
    circular_drawings,
)


def _packets(schemas: Sequence[Schema]) -> dict[str, Layout]:
    """Name -> layout, of everything that can be sent."""
    layouts = (layout for schema in schemas for layout in schema.layouts)
    return {layout.name: layout for layout in layouts if layout.kind == "packet"}


def _sendings(flows: Sequence[Flow]) -> Iterator[Arrow]:
    """The arrows that carry a packet."""
    return (arrow for flow in flows for arrow in flow.arrows if arrow.packet)
