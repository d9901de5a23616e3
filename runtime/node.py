"""A replication node in a program: `async with Node(config) as node`.

Disks are attached when it begins; `await node.do(ConnectRequested())` finds the peer.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Final, Self

from generated.layouts.codec import Octets
from generated.layouts.state import ReturnCode
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from runtime.application_requests import ApplicationRequests, Asked, requests_of, sectors_of
from runtime.effects import (
    Answered,
    CallHelper,
    DetachDisk,
    FlowTraced,
    HelperTold,
    Level,
    Log,
    RequestFinished,
    ResyncTurnsChanged,
    StateChanged,
)
from runtime.engine.resource import Resource
from runtime.engine.volume_state import VolumeState
from runtime.errors import MisuseError, RefusedError
from runtime.events import (
    AttachRequested,
    Command,
    DetachRequested,
    DeviceClosed,
    DeviceOpened,
    DisconnectRequested,
    SecondaryRequested,
)
from runtime.io.disk_watch import DiskWatch
from runtime.io.driver import Driver
from runtime.io.programs import Programs
from runtime.io.volume_disk import open_volume
from runtime.log_lines import LogLine
from runtime.neighbours import Neighbours
from runtime.node_config import NodeConfig
from runtime.node_facts import NodeFacts
from runtime.requests import Request, RequestKind
from runtime.state_watchers import Changes, Predicate, StateWatchers
from runtime.trace import Trace

END_S_MAX: Final = 15.0  # pings find a silent peer within 10.5 s (wire 1.6); then all goes in order
LOG_LINES_MAX: Final = 10_000
PIECE_SIZE_BYTES: Final = 1 << 20

Told = Callable[[LogLine], None]
Watcher = Callable[[StateChanged | HelperTold | None], None]
"""Is told what happens; None at the end."""


class Node(NodeFacts):
    """One node of a resource, in the event loop in which it is entered.

    `told` gets each line of the log at once; `failed` is called when the engine has a bug, after
    which the node is as if killed. Nodes of several resources in one process share `neighbours`, so
    that their resyncs wait for each other as the options say.
    """

    def __init__(
        self,
        config: NodeConfig,
        *,
        told: Told | None = None,
        failed: Callable[[], None] | None = None,
        neighbours: Neighbours | None = None,
    ) -> None:
        self.config = config
        self._neighbours = neighbours or Neighbours(resync_count_max=config.resync_count_max)
        self.log: deque[str] = deque(maxlen=LOG_LINES_MAX)
        self.trace = Trace(config.name)
        self._told = told
        self._failed = failed
        engine = Resource(
            config.resource, random=random.SystemRandom(), turns=self._neighbours.turns
        )
        super().__init__(engine)
        self._commands: dict[object, asyncio.Future[Answered]] = {}
        self._watchers = StateWatchers()
        self._callers: list[Watcher] = []
        self._driver: Driver
        self._programs: Programs
        self._watch: DiskWatch
        self._requests: ApplicationRequests
        self._end = "the node has not begun"

    # Beginning and end

    async def __aenter__(self) -> Self:
        config = self.config
        self._driver = Driver(
            self._engine,
            net=config.resource.net,
            address=config.address,
            peer=config.peer,
            tls=config.tls,
            told={
                Answered: self._answer,
                CallHelper: self._call_helper,
                DetachDisk: self._detach,
                FlowTraced: self._trace_flow,
                HelperTold: self._tell_helper,
                Log: self._log,
                RequestFinished: self._finish,
                ResyncTurnsChanged: lambda _: self._neighbours.tell(config.resource.name),
                StateChanged: self._change,
            },
            fallen=self._fall,
        )
        self._programs = Programs(
            config,
            ended=self._driver.post,
            said=self.say,
        )
        self._requests = ApplicationRequests(self._driver.post, self.size_sectors)
        self._watch = DiskWatch(self._disks, told=self._warn_of_disk, cut=self._give_up_disk)
        self._neighbours.join(config.resource.name, self._driver.post)
        self._end = ""
        is_begun = False
        try:
            for volume in config.disks:
                await self.attach(volume)
            is_begun = True
        finally:
            if not is_begun:
                self.kill()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._end:
            try:
                async with asyncio.timeout(END_S_MAX):
                    await self.down()
                    await self._driver.closed()  # the peer is to take what it was told
            except TimeoutError:
                text = "the peer or a disk took too long, the node ends all the same"
                self.say(text, level=Level.WARNING)
            except MisuseError as refusal:
                self.say(f"the node ends all the same: {refusal}", level=Level.WARNING)
        self.kill()
        await self._driver.closed()
        await self._programs.closed()

    async def down(self) -> None:
        """Stop using everything, in order (states 8.7); MisuseError at the first refusal."""
        volumes = self.config.resource.volumes
        for volume in volumes:
            if self.state(volume).role is NodeState.Primary:
                await self.do(SecondaryRequested(volume))
        if any(self.state(volume).conn is not ConnState.StandAllone for volume in volumes):
            await self.do(DisconnectRequested())
        for volume in volumes:
            if self.state(volume).disk is not DiskState.Diskless:
                await self.do(DetachRequested(volume))

    def kill(self) -> None:
        """Close everything at once and tell nobody, as if the process had been killed."""
        self._driver.stop()
        self._close("the node has ended")

    def _fall(self) -> None:
        self.say("the engine failed, everything is closed", level=Level.ERROR)
        self._close("the node has failed")
        if self._failed is not None:
            self._failed()

    def _close(self, reason: str) -> None:
        if self._end:
            return
        self._end = reason
        self._watch.stop()
        self._programs.stop()
        self._neighbours.leave(self.config.resource.name)
        for volume in tuple(self._disks):
            self._close_disk(volume)
        self._requests.end(reason)
        self._watchers.end(reason)
        for watcher in self._callers:
            watcher(None)
        for future in self._commands.values():
            if not future.done():
                future.set_exception(MisuseError(reason))

    # Commands

    async def command(self, command: Command) -> Answered:
        """Let the engine do something, and wait for its answer."""
        if self._end:
            raise MisuseError(self._end)
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._commands[command] = future
        self._driver.post(command)
        return await future

    async def do(self, command: Command) -> None:
        """The same; MisuseError when it is refused."""
        answered = await self.command(command)
        if answered.code < ReturnCode.SS_SUCCESS:
            raise RefusedError(answered.text or answered.code.name, answered.code)

    async def attach(self, volume: int = 0) -> None:
        """Use the volume's disk; DiskError or MetadataError when it can't be used at all."""
        if volume not in self.config.disks:
            raise MisuseError(f"volume {volume} has no disk in the configuration")
        if volume in self._disks:
            raise MisuseError("Device is attached to a disk (use detach first)")
        options = self.config.resource.volumes[volume]

        def limit_s() -> float:
            return self._engine.disk_timeout_s(volume)

        opened = open_volume(self.config.disks[volume], options, limit_s)
        self._disks[volume] = opened
        self._driver.add_disk(volume, opened.disk, lambda: bool(limit_s()))
        try:
            await self.do(AttachRequested(volume, opened.backing))
        except MisuseError:
            if self._disks.get(volume) is opened and not self._end:
                self._detach(DetachDisk(volume))
            raise

    def _answer(self, answered: Answered) -> None:
        future = self._commands.pop(answered.command, None)  # the node itself waits for nothing
        if future is not None and not future.done():
            future.set_result(answered)

    def _detach(self, effect: DetachDisk) -> None:
        if effect.volume in self._disks:
            self._driver.release_disk(effect.volume, lambda: self._close_disk(effect.volume))

    def _close_disk(self, volume: int) -> None:
        opened = self._disks.pop(volume, None)
        if opened is not None:
            opened.close()

    def _warn_of_disk(self, volume: int, text: str) -> None:
        self._log(Log(Level.WARNING, text, volume))

    def _give_up_disk(self, volume: int, text: str) -> None:
        self._log(Log(Level.ERROR, text, volume))
        self._driver.post(DetachRequested(volume, force=True))

    # Requests

    def submit(self, requests: Sequence[Request]) -> list[asyncio.Future[Octets]]:
        """Ask for several things at once; each future gives its content, or raises DiskError."""
        return self._requests.submit(requests)

    async def write(
        self, first_sector: int, data: Octets, volume: int = 0, *, fua: bool = False
    ) -> None:
        """Write whole sectors; with `fua` they are durable on both nodes."""
        count = sectors_of(data)
        request = Request(RequestKind.WRITE, volume, first_sector, count, data, fua=fua)
        await self._requests.all_of(requests_of(request))

    async def read(self, first_sector: int, sector_count: int, volume: int = 0) -> bytes:
        """Read sectors."""
        request = Request(RequestKind.READ, volume, first_sector, sector_count)
        return b"".join(await self._requests.all_of(requests_of(request)))

    async def flush(self, volume: int = 0) -> None:
        """Make durable what was written before."""
        await self._requests.all_of([Request(RequestKind.FLUSH, volume)])

    async def discard(self, first_sector: int, sector_count: int, volume: int = 0) -> None:
        """Say that nobody needs the content of a range any more."""
        request = Request(RequestKind.DISCARD, volume, first_sector, sector_count, may_unmap=True)
        await self._requests.all_of(requests_of(request))

    async def write_zeroes(
        self, first_sector: int, sector_count: int, volume: int = 0, *, may_unmap: bool = False
    ) -> None:
        """Let a range read as zeroes."""
        request = Request(
            RequestKind.WRITE_ZEROES, volume, first_sector, sector_count, may_unmap=may_unmap
        )
        await self._requests.all_of(requests_of(request))

    def ask(self, requests: Iterable[Request], told: Asked) -> None:
        """Ask without futures: `told` takes note of the end of each, also of what is refused."""
        self._requests.ask(requests, told)

    def hold_open(self, volume: int = 0) -> None:
        """Somebody uses a volume, which stays primary until everyone has let it go."""
        self._driver.post(DeviceOpened(volume))

    def let_go(self, volume: int = 0) -> None:
        """... no longer."""
        self._driver.post(DeviceClosed(volume))

    def _finish(self, finished: RequestFinished) -> None:
        self._requests.finish(finished)

    # Waiting, and hearing of it

    async def wait_for(
        self, is_wanted: Predicate, volume: int = 0, timeout_s: float | None = None
    ) -> VolumeState:
        """Wait for a state of a volume, however short it lasts; TimeoutError names the last."""
        state = self.state(volume)
        if is_wanted(state):
            return state
        if self._end:
            raise MisuseError(self._end)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._watchers.future(is_wanted, volume)
        except TimeoutError as error:
            words = " ".join(self.state(volume).printed)
            raise TimeoutError(f"after {timeout_s} s the state is {words}") from error

    def changes(self) -> Changes:
        """All changes of state from now on, for `async for`; a slow reader keeps nobody waiting."""
        return self._watchers.changes()

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call somebody at each change of state, each helper and the end; return how to stop."""
        self._callers.append(watcher)
        return lambda: self._callers.remove(watcher)

    # What is told

    def _change(self, change: StateChanged) -> None:
        self.trace.tell(self._driver.now(), change)
        self._watchers.tell(change)
        for watcher in self._callers:
            watcher(change)

    def _trace_flow(self, traced: FlowTraced) -> None:
        self.trace.tell(self._driver.now(), traced)

    def _call_helper(self, call: CallHelper) -> None:
        self._programs.call(call)

    def _tell_helper(self, told: HelperTold) -> None:
        for watcher in self._callers:
            watcher(told)
        end = "" if told.exit_code is None else f" exit code {told.exit_code}"
        self._log(Log(Level.INFO, f"helper command: {told.name}{end}", told.volume))

    def _log(self, log: Log) -> None:
        self.say(log.text, level=log.level, volume=log.volume)

    def say(self, text: str, *, level: Level = Level.INFO, volume: int | None = None) -> None:
        """A line for the log."""
        config = self.config
        line = LogLine(self._driver.now(), config.name, config.resource.name, level, volume, text)
        self.log.append(str(line))
        if self._told is not None:
            self._told(line)
