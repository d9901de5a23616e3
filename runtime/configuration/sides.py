"""Who is who in a resource: this host's side of it, and the peer's."""

from collections.abc import Callable

from runtime.configuration.model import Configuration, Host, Resource
from runtime.configuration.problems import (
    ConfigurationError,
    Place,
    Problem,
    did_you_mean,
)
from runtime.errors import ConfigError
from runtime.node_config import Address

IsOwn = Callable[[Address], bool]
"""Whether an address is one of this machine, which is how a floating host is found."""


def nobodys(_address: Address) -> bool:
    """Nothing is found by its address."""
    return False


def wrong(place: Place, sentence: str) -> ConfigurationError:
    """The one thing that is wrong."""
    return ConfigurationError([Problem(place, sentence)])


def resource_of(configuration: Configuration, name: str) -> Resource:
    """The resource of a name; ConfigError if there is no such."""
    found = configuration.resources.get(name)
    if found is None:
        hint = did_you_mean(name, list(configuration.resources))
        raise ConfigError(f"{configuration.name} has no resource {name}{hint}")
    return found


def resources_of(
    configuration: Configuration, host: str, is_own: IsOwn = nobodys
) -> list[Resource]:
    """The resources that a host has; ConfigError if there are none."""
    resources = configuration.resources.values()
    if found := [it for it in resources if side_if_any(it, host, is_own)]:
        return found
    hosts = {str(side) for it in resources for side in it.hosts}
    known = f"it has those of {', '.join(sorted(hosts))}" if hosts else "it has none at all"
    raise ConfigError(f"{configuration.name} has no resource of {host}, {known}")


def side_if_any(resource: Resource, host: str, is_own: IsOwn = nobodys) -> Host | None:
    """A host's side of a resource, if it has one."""
    called = [it for it in resource.hosts if it.is_called(host)]
    floating = [it for it in resource.hosts if not it.names and is_own(it.address)]
    return next(iter([*called, *floating]), None)


def side_of(resource: Resource, host: str, is_own: IsOwn = nobodys) -> Host:
    """A host's side of a resource; ConfigurationError if it has none."""
    found = side_if_any(resource, host, is_own)
    if found is None:
        known = ", ".join(map(str, resource.hosts)) or "no host"
        raise wrong(resource.place, f"resource {resource.name} is not on {host}, it is on {known}")
    return found


def peer_of(resource: Resource, own: Host, name: str) -> Host:
    """The other side of a resource, or of several the one of a name."""
    others = [it for it in resource.hosts if it is not own]
    if name:
        others = [it for it in others if it.is_called(name)]
    if len(others) == 1:
        return others[0]
    if not others:
        what = f"no peer {name}" if name else "one host only"
        raise wrong(resource.place, f"resource {resource.name} has {what}")
    known = ", ".join(map(str, others))
    sentence = f"resource {resource.name} has {len(others)} possible peers, name one of {known}"
    raise wrong(resource.place, sentence)
