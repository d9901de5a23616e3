"""Traces: which lines are steps, and what is said of those that are none."""

import pytest

from codegen.trace import FAULTS_MAX, Lines, Step, read_trace

STEP = Step("door", "Open", "push", "Closed")


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("12.350 alice door Open --push--> Closed  [squeak]", STEP),
        ("12.350 alice door Open --push--> Closed", STEP),
        ("  0\talice\tdoor  Open   --push-->   Closed [a, b]  \r", STEP),
        ("7. a door Open --push--> Closed []", STEP),
        ("1.5 a write send --P_DATA--> receive", Step("write", "send", "P_DATA", "receive")),
        ("1.5 a write begin --> make", Step("write", "begin", "", "make")),
        ("1.5 a write A.begin --> A.end", Step("write", "A.begin", "", "A.end")),
        ("1.5 a tür Öffen --drücken--> Zu", Step("tür", "Öffen", "drücken", "Zu")),
    ],
)
def test_a_step_is_read(line: str, step: Step) -> None:
    """Time and node are passed by, blanks and what was done may be there or not."""
    trace, problems = read_trace("t", f"{line}\n".encode())
    assert problems == []
    assert {known: lines.number for known, lines in trace.steps.items()} == {step: 1}


@pytest.mark.parametrize("line", ["", "   ", "# 1.0 a door Open --push--> Closed", "\t#", "\r"])
def test_empty_lines_and_comments_are_passed_by(line: str) -> None:
    """They are neither steps nor problems."""
    trace, problems = read_trace("t", f"{line}\n".encode())
    assert (trace.steps, problems) == ({}, [])


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("rubbish", 1),
        ("alice door Open --push--> Closed", 1),
        ("-1.0 alice door Open --push--> Closed", 1),
        ("1.0 alice", 1),
        ("1.0 alice door Open push Closed", 11),
        ("1.0 alice door Open --push Closed", 11),
        ("1.0 alice door Open ----> Closed", 11),
        ("1.0 alice door Open --push-->", 11),
        ("1.0 alice door Open --push--> Closed [squeak", 11),
        ("1.0 alice door Open --push--> Closed [squeak] again", 11),
    ],
)
def test_a_line_that_is_no_step_is_a_problem(line: str, column: int) -> None:
    """The place is that of the line, or of what stands behind time and node."""
    trace, (problem,) = read_trace("t", f"# first\n{line}\n".encode())
    assert trace.steps == {}
    assert (problem.rule, problem.place.line, problem.place.column) == (
        "bad-trace-line",
        2,
        column,
    )
    assert problem.place.text == line


def test_equal_steps_are_counted_wherever_they_are() -> None:
    """Other nodes, times and actions make no other step; the first line is remembered."""
    trace, _ = read_trace(
        "t", b"#\n1 a door Open --push--> Closed\n2 b door Open --push--> Closed [squeak]\n"
    )
    assert trace.steps == {STEP: Lines(offset=6, number=2)}


def test_of_many_faults_some_are_told_and_all_counted() -> None:
    """A file that is no trace gives a screen of problems, and the number of all others."""
    _, problems = read_trace("t", b"rubbish\n" * (FAULTS_MAX + 30))
    assert len(problems) == FAULTS_MAX + 1
    assert problems[-1].place.line == FAULTS_MAX + 1
    assert problems[-1].sentence == "more such lines, 30 in all, begin here"


def test_repeated_faults_are_counted_too() -> None:
    """Lines that say the same wrong thing are one fault with all its lines."""
    bad = "".join(f"1.0 a door {number}\n" * 2 for number in range(FAULTS_MAX + 2))
    _, problems = read_trace("t", bad.encode())
    assert problems[0].sentence == "this is no step of a node (2 lines say so)"
    assert problems[-1].sentence == "more such lines, 4 in all, begin here"


@pytest.mark.parametrize("data", [b"1.0 a door Open --push--> \xff\n", b"\x1f\x8b\x08\x00\x00"])
def test_what_is_no_text_is_one_problem(data: bytes) -> None:
    """Bytes that are no UTF-8 get a sentence and a place, and nothing is counted."""
    trace, (problem,) = read_trace("t", data)
    assert trace.steps == {}
    assert problem.rule == "encoding"
