"""What follows from the changes of layouts: packets that an older peer does not understand."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

from codegen.layouts.model import Field, Layout
from codegen.review.changes import ChangeRule, Consequence, Impact
from codegen.review.implementers import listed

UNKNOWN_PACKET: Final = ChangeRule(
    "packet-unknown-to-older-peer",
    Impact.wire_breaking,
    """There is a packet with a number that a peer built before does not know: it ends the
    connection when the packet arrives. Send it only from a protocol version on (`since`), or with
    a feature, that no older peer agrees to.""",
)
MISREAD_PACKET: Final = ChangeRule(
    "packet-misread-by-older-peer",
    Impact.wire_breaking,
    """The bytes of a packet are other ones, while its number is the same. A peer built before reads
    them as they were, and so does this side with what the peer sends. Leave the packet as it was,
    and draw one of its own with `since` or `feature`.""",
)
CONSEQUENCES: Final = (UNKNOWN_PACKET, MISREAD_PACKET)
"""All that can follow from changes of layouts."""

ALIKE: Final = {"cookie32": "u32", "cookie64": "u64"}
"""Types whose bytes are those of another type."""

DEPTH_MAX: Final = 16
"""Layouts inside each other; a drawing in a circle, which is a fault, goes on without end."""

ATOMS_MAX: Final = 1024
"""Members of an inner layout that are compared one by one; of more, which no published layout
has, a digest is."""

Layouts = Mapping[str, Layout]
Atom = tuple[str, int, str]
"""A run of bytes or bits: its type, its length, and the value that is required, if one is."""


def consequences(old: Layouts, new: Layouts) -> Iterator[Consequence]:
    """Everything that follows from the changes of all layouts; both by their new names."""
    known = _Known(old)
    then, now = _Bytes(old), _Bytes(new)
    for name, layout in new.items():
        before = old.get(name)
        if layout.number is None or layout.obsolete:
            continue
        if layout.number not in known.numbers:
            yield known.unknown(layout)
        elif before and before.number == layout.number and then.of(before) != now.of(layout):
            yield _misread(before, layout, then, now)


class _Known:
    """What a peer built from the old drawings knows."""

    def __init__(self, layouts: Layouts) -> None:
        packets = [it for it in layouts.values() if it.number is not None]
        self.numbers = {it.number for it in packets if not it.obsolete}
        versions = [it for packet in packets for it in (packet.since, packet.until)]
        self.version_max = max((it for it in versions if it is not None), default=0)
        flags = (it for it in layouts.values() if it.kind == "flags")
        self.features = {constant.name for layout in flags for constant in layout.constants}
        self.features |= {packet.feature for packet in packets if packet.feature}

    def unknown(self, layout: Layout) -> Consequence:
        """That a peer does not know a packet, and whether it can get one."""
        when, reason = _when(layout), ""
        if layout.since is not None and 0 < self.version_max < layout.since:
            reason = f"the old drawings name no version above {self.version_max}"
        elif layout.feature and layout.feature not in self.features:
            reason = f"the old drawings have no feature {layout.feature}"
        told = f"sent {when}, to which no older peer agrees: {reason}" if reason else f"sent {when}"
        return Consequence(
            UNKNOWN_PACKET.name,
            Impact.behaviour if reason else UNKNOWN_PACKET.impact,
            layout.name,
            layout.name,
            f"peers built from the old drawings do not know packet 0x{layout.number or 0:02x}; "
            f"it is {told}",
            layout.place,
            (frozenset({layout.name}),),
        )


def _when(layout: Layout) -> str:
    """When a packet is sent."""
    parts = []
    if layout.since is not None:
        parts.append(f"from protocol version {layout.since} on")
    if layout.until is not None:
        parts.append(f"up to version {layout.until}")
    if layout.feature:
        parts.append(f"with feature {layout.feature}")
    return " and ".join(parts) or "at every protocol version"


class _Bytes:
    """The bytes of layouts, whatever their fields are called."""

    def __init__(self, layouts: Layouts) -> None:
        self.layouts = layouts
        self.known: dict[str, tuple[Atom, ...]] = {}

    def of(self, layout: Layout) -> tuple[Atom, ...]:
        """The bytes of one layout, those of inner ones in their place."""
        if layout.name not in self.known:
            self.known[layout.name] = ()  # what a circle, which is a fault, comes back to
            self.known[layout.name] = tuple(self.atoms(layout))
        return self.known[layout.name]

    def atoms(self, layout: Layout) -> Iterator[Atom]:
        """The bytes of a layout's members."""
        for field in layout.fields:
            yield from self.of_field(field)
        for piece in layout.pieces:
            yield ("bits", piece.width, "")

    def of_field(self, field: Field) -> Iterator[Atom]:
        """The bytes of one field; of what is large, a digest."""
        inner = self.layouts.get(field.type.name)
        if inner is None or inner.kind in ("flags", "values"):
            required = str(field.default) if field.required else ""
            yield (ALIKE.get(field.type.name, field.type.name), field.type.count, required)
            return
        atoms = self.of(inner)
        if field.type.count:
            yield ("array", field.type.count, _digest(atoms))
        elif len(atoms) > ATOMS_MAX:
            yield ("inner", 0, _digest(atoms))
        else:
            yield from atoms
        if field.type.optional:
            yield ("optional", 0, "")


