"""Reads a configuration from its files and from those that they include."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from runtime.configuration.model import Configuration
from runtime.configuration.problems import ConfigurationError, Findings, Place
from runtime.configuration.sections import read_items
from runtime.configuration.syntax import Item, Statement, parse
from runtime.errors import ConfigError

DEFAULT_FILES: Final = ("/etc/drbd-84.conf", "/etc/drbd-83.conf", "/etc/drbd.conf")
"""Where a configuration is looked for, in this order."""
INCLUDE_DEPTH_MAX: Final = 20  # more files inside each other are one that includes itself


def read_configuration(*paths: str | Path) -> Configuration:
    """What files say together; ConfigurationError with all that is wrong with them."""
    findings = Findings()
    items: list[Item] = []
    for file in map(Path, paths):
        try:
            text = _text(file)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file}: {_reason(error)}") from error
        items += _items(file, text, findings, depth=0)
    configuration = read_items(tuple(map(str, paths)), items, findings)
    if findings.problems:
        raise ConfigurationError(findings.problems)
    return configuration


def _text(file: Path) -> str:
    return file.read_bytes().decode().replace("\r\n", "\n")


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "this is no UTF-8 text"


def _items(file: Path, text: str, findings: Findings, *, depth: int) -> Iterator[Item]:
    """The items of a text, with those of an included file in place of its statement."""
    items, problems = parse(text, str(file))
    findings.problems.extend(problems)
    for item in items:
        if item.keyword.text != "include" or not isinstance(item, Statement):
            yield item
        elif len(item.values) != 1:
            findings.wrong(item.keyword.place, "include takes one file or pattern")
        elif depth == INCLUDE_DEPTH_MAX:
            findings.wrong(item.keyword.place, f"{file} is included by itself")
        else:
            yield from _included(file, item, findings, depth=depth + 1)


def _included(file: Path, item: Statement, findings: Findings, *, depth: int) -> Iterator[Item]:
    """The items of all files that a pattern fits, by name; of a plain name the file must be."""
    place: Place = item.values[0].place
    pattern = file.parent / item.values[0].text
    if any(it in pattern.name for it in "*?["):
        found = sorted(pattern.parent.glob(pattern.name))
    else:
        found = [pattern]
    for path in found:
        try:
            text = _text(path)
        except (OSError, UnicodeDecodeError) as error:
            findings.wrong(place, f"{path} can't be included: {_reason(error)}")
            continue
        yield from _items(path, text, findings, depth=depth)
