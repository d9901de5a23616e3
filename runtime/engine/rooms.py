"""The rooms of one volume that the machines' handlers send to work."""

from dataclasses import dataclass

from runtime.engine.applications import Applications
from runtime.engine.bitmap_exchange import BitmapExchange
from runtime.engine.calling import Calling
from runtime.engine.link import Link
from runtime.engine.mirrored_write import Writes
from runtime.engine.resync import Resync
from runtime.engine.suspension import Suspension
from runtime.engine.verify import Verify
from runtime.engine.volume import Volume


@dataclass(frozen=True, slots=True)
class Rooms:
    """Who does what for one volume."""

    volume: Volume
    link: Link
    writes: Writes
    applications: Applications
    exchange: BitmapExchange
    resync: Resync
    verify: Verify
    calling: Calling
    suspension: Suspension
