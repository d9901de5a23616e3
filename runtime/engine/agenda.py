"""What is to be done: effects for the driver, jobs for the engine itself, and what waits.

Nothing calls back: whoever causes something leaves a job here, and jobs run one after the other
until there is none.
"""

from collections import deque
from collections.abc import Callable, Hashable
from typing import Final, TypeAlias

from runtime.effects import Effect, Level, Log

Job: TypeAlias = Callable[[], None]

JOBS_MAX: Final = 1_000_000  # in one go; more means that two rooms wake each other for ever


class Agenda:
    """Effects, jobs and timers of one resource."""

    def __init__(self) -> None:
        self.now = 0.0
        """Seconds, of a clock that never goes back."""
        self.effects: list[Effect] = []
        self._jobs: deque[Job] = deque()
        self._timers: dict[Hashable, tuple[float, Job]] = {}
        self.deadline: float | None = None
        """When the first timer ends."""

    def emit(self, effect: Effect) -> None:
        """Ask the driver for something."""
        self.effects.append(effect)

    def log(self, text: str, *, volume: int | None = None, level: Level = Level.INFO) -> None:
        """Write a sentence to the log."""
        self.effects.append(Log(level, text, volume))

    def later(self, job: Job) -> None:
        """Do this when what is being done is done."""
        self._jobs.append(job)

    def all_later(self, jobs: list[Job]) -> None:
        """Do all of these then, and let nobody wait any more."""
        self._jobs.extend(jobs)
        jobs.clear()

    def at(self, name: Hashable, when: float, job: Job) -> None:
        """Do this at a time; it replaces what waits under the same name."""
        self._timers[name] = (when, job)
        if self.deadline is None or when < self.deadline:
            self.deadline = when

    def after(self, name: Hashable, seconds: float, job: Job) -> None:
        """Do this after so many seconds."""
        self.at(name, self.now + seconds, job)

    def cancel(self, name: Hashable) -> None:
        """Don't do what waits under this name, if anything does."""
        self._timers.pop(name, None)

    def pass_time(self) -> None:
        """Make jobs of the timers that have ended."""
        if self.deadline is None or self.now < self.deadline:
            return
        ended = [name for name, (when, _) in self._timers.items() if when <= self.now]
        for name in sorted(ended, key=lambda name: self._timers[name][0]):
            self._jobs.append(self._timers.pop(name)[1])
        self.deadline = min((when for when, _ in self._timers.values()), default=None)

    def rest(self) -> None:
        """Do all jobs, and those that they leave."""
        jobs = self._jobs
        for _ in range(JOBS_MAX):
            if not jobs:
                return
            jobs.popleft()()
        raise AssertionError("the jobs of the engine never end")

    def take(self) -> list[Effect]:
        """The effects since the last time, in order."""
        effects, self.effects = self.effects, []
        return effects
