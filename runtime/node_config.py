"""What one node is: its resource, its addresses and its disks; as objects, and as JSON."""

import ipaddress
import json
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, Final, Self

from generated.layouts.configuration import ReplicationProtocol, SplitBrainPolicy
from runtime.config import (
    HELPERS,
    DiskOptions,
    NetOptions,
    OnNoDataAccessible,
    ResourceConfig,
)
from runtime.errors import ConfigError

PORT_MAX: Final = 65535
META_INDEX_MAX: Final = 255  # metadata 1.1: of a device with meta-data of several volumes


class DiskMode(Enum):
    """How requests reach the drive."""

    BUFFERED = "buffered"
    """By way of the page cache; a flush makes them durable."""
    DIRECT = "direct"
    """Past the page cache (O_DIRECT)."""
    DSYNC = "dsync"
    """Each write is durable when it is finished (as with O_DSYNC)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a node listens: an IP address, as DRBD's configuration has it, and a port."""

    host: str
    port: int

    def __post_init__(self) -> None:
        try:
            ipaddress.ip_address(self.host)
        except ValueError as error:
            raise ConfigError(f"{self.host!r} is no IP address") from error
        if not 1 <= self.port <= PORT_MAX:
            raise ConfigError(f"port {self.port} must be 1 to {PORT_MAX}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `127.0.0.1:7788` or `[::1]:7788`."""
        host, colon, port = text.rpartition(":")
        if not colon or not (port.isascii() and port.isdecimal()):
            raise ConfigError(f"{text!r} is no address; write 127.0.0.1:7788 or [::1]:7788")
        is_bracketed = host.startswith("[") and host.endswith("]")
        if ":" in host and not is_bracketed:
            raise ConfigError(f"{text!r}: an IPv6 address stands in brackets, as in [::1]:7788")
        return cls(host[1:-1] if is_bracketed else host, int(port))

    @property
    def is_ipv6(self) -> bool:
        """Which of the two families it is of."""
        return ":" in self.host

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if self.is_ipv6 else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class DiskPath:
    """Which file or block device holds a volume, and which its meta-data if that is external."""

    path: Path
    meta_path: Path | None = None
    mode: DiskMode = DiskMode.BUFFERED
    meta_index: int | None = None
    """In which window of `meta_path`, which others may use the other windows of."""

    def __post_init__(self) -> None:
        if self.meta_index is not None and self.meta_path is None:
            raise ConfigError("a meta_index needs a meta_path")
        if not 0 <= (self.meta_index or 0) <= META_INDEX_MAX:
            raise ConfigError(f"meta_index {self.meta_index} must be 0 to {META_INDEX_MAX}")

    @property
    def needs(self) -> tuple[str, ...]:
        """All that it must have for itself, as messages call it."""
        window = "" if self.meta_index is None else f" [{self.meta_index}]"
        meta = (f"{self.meta_path.resolve()}{window}",) if self.meta_path else ()
        return (str(self.path.resolve()), *meta)


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS 1.3 on both sockets, between two nodes of ours; a kernel as the peer speaks none.

    Each node needs a certificate with a DNS name in it, and its key.
    """

    certificate: Path
    key: Path
    authority: Path
    """Certificates of those who may sign the peer's."""
    peer_name: str
    """The DNS name that the peer's certificate must have."""

    def __post_init__(self) -> None:
        if not self.peer_name:
            raise ConfigError("tls needs the peer's name, as it is in its certificate")


@dataclass(frozen=True, slots=True)
class NbdTls:
    """TLS 1.3 for NBD's clients, each with a certificate that one of the authority has signed."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True, slots=True)
class NbdConfig:
    """Where clients find the node's volumes by NBD."""

    unix: Path | None = None
    """A socket in the file system, for this node's user alone."""
    address: Address | None = None
    tls: NbdTls | None = None
    insecure: bool = False
    """Whether whoever reaches the address may do everything, and read along."""
    read_only: bool = False

    def __post_init__(self) -> None:
        if self.unix is None and self.address is None:
            raise ConfigError("nbd needs a path (unix) or an address")
        if self.address is not None and self.tls is None and not self.insecure:
            raise ConfigError(
                "nbd on an address needs tls; without it everybody there is let in, which"
                " has to be said: insecure"
            )


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """One node of a resource."""

    name: str
    resource: ResourceConfig
    address: Address
    peer: Address
    disks: Mapping[int, DiskPath]
    """Volume number -> its disk; a volume without one is diskless."""
    tls: Tls | None = None
    resync_count_max: int = 0
    """How many volumes of this node may resync at once, 0 for all; not one of DRBD's options."""
    peer_name: str = ""
    """The peer's host name, as the administrator's programs know it; its address if empty."""
    drbd_conf: str = "/etc/drbd.conf"
    """Where those programs are to find DRBD's configuration; this node does not read it."""
    nbd: NbdConfig | None = None
    """How the volumes are given to applications."""

    def __post_init__(self) -> None:
        if not self.name or any(letter.isspace() or letter == "/" for letter in self.name):
            raise ConfigError(f"{self.name!r} is no name of a node: no blanks, no slash")
        if any(letter.isspace() for letter in self.peer_name):
            raise ConfigError(f"{self.peer_name!r} is no host name: no blanks")
        for number in self.disks:
            if number not in self.resource.volumes:
                known = ", ".join(map(str, sorted(self.resource.volumes)))
                raise ConfigError(f"a disk for volume {number}, the resource has {known}")
        if self.resync_count_max < 0:
            raise ConfigError(f"resync-count-max is {self.resync_count_max}, which is less than 0")
        if self.address.is_ipv6 != self.peer.is_ipv6:
            raise ConfigError(f"{self.address} and {self.peer} are of two families")
        if self.address == self.peer:
            raise ConfigError(f"{self.address} is both nodes' address")
        needs = [it for disk in self.disks.values() for it in disk.needs]
        for it in needs:
            if needs.count(it) > 1:
                raise ConfigError(f"{it} is used twice")


def read_config(path: Path) -> NodeConfig:
    """Read a file that has what `to_json` writes."""
    try:
        return from_json(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(error)) from error


def from_json(text: str) -> NodeConfig:
    """Read what `to_json` writes; what is left out has its default."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"no JSON: {error}") from error
    top = _object(content, "the configuration", [field.name for field in fields(NodeConfig)])
    for name in ("name", "address", "peer"):
        if name not in top:
            raise ConfigError(f"the configuration has no {name}")
    disks = _numbered(top.get("disks", {}), "disks")
    return NodeConfig(
        _value(top["name"], str, "name"),
        _resource(top.get("resource", {})),
        Address.parse(_value(top["address"], str, "address")),
        Address.parse(_value(top["peer"], str, "peer")),
        {number: _disk_path(it, f"disks.{number}") for number, it in disks.items()},
        _tls(top["tls"]) if top.get("tls") is not None else None,
        _value(top.get("resync_count_max", 0), int, "resync_count_max"),
        nbd=_nbd(top["nbd"]) if top.get("nbd") is not None else None,
        **{name: _value(top[name], str, name) for name in _TEXTS if name in top},
    )


_TEXTS: Final = ("peer_name", "drbd_conf")
"""What a node may be told beside its resource, as texts."""

_OF_THE_RESOURCE: Final[Mapping[str, type[Any]]] = {
    "name": str,
    "trace_flows": bool,
    "on_no_data_accessible": OnNoDataAccessible,
    "handler_timeout": int,
}


def _all_texts(kind: type[Any], content: object, place: str) -> dict[str, str]:
    """The fields of a kind, of which none may be left out."""
    names = [field.name for field in fields(kind)]
    given = _object(content, place, names)
    for name in names:
        if name not in given:
            raise ConfigError(f"{place} has no {name}")
    return {name: _value(given[name], str, f"{place}.{name}") for name in names}


def _nbd(content: object) -> NbdConfig:
    given = _object(content, "nbd", [field.name for field in fields(NbdConfig)])
    given = {name: it for name, it in given.items() if it is not None}
    if "unix" in given:
        given["unix"] = Path(_value(given["unix"], str, "nbd.unix"))
    if "address" in given:
        given["address"] = Address.parse(_value(given["address"], str, "nbd.address"))
    if "tls" in given:
        words = _all_texts(NbdTls, given["tls"], "nbd.tls")
        given["tls"] = NbdTls(**{name: Path(word) for name, word in words.items()})
    for name in ("insecure", "read_only"):
        given[name] = _value(given.get(name, False), bool, f"nbd.{name}")
    return NbdConfig(**given)


def _tls(content: object) -> Tls:
    words = _all_texts(Tls, content, "tls")
    peer_name = words.pop("peer_name")
    return Tls(**{name: Path(word) for name, word in words.items()}, peer_name=peer_name)


def _resource(content: object) -> ResourceConfig:
    names = [field.name for field in fields(ResourceConfig)]
    given = dict(_object(content, "resource", names))
    if "net" in given:
        given["net"] = _options(NetOptions, given["net"], "resource.net")
    if "volumes" in given:
        given["volumes"] = {
            number: _options(DiskOptions, it, f"resource.volumes.{number}")
            for number, it in _numbered(given["volumes"], "resource.volumes").items()
        }
    for name, kind in _OF_THE_RESOURCE.items():
        if name in given:
            given[name] = _value(given[name], kind, f"resource.{name}")
    if "handlers" in given:
        names = [name.replace("-", "_") for name in HELPERS]
        given["handlers"] = {
            name.replace("_", "-"): _value(line, str, f"resource.handlers.{name}")
            for name, line in _object(given["handlers"], "resource.handlers", names).items()
        }
    return ResourceConfig(**given)


def _disk_path(content: object, place: str) -> DiskPath:
    if isinstance(content, str):
        return DiskPath(Path(content))
    given = _object(content, place, [field.name for field in fields(DiskPath)])
    if "path" not in given:
        raise ConfigError(f"{place} has no path")
    meta, index = given.get("meta_path"), given.get("meta_index")
    return DiskPath(
        Path(_value(given["path"], str, f"{place}.path")),
        None if meta is None else Path(_value(meta, str, f"{place}.meta_path")),
        _value(given.get("mode", DiskMode.BUFFERED.value), DiskMode, f"{place}.mode"),
        None if index is None else _value(index, int, f"{place}.meta_index"),
    )


def _options(kind: type[Any], content: object, place: str) -> Any:
    """Options by their names, with a hyphen or an underscore."""
    return kind(**options_of(kind, content, place))


def options_of(kind: type[Any], content: object, place: str) -> dict[str, Any]:
    """Some options of a kind, by the names of its fields; ConfigError for what is none of them."""
    kinds = typing.get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    given = _object(content, place, names)
    return {name: _value(it, kinds[name], f"{place}.{name}") for name, it in given.items()}


def _object(content: object, place: str, names: typing.Iterable[str]) -> dict[str, Any]:
    """A JSON object that has no other names than these."""
    if not isinstance(content, dict):
        raise ConfigError(f"{place} is no object but {json.dumps(content)}")
    known = list(names)
    given = {}
    for word, value in content.items():
        name = word.replace("-", "_")
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f', did you mean "{near[0]}"?' if near else f"; it has {', '.join(known)}"
            raise ConfigError(f"{place} has no {word}{hint}")
        given[name] = value
    return given


def _numbered(content: object, place: str) -> dict[int, Any]:
    if not isinstance(content, dict):
        raise ConfigError(f"{place} is no object but {json.dumps(content)}")
    for word in content:
        if not (word.isascii() and word.isdecimal()):
            raise ConfigError(f"{place}: {word!r} is no volume's number")
    return {int(word): value for word, value in content.items()}


_Kind = typing.TypeVar("_Kind")


def _value(content: object, kind: type[_Kind], place: str) -> _Kind:
    """A value of this kind; of an enum its value or its name."""
    if issubclass(kind, Enum):
        for member in kind:
            if content in (member.value, spelled(member)) and not isinstance(content, bool):
                return member
        words = ", ".join(spelled(member) for member in kind)
        raise ConfigError(f"{place} is {json.dumps(content)}, which must be one of {words}")
    if not isinstance(content, kind) or (isinstance(content, bool) and kind is not bool):
        word = {str: "a text", int: "a number", bool: "true or false"}[kind]
        raise ConfigError(f"{place} is {json.dumps(content)}, which must be {word}")
    return content


def spelled(member: Enum) -> str:
    """A choice as people write it."""
    if isinstance(member, ReplicationProtocol):
        return member.name
    if isinstance(member, SplitBrainPolicy):
        return member.name.lower().replace("_", "-")
    return str(member.value)


def to_json(config: NodeConfig) -> str:
    """The configuration as JSON, which `from_json` reads."""
    return json.dumps(_plain(config), indent=2)


def _plain(it: object) -> object:
    match it:
        case Enum():
            return spelled(it)
        case Address() | Path():
            return str(it)
        case Mapping():
            return {str(key): _plain(value) for key, value in it.items()}
        case NodeConfig() | ResourceConfig() | NetOptions() | DiskOptions() | DiskPath() | Tls():
            return {field.name: _plain(getattr(it, field.name)) for field in fields(it)}
        case NbdConfig() | NbdTls():
            return {field.name: _plain(getattr(it, field.name)) for field in fields(it)}
        case _:
            return it
