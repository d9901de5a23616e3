"""The nodes that the words of a command line name, from JSON and from drbd.conf's syntax.

A word is a file or a folder where there is one of its name, otherwise a resource. What begins with
`{` is the JSON of one node. All other files are one configuration together, as if one included the
others; a folder stands for its *.json, *.conf and *.res.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runtime.configuration.files import read_configuration
from runtime.configuration.model import Configuration
from runtime.configuration.node import node_configs
from runtime.configuration.problems import did_you_mean
from runtime.errors import ConfigError
from runtime.io.own_addresses import is_own
from runtime.node_config import NodeConfig, read_config

SUFFIXES: Final = (".json", ".conf", ".res")


Found = tuple[list[NodeConfig], Configuration | None]
"""Nodes, and the configuration that some of them are of."""


@dataclass(frozen=True, slots=True)
class Side:
    """Whose nodes are meant, and of several possible peers which; empty where it is clear."""

    host: str
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What words name."""

    nodes: tuple[Path, ...]
    """Files of JSON."""
    files: tuple[Path, ...]
    """Files of a configuration."""
    resources: tuple[str, ...]


def named(words: Iterable[str]) -> Named:
    """Tell files of both kinds and resources apart."""
    found: list[Path] = []
    resources = []
    for word in words:
        path = Path(word)
        if path.is_dir():
            found += _files_of(path)
        elif path.exists():
            found.append(path)
        else:
            resources.append(word)
    nodes = tuple(it for it in found if _is_json(it))
    return Named(nodes, tuple(it for it in found if it not in nodes), tuple(resources))


def _files_of(folder: Path) -> list[Path]:
    found = sorted(it for it in folder.iterdir() if it.suffix in SUFFIXES and it.is_file())
    if not found:
        raise ConfigError(f"{folder} has no file {', '.join(f'*{it}' for it in SUFFIXES)}")
    return found


def _is_json(path: Path) -> bool:
    """Whether a file has the JSON of a node; a pipe can't be looked into, and has."""
    return not path.is_file() or path.read_bytes().lstrip()[:1] == b"{"


def read_nodes(words: Sequence[str], usual_file: Callable[[str], str], side: Side) -> Found:
    """The nodes that words name; the usual file is read where a configuration is not named."""
    it = named(words)
    nodes = read_json(it.nodes)
    if it.nodes and not it.files and not it.resources:
        return nodes, None
    why = f"{it.resources[0]} is no file, and as a resource: " if it.resources else ""
    configuration = read_configuration(*(it.files or (usual_file(why),)))
    known = list(configuration.resources)
    for name in it.resources:
        if name not in known:
            hint = did_you_mean(name, known)
            raise ConfigError(f"{name} is no file, and no resource of {configuration.name}{hint}")
    return nodes + _nodes(configuration, it.resources, side), configuration


def read_resources(path: str, names: Sequence[str], side: Side) -> Found:
    """The nodes of some resources of a configuration, or of all that the host has."""
    configuration = read_configuration(path)
    return _nodes(configuration, names, side), configuration


def _nodes(configuration: Configuration, names: Sequence[str], side: Side) -> list[NodeConfig]:
    return node_configs(configuration, names, host=side.host, peer=side.peer, is_own=is_own)


def read_json(paths: Iterable[Path]) -> list[NodeConfig]:
    """The nodes of files of JSON; ConfigError names the file that is wrong."""
    found = []
    for path in paths:
        try:
            found.append(read_config(path))
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error
    return found
