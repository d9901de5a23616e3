"""What the disk does for this node itself: since when, and what is not waited for any more.

A disk that is given up by force may still carry out what it was asked for, much later. Until it has
answered everything it is not given back, so its buffers are nobody else's, and nothing of it can
come over what is written after the next attach (states 7.2 step 2).
"""

from runtime.effects import DiskWork
from runtime.engine.agenda import Agenda, Job

ABORTED = "the disk was given up before it answered"


class OwnWorks:
    """The works of one volume's disk that this node waits for, or has given up."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._begun: dict[DiskWork, float] = {}  # oldest first
        self._aborted: set[DiskWork] = set()
        self._on_given_back: list[Job] = []

    @property
    def count(self) -> int:
        """How many are waited for."""
        return len(self._begun)

    @property
    def oldest_begun_at(self) -> float | None:
        """Since when the disk owes an answer."""
        return next(iter(self._begun.values()), None)

    def begin(self, work: DiskWork) -> None:
        """Ask the disk."""
        self._begun[work] = self._agenda.now
        self._agenda.effects.append(work)

    def is_awaited(self, work: DiskWork) -> bool:
        """The disk has ended something; say whether its owner is to hear of it."""
        if self._begun.pop(work, None) is not None or work not in self._aborted:
            return True
        self._aborted.discard(work)
        self._tell_given_back()
        return False

    def abort(self) -> None:
        """Wait for nothing that the disk has not answered: it counts as failed."""
        begun, self._begun = self._begun, {}
        self._aborted.update(begun)
        for work in begun:
            assert work.owner is not None
            work.owner.disk_finished(work, ABORTED, b"")

    def when_given_back(self, job: Job) -> None:
        """Do something when the disk has answered also what nobody waits for."""
        self._on_given_back.append(job)
        self._tell_given_back()

    def _tell_given_back(self) -> None:
        if self._aborted:
            return
        jobs, self._on_given_back = self._on_given_back, []
        for job in jobs:
            self._agenda.later(job)
