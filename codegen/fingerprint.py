"""The no-change shortcut: a digest of all that decides the output, and of the output itself.

The whole answer to "is there anything to do?" costs little more than starting Python, so this file
imports nothing that takes longer than reading the drawings: no pathlib, no dataclasses.
"""

# ruff: noqa: PTH100, PTH103, PTH105, PTH113, PTH115, PTH118, PTH120, PTH208

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from io import FileIO

CACHE = ".dotgen_cache"
_RECORD = "fresh"
_SEPARATOR = "\0"  # the one character that no path holds


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name neither decides the output nor belongs to it."""
    return name.startswith(".") or name == "__pycache__" or name.endswith(".pyc")


def fingerprint(root: str, paths: Sequence[str]) -> str:
    """Digest the files and folders below `root` that decide the output, and the generator itself.

    Take it before the work reads the first of them: what changes later is then seen next time.
    """
    parts = {"": tools().encode()}
    package = os.path.dirname(os.path.abspath(__file__))
    templates = os.path.join(os.path.dirname(package), "templates")
    for number, path in enumerate([package, templates, *paths]):
        parts.update(_contents(os.path.join(root, path), str(number)))
    return _digest(parts)


def is_fresh(root: str, generated: str) -> bool:
    """Whether the last record says that what is in `root` now gives what is in `generated` now."""
    record = os.fsdecode(_content(f"{root}/{CACHE}/{_RECORD}")).split(_SEPARATOR)
    if len(record) < 2:
        return False
    before, output, *paths = record
    if output != _digest(_contents(os.path.join(root, generated), "")):
        return False
    return before == fingerprint(root, paths)


def remember(root: str, paths: Sequence[str], before: str, output: Mapping[str, str]) -> None:
    """Record that `paths`, whose fingerprint was `before`, give `output` (path -> text)."""
    digest = _digest({f"/{path}": text.encode() for path, text in output.items()})
    record = _SEPARATOR.join([before, digest, *paths])
    with suppress(OSError):  # without a record the next run only takes longer
        _write(f"{open_cache(root)}/{_RECORD}", os.fsencode(record))


def open_cache(root: str) -> str:
    """Return the cache folder; make it where it is missing, with the file that hides it from git.

    Raises OSError where that cannot be done.
    """
    cache = os.path.join(root, CACHE)
    os.makedirs(cache, exist_ok=True)
    _write(f"{cache}/.gitignore", b"*\n")
    return cache


def tools() -> str:
    """Name this Python and all packages, which may change what is made of the same input."""
    return "\n".join(_tools())


def _tools() -> Iterator[str]:
    """The folders' names tell versions without an import."""
    yield sys.version
    for folder in sys.path:
        with suppress(OSError):
            yield from sorted(name for name in os.listdir(folder or ".") if name.endswith("-info"))


def _contents(path: str, name: str) -> dict[str, bytes]:
    """Read every file at or below `path`; the names in the digest begin with `name`.

    A link keeps its target in its name, so it never passes for the file that it leads to.
    """
    if os.path.isfile(path):
        return {name: _content(path)}
    found: dict[str, bytes] = {}
    with suppress(OSError), os.scandir(path) as entries:
        for entry in entries:
            below = f"{name}/{entry.name}"
            if is_ignored(entry.name):
                continue
            if entry.is_symlink():
                found[below + _SEPARATOR + os.readlink(entry.path)] = _content(entry.path)
            elif entry.is_dir():
                found.update(_contents(entry.path, below))
            else:
                found[below] = _content(entry.path)
    return found


def _content(path: str) -> bytes:
    """Read a file; nothing comes of what is no file or cannot be read, which the work reports."""
    if not os.path.isfile(path):
        return b""
    try:
        with FileIO(path) as file:
            return file.readall()
    except OSError:
        return b""


def _write(path: str, content: bytes) -> None:
    """Write a file that is never seen half written."""
    aside = f"{path}.{os.getpid()}"
    with FileIO(aside, "w") as file:
        file.write(content)
    os.replace(aside, path)


def _digest(parts: Mapping[str, bytes]) -> str:
    """Digest named parts; their lengths keep neighbours apart."""
    total = blake2b(digest_size=32)
    for name in sorted(parts):
        for part in (os.fsencode(name), parts[name]):
            total.update(len(part).to_bytes(8))
            total.update(part)
    return total.hexdigest()
