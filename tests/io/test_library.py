"""A node in somebody's program: the README's example is what it says."""

import textwrap
from pathlib import Path
from typing import Final

import pytest

from runtime.io.event_loop import run
from runtime.node_config import to_json
from tests.io import library_example
from tests.io.nodes import two_configs

ROOT: Final = Path(__file__).parents[2]


def test_the_readme_has_the_example() -> None:
    """Whoever copies it has what is tested here, and what the type checker has read."""
    text = Path(library_example.__file__).read_text()
    body = text.partition("\n\n")[2]
    assert textwrap.indent(body, "    ") in (ROOT / "README.md").read_text()


def test_the_example_mirrors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is written on one node is on the other, and each change was told."""
    paths = [tmp_path / "here.json", tmp_path / "there.json"]
    for path, config in zip(paths, two_configs(tmp_path), strict=True):
        path.write_text(to_json(config))
    assert run(library_example.mirror(*paths))
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "volume 0: Unconnected"
    assert "volume 0: Connected" in told
    assert told[-1] == "volume 0: StandAlone"


def test_those_who_use_it_have_its_types() -> None:
    """The packages say that they are typed, so that others' type checkers read them."""
    assert all((ROOT / name / "py.typed").exists() for name in ("generated", "runtime"))
