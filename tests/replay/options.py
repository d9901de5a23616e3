"""drbdsetup's options as settings of our node; one that it does not have is not covered."""

from dataclasses import fields
from enum import Enum
from typing import Any, Final

from generated.layouts.configuration import ReplicationProtocol, SplitBrainPolicy
from runtime.config import DiskOptions, NetOptions, ResourceConfig
from tests.replay.manifest import Scenario, Side, minor_of

WITHOUT_MEANING: Final = frozenset(
    {
        "tcp-cork",  # how bytes are cut into segments, which no peer can see
        "disk-barrier",  # a means of ordering writes that kernels have not had for long
        "discard-my-data",  # goes with the command to connect
    }
)


class NotCovered(Exception):  # noqa: N818  # what is said of a conversation
    """Our node has not learned what this conversation is about."""


def resource_config(scenario: Scenario, side: Side) -> ResourceConfig:
    """One side's settings in a scenario."""
    volumes = {
        volume: DiskOptions(
            minor=minor_of(side, volume),
            **known(DiskOptions, scenario.options_of_attach(side, volume)),
        )
        for volume in scenario.disks(side)
    }
    net = NetOptions(**known(NetOptions, scenario.options_of_connect(side)))
    return ResourceConfig(name=side.resource, net=net, volumes=volumes, trace_flows=True)


def parsed(options: str) -> dict[str, str]:
    """`--name=value` or `--name`, as a table."""
    found = (word.removeprefix("--").partition("=") for word in options.split())
    return {name: value or "yes" for name, _, value in found}


def known(kind: type[NetOptions] | type[DiskOptions], options: str) -> dict[str, Any]:
    names = {option.name: option.type for option in fields(kind)}
    result = {}
    for name, value in parsed(options).items():
        field_name = name.replace("-", "_")
        if name in WITHOUT_MEANING:
            continue
        if field_name not in names:
            raise NotCovered(f"--{name}")
        result[field_name] = _value(names[field_name], value)
    return result


def _value(kind: object, value: str) -> Any:
    if kind is int:
        return int(value)
    if kind is bool:
        return value == "yes"
    if kind is ReplicationProtocol:
        return ReplicationProtocol[value]
    if kind is SplitBrainPolicy:
        return SplitBrainPolicy[value.upper().replace("-", "_")]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return value
