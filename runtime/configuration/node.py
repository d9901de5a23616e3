"""One node of a configuration: this host's side of a resource, and the other one as its peer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.configuration.model import Configuration, Given, Host, Resource, Volume
from runtime.configuration.options import HOST_POLICY, RULES
from runtime.configuration.problems import ConfigurationError, Problem
from runtime.configuration.sections import volumes_meant
from runtime.configuration.sides import (
    IsOwn,
    nobodys,
    peer_of,
    resource_of,
    resources_of,
    side_of,
    wrong,
)
from runtime.errors import ConfigError
from runtime.node_config import DiskPath, NodeConfig, options_of

USUAL_FILE: Final = "/etc/drbd.conf"


def node_configs(
    configuration: Configuration,
    names: Sequence[str] = (),
    *,
    host: str,
    peer: str = "",
    is_own: IsOwn = nobodys,
) -> list[NodeConfig]:
    """The nodes that a host runs, of the resources that are named or of all that it has.

    ConfigurationError has all that is wrong with them.
    """
    found = (
        [resource_of(configuration, name) for name in dict.fromkeys(names)]
        if names
        else resources_of(configuration, host, is_own)
    )
    nodes: list[NodeConfig] = []
    problems: list[Problem] = []
    for it in found:
        try:
            nodes.append(node_config(configuration, it.name, host=host, peer=peer, is_own=is_own))
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(problems)
    return nodes


def node_config(
    configuration: Configuration,
    resource: str,
    *,
    host: str,
    peer: str = "",
    is_own: IsOwn = nobodys,
) -> NodeConfig:
    """The node that a host runs for a resource; the peer is named where there are several."""
    it = resource_of(configuration, resource)
    own = side_of(it, host, is_own)
    other = peer_of(it, own, peer)
    try:
        config = ResourceConfig(
            name=it.name,
            net=NetOptions(**_net_options(configuration, it, own)),
            volumes={
                number: _disk_options(configuration, it, volume)
                for number, volume in own.volumes.items()
            },
            handlers={name: option.text for name, option in configuration.handlers_of(it).items()},
            **_used("options", ResourceConfig, configuration.options_of(it, own)),
        )
        return NodeConfig(
            host if host in own.names else own.address.host,
            config,
            own.address,
            other.address,
            {n: _disk_path(v) for n, v in own.volumes.items() if v.disk != "none"},
            peer_name=other.names[0] if other.names else "",
            drbd_conf=_drbd_conf(configuration),
        )
    except ConfigError as error:
        raise wrong(it.place, f"resource {it.name}: {error}") from error


def _drbd_conf(configuration: Configuration) -> str:
    """The file that the administrator's programs are told of; several can't be told."""
    return configuration.files[0] if len(configuration.files) == 1 else USUAL_FILE


def _used(section: str, kind: type[Any], given: Given) -> dict[str, Any]:
    """The options that this node has, by the names of its fields."""
    rules = RULES[section]
    values = {name: it.value for name, it in given.items() if not rules[name].unused}
    return options_of(kind, values, section)


def _net_options(configuration: Configuration, resource: Resource, own: Host) -> Mapping[str, Any]:
    given = dict(configuration.net_of(resource))
    policy = given.get("after-sb-0pri")
    values: dict[str, Any] = {}
    if policy and policy.text.startswith(HOST_POLICY):
        is_own = own.is_called(policy.text.removeprefix(HOST_POLICY))
        word = "discard-local" if is_own else "discard-remote"
        values = options_of(NetOptions, {"after-sb-0pri": word}, "net")
        del given["after-sb-0pri"]
    return _used("net", NetOptions, given) | values


def _disk_options(configuration: Configuration, resource: Resource, volume: Volume) -> DiskOptions:
    used = _used("disk", DiskOptions, configuration.disk_of(resource, volume))
    if "resync_after" in used:
        meant = volumes_meant(used["resync_after"], configuration)
        used["resync_after"] = meant[0] if meant else ""
    return DiskOptions(minor=volume.minor, **used)


def _disk_path(volume: Volume) -> DiskPath:
    meta = None if volume.meta_disk == "internal" else Path(volume.meta_disk)
    return DiskPath(Path(volume.disk), meta, meta_index=volume.meta_index)
