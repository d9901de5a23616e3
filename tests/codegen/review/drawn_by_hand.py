"""Three small drawings, one of each kind, and the changes that swaps of words in them make."""

from tests.codegen.review.compared import compared

DOOR = """digraph door_states {
    Open [wire=0]; Closed [wire=1]; Locked [wire=2, stays="knock"]
    Open -> Closed [label="push", action="creak, click"]
    Closed -> Open [label="pull", guard=is_free]
    Closed -> Closed [label="pull", action=rattle]
    Closed -> Locked [label="turn key"]
    Locked -> Closed [label="turn key"]
    Closed -> Open [label="* on fire", except=Locked]
    Open -> Locked [label=push, via=Closed]
}"""

RECORD = r"""graph packets {
    node [shape=record]
    P_HELLO [number="0x01", socket=data, label="\N | magic\nu32 = 5 | length\nu16 bytes"]
    P_BYE [number="0x02", socket=data, label="\N | reason\nu8 reasons | pad\nbytes[3]"]
    reasons [kind=values, label="TIRED\n1 | BORED\n2"]
    word [kind=bits, label="low\n4 | high\n4 reasons"]
}"""

TALK = r"""digraph talk {
    node [label="\N()"]
    subgraph cluster_us { label=us; ask; wait; cheer }
    subgraph cluster_them { label=them; hear; think }
    ask -> hear [packet=P_HELLO, socket=data, label=Hello]
    hear -> think [when=hard]
    hear -> wait [packet=P_BYE, socket=data, when=easy]
    think -> cheer [packet=P_SURE, socket=data]
}"""

DRAWN = {"states": DOOR, "layouts": RECORD, "flows": TALK}

Swap = tuple[str, str]
"""What is replaced everywhere in a text, and by what."""


def changed(text: str, *swaps: Swap) -> str:
    """A text after some swaps, each of which finds something to replace."""
    for before, after in swaps:
        assert before in text, before
        text = text.replace(before, after)
    return text


def told(kind: str, *swaps: Swap) -> list[str]:
    """The changes that swaps make of the drawing of a kind, sorted."""
    old = DRAWN[kind]
    return sorted(it.change.line for it in compared(kind, old, changed(old, *swaps)).changes)


def between(old: str, new: str) -> list[str]:
    """The changes from one machine's statements to the other's, sorted."""
    before, after = (f"digraph door_states {{ {text} }}" for text in (old, new))
    return sorted(it.change.line for it in compared("states", before, after).changes)
