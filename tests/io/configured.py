"""Configurations in drbd.conf's syntax, of hosts alice and bob on this machine."""

import os
from collections.abc import Mapping
from pathlib import Path

from tests.runtime.io.scripted import free_addresses

DISK_SIZE_BYTES = 4 << 20
COMMON = """global { usage-count no; }
common {
  net { protocol C; connect-int 1; verify-alg sha1; }
  disk { resync-rate 1G; c-plan-ahead 0; }
}
"""


def blank(path: Path) -> Path:
    """A file of holes."""
    with path.open("xb") as file:
        os.truncate(file.fileno(), DISK_SIZE_BYTES)
    return path


def resources(folder: Path, inner: Mapping[str, str], meta: str = "internal") -> dict[str, str]:
    """The text of resources of one volume, by name, with files for their disks.

    `meta` says where meta-data lie, with {host} and {minor} in it.
    """
    addresses = free_addresses(2 * len(inner))
    texts = {}
    for minor, (name, options) in enumerate(inner.items()):
        hosts = [
            f"  on {host} {{ address {addresses.pop()}; disk {blank(folder / f'{host}-{name}')};"
            f" meta-disk {meta.format(host=host, minor=minor)}; }}"
            for host in ("alice", "bob")
        ]
        head = f"resource {name} {{ device minor {minor}; {options}"
        texts[name] = "\n".join([head, *hosts, "}\n"])
    return texts


def configuration(folder: Path, inner: Mapping[str, str]) -> Path:
    """A file with all of them."""
    path = folder / "drbd.conf"
    path.write_text(COMMON + "".join(resources(folder, inner).values()))
    return path
