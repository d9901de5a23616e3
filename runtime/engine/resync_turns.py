"""Which volumes of a node may resync now: not all at once, nor in any order (states 6.5).

All resources of a process that share one of these know of each other's resyncs. A volume waits for
the ones that its option resync-after leads to, and where only so many may resync at once, the first
ones by name do.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from generated.states.conn_states import ConnState
from runtime.config import DiskOptions
from runtime.engine.volume import Volume
from runtime.errors import ConfigError

SYNC: Final = frozenset(
    {ConnState.SyncSource, ConnState.SyncTarget, ConnState.PausedSyncS, ConnState.PausedSyncT}
)


class Place(NamedTuple):
    """A volume of a node; in the order in which they resync."""

    resource: str
    number: int


class ResyncTurns:
    """All volumes of a node. `count_max` of them may resync at once, 0 for all."""

    def __init__(self, *, count_max: int = 0) -> None:
        self.count_max = count_max
        self._volumes: dict[Place, Volume] = {}

    def join(self, resource: str, volumes: dict[int, Volume]) -> None:
        """A resource begins; ConfigError when volumes would wait for each other in a circle."""
        if any(place.resource == resource for place in self._volumes):
            raise ConfigError(f"two resources of this node have the name {resource}")
        added = {Place(resource, number): volume for number, volume in volumes.items()}
        self._volumes |= added
        try:
            self._check(added)
        except ConfigError:
            self.leave(resource)
            raise

    def leave(self, resource: str) -> None:
        """A resource ends: nobody waits for it."""
        for place in [it for it in self._volumes if it.resource == resource]:
            del self._volumes[place]

    def adopt(self, resource: str, number: int, options: DiskOptions) -> None:
        """A volume has other options; ConfigError, and nothing has changed, for a circle."""
        place = Place(resource, number)
        volume = self._volumes[place]
        before, volume.options = volume.options, options
        try:
            self._check({place: volume})
        except ConfigError:
            volume.options = before
            raise

    def is_shared_with_others(self, resource: str) -> bool:
        """Whether there are other resources than this one."""
        return any(place.resource != resource for place in self._volumes)

    def may_resync(self, resource: str, number: int) -> bool:
        """Whether a volume's turn has come; its own state is not looked at."""
        place = Place(resource, number)
        if not self._is_free(place):
            return False
        before = sum(it < place and self._wants(it) for it in self._volumes)
        return not self.count_max or before < self.count_max

    def _is_free(self, place: Place) -> bool:
        return not any(_is_busy(self._volumes[it]) for it in self._chain(place))

    def _wants(self, place: Place) -> bool:
        """Whether a volume takes one of the turns: it is resyncing unless somebody else objects."""
        state = self._volumes[place].state
        is_held = state.peer_isp or state.user_isp or not self._is_free(place)
        return state.conn in SYNC and not is_held

    def _chain(self, place: Place) -> Iterator[Place]:
        """The volumes that one waits for, directly or not, up to one without a disk."""
        for _ in range(len(self._volumes)):
            if self._volumes[place].backing is None:
                return
            after = self._after(place)
            if after is None:
                return
            yield after
            place = after

    def _after(self, place: Place) -> Place | None:
        """What the option resync-after names: a minor, or a resource and its volume."""
        wanted = self._volumes[place].options.resync_after
        name, _, number = wanted.rpartition("/")
        if name:
            found = Place(name, int(number))
            return found if found in self._volumes else None
        is_it = (it for it, volume in self._volumes.items() if _minor(volume) == wanted)
        return next(is_it, None) if wanted else None

    def _check(self, added: dict[Place, Volume]) -> None:
        minors = [minor for volume in self._volumes.values() if (minor := _minor(volume))]
        for place, volume in added.items():
            if minors.count(_minor(volume)) > 1:
                raise ConfigError(f"two volumes of this node have the minor {_minor(volume)}")
            at: Place | None = place
            for _ in self._volumes:
                at = self._after(at) if at is not None else None
                if at == place:
                    raise ConfigError(
                        f"volume {place.number} of {place.resource} would resync after itself:"
                        " this would cause a resync-after dependency cycle"
                    )


def _minor(volume: Volume) -> str:
    return str(volume.options.minor) if volume.options.minor >= 0 else ""


def _is_busy(volume: Volume) -> bool:
    """Whether a volume is in the resync range, where verify counts, or is told to wait itself."""
    return volume.in_resync_range or volume.state.is_paused
