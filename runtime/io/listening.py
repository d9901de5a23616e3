"""Sockets on which a node listens for applications."""

import contextlib
import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from runtime.errors import ConfigError
from runtime.node_config import Address

BACKLOG: Final = 64
OWNER_ONLY: Final = 0o600
ALIVE_S_MAX: Final = (
    1.0  # a server that lives lets one connect at once; the kernel does that for it
)


class SocketInUseError(OSError):
    """Somebody listens there."""


class NoSocketError(OSError):
    """Something else is there."""


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


def made_on_path(path: Path) -> socket.socket:
    """A socket in the file system, for this user alone; one that is left there is replaced.

    OSError when that is not possible, of the two kinds above when the place is taken.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(made.fileno(), OWNER_ONLY)  # Linux: the file has it from its beginning
        with _alone(path.parent):
            _remove_dead(path)
            made.bind(os.fspath(path))
            made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def listener_on_path(path: Path) -> socket.socket:
    """The same; ConfigError says what stands in the way."""
    try:
        return made_on_path(path)
    except NoSocketError as error:
        raise ConfigError(f"{path} is there, and no socket") from error
    except SocketInUseError as error:
        raise ConfigError(f"{path}: somebody listens there") from error
    except OSError as error:
        raise ConfigError(f"listening on {path}: {error.strerror or error}") from error


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Those that begin together look one after the other whether the socket is in use."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_dead(path: Path) -> None:
    """Remove a socket that nobody listens on any more."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise NoSocketError
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(ALIVE_S_MAX)
            probe.connect(os.fspath(path))
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        remove(path)
        return
    raise SocketInUseError


def remove(path: Path) -> None:
    """Remove a socket from the file system."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
