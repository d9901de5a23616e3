"""Sockets on which a node listens for applications."""

import contextlib
import os
import socket
import stat
from pathlib import Path
from typing import Final

from runtime.errors import ConfigError
from runtime.node_config import Address

BACKLOG: Final = 64
OWNER_ONLY: Final = 0o600
ALIVE_S_MAX: Final = (
    1.0  # a server that lives lets one connect at once; the kernel does that for it
)


def listener_on(address: Address) -> socket.socket:
    """A socket that listens there; ConfigError when that is not possible."""
    family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address.host, address.port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise ConfigError(f"listening on {address}: {error.strerror}") from error
    return made


def listener_on_path(path: Path) -> socket.socket:
    """A socket in the file system, for this user alone; one that is left there is replaced."""
    _remove_dead(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(made.fileno(), OWNER_ONLY)  # Linux: the file has it from its beginning
        made.bind(os.fspath(path))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise ConfigError(f"listening on {path}: {error.strerror or error}") from error
    return made


def _remove_dead(path: Path) -> None:
    """Remove a socket that nobody listens on any more; ConfigError when it is something else."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ConfigError(f"{path} is there, and no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(ALIVE_S_MAX)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            remove(path)
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror or error}") from error
        else:
            raise ConfigError(f"{path}: somebody listens there")


def remove(path: Path) -> None:
    """Remove a socket from the file system."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
