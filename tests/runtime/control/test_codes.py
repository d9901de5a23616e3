"""Refusals have drbdsetup's numbers, texts and exit codes (states 8.2)."""

import pytest

from runtime.control.codes import code_of, exit_code, sentence
from runtime.engine.rules import REFUSAL_TEXTS


@pytest.mark.parametrize(
    ("code", "said", "ends_with"),
    [
        (124, "r0: Failure: (124) text", 10),
        (0, "r0: State change failed: (0)text.", 11),
        (-1, "r0: State change failed: (-1) text", 11),
        (-2, "r0: State change failed: (-2) text", 17),
        (-4, "r0: State change failed: (-4) text", 16),
        (-16, "r0: State change failed: (-16) text", 5),
        (-21, "r0: State change failed: (-21) text", 11),
    ],
)
def test_a_refusal_is_said(code: int, said: str, ends_with: int) -> None:
    """A number decides the words and the exit code."""
    assert sentence("r0", code, "text") == said
    assert exit_code(code) == ends_with


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Sync-pause flag is already set", 134),
        ("Sync-pause flag is already cleared.", 135),
        ("Sync-pause flag is already cleared.\nNote: Resync pause caused by the peer node.", 157),
        ("Low.dev. smaller than requested DRBD-dev. size: 8 sectors, and 16 were in use", 111),
        ("Device does not have a disk-config", 138),
        ("something of our own", None),
    ],
)
def test_the_engine_s_texts_have_numbers(text: str, code: int | None) -> None:
    """What the engine says of the configuration is found by its text."""
    assert code_of(text) == code


def test_texts_of_states_are_no_configuration() -> None:
    """A refused change of state has its number from the engine."""
    assert all(code_of(text) is None for text in REFUSAL_TEXTS.values())
