"""Odd and broken drawings through the whole command: they work as `dot` reads them, or say why."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.cli import main
from codegen.drawings import read_drawings

WORKS = {
    "chains": "digraph d { A -> B -> C -> A [label=go] }",
    "groups": "digraph d { {A B} -> C [label=go] C -> {A B} [label=back] }",
    "subgraphs": "digraph d { subgraph s { subgraph t { A -> B [label=go] } } B -> A [label=x] }",
    "defaults": "digraph d { node [shape=box] edge [label=go] A -> B B -> A }",
    "ports": "digraph d { A:n -> B:s [label=go] B:e:w -> A [label=back] }",
    "HTML labels": "digraph d { A [label=<<b>first</b>>] A -> B [label=go] B -> A [label=back] }",
    "quoted names": 'digraph "d" { "A" -> A2 [label="go"] A2 -> "A" [label="back"] }',
    "BOM": "\ufeffdigraph d { A -> B [label=go] B -> A [label=back] }",
    "CRLF": "digraph d {\r\n\tA -> B [label=go]\r\n\tB -> A [label=back]\r\n}\r\n",
    "comments": "# one\n// two\ndigraph d { /* three */ A -> A [label=go] # four\n }",
    "two graphs": "digraph d { A -> A [label=go] } digraph e { B -> B [label=go] }",
    "keywords in capitals": "DiGraph d { Node [shape=box] A -> B [label=go] B -> A [label=x] }",
    "a label of two lines": 'digraph d { A -> B [label="go\\non"] B -> A [label=back] }',
    "one long line": "digraph d { A -> B [label=go] B -> A [label=back] " + " " * 10_000_000 + "}",
}

FAILS = {
    "empty file": ("", "no-graph"),
    "only a comment": ("// nothing\n", "no-graph"),
    "unclosed brace": ("digraph d {\n  A -> B [label=go]\n", "syntax"),
    "unclosed string": ('digraph d {\n  A -> B [label="go]\n}\n', "syntax"),
    "missing arrow": ("digraph d {\n  A B -> [label=go]\n}\n", "syntax"),
    "undirected": ("graph d { A -- B [label=go] B -- A [label=back] }", "not-directed"),
    "anonymous graph": ("digraph { A -> A [label=go] }", "illegal-name"),
    "the same graph twice": ("digraph d { A -> A [label=go] } digraph d { B }", "same-graph-twice"),
    "a keyword of Python": ("digraph d { class -> class [label=go] }", "illegal-name"),
    "a numeric name": ("digraph d { 1 -> 1 [label=go] }", "illegal-name"),
    "a name with a blank": ('digraph d { "a b" -> "a b" [label=go] }', "illegal-name"),
    "an event that is a keyword": ("digraph d { A -> A [label=is] }", "illegal-name"),
    "an event of nothing": ('digraph d { A -> A [label="()"] }', "illegal-name"),
    "events that collide": (
        'digraph d { A -> A [label="go on"] A -> A [label="go-on"] }',
        "name-coll",
    ),
    "NUL bytes": ("digraph d { A -> B\0 }", "encoding"),
    "Latin-1": (b"digraph d { A -> B [label=\xe9t\xe9] }", "encoding"),
    "UTF-16": ("digraph d { A -> B [label=go] }".encode("utf-16"), "encoding"),
    "binary": (bytes(range(256)) * 16, "encoding"),
}


def generate(tmp_path: Path, content: str | bytes) -> tuple[int, str, bool]:
    """Exit code, output, and whether anything was generated from a drawing of this content."""
    data = content if isinstance(content, bytes) else content.encode()
    folder = tmp_path / "specs" / "states"
    folder.mkdir(parents=True)
    (folder / "drawing.dot").write_bytes(data)
    result = CliRunner().invoke(main, ["generate", "--root", str(tmp_path)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output, (tmp_path / "generated").exists()


@pytest.mark.parametrize("content", WORKS.values(), ids=WORKS)
def test_what_dot_reads_is_generated(tmp_path: Path, content: str) -> None:
    """Every way to write DOT leads to generated files."""
    code, output, made = generate(tmp_path, content)
    assert (code, made) == (0, True), output


@pytest.mark.parametrize(("content", "rule"), FAILS.values(), ids=FAILS)
def test_what_cannot_be_is_said_with_its_place(
    tmp_path: Path, content: str | bytes, rule: str
) -> None:
    """One sentence with file, line, column and rule; exit code 1; nothing written."""
    code, output, made = generate(tmp_path, content)
    assert (code, made) == (1, False)
    assert f": {rule}" in output
    assert output.startswith(("error: specs/states/drawing.dot:", "note: ", "warning: "))
    assert max(len(line) for line in output.splitlines()) < 400


def test_a_folder_called_like_a_drawing_is_no_crash(tmp_path: Path) -> None:
    """A folder door.dot is looked into like any other; it holds no drawing."""
    (tmp_path / "specs" / "states" / "door.dot").mkdir(parents=True)
    result = CliRunner().invoke(main, ["generate", "--root", str(tmp_path)])
    assert result.exception is None or isinstance(result.exception, SystemExit)


TOKENS = st.sampled_from(
    [
        *"digraph graph subgraph node edge strict { } [ ] -> -- = ; , : + A B C 1 -2 .5".split(),
        *"label event guard action via except wire stays kind number // /* */ # * \\".split(),
        *('""', '"a b"', "<<b>x</b>>", "\n"),
    ]
)


@settings(max_examples=300)
@given(tokens=st.lists(TOKENS, max_size=40), kind=st.sampled_from(["states", "layouts", "flows"]))
def test_no_mixture_of_tokens_crashes_the_readers(tokens: list[str], kind: str) -> None:
    """Whatever is typed, the outcome is a list of problems with real places."""
    text = "digraph d {" + " ".join(tokens) + "}"
    for problem in read_drawings({f"specs/{kind}/x.dot": text.encode()}).problems:
        assert 1 <= problem.place.line <= text.count("\n") + 1
        assert problem.place.column >= 1
        assert str(problem)


ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        "label event guard action via except wire stays kind number socket since fixed meaning "
        "opens closes packet when initial change comment".split()
    ),
    st.text(max_size=12),
    max_size=6,
)


@settings(max_examples=300)
@given(
    node=ATTRIBUTES,
    edge=ATTRIBUTES,
    graph=ATTRIBUTES,
    kind=st.sampled_from(["states", "layouts", "flows"]),
)
def test_no_attribute_value_crashes_the_readers(
    node: dict[str, str], edge: dict[str, str], graph: dict[str, str], kind: str
) -> None:
    """Any text as any attribute's value is read, or refused with a sentence."""
    lists = [
        " ".join(
            '{}="{}"'.format(name, value.replace("\\", "").replace('"', "").replace("\0", ""))
            for name, value in it.items()
        )
        for it in (graph, node, edge)
    ]
    text = "digraph d {{ graph [{}] A [{}] A -> B [{}] }}".format(*lists)
    for problem in read_drawings({f"specs/{kind}/x.dot": text.encode(errors="ignore")}).problems:
        assert str(problem)
