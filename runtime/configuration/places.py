"""Where the meta-data of a resource's volumes lie on a host, before a node runs there."""

from pathlib import Path
from typing import Final

from runtime.configuration.model import Configuration, Resource, Volume
from runtime.configuration.sides import IsOwn, nobodys, resource_of, resources_of, side_of, wrong
from runtime.errors import ConfigError
from runtime.metadata.placement import FLEXIBLE_EXTERNAL, INTERNAL, Placement

ALL: Final = "all"
MetadataPlace = tuple[Path, Placement]


def metadata_places(
    configuration: Configuration, word: str, *, host: str, is_own: IsOwn = nobodys
) -> list[MetadataPlace]:
    """The places that RESOURCE, RESOURCE/VOLUME or `all` mean; a volume without a disk has none."""
    name, slash, number = word.partition("/")
    resources = (
        resources_of(configuration, host, is_own)
        if word == ALL
        else [resource_of(configuration, name)]
    )
    volumes = [volume for it in resources for volume in side_of(it, host, is_own).volumes.values()]
    if slash:
        volumes = [_volume(resources[0], number, host, is_own)]
    if places := [_place(it) for it in volumes if it.disk != "none"]:
        return places
    raise ConfigError(f"{word} has no disk on {host}")


def _volume(resource: Resource, number: str, host: str, is_own: IsOwn) -> Volume:
    volumes = side_of(resource, host, is_own).volumes
    found = volumes.get(int(number)) if number.isascii() and number.isdecimal() else None
    if found is None:
        known = ", ".join(map(str, volumes))
        raise wrong(
            resource.place, f"resource {resource.name} has no volume {number}, it has {known}"
        )
    return found


def _place(volume: Volume) -> MetadataPlace:
    if volume.meta_disk == "internal":
        return Path(volume.disk), INTERNAL
    if volume.meta_index is None:
        return Path(volume.meta_disk), FLEXIBLE_EXTERNAL
    return Path(volume.meta_disk), Placement.parse(str(volume.meta_index))
