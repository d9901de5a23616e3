"""What systemd and a service tell each other, and the unit file; nothing where there is none."""

import os
import socket
from typing import Final

UNIT: Final = """\
# /etc/systemd/system/dotmirror.service, as `dotmirror run --print-unit` prints it.
[Unit]
Description=dotmirror: block devices mirrored in the way of DRBD
Documentation=https://docs.linbit.com/docs/users-guide-8.4/
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
RuntimeDirectory=dotmirror
RuntimeDirectoryMode=0700
Restart=on-failure
RestartSec=2
# An event loop that hangs for so long is ended, and begins again.
WatchdogSec=30
# A peer or a disk that does not answer is waited for a while at the end.
TimeoutStopSec=60
KillMode=mixed
# What holds others' disks is the last to go when memory is short.
OOMScoreAdjust=-900
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
"""


class Supervisor:
    """Whoever has started the service, if they asked to be told how it is."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")

    @property
    def watchdog_s(self) -> float | None:
        """How often it wants to hear of us; None if it does not look."""
        duration_us, process = os.environ.get("WATCHDOG_USEC"), os.environ.get("WATCHDOG_PID")
        if not self._address or not duration_us or not duration_us.isdecimal():
            return None
        if process not in (None, str(os.getpid())):
            return None
        return int(duration_us) / 2e6  # half of it, as sd_watchdog_enabled(3) advises

    def tell(self, words: str) -> None:
        """READY=1, STOPPING=1, WATCHDOG=1; it must never be what a service fails of."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaking:
            speaking.settimeout(0)
            try:
                speaking.sendto(words.encode(), address)
            except OSError:
                return
