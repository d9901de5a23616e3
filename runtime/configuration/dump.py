"""A configuration in normal form: as `drbdadm dump` of 8.4 writes it, and as JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from runtime.configuration.model import (
    Configuration,
    Given,
    Host,
    Option,
    Resource,
    Sections,
    Volume,
)
from runtime.configuration.options import GLOBAL, RULES, Kind
from runtime.configuration.problems import did_you_mean
from runtime.configuration.statements import quoted_name
from runtime.configuration.syntax import quoted
from runtime.errors import ConfigError
from runtime.node_config import Address

INDENT: Final = "    "
VALUE_COLUMN: Final = 24  # where values begin, as in drbdadm's dumps


def dump(configuration: Configuration, resource: str = "") -> str:
    """All of a configuration, or one resource of it, as text that reads back to the same."""
    lines: list[str] = []
    if not resource:
        lines += [f"# {configuration.name}"]
        if configuration.settings is not None:
            lines += ["global {", *_options(configuration.settings, GLOBAL, 1), "}", ""]
        if configuration.common is not None:
            lines += ["common {", *_sections(configuration.common), "}", ""]
    for it in _chosen(configuration, resource):
        lines += [f"# defined at {it.place.file}:{it.place.line}"]
        lines += [f"resource {quoted_name(it.name)} {{", *_resource(it), "}", ""]
    return "\n".join(lines) + "\n"


def dump_json(configuration: Configuration, resource: str = "") -> str:
    """The same as one JSON object, with each number in its own unit."""
    content: dict[str, Any] = {"files": list(configuration.files)}
    if not resource:
        content["global"] = _values(configuration.settings or {})
        content["common"] = _section_values(configuration.common or Sections())
    content["resources"] = [_resource_values(it) for it in _chosen(configuration, resource)]
    content["not_used"] = [
        {"place": str(it.place), "section": it.section, "option": it.name, "reason": it.reason}
        for it in configuration.unused
    ]
    return json.dumps(content, indent=2)


def _chosen(configuration: Configuration, name: str) -> list[Resource]:
    resources = configuration.resources
    if name and name not in resources:
        hint = did_you_mean(name, list(resources))
        raise ConfigError(f"{configuration.name} has no resource {name}{hint}")
    return [resources[name]] if name else list(resources.values())


def _resource(resource: Resource) -> Iterator[str]:
    for host in resource.hosts:
        yield from _host(host)
    yield from _sections(resource.sections)


def _host(host: Host) -> Iterator[str]:
    names = " ".join(map(quoted_name, host.names))
    head = f"on {names}" if host.names else f"floating {_address(host.address)}"
    yield f"{INDENT}{head} {{"
    yield from _block("options", host.options, 2)
    for number, volume in host.volumes.items():
        if host.is_single:
            yield from _volume(volume, 2)
        else:
            yield f"{INDENT * 2}volume {number} {{"
            yield from _block("disk", volume.options, 3)
            yield from _volume(volume, 3)
            yield f"{INDENT * 2}}}"
    if host.names:
        yield _line("address", _address(host.address), 2)
    yield f"{INDENT}}}"


def _volume(volume: Volume, depth: int) -> Iterator[str]:
    path = quoted(volume.device) if volume.device else ""
    yield _line("device", f"{path} minor {volume.minor}".strip(), depth)
    yield _line("disk", quoted(volume.disk), depth)
    index = "" if volume.meta_index is None else f" [{volume.meta_index}]"
    yield _line("meta-disk", f"{quoted(volume.meta_disk)}{index}", depth)


def _address(address: Address) -> str:
    return f"{'ipv6' if address.is_ipv6 else 'ipv4'} {address}"


def _sections(sections: Sections) -> Iterator[str]:
    for name, given in sections.by_name().items():
        yield from _block(name, given, 1)


def _block(name: str, given: Given, depth: int) -> Iterator[str]:
    """A section that has options; one that has none is left out."""
    if given:
        yield f"{INDENT * depth}{name} {{"
        yield from _options(given, RULES[name], depth + 1)
        yield f"{INDENT * depth}}}"


def _options(given: Given, rules: Mapping[str, Any], depth: int) -> Iterator[str]:
    for option in given.values():
        kind = rules[option.name].kind
        if kind is Kind.MARK:
            yield f"{INDENT * depth}{option.name};"
        else:
            text = option.text if kind is Kind.WORDS else quoted(option.text)
            yield _line(option.name, f"{text:>3}", depth)


def _line(name: str, value: str, depth: int) -> str:
    """A name and its value, in columns."""
    width = VALUE_COLUMN - len(INDENT) * depth
    return f"{INDENT * depth}{name:<{width}} {value};"


def _values(given: Mapping[str, Option]) -> dict[str, Any]:
    return {name: option.value for name, option in given.items()}


def _section_values(sections: Sections) -> dict[str, Any]:
    return {name: _values(given) for name, given in sections.by_name().items() if given}


def _resource_values(resource: Resource) -> dict[str, Any]:
    return {
        "name": resource.name,
        **_section_values(resource.sections),
        "hosts": [_host_values(it) for it in resource.hosts],
    }


def _host_values(host: Host) -> dict[str, Any]:
    return {
        "names": list(host.names),
        "address": str(host.address),
        **({"options": _values(host.options)} if host.options else {}),
        "volumes": {
            str(number): {
                "device": it.device or f"/dev/drbd{it.minor}",
                "minor": it.minor,
                "disk": it.disk,
                "meta_disk": it.meta_disk,
                **({} if it.meta_index is None else {"meta_index": it.meta_index}),
                **({"options": _values(it.options)} if it.options else {}),
            }
            for number, it in host.volumes.items()
        },
    }
