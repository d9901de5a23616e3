"""Three small drawings to merge: a door, a record and a conversation, each changed by replacing."""

from codegen.review.facts import without_derived
from codegen.review.merge import Together, merged
from codegen.review.merge_text import Merged, decoded, encoded, merge_drawing
from tests.codegen.review.small_drawings import PATHS, facts, said

STATES, LAYOUTS, FLOWS = PATHS["states"], PATHS["layouts"], PATHS["flows"]

DOOR = """digraph door {
    // a door and its lock
    Open   [comment="wide"]
    Closed
    Locked [stays="knock"]

    Open   -> Closed [label="shut", action=creak]  // by hand
    Closed -> Open   [label="pull", guard=is_free]
    Closed -> Closed [label="pull", action=creak]
    Closed -> Locked [label="turn key"]
    Locked -> Closed [label="turn key"]
    Open   -> Locked [label="* on fire", except="Locked"]
}
"""

RECORD = r"""graph packets {
    node [shape=record]
    P_HELLO [number="0x01", label="\N | {magic\nu32 = 5 | length\nu16 bytes | flags\nu16}"]
    P_BYE   [number="0x02", label="\N | reason\nu8", meaning="reason: why"]
}
"""

TALK = """digraph talk {
    subgraph cluster_us {
        label=us
        ask
        wait [comment="long"]
    }
    subgraph cluster_them {
        label=them
        hear
    }
    ask -> hear  [packet=P_HELLO, socket=data]
    hear -> wait [packet=P_BYE, socket=data, when=good]
}
"""

Swap = tuple[str, str]
"""What is replaced in a text, and by what."""


def changed(text: str, *swaps: Swap) -> str:
    """Replace stretches of a text, each of which is there."""
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    return text


def path_of(text: str) -> str:
    """Tell where a drawing of this kind lies."""
    if "shape=record" in text:
        return LAYOUTS
    return FLOWS if "cluster_" in text else STATES


def models(base: str, ours: str, theirs: str) -> Together:
    """Merge what three texts say."""
    return merged(*(facts(path_of(base), text) for text in (base, ours, theirs)))


def sentences(base: str, ours: Swap, theirs: Swap) -> list[str]:
    """Tell the conflicts of two changes."""
    return [
        it.sentence for it in models(base, *(changed(base, it) for it in (ours, theirs))).conflicts
    ]


def agreed(base: str, ours: Swap, theirs: Swap) -> bool:
    """Whether two changes merge, from either side, to what both together say."""
    first, second = (changed(base, it) for it in (ours, theirs))
    wanted = said(without_derived(facts(path_of(base), changed(base, ours, theirs))))
    sides = [models(base, first, second), models(base, second, first)]
    return all(not it.conflicts and said(it.facts) == wanted for it in sides)


def merge_texts(base: str, ours: str, theirs: str) -> Merged:
    """Merge three texts."""
    return merge_drawing(path_of(base), base.encode(), ours.encode(), theirs.encode())


def merge_swaps(base: str, ours: Swap, theirs: Swap) -> str:
    """Merge two changes of a text, which go together, and neither side loses its writing."""
    found = merge_texts(base, changed(base, ours), changed(base, theirs))
    assert found.text is not None, found
    assert not found.note
    return found.text


def merge_files(path: str, base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """Merge three files to the bytes of one."""
    text = merge_drawing(path, base, ours, theirs).text
    assert text is not None
    assert decoded(encoded(text, base, ours, theirs)) == text
    return encoded(text, base, ours, theirs)
