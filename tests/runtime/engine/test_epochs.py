"""Epochs are confirmed whole and in their order, on both sides."""

import re
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.epochs import Epoch, ReceivedEpochs, SentEpochs
from runtime.errors import PeerError


def sent(*writes: str, first_number: int = 1) -> SentEpochs:
    """Make the sender's side with some writes in the current epoch."""
    epochs = SentEpochs(first_number)
    for write in writes:
        epochs.add(write)
    return epochs


def test_closing_gives_the_number_for_the_barrier() -> None:
    """Numbers begin where they are told to, and go up by one with each epoch."""
    epochs = sent("a", first_number=7)

    assert epochs.close() == 7
    epochs.add("b")
    assert epochs.close() == 8


def test_number_after_the_largest_is_zero() -> None:
    """The number has 32 bits on the wire and wraps."""
    epochs = sent("a", first_number=0xFFFFFFFF)

    assert epochs.close() == 0xFFFFFFFF
    epochs.add("b")
    assert epochs.close() == 0


def test_epoch_without_writes_uses_no_number() -> None:
    """Closing an empty epoch does nothing: the peer must not see a barrier without writes."""
    epochs = sent()

    assert epochs.close() is None
    epochs.add("a")
    assert (epochs.close(), epochs.close(), epochs.closed_count) == (1, None, 1)


def test_size_is_that_of_the_current_epoch() -> None:
    """Closing begins a new epoch of size 0, which max-epoch-size is held against."""
    epochs = sent("a", "b")

    assert epochs.size == 2
    epochs.close()
    assert epochs.size == 0


def test_barrier_ack_confirms_the_oldest_epoch() -> None:
    """The writes of that epoch are durable, all later ones stay unconfirmed in their order."""
    epochs = sent("a", "b")
    epochs.close()
    epochs.add("c")
    epochs.close()
    epochs.add("d")

    assert epochs.acknowledged(barrier=1, set_size=2) == ["a", "b"]
    assert list(epochs.unconfirmed()) == ["c", "d"]
    assert epochs.closed_count == 1


@pytest.mark.parametrize(("barrier", "set_size"), [(2, 1), (1, 2), (0, 1), (1, 0)])
def test_barrier_ack_that_does_not_match_breaks_the_protocol(barrier: int, set_size: int) -> None:
    """Another cookie or another count than the oldest epoch's is refused and changes nothing."""
    epochs = sent("a")
    epochs.close()
    epochs.add("b")
    epochs.add("c")
    epochs.close()
    sentence = (
        f"P_BARRIER_ACK of epoch {barrier} with {set_size} writes arrived, "
        "but the oldest unconfirmed epoch is 1 with 1 writes"
    )

    with pytest.raises(PeerError, match=f"^{re.escape(sentence)}$"):
        epochs.acknowledged(barrier=barrier, set_size=set_size)
    assert list(epochs.unconfirmed()) == ["a", "b", "c"]


def test_barrier_ack_of_an_open_epoch_breaks_the_protocol() -> None:
    """An ack cannot come before its barrier."""
    epochs = sent("a")

    with pytest.raises(PeerError, match="no closed epoch is unconfirmed"):
        epochs.acknowledged(barrier=1, set_size=1)


def test_lost_link_hands_out_every_unconfirmed_write() -> None:
    """All writes that are not covered come back once, and the numbers are not reset."""
    epochs = sent("a")
    epochs.close()
    epochs.add("b")

    assert epochs.drain() == ["a", "b"]
    assert (epochs.drain(), epochs.size, epochs.closed_count) == ([], 0, 0)
    epochs.add("c")
    assert epochs.close() == 2


def received(*sizes: int) -> tuple[ReceivedEpochs, list[Epoch]]:
    """Make the receiver's side with closed epochs 1, 2, ... of so many unfinished writes."""
    epochs = ReceivedEpochs()
    made = []
    for number, size in enumerate(sizes, start=1):
        made += [epochs.begin(0) for _ in range(size)][:1]
        epochs.barrier(number)
    return epochs, made


def test_writes_are_counted_in_their_epoch() -> None:
    """An epoch knows how many writes came, of which volumes, and how many are unfinished."""
    epochs = ReceivedEpochs()
    epoch = epochs.begin(0)
    for volume in (3, 0):
        assert epochs.begin(volume) is epoch
    epochs.finish(epoch)

    assert (epoch.size, epoch.unfinished, epoch.volumes) == (3, 2, {0, 3})
    assert epoch.barrier is None


def test_barrier_ends_the_current_epoch() -> None:
    """The write after a barrier belongs to another epoch; the number is kept for the answer."""
    epochs, (first,) = received(1)
    second = epochs.begin(0)

    assert (first.barrier, first.size) == (1, 1)
    assert second is not first
    assert second.size == 1


def test_barrier_without_a_write_breaks_the_protocol() -> None:
    """A peer must not end an epoch that has no writes, neither at first nor later."""
    epochs, _ = received(1)

    with pytest.raises(PeerError, match="P_BARRIER 9 arrived without a write"):
        epochs.barrier(9)
    with pytest.raises(PeerError, match="P_BARRIER 9 arrived without a write"):
        ReceivedEpochs().barrier(9)


def test_epoch_with_unfinished_writes_is_not_confirmed() -> None:
    """The last answer of a closed epoch makes it ready."""
    epochs, (epoch,) = received(2)

    epochs.finish(epoch)
    assert epochs.next_to_confirm() is None
    epochs.finish(epoch)
    assert epochs.next_to_confirm() is epoch


def test_open_epoch_is_not_confirmed() -> None:
    """Without a barrier nothing is to confirm, however finished its writes are."""
    epochs = ReceivedEpochs()
    epochs.finish(epochs.begin(0))

    assert epochs.next_to_confirm() is None


