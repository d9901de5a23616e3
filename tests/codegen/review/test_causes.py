"""Which change a consequence is told with."""

from codegen.review.causes import attached
from codegen.review.changes import Consequence, Impact
from codegen.review.report import Judged
from tests.codegen.review.compared import compared

OLD = "digraph door_states { A -> B [label=go]; B -> A [label=back]; B -> C [label=on]; C -> A; }"


def judged(new: str) -> list[Judged]:
    """The changes from the old drawing to a new one."""
    return list(compared("states", OLD, new).changes)


def follow(*causes: set[str], scope: str = "door_states") -> Consequence:
    """A consequence with some causes, the likeliest first."""
    names = tuple(frozenset(it) for it in causes)
    return Consequence("event-now-refused", Impact.behaviour, scope, "on", "it is", None, names)


def told(changes: list[Judged], consequence: Consequence) -> list[str]:
    """The changes with which a consequence is told."""
    found, aside = attached(changes, [consequence])
    assert len(aside) + sum(len(it.consequences) for it in found) == 1
    return [it.change.line for it in found if it.consequences]


NEW = OLD.replace("B -> C [label=on];", "A -> A [label=new];").replace("C -> A", "C -> B")
"""C is no longer reached, another arrow came, and the one from C leads elsewhere."""


def test_a_consequence_is_told_with_the_change_that_mentions_all_its_names() -> None:
    """Not with one that mentions some of them."""
    assert told(judged(NEW), follow({"B", "on", "C"})) == ["arrow-removed: B --on--> C"]


def test_the_first_cause_that_any_change_mentions_counts() -> None:
    """A change may only come near to what happened."""
    causes = follow({"B", "on", "nowhere"}, {"A", "new"}, {"B", "on"})
    assert told(judged(NEW), causes) == ["arrow-added: A --new--> A"]


def test_a_move_mentions_both_its_ends() -> None:
    """The old target and the new one."""
    line = ["arrow-target-changed: C --completed--> A: A -> B"]
    assert told(judged(NEW), follow({"C", "completed", "A"})) == line
    assert told(judged(NEW), follow({"C", "completed", "B"})) == line


def test_a_list_mentions_its_words() -> None:
    """An action that came is the cause of its method."""
    new = OLD.replace("label=go", 'label=go, action="ring, knock"')
    line = ["arrow-actions-changed: A --go--> B: none -> ring knock"]
    assert told(judged(new), follow({"knock"})) == line


def test_what_no_change_mentions_is_left_over() -> None:
    """Several changes may be the cause together."""
    assert told(judged(NEW), follow({"elsewhere"})) == []
    assert told(judged(NEW), follow()) == []


def test_a_change_of_another_drawing_is_no_cause() -> None:
    """Though it mentions the same names."""
    assert told(judged(NEW), follow({"B", "on", "C"}, scope="gate_states")) == []


def test_consequences_keep_their_order() -> None:
    """Below one change and beside all."""
    several = [follow({"B", "on"}), follow({"x"}), follow({"C", "on"}), follow({"y"})]
    found, aside = attached(judged(NEW), several)
    assert [list(it.consequences) for it in found if it.consequences] == [[several[0], several[2]]]
    assert aside == [several[1], several[3]]


def test_nothing_is_told_of_no_change() -> None:
    """All consequences are left over then."""
    assert attached([], [follow({"A"})]) == ([], [follow({"A"})])
