"""What two kernels said to each other is understood to the last byte.

DOTMIRROR_CAPTURES names a folder of recordings (NAME.pcap.gz with NAME.packets.txt each); by
default they are the few that the other tests use.
"""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.runtime.recorded import (
    FOLDER,
    Recording,
    assert_decoded_to_the_last_byte,
    recordings,
)

RECORDINGS: Final = recordings(Path(os.environ.get("DOTMIRROR_CAPTURES", FOLDER)))


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
def test_a_recording_is_decoded_to_the_last_byte(recording: Recording) -> None:
    """The packets of the list in its order, and no byte beside them."""
    assert_decoded_to_the_last_byte(recording)
