"""`dotgen coverage` as people call it, with the drawings of this project and a recorded trace."""

import gzip
import json
import re
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from codegen.cli import main

ROOT: Final = Path(__file__).parents[2]
TRACE: Final = ROOT / "tests/codegen/traces/first_sync.trace"


def coverage(*arguments: str, given: str = "") -> Result:
    """Call the command on the drawings of this project."""
    call = ["coverage", "--root", str(ROOT), *arguments]
    return CliRunner().invoke(main, call, input=given, catch_exceptions=False)


def test_a_trace_is_counted_on_the_drawings() -> None:
    """Each graph with its share and what was never taken, then the total."""
    result = coverage(str(TRACE))
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch(r"conn_states +[\d.]+ %  \d+ of \d+ rows, \d+ steps", lines[0])
    never = r"  specs/states/conn_states\.dot:\d+: never taken: \w+ --\w+--> \w+"
    assert re.fullmatch(never, lines[1])
    assert re.fullmatch(r"total +[\d.]+ %  \d+ of \d+ rows, \d+ steps", lines[-1])


def test_a_trace_may_come_compressed_or_by_a_pipe(tmp_path: Path) -> None:
    """All of them say the same."""
    packed = tmp_path / "first_sync.trace.gz"
    packed.write_bytes(gzip.compress(TRACE.read_bytes()))
    said = coverage(str(TRACE)).stdout
    assert coverage(str(packed)).stdout == said
    assert coverage("-", given=TRACE.read_text()).stdout == said


def test_one_graph_may_be_told_alone_and_as_json() -> None:
    """The numbers are those of the text."""
    result = coverage(str(TRACE), "--graph", "conn_states", "--format", "json")
    (graph,) = json.loads(result.stdout)["graphs"]
    text = coverage(str(TRACE), "--graph", "conn_states").stdout
    shown = f"{graph['taken']} of {len(graph['rows'])} rows"
    assert graph["name"] == "conn_states"
    assert shown in text.splitlines()[0]


@pytest.mark.parametrize(
    ("limit", "code", "said"),
    [("1", 0, ""), ("99.5", 1, r"the limit is 99\.5 %, the traces took [\d.]+ %\n")],
)
def test_too_little_fails(limit: str, code: int, said: str) -> None:
    """One sentence tells how much it was."""
    result = coverage(str(TRACE), "--graph", "conn_states", "--fail-under", limit)
    assert result.exit_code == code
    assert re.fullmatch(said, result.stderr)


def test_painted_drawings_are_written_where_they_can_be(tmp_path: Path) -> None:
    """Into the folder of their kind; a file in the way is named."""
    result = coverage(str(TRACE), "--graph", "peer_states", "-o", str(tmp_path))
    assert result.stderr == f"drawn: {tmp_path}/states/peer_states.svg\n"
    assert "<svg" in (tmp_path / "states/peer_states.svg").read_text()
    (tmp_path / "taken").write_text("")
    result = coverage(str(TRACE), "--graph", "peer_states", "-o", str(tmp_path / "taken"))
    assert result.exit_code == 1
    assert result.stderr.endswith("peer_states.svg cannot be written: Not a directory\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gone.trace"], "gone.trace cannot be read: No such file or directory"),
        ([str(ROOT)], f"{ROOT} cannot be read: Is a directory"),
        (["--graph", "con_states", str(TRACE)], 'did you mean "conn_states"?'),
    ],
)
def test_a_call_that_makes_no_sense_is_one_sentence(arguments: list[str], sentence: str) -> None:
    """What is missing is named, and nothing is counted."""
    result = coverage(*arguments)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert sentence in result.stderr
