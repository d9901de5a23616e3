"""The module of a layouts drawing imports what it needs, whatever the drawing has."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from mypy import api

from codegen.cli import main

DRAWINGS = {
    "nothing": "digraph letters { }",
    "values only": 'digraph letters { Kind [kind=values, label="{\\N|CARD\\n1}"] }',
    "flags only": 'digraph letters { Stamp [kind=flags, label="{\\N|AIR\\n0x1}"] }',
    "a word only": 'digraph letters { Byte [kind=bits, label="{\\N|high\\n4|low\\n4}"] }',
    "no field": "digraph letters { P_EMPTY [number=1, socket=data] }",
    "an open end": 'digraph letters { P_OPEN [number=1, socket=data, label="{\\N|all\\nbytes}"] }',
    "a default before a field": 'digraph letters { Letter [label="{\\N|pad\\nu8 = 0|kind\\nu8}"] }',
    "a struct in a struct": (
        'digraph letters { Letter [label="{\\N|one\\nStamps|size\\nu16|two\\nStamps}"] '
        'Stamps [label="{\\N|kinds\\nu8[3]|texts\\nchar[4]}"] }'
    ),
    "a number used later": (
        'digraph letters { Letter [label="{\\N|kind\\nu8 Kind}"] '
        'Kind [kind=values, label="{\\N|CARD\\n1}"] }'
    ),
}


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_every_kind_of_drawing_gives_a_clean_module(tmp_path: Path, drawing: str) -> None:
    """It is strictly typed, imports nothing in vain, and can be imported."""
    folder = tmp_path / "specs" / "layouts"
    folder.mkdir(parents=True)
    (folder / "letters.dot").write_text(drawing)
    result = CliRunner().invoke(main, ["generate", "--root", str(tmp_path)])
    assert result.exit_code == 0, result.output
    module = tmp_path / "generated" / "layouts" / "letters.py"
    config = ["--strict", "--config-file", "", "--cache-dir", str(tmp_path / "cache")]
    output, errors, _ = api.run([*config, "--no-error-summary", str(module.parents[1])])
    assert (output, errors) == ("", "")
    text = module.read_text()
    imported = re.findall(
        r"\w+", " ".join(re.findall(r"^from \S+ import (.*)$", text, re.MULTILINE))
    )
    assert [name for name in imported if len(re.findall(rf"\b{name}\b", text)) < 2] == []


@pytest.mark.parametrize(
    ("path", "drawing", "rule"),
    [
        ("layouts/x.dot", 'digraph letters { Word [label="{\\N|kind\\nu8}"] }', "illegal-name"),
        ("layouts/x.dot", 'digraph codec { Letter [label="{\\N|kind\\nu8}"] }', "taken-name"),
        ("states/x.dot", "digraph machine { A -> A [label=go] }", "taken-name"),
    ],
)
def test_names_that_generated_modules_need_are_refused(
    tmp_path: Path, path: str, drawing: str, rule: str
) -> None:
    """A class that hides an import, or a module in the place of another, is an error."""
    file = tmp_path / "specs" / path
    file.parent.mkdir(parents=True)
    file.write_text(drawing)
    result = CliRunner().invoke(main, ["generate", "--root", str(tmp_path)])
    assert result.exit_code == 1
    assert f": {rule}" in result.output
    assert not (tmp_path / "generated").exists()