def _digest(atoms: Sequence[Atom]) -> str:
    return sha256(repr(atoms).encode()).hexdigest()


def _misread(before: Layout, layout: Layout, then: _Bytes, now: _Bytes) -> Consequence:
    """That a peer reads a packet otherwise, and through which layout that has come."""
    scope, members = _origin(before, layout, then, now)
    sizes = (
        f"its fixed part is {layout.fixed_size} bytes and was {before.fixed_size}"
        if before.fixed_size != layout.fixed_size
        else f"its fixed part is {layout.fixed_size} bytes as before"
    )
    inner = f"; {scope} in it has changed" if scope != layout.name else ""
    named = f" ({listed(members)})" if members else ""
    return Consequence(
        MISREAD_PACKET.name,
        MISREAD_PACKET.impact,
        scope,
        layout.name,
        f"peers built from the old drawings read packet 0x{layout.number or 0:02x} otherwise: "
        f"{sizes}{inner}{named}; it is sent {_when(layout)}",
        layout.place,
        (*(frozenset({scope, it}) for it in members), frozenset({scope})),
    )


def _origin(before: Layout, layout: Layout, then: _Bytes, now: _Bytes) -> tuple[str, Sequence[str]]:
    """The layout whose own members differ, the packet or one inside it, and these members."""
    for _ in range(DEPTH_MAX):
        if members := _differing(before, layout):
            return layout.name, members
        inner = next(_changed_inside(before, layout, then, now), None)
        if inner is None:
            break
        before, layout = inner
    return layout.name, []


def _changed_inside(
    before: Layout, layout: Layout, then: _Bytes, now: _Bytes
) -> Iterator[tuple[Layout, Layout]]:
    """The layouts inside one of the same members that have other bytes, as they were and are."""
    for was, field in zip(before.fields, layout.fields, strict=False):
        old, new = then.layouts.get(was.type.name), now.layouts.get(field.type.name)
        if old and new and then.of(old) != now.of(new):
            yield old, new


def _differing(before: Layout, layout: Layout) -> list[str]:
    """The members that came, went, or are of another type; where only the order differs, all."""
    then, now = (_members(it) for it in (before, layout))
    names = [it for it in {**then, **now} if then.get(it) != now.get(it)]
    return names or ([*now] if list(then) != list(now) else [])


def _members(layout: Layout) -> dict[str, tuple[str, int | None]]:
    """What each member is: its type, and the value that is required or its width in bits."""
    fields = {it.name: (str(it.type), it.default if it.required else None) for it in layout.fields}
    return fields | {it.name: ("bits", it.width) for it in layout.pieces}