def test_barrier_after_the_last_answer_makes_the_epoch_ready() -> None:
    """When all writes were finished before the barrier came, it can be confirmed at once."""
    epochs = ReceivedEpochs()
    epoch = epochs.begin(0)
    epochs.finish(epoch)

    assert epochs.barrier(5) is epoch


def test_later_epoch_waits_for_the_earlier_one() -> None:
    """Epochs are confirmed in the order of their barriers, not in that of their ends."""
    epochs, (first, second) = received(1, 1)

    epochs.finish(second)
    assert epochs.next_to_confirm() is None
    epochs.finish(first)
    assert epochs.next_to_confirm() is first
    epochs.confirm(first)
    assert epochs.next_to_confirm() is second


def test_writes_may_reach_the_disk_when_earlier_epochs_are_confirmed() -> None:
    """Only the oldest epoch's writes may be carried out; a confirmed one is not the oldest."""
    epochs, (first, second) = received(1, 1)

    assert (epochs.is_oldest(first), epochs.is_oldest(second)) == (True, False)
    epochs.finish(first)
    assert not epochs.is_oldest(second)
    epochs.confirm(first)
    assert (epochs.is_oldest(first), epochs.is_oldest(second)) == (False, True)


def test_open_epochs_are_counted_with_the_current_one() -> None:
    """An idle connection shows one epoch, as /proc/drbd does."""
    assert ReceivedEpochs().open_count == 1
    assert received(1, 2)[0].open_count == 3


def test_peer_cannot_pile_up_epochs_without_end() -> None:
    """A barrier beyond the bound is refused."""
    epochs = ReceivedEpochs(waiting_max=2)
    for number in (1, 2):
        epochs.begin(0)
        epochs.barrier(number)
    epochs.begin(0)

    with pytest.raises(PeerError, match="P_BARRIER 3 arrived while 2 epochs are unconfirmed"):
        epochs.barrier(3)


def test_lost_link_forgets_the_epochs_but_not_their_writes() -> None:
    """A write that ends on the disk after the link was lost still ends, and confirms nothing."""
    epochs, (epoch,) = received(1)
    epochs.drain()
    epochs.finish(epoch)

    assert (epochs.next_to_confirm(), epochs.open_count) == (None, 1)
    assert not epochs.is_oldest(epoch)


STEPS = st.lists(st.sampled_from(("write", "barrier")) | st.integers(0, 50), max_size=80)
"""A number chooses one of the unfinished writes to finish."""


@given(STEPS, st.integers(0, 0xFFFFFFFF))
def test_both_sides_agree_on_every_epoch(steps: list[str | int], first_number: int) -> None:
    """Whatever order writes finish in, each barrier ack matches, and none covers an open write."""
    sender, receiver, names = SentEpochs(first_number), ReceivedEpochs(), count()
    unfinished: list[tuple[int, Epoch]] = []
    finished: set[int] = set()
    covered: list[object] = []

    def confirm() -> None:
        while (epoch := receiver.next_to_confirm()) is not None:
            assert epoch.barrier is not None
            writes = sender.acknowledged(barrier=epoch.barrier, set_size=epoch.size)
            assert finished.issuperset(writes)
            covered.extend(writes)
            receiver.confirm(epoch)

    def finish(index: int) -> None:
        write, epoch = unfinished.pop(index)
        finished.add(write)
        receiver.finish(epoch)

    for step in steps:
        if step == "write":
            write = next(names)
            sender.add(write)
            unfinished.append((write, receiver.begin(0)))
        elif step == "barrier":
            number = sender.close()
            if number is not None:
                receiver.barrier(number)
        elif isinstance(step, int) and unfinished:
            finish(step % len(unfinished))
        confirm()

    assert covered + list(sender.unconfirmed()) == list(range(next(names)))


def test_write_that_has_left_is_not_counted() -> None:
    """The peer confirms an epoch without the write that it has not carried out."""
    epochs = sent("a", "b")
    assert epochs.leave("a")
    assert epochs.close() == 1
    assert epochs.acknowledged(barrier=1, set_size=1) == ["b"]


def test_epoch_that_all_have_left_has_a_barrier_and_no_confirmation() -> None:
    """The peer has had a write of it, so it must see its end; nothing comes back."""
    epochs = sent("a")
    assert epochs.leave("a")
    assert (epochs.close(), epochs.closed_count) == (1, 0)
    epochs.add("b")
    assert epochs.close() == 2
    assert epochs.acknowledged(barrier=2, set_size=1) == ["b"]


def test_empty_epoch_waits_for_those_before_it() -> None:
    """An epoch that all have left is over when all earlier ones are."""
    epochs = sent("a")
    epochs.close()
    epochs.add("b")
    epochs.close()
    assert not epochs.leave("b")
    assert epochs.closed_count == 2
    assert epochs.acknowledged(barrier=1, set_size=1) == ["a"]
    assert not epochs.closed_count


def test_later_confirmation_counts_for_an_epoch_that_one_has_left() -> None:
    """What a kernel never confirms is durable when something behind it is."""
    epochs = sent("a", "b")
    epochs.leave("a")
    epochs.close()
    epochs.add("c")
    epochs.close()
    assert epochs.acknowledged(barrier=2, set_size=1) == ["b", "c"]


def test_whole_epoch_is_not_passed_over() -> None:
    """An epoch that no write has left must be confirmed itself."""
    epochs = sent("a")
    epochs.close()
    epochs.add("b")
    epochs.close()
    with pytest.raises(PeerError, match="oldest unconfirmed epoch is 1"):
        epochs.acknowledged(barrier=2, set_size=1)
