"""Drawings as texts: what the tests of flows read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codegen.flows.model import Flow
from codegen.flows.reader import read_flow
from codegen.parse import parse
from codegen.problems import Problem

Read = Callable[[str], tuple[Flow, list[Problem]]]

SPECS = Path(__file__).parents[3] / "specs" / "flows"


@pytest.fixture
def read() -> Read:
    """Read the text of one flow."""
    return lambda text: _read(text, "test.dot")


@pytest.fixture
def published() -> Callable[[str], Flow]:
    """Read one of the drawings in specs/flows/, which has no problem."""
    return _published


def _read(text: str, file: str) -> tuple[Flow, list[Problem]]:
    graphs, problems = parse(text, file)
    assert not problems
    return read_flow(graphs[0])


def _published(name: str) -> Flow:
    file = f"specs/flows/{name}.dot"
    flow, problems = _read((SPECS / f"{name}.dot").read_text(encoding="utf-8"), file)
    assert not problems
    return flow
