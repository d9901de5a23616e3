"""What a configuration says, as frozen dataclasses; whatever stands closer counts more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runtime.configuration.problems import Place, Unused
from runtime.node_config import Address


@dataclass(frozen=True, slots=True)
class Option:
    """An option that is given: as it was written, and what that is in its own unit."""

    name: str
    text: str
    value: Any = field(compare=False)
    place: Place = field(compare=False)


Given = Mapping[str, Option]
"""Name -> the option; of one that is given twice, the second."""


@dataclass(frozen=True, slots=True)
class Sections:
    """The options of a resource, or those that all resources have in common."""

    options: Given = field(default_factory=dict)
    net: Given = field(default_factory=dict)
    disk: Given = field(default_factory=dict)
    startup: Given = field(default_factory=dict)
    handlers: Given = field(default_factory=dict)

    def by_name(self) -> Mapping[str, Given]:
        """All of them, in the order in which they are shown."""
        return {
            "options": self.options,
            "net": self.net,
            "disk": self.disk,
            "startup": self.startup,
            "handlers": self.handlers,
        }


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume on one host."""

    device: str
    """The device's path; empty where only its minor number is given."""
    minor: int
    disk: str
    """Where its data is; `none` for nowhere."""
    meta_disk: str
    """Where its meta-data is; `internal` for behind the data."""
    meta_index: int | None = None
    options: Given = field(default_factory=dict)
    """Its own options of its disk."""


@dataclass(frozen=True, slots=True)
class Host:
    """One side of a resource."""

    names: tuple[str, ...]
    """None where it is found by its address (`floating`)."""
    address: Address
    volumes: Mapping[int, Volume]
    is_single: bool
    """Whether its one volume is written without a section."""
    options: Given
    place: Place = field(compare=False)

    def is_called(self, name: str) -> bool:
        """Whether this is the host of a name; a floating one is called by its address."""
        return name in self.names or name in (str(self.address), self.address.host)

    def __str__(self) -> str:
        return " ".join(self.names) or str(self.address)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: its own options, and who has it."""

    name: str
    sections: Sections
    hosts: tuple[Host, ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that a file and what it includes say."""

    files: tuple[str, ...] = field(compare=False)
    settings: Given | None
    """The options of the section `global`."""
    common: Sections | None
    resources: Mapping[str, Resource]
    unused: tuple[Unused, ...] = field(compare=False)
    """What is given and not used here, sorted by place."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return ", ".join(self.files)

    def net_of(self, resource: Resource) -> Given:
        """The options of a resource's connection."""
        return {**(self.common or Sections()).net, **resource.sections.net}

    def disk_of(self, resource: Resource, volume: Volume) -> Given:
        """The options of a volume's disk."""
        common = (self.common or Sections()).disk
        return {**common, **resource.sections.disk, **volume.options}

    def options_of(self, resource: Resource, host: Host) -> Given:
        """The options of a resource itself, on one host."""
        common = (self.common or Sections()).options
        return {**common, **resource.sections.options, **host.options}

    def handlers_of(self, resource: Resource) -> Given:
        """The administrator's programs."""
        return {**(self.common or Sections()).handlers, **resource.sections.handlers}
