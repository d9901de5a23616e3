"""The command `dotgen coverage`: what it prints, what it writes, and its exit codes."""

import gzip
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from codegen.coverage_command import coverage

DOOR: Final = """digraph door {
    Open -> Closed [label="push"]
    Closed -> Open [label="pull"]
}
"""
PUSH: Final = "0.5 alice door Open --push--> Closed\n"
PULL: Final = "0.7 alice door Closed --pull--> Open\n"


class Printed:
    """What a command said, on the output and on the error output."""

    def __init__(self) -> None:
        self.output: list[str] = []
        self.errors: list[str] = []

    def __call__(self, text: str = "", *, error: bool = False, style: str = "") -> None:
        """Take note of a line."""
        del style
        (self.errors if error else self.output).append(text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two machines, and a trace that takes a half of one."""
    folder = tmp_path / "specs" / "states"
    folder.mkdir(parents=True)
    (folder / "door.dot").write_text(DOOR)
    (folder / "gate.dot").write_text(DOOR.replace("door", "gate"))
    (tmp_path / "half.trace").write_text(PUSH)
    return tmp_path


@pytest.fixture
def printed() -> Printed:
    """What the command under test says."""
    return Printed()


Run = Callable[..., int]


@pytest.fixture
def run(project: Path, printed: Printed) -> Run:
    """Runs the command on traces of the project."""

    def call(
        *traces: str,
        form: str = "text",
        output: str = "",
        fail_under: float | None = None,
        graphs: tuple[str, ...] = ("door",),
    ) -> int:
        return coverage(
            say=printed,
            root=str(project),
            traces=[name if name == "-" else str(project / name) for name in traces],
            form=form,
            output=output and f"{project}/{output}",
            fail_under=fail_under,
            graphs=graphs,
        )

    return call


def test_the_table_is_the_output(run: Run, printed: Printed) -> None:
    """A good trace ends with 0 and nothing on the error output."""
    assert run("half.trace") == 0
    assert printed.errors == []
    assert printed.output == [
        "door    50.0 %  1 of 2 rows, 1 step",
        "  specs/states/door.dot:3: never taken: Closed --pull--> Open",
        "total   50.0 %  1 of 2 rows, 1 step",
    ]


def test_without_graphs_all_are_told(run: Run, printed: Printed) -> None:
    """The total is that of all states and flows drawings."""
    assert run("half.trace", graphs=()) == 0
    assert printed.output[-1] == "total   25.0 %  1 of 4 rows, 1 step"


def test_several_traces_are_added_up(
    run: Run, printed: Printed, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file, a compressed one and the standard input are one coverage."""
    (project / "more.trace.gz").write_bytes(gzip.compress(PULL.encode() * 2))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PULL.encode())))
    assert run("half.trace", "more.trace.gz", "-", fail_under=100) == 0
    assert printed.output[-1] == "total  100.0 %  2 of 2 rows, 4 steps"


def test_json_is_all_of_the_output(run: Run, printed: Printed, project: Path) -> None:
    """Problems and pictures are told on the error output, so that a program can read the rest."""
    (project / "bad.trace").write_text(f"{PULL}rubbish\n")
    assert run("bad.trace", form="json", output="pictures/") == 1
    known = json.loads("\n".join(printed.output))
    assert (known["percent"], known["graphs"][0]["rows"][1]["count"]) == (50, 1)
    assert any("bad-trace-line" in line for line in printed.errors)


def test_a_step_that_is_not_drawn_fails(run: Run, printed: Printed, project: Path) -> None:
    """The problem names the trace's line, the other lines are counted."""
    (project / "wrong.trace").write_text(f"{PUSH}0.7 alice door Open --pull--> Closed\n")
    assert run("wrong.trace") == 1
    assert printed.errors[0].startswith(f"error: {project}/wrong.trace:2:11: trace-without-arrow: ")
    assert printed.output[-1] == "total   50.0 %  1 of 2 rows, 1 step"


def test_a_project_may_make_a_problem_a_warning(run: Run, printed: Printed, project: Path) -> None:
    """The rules of traces have a severity as all others have."""
    (project / "wrong.trace").write_text("0.7 alice door Open --pull--> Closed\n")
    setting = '[tool.dotgen.severity]\ntrace-without-arrow = "warning"\n'
    (project / "pyproject.toml").write_text(setting)
    assert run("wrong.trace") == 0
    assert printed.errors[0].startswith("warning: ")


@pytest.mark.parametrize(("limit", "code"), [(50, 0), (50.1, 1), (100, 1), (0, 0)])
def test_a_coverage_under_the_limit_fails(run: Run, limit: float, code: int) -> None:
    """The limit itself is enough."""
    assert run("half.trace", fail_under=limit) == code


def test_a_missed_limit_gets_a_sentence(run: Run, printed: Printed) -> None:
    """Both numbers are named."""
    run("half.trace", fail_under=75.5)
    assert printed.errors == ["the limit is 75.5 %, the traces took 50.0 %"]


def test_pictures_are_painted(run: Run, printed: Printed, project: Path) -> None:
    """Each chosen graph becomes an SVG in the folder of its kind."""
    assert run("half.trace", output="pictures/") == 0
    (picture,) = (project / "pictures").rglob("*.svg")
    assert printed.errors == [f"drawn: {picture}"]
    assert picture == project / "pictures" / "states" / "door.svg"
    texts = [it.text for it in ET.parse(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert set(texts) == {"Open", "Closed", "push (1)", "pull"}


def test_a_folder_that_cannot_be_written_gets_a_sentence(run: Run, printed: Printed) -> None:
    """A file in the way is named, without a traceback."""
    assert run("half.trace", output="half.trace/") == 1
    assert printed.errors[0].endswith("door.svg cannot be written: Not a directory")


def test_pictures_are_painted_all_or_none(run: Run, project: Path, printed: Printed) -> None:
    """Where one cannot take its place, none is written."""
    (project / "painted/states/gate.svg").mkdir(parents=True)
    assert run("half.trace", output="painted/", graphs=()) == 1
    assert printed.errors[0].endswith("gate.svg cannot be written: Is a directory")
    assert [it.name for it in (project / "painted/states").iterdir()] == ["gate.svg"]


@pytest.mark.parametrize(
    ("trace", "graph", "sentence"),
    [
        ("nowhere.trace", "door", "nowhere.trace cannot be read: No such file or directory"),
        ("specs", "door", "specs cannot be read: Is a directory"),
        ("cut.gz", "door", "cut.gz is no whole gzip file"),
        ("text.gz", "door", "text.gz is no whole gzip file"),
        ("half.trace", "dor", 'there is no states or flows drawing dor (did you mean "door"?)'),
        ("half.trace", "x", "there is no states or flows drawing x (there are door, gate)"),
    ],
)
def test_what_is_not_there_is_wrong_usage(
    project: Path, run: Run, printed: Printed, *, trace: str, graph: str, sentence: str
) -> None:
    """Exit code 2 and one sentence, before anything is printed."""
    (project / "cut.gz").write_bytes(gzip.compress(PUSH.encode() * 99)[:-9])
    (project / "text.gz").write_text(PUSH)
    assert run(trace, graphs=(graph,)) == 2
    assert printed.output == []
    assert printed.errors[0].endswith(sentence)


def test_a_faulty_drawing_is_told_first(run: Run, printed: Printed, project: Path) -> None:
    """While a drawing has an error, no trace is counted."""
    (project / "specs" / "states" / "bad.dot").write_text("digraph bad { a -> }")
    assert run("half.trace") == 1
    assert printed.output == []
    assert "bad.dot:1" in printed.errors[0]
