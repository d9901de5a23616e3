"""One node of a configuration: this host's side of a resource, and the other one as its peer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.configuration.model import Configuration, Given, Host, Resource, Volume
from runtime.configuration.options import HOST_POLICY, RULES
from runtime.configuration.problems import did_you_mean
from runtime.configuration.sections import volumes_meant
from runtime.errors import ConfigError
from runtime.node_config import DiskPath, NodeConfig, options_of


def node_config(
    configuration: Configuration, resource: str, *, host: str, peer: str = ""
) -> NodeConfig:
    """The node that a host runs for a resource; the peer is named where there are several."""
    it = _resource(configuration, resource)
    own = _host(it, host)
    other = _peer(it, own, peer)
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
            {n: _disk_path(n, v) for n, v in own.volumes.items() if v.disk != "none"},
            peer_name=other.names[0] if other.names else "",
            drbd_conf=configuration.file,
        )
    except ConfigError as error:
        raise ConfigError(f"{it.place}: resource {it.name}: {error}") from error


def _resource(configuration: Configuration, name: str) -> Resource:
    found = configuration.resources.get(name)
    if found is None:
        hint = did_you_mean(name, list(configuration.resources))
        raise ConfigError(f"{configuration.file} has no resource {name}{hint}")
    return found


def _host(resource: Resource, name: str) -> Host:
    found = [it for it in resource.hosts if it.is_called(name)]
    if not found:
        known = ", ".join(map(str, resource.hosts)) or "no host"
        raise ConfigError(
            f"{resource.place}: resource {resource.name} is not on {name}, it is on {known}"
        )
    return found[0]


def _peer(resource: Resource, own: Host, name: str) -> Host:
    others = [it for it in resource.hosts if it is not own]
    if name:
        others = [it for it in others if it.is_called(name)]
    if len(others) == 1:
        return others[0]
    if not others:
        what = f"no peer {name}" if name else "one host only"
        raise ConfigError(f"{resource.place}: resource {resource.name} has {what}")
    known = ", ".join(map(str, others))
    raise ConfigError(
        f"{resource.place}: resource {resource.name} has {len(others)} possible peers, name one"
        f" of {known}"
    )


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


def _disk_path(number: int, volume: Volume) -> DiskPath:
    if volume.meta_index is not None:
        raise ConfigError(
            f"volume {number}: a running node has no meta-data in a window of a device,"
            f" as {volume.meta_disk} [{volume.meta_index}] says; leave the index away"
        )
    meta = None if volume.meta_disk == "internal" else Path(volume.meta_disk)
    return DiskPath(Path(volume.disk), meta)
