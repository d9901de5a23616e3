"""Who reads a node's changes keeps nobody waiting, and is told what they have missed."""

import asyncio
import gc
from weakref import ref

from runtime.effects import StateChanged
from runtime.engine.volume_state import VolumeState
from runtime.state_watchers import Changes, StateWatchers


def change(volume: int) -> StateChanged:
    """One of many changes."""
    return StateChanged(volume, VolumeState(), VolumeState(), ())


def test_a_slow_reader_misses_the_oldest() -> None:
    """There is a bound, the newest are kept, and the reader knows how many are gone."""

    async def scenario() -> list[int]:
        changes = Changes(unread_max=3)
        for number in range(5):
            changes.put(change(number))
        assert changes.missed_count == 2
        changes.end()
        return [it.volume async for it in changes]

    assert asyncio.run(scenario()) == [2, 3, 4]


def test_a_reader_waits_for_what_comes() -> None:
    """What comes while somebody waits is read at once, and the end ends it for good."""

    async def scenario() -> None:
        watchers = StateWatchers()
        changes = watchers.changes()
        waiting = asyncio.ensure_future(anext(changes))
        asyncio.get_running_loop().call_soon(watchers.tell, change(7))
        assert (await waiting).volume == 7
        asyncio.get_running_loop().call_soon(watchers.end, "the node has ended")
        assert [it async for it in changes] == []
        assert [it async for it in changes] == []

    asyncio.run(scenario())


def test_there_is_nothing_to_read_after_the_end() -> None:
    """Who comes too late does not wait for ever."""

    async def scenario() -> None:
        watchers = StateWatchers()
        watchers.end("the node has ended")
        assert [it async for it in watchers.changes()] == []

    asyncio.run(scenario())


def test_who_reads_no_more_is_forgotten() -> None:
    """A reader that nobody holds takes no memory."""

    async def scenario() -> None:
        watchers = StateWatchers()
        gone = ref(watchers.changes())
        gc.collect()
        assert gone() is None
        watchers.tell(change(0))

    asyncio.run(scenario())
