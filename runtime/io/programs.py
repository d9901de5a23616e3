"""The administrator's programs, run by a shell beside everything else (states 4.5).

They get the names that scripts for DRBD know: as `$0` the helper's name, as `$1` `minor-N` or the
resource's name, and the environment that the kernel and drbdadm set: what the manuals of DRBD 8.4
and 9 name, as far as a node of 8.4 has it. A volume's minor is its number where it has no other.
What a program prints goes to the log.
"""

import asyncio
import os
import signal
import tempfile
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable
from typing import IO, Final

from runtime.effects import CallHelper
from runtime.events import HelperEnded
from runtime.node_config import Address, NodeConfig

SHELL: Final = "/bin/sh"
ENVIRONMENT: Final = {
    "HOME": "/",
    "TERM": "linux",
    "PATH": "/sbin:/usr/sbin:/bin:/usr/bin",
}
TOOK_TOO_LONG: Final = 124  # as of timeout(1); no helper's exit code has a good meaning like that
OUTPUT_SIZE_BYTES_MAX: Final = 4096  # what a person reads; more would push all else out of the log


class Programs:
    """The programs of one resource that run. It lives in the event loop that runs now."""

    def __init__(
        self,
        config: NodeConfig,
        *,
        ended: Callable[[HelperEnded], None],
        said: Callable[[str], None],
    ) -> None:
        self._config = config
        self._resource = config.resource
        self._ended = ended
        self._said = said
        self._running: dict[asyncio.Task[None], Process | None] = {}
        self._is_stopped = False

    def call(self, effect: CallHelper) -> None:
        """Run a program; its end is told later."""
        task = asyncio.get_running_loop().create_task(self._run(effect))
        self._running[task] = None
        task.add_done_callback(self._running.pop)

    def stop(self) -> None:
        """End all of them: nobody waits any more."""
        self._is_stopped = True
        for process in self._running.values():
            if process is not None:
                _kill(process)

    async def closed(self) -> None:
        """Wait until none is left."""
        await asyncio.gather(*self._running)

    async def _run(self, effect: CallHelper) -> None:
        with tempfile.TemporaryFile() as output:
            exit_code = await self._exit_code(effect, output)
            output.seek(0)
            text = output.read(OUTPUT_SIZE_BYTES_MAX).decode(errors="replace")
        if self._is_stopped:
            return
        for line in text.splitlines():
            self._said(f"{effect.name}: {line}")
        self._ended(HelperEnded(effect.name, effect.volume, exit_code))

    async def _exit_code(self, effect: CallHelper, output: IO[bytes]) -> int:
        """How it ended; one that could not be started or was killed counts as 0 (states 4.5)."""
        volume = effect.volume
        about = self._resource.name if volume is None else f"minor-{self._minor(volume)}"
        command = (SHELL, "-c", self._resource.handlers[effect.name], effect.name, about)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=DEVNULL,
                stdout=output,
                stderr=STDOUT,
                env=self._environment(effect.volume),
                start_new_session=True,  # so that it can be killed with all that it has started
            )
        except OSError as error:
            self._said(f"{effect.name} could not be started: {error}")
            return 0
        task = asyncio.current_task()
        assert task is not None
        self._running[task] = process
        if self._is_stopped:
            _kill(process)
        try:
            async with asyncio.timeout(self._resource.handler_timeout):
                return max(await process.wait(), 0)
        except TimeoutError:
            self._said(f"{effect.name} took more than {self._resource.handler_timeout} s: killed")
            _kill(process)
            await process.wait()
            return TOOK_TOO_LONG

    def _minor(self, volume: int) -> int:
        minor = self._resource.volumes[volume].minor
        return volume if minor < 0 else minor

    def _environment(self, volume: int | None) -> dict[str, str]:
        config, volumes = self._config, self._resource.volumes if volume is None else (volume,)
        peer_name = config.peer_name or config.peer.host
        return {
            **ENVIRONMENT,
            "DRBD_CONF": config.drbd_conf,
            "DRBD_RESOURCE": self._resource.name,
            "DRBD_VOLUME": " ".join(map(str, volumes)),
            "DRBD_MINOR": " ".join(str(self._minor(it)) for it in volumes),
            "DRBD_PEER": peer_name,
            "DRBD_PEERS": peer_name,
            "DRBD_PEER_AF": _family(config.peer),
            "DRBD_PEER_ADDRESS": config.peer.host,
            "DRBD_MY_AF": _family(config.address),
            "DRBD_MY_ADDRESS": config.address.host,
            **{f"DRBD_MINOR_{it}": str(self._minor(it)) for it in volumes},
            **self._backing(volume),
        }

    def _backing(self, volume: int | None) -> dict[str, str]:
        """The lower devices, by each of their names."""
        disks = {number: str(disk.path) for number, disk in self._config.disks.items()}
        if volume is None:
            return {f"DRBD_BACKING_DEV_{number}": path for number, path in disks.items()}
        names = ("DRBD_BACKING_DEV", "DRBD_LL_DISK")
        return dict.fromkeys(names, disks[volume]) if volume in disks else {}


def _family(address: Address) -> str:
    return "ipv6" if address.is_ipv6 else "ipv4"


def _kill(process: Process) -> None:
    """SIGKILL to it and to all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:  # it has just ended
        return
