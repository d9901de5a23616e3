"""Writes what commands make for people: pictures, pages, reports; all files of a run, or none."""

import os
from collections.abc import Mapping
from contextlib import suppress
from errno import ENOTDIR
from pathlib import Path
from typing import Final

from codegen.files import cause

ASIDE_SUFFIX: Final = ".part"


class OutputError(Exception):
    """A file is not written; the message is one sentence for people."""


def save(made: Mapping[Path, str]) -> None:
    """Write files, aside first, so that a fault leaves them as they were; raises OutputError.

    What is no file, as a pipe, is written as it is.
    """
    asides = {path: _aside(path) for path in made if not os.path.lexists(path) or _is_file(path)}
    path = Path()
    try:
        for path, text in made.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            asides.get(path, path).write_text(text, encoding="utf-8")
        for path, aside in asides.items():
            aside.replace(os.path.realpath(path))
    except OSError as error:
        is_below_file = isinstance(error, FileExistsError)
        reason = os.strerror(ENOTDIR) if is_below_file else cause(error)
        raise OutputError(f"{path} cannot be written: {reason}") from None
    finally:
        for aside in asides.values():
            with suppress(OSError):
                aside.unlink(missing_ok=True)


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - says no where pathlib raises


def _aside(path: Path) -> Path:
    """Where a file is written before it takes its place."""
    place = Path(os.path.realpath(path))
    return place.with_name(f".{place.name}{ASIDE_SUFFIX}")
