"""The administrator's programs, run by a shell beside everything else (states 4.5).

They get the names that scripts for DRBD know: as `$0` the helper's name, as `$1` `minor-N` or the
resource's name, and the environment that the kernel and drbdadm set. A volume's minor is its
number here. What a program prints goes to the log.
"""

import asyncio
import os
import signal
import tempfile
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable
from typing import IO, Final

from runtime.config import ResourceConfig
from runtime.effects import CallHelper
from runtime.events import HelperEnded
from runtime.node_config import Address

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
        config: ResourceConfig,
        peer: Address,
        *,
        ended: Callable[[HelperEnded], None],
        said: Callable[[str], None],
    ) -> None:
        self._config = config
        self._peer = peer
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
        about = self._config.name if effect.volume is None else f"minor-{effect.volume}"
        command = (SHELL, "-c", self._config.handlers[effect.name], effect.name, about)
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
            async with asyncio.timeout(self._config.handler_timeout):
                return max(await process.wait(), 0)
        except TimeoutError:
            self._said(f"{effect.name} took more than {self._config.handler_timeout} s: killed")
            _kill(process)
            await process.wait()
            return TOOK_TOO_LONG

    def _environment(self, volume: int | None) -> dict[str, str]:
        volumes = self._config.volumes if volume is None else (volume,)
        numbers = " ".join(map(str, volumes))
        return {
            **ENVIRONMENT,
            "DRBD_RESOURCE": self._config.name,
            "DRBD_MINOR": numbers,
            "DRBD_VOLUME": numbers,
            "DRBD_PEER_AF": "ipv6" if self._peer.is_ipv6 else "ipv4",
            "DRBD_PEER_ADDRESS": self._peer.host,
        }


def _kill(process: Process) -> None:
    """SIGKILL to it and to all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:  # it has just ended
        return
