"""What the type checker says of hand-written handlers: nothing that the drawing forbids passes."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from mypy import api

from codegen.cli import main

ROOT = Path(__file__).parents[2]

COMPLETE = """
from collections.abc import Iterator
from typing import Literal

from generated.states.tour.handlers import TourHandlers
from generated.states.tour.states import TourState
from generated.states.tour.transitions import TourMachine


class Mine(TourHandlers[str]):
    def is_calm(self) -> bool:
        return True

    def squeak(self) -> Iterator[str]:
        yield "squeak"

    def push_in_Open(self) -> Literal[TourState.Closed, TourState.Ajar]:
        return TourState.Ajar


machine = TourMachine(Mine())
"""
DRAWING = """digraph tour {
    Open -> Closed [label=push]
    Open -> Ajar [label=push]
    {Closed Ajar} -> Open [label=pull, guard=is_calm, action=squeak]
}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose drawing has a guard, an action and a choice, generated."""
    root = tmp_path_factory.mktemp("project")
    (root / "specs" / "states").mkdir(parents=True)
    (root / "specs" / "states" / "tour.dot").write_text(DRAWING)
    result = CliRunner().invoke(main, ["generate", "--root", str(root)])
    assert result.exit_code == 0
    return root


def check(project: Path, text: str) -> str:
    """What mypy --strict says of a module beside generated/."""
    module = project / f"mine_{len(list(project.iterdir()))}.py"  # one each: mypy keeps a cache
    module.write_text(text)
    config = ["--strict", "--config-file", "", "--cache-dir", str(project / ".mypy_cache")]
    output, errors, _ = api.run([*config, "--no-error-summary", str(module)])
    assert errors == ""
    return output


@pytest.fixture
def in_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project as the current folder, so that mypy finds generated/."""
    monkeypatch.chdir(project)
    return project


def test_complete_handlers_pass(in_project: Path) -> None:
    """A class with all methods, each of its type, has no errors."""
    assert check(in_project, COMPLETE) == ""


def test_a_lacking_method_is_an_error(in_project: Path) -> None:
    """The checker names the class and the method."""
    text = COMPLETE.replace("def squeak", "def squaek")
    assert 'abstract class "Mine" with abstract attribute "squeak"' in check(in_project, text)


def test_a_target_that_is_not_drawn_is_an_error(in_project: Path) -> None:
    """A choice may return its own targets only."""
    text = COMPLETE.replace("return TourState.Ajar", "return TourState.Open")
    assert "Incompatible return value type" in check(in_project, text)
    wider = COMPLETE.replace("TourState.Closed, TourState.Ajar", "TourState.Closed, TourState.Open")
    assert 'incompatible with return type "Literal' in check(in_project, wider)


def test_a_guard_that_does_not_answer_is_an_error(in_project: Path) -> None:
    """Guards return bool, actions return effects of the class's own kind."""
    assert "Incompatible return value type" in check(
        in_project, COMPLETE.replace("return True", 'return "yes"')
    )
    assert "Incompatible types in" in check(in_project, COMPLETE.replace('"squeak"', "7"))
