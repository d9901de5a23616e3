"""Our node in the place of one of two kernels, in all conversations that there are.

DOTMIRROR_CAPTURES names a folder of recordings with their manifest; by default they are the few
that the other tests use.
"""

import os
from pathlib import Path
from typing import Final

import pytest

from runtime.engine.resource import Resource
from tests.replay.coverage import replayed
from tests.replay.manifest import Scenario, Side, scenarios
from tests.replay.play import replay
from tests.replay.script import script
from tests.runtime.recorded import FOLDER

SIDES: Final = replayed(scenarios(Path(os.environ.get("DOTMIRROR_CAPTURES", FOLDER))))


@pytest.mark.parametrize(
    ("scenario", "side"), SIDES, ids=[f"{scenario.name}-{side.name}" for scenario, side in SIDES]
)
def test_our_node_takes_a_kernels_place(scenario: Scenario, side: Side) -> None:
    """Fed with what one kernel said, our node says what the other one said."""
    outcome = replay(script(scenario, side), lambda config, random: Resource(config, random=random))
    if outcome.faults:
        pytest.fail(str(outcome), pytrace=False)
