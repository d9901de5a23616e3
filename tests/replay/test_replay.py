"""Our node in the place of one of two kernels, in the recordings that lie here."""

from typing import Final

import pytest

from runtime.config import ResourceConfig
from runtime.engine.random_numbers import RandomNumbers
from runtime.engine.resource import Resource
from tests.replay.coverage import replayed
from tests.replay.manifest import Scenario, Side, scenarios
from tests.replay.play import replay
from tests.replay.script import script
from tests.runtime.recorded import FOLDER

SIDES: Final = replayed(scenarios(FOLDER))


def make_node(config: ResourceConfig, random: RandomNumbers) -> Resource:
    """Our node."""
    return Resource(config, random=random)


@pytest.mark.parametrize(
    ("scenario", "side"), SIDES, ids=[f"{scenario.name}-{side.name}" for scenario, side in SIDES]
)
def test_our_node_says_what_the_kernel_said(scenario: Scenario, side: Side) -> None:
    """Fed with what one kernel said, our node says what the other one said, and writes the same."""
    outcome = replay(script(scenario, side), make_node)
    if outcome.faults:
        pytest.fail(str(outcome), pytrace=False)
