"""The options of `dotmirror run` that give its volumes to clients of NBD."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from runtime.cli.options import OptionGroup
from runtime.errors import ConfigError
from runtime.node_config import Address, NbdConfig, NbdTls

UNIX: Final = "unix:"
TLS_FILES: Final = ("server-cert.pem", "server-key.pem", "ca-cert.pem")
"""Certificate, key and the clients' authority, by the names that qemu and nbdkit give them."""


nbd_options: Final = OptionGroup(
    click.option(
        "--nbd",
        "nbd_places",
        metavar="PLACE",
        multiple=True,
        help="Serve the volumes by NBD, at unix:PATH or at an address as 10.0.0.1:10809.",
    ),
    click.option(
        "--nbd-tls",
        metavar="FOLDER",
        type=click.Path(path_type=Path),
        help=f"With TLS at that address: a folder with {', '.join(TLS_FILES)}.",
    ),
    click.option("--nbd-insecure", is_flag=True, help="Let everybody in at that address."),
    click.option("--nbd-read-only", is_flag=True, help="Offer them no writes."),
)


def nbd_config(given: Mapping[str, Any]) -> NbdConfig | None:
    """What was typed, taken together; None without --nbd."""
    places = given["nbd_places"]
    if not places:
        for name in ("nbd_tls", "nbd_insecure", "nbd_read_only"):
            if given[name]:
                raise click.UsageError(f"--{name.replace('_', '-')} means nothing without --nbd")
        return None
    paths = [Path(it.removeprefix(UNIX)) for it in places if it.startswith(UNIX)]
    addresses = [_address(it) for it in places if not it.startswith(UNIX)]
    if max(len(paths), len(addresses)) > 1:
        raise click.UsageError("--nbd takes one path and one address")
    folder = given["nbd_tls"]
    if not addresses and (folder is not None or given["nbd_insecure"]):
        raise click.UsageError("--nbd-tls and --nbd-insecure are for --nbd with an address")
    if addresses and folder is None and not given["nbd_insecure"]:
        raise click.UsageError(
            "--nbd with an address needs --nbd-tls; without it everybody there is let in,"
            " which has to be said: --nbd-insecure"
        )
    return NbdConfig(
        unix=paths[0] if paths else None,
        address=addresses[0] if addresses else None,
        tls=None if folder is None else NbdTls(*(folder / name for name in TLS_FILES)),
        insecure=given["nbd_insecure"],
        read_only=given["nbd_read_only"],
    )


def _address(place: str) -> Address:
    try:
        return Address.parse(place)
    except ConfigError as error:
        raise click.UsageError(
            f"--nbd {place}: write unix:PATH, or an address ({error})"
        ) from error
