"""A real Linux kernel in an emulated machine: boot it, tell it what to do, pull its cable, kill it.

    with Guest(disks=[path], console=log, ports={7788: host_port}) as guest:
        print(guest.run("cat /proc/drbd"))

The emulation is QEMU's own (`tcg`): neither a module of this machine's kernel nor virtualisation is
needed. The guest reaches the host's 127.0.0.1 as HOST_ADDRESS, and nothing else.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

from tests.interop.kernel.build import cache_folder, is_built
from tests.interop.kernel.orders import GuestError, Line, Order

HOST_ADDRESS: Final = "10.0.2.2"
GUEST_ADDRESS: Final = "10.0.2.15"
BOOT_TIMEOUT_S: Final = 120.0  # 7 s on an idle machine
SHUTDOWN_TIMEOUT_S: Final = 10.0
LIFE_S_MAX: Final = 3600  # a guest that everybody forgot ends
MEMORY_MIB: Final = 512
MACHINE: Final = (
    # One processor: with more, the kernel patches code that another one may be running, which the
    # emulation does not always survive.
    *("-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "1", "-m", str(MEMORY_MIB)),
    *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
    *("-append", "console=ttyS0 quiet panic=-1 mitigations=off"),
)


class Guest:
    """One machine; it can be booted again after it was killed."""

    def __init__(
        self,
        *,
        console: Path,
        disks: Sequence[Path] = (),
        volumes: Sequence[str] = (),
        ports: Mapping[int, int] | None = None,
    ) -> None:
        """Have `disks`, then `volumes` by NBD, as /dev/vda ...; `ports` leads to the host's."""
        self.disks = disks
        self.volumes = volumes
        self.console = console
        self.ports = dict(ports or {})
        self._machine: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Boot."""
        self.boot()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Switch off."""
        self.shut_down()

    def boot(self) -> None:
        """Switch it on and wait until it takes orders."""
        if not is_built(cache_folder()) or shutil.which("qemu-system-x86_64") is None:
            raise GuestError("no kernel to boot: run `python -m tests.interop.kernel.build`")
        orders, their_orders = socket.socketpair()
        monitor, their_monitor = socket.socketpair()
        with self.console.open("ab") as log, their_orders, their_monitor:
            wires = (their_orders.fileno(), their_monitor.fileno())
            self._machine = subprocess.Popen(
                [*self._command(), *self._wired(*wires)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=wires,
                start_new_session=True,
            )
        self._line = Line(orders)
        with monitor:
            self._monitor: TextIO = monitor.makefile("rw", encoding="utf-8")
        try:
            self._line.booted.outcome(BOOT_TIMEOUT_S)
        except GuestError as error:
            self.kill()
            raise GuestError(f"it did not boot; its console:\n{self.said()[-2000:]}") from error
        self._monitor.readline()  # QEMU's greeting
        self._tell_machine("qmp_capabilities")

    @property
    def is_running(self) -> bool:
        """Whether it is switched on."""
        return self._machine is not None and self._machine.poll() is None

    def _command(self) -> Iterable[str]:
        cache = cache_folder()
        yield from ("timeout", "--kill-after=5", str(LIFE_S_MAX), "qemu-system-x86_64", *MACHINE)
        yield from ("-kernel", str(cache / "vmlinuz"), "-initrd", str(cache / "initrd"))
        for number, disk in enumerate((*self.disks, *self.volumes)):
            path = str(disk).replace(",", ",,")
            yield from ("-drive", f"if=none,id=d{number},format=raw,discard=unmap,file={path}")
            yield from ("-device", f"virtio-blk-pci,drive=d{number}")

    def _wired(self, orders: int, monitor: int) -> Iterable[str]:
        console = str(self.console).replace(",", ",,")
        yield from ("-chardev", f"file,id=console,append=on,path={console}")
        yield from ("-serial", "chardev:console", "-device", "virtio-serial-pci")
        yield from ("-chardev", f"socket,id=orders,fd={orders}")
        yield from ("-device", "virtserialport,chardev=orders,name=orders")
        yield from ("-chardev", f"socket,id=monitor,fd={monitor}")
        yield from ("-mon", "chardev=monitor,mode=control")
        forwards = "".join(
            f",hostfwd=tcp:127.0.0.1:{host}-{GUEST_ADDRESS}:{guest}"
            for guest, host in self.ports.items()
        )
        yield from ("-netdev", f"user,id=net{forwards}")
        yield from ("-device", "virtio-net-pci,netdev=net,id=card,romfile=")

    def kill(self) -> None:
        """End it as a power failure does."""
        if self._machine is None:
            return
        with suppress(ProcessLookupError):  # gone already
            os.killpg(self._machine.pid, signal.SIGKILL)
        self._leave()

    def shut_down(self) -> None:
        """Switch it off, by force if it takes too long."""
        if self._machine is None:
            return
        self._line.hang_up()
        try:
            self._machine.wait(SHUTDOWN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._leave()

    def _leave(self) -> None:
        if self._machine is not None:
            self._machine.wait()
            self._line.close()
            self._monitor.close()
            self._machine = None

    def run(self, script: str, timeout_s: float = 60.0) -> str:
        """What a shell script prints in the guest; a GuestError when it fails."""
        return self._line.run(script, timeout_s)

    def start(self, script: str) -> Order:
        """Let a shell script run in the guest while other things happen."""
        return self._line.start(script)

    def stop(self, order: Order) -> None:
        """Kill a script and all that it started."""
        self._line.stop(order)

    def wait_for(self, condition: str, timeout_s: float) -> None:
        """Wait until a shell command succeeds in the guest."""
        # The guest's own clock may stand still for a while: the host's is what counts.
        self.run(f"until {condition}; do sleep 0.1; done", timeout_s)

    def read(self, path: str) -> bytes:
        """The content of a file in the guest."""
        return self.start(f"cat {path}").outcome().content

    def said(self, since: int = 0) -> str:
        """What the kernel wrote to its console, from a place in it on."""
        return self.console.read_bytes()[since:].decode(errors="replace").replace("\r", "")

    @property
    def said_bytes(self) -> int:
        """How much that is."""
        return self.console.stat().st_size

    def set_cable(self, *, is_plugged: bool) -> None:
        """Pull the network cable, or plug it in: packets are lost, and nobody is told."""
        self._tell_machine("set_link", name="card", up=is_plugged)

    def _tell_machine(self, what: str, **how: Any) -> None:
        self._monitor.write(json.dumps({"execute": what, "arguments": how}) + "\n")
        self._monitor.flush()
        for line in self._monitor:
            answer = json.loads(line)  # or an event, which nobody waits for
            if "error" in answer:
                raise GuestError(f"{what}: {answer['error']['desc']}")
            if "return" in answer:
                return
        raise GuestError(f"the machine went away before {what}")
