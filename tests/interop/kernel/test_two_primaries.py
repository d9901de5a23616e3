"""Both nodes are primary, and write to the same device at the same time."""

from tests.interop.kernel.pair import Pair

TWO = {"allow_two_primaries": "yes"}
LEAK = {
    r"ASSERTION FAILED: connection->current_epoch->list not empty": "a kernel never ends the epoch"
    " of a write that it has not carried out, and confirms those that follow"
}


def both_primary(pair: Pair) -> None:
    """Both connected with the same data, and both primary."""
    pair.synced(net=TWO)
    pair.other.primary()
    pair.wait(role="Primary", peer="Primary")


def test_rivals(pair: Pair) -> None:
    """Both write all over the same few blocks, and both disks have the same in the end."""
    both_primary(pair)
    pair.both(lambda side: side.start_writing())
    pair.both(lambda side: side.await_writes(80))
    pair.both(lambda side: side.stop_writing())
    pair.other.secondary()
    pair.end(allowed=LEAK)


def test_resync_of_a_primary(pair: Pair) -> None:
    """A primary whose data are replaced goes on writing, and so does its peer."""
    both_primary(pair)
    pair.both(lambda side: side.start_writing())
    pair.other.invalidate()
    pair.both(lambda side: side.await_writes(60))
    pair.both(lambda side: side.stop_writing())
    pair.in_sync()
    pair.other.secondary()
    pair.end(allowed=LEAK)
