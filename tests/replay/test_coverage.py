"""The table of what is not replayed says so for good reason."""

import pytest

from tests.replay.coverage import NOT_REPLAYED, NOT_REPLAYED_SIDES, reason_against
from tests.replay.deeds import deeds
from tests.replay.manifest import Scenario, Side, scenarios
from tests.replay.options import NotCovered, resource_config
from tests.runtime.recorded import FOLDER

SCENARIOS = scenarios(FOLDER)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_what_our_node_has_not_learned_is_in_the_table(scenario: Scenario) -> None:
    """A side whose options or commands our node does not know is not replayed, with a reason."""
    for side in Side:
        try:
            resource_config(scenario, side)
            for step in scenario.steps:
                deeds(step, side)
        except NotCovered:
            assert reason_against(scenario, side)


def test_no_side_is_in_both_tables() -> None:
    """What is replayed on no side needs no line for one side."""
    assert not {name for name, _ in NOT_REPLAYED_SIDES} & set(NOT_REPLAYED)


def test_each_reason_is_a_sentence() -> None:
    """Whoever reads the table learns why."""
    reasons = [*NOT_REPLAYED.values(), *NOT_REPLAYED_SIDES.values()]
    assert all(len(reason.split()) > 4 for reason in reasons)
