"""Rules that look at drawings of several kinds at once."""

from codegen.drawings import read_drawings

WORD = 'digraph words { Latch [kind=bits, label="{\\N|door\\n1 door_states|rest\\n7}"] }'
DOOR = "digraph door_states { Open [wire=0] Closed [wire=2] Open -> Closed -> Open [label=push] }"


def test_a_piece_that_cannot_hold_a_states_number() -> None:
    """The number of a state and the width of the piece that carries it are held together."""
    files = {"specs/layouts/words.dot": WORD.encode(), "specs/states/door.dot": DOOR.encode()}
    problems = read_drawings(files).problems
    assert [problem.rule for problem in problems] == ["piece-too-narrow"]
    assert problems[0].place.file == "specs/layouts/words.dot"
    wider = {**files, "specs/layouts/words.dot": WORD.replace("1 door", "2 door").encode()}
    wider = {path: text.replace(b"n7", b"n6") for path, text in wider.items()}
    assert read_drawings(wider).problems == []


def test_a_fault_in_one_file_raises_no_alarm_in_others() -> None:
    """While a drawing cannot be read, nobody hears that what it draws is missing elsewhere."""
    files = {"specs/layouts/words.dot": WORD.encode(), "specs/states/door.dot": b"digraph door {"}
    assert [problem.rule for problem in read_drawings(files).problems] == ["syntax"]


def test_drawings_that_name_each_others_numbers_are_a_circle() -> None:
    """What a field's numbers are called is imported too, so it counts like a field's type."""
    one = 'digraph one { A [label="{\\N|kind\\nu8 Q}"] P [kind=values, label="{\\N|X\\n1}"] }'
    two = 'digraph two { B [label="{\\N|kind\\nu8 P}"] Q [kind=values, label="{\\N|Y\\n1}"] }'
    files = {"specs/layouts/one.dot": one.encode(), "specs/layouts/two.dot": two.encode()}
    assert [problem.rule for problem in read_drawings(files).problems] == ["circular-drawings"]
