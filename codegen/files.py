"""Reads drawings, templates and what was generated before; all that follows works on values."""

# ruff: noqa: PTH110, PTH112, PTH113, PTH114 - os.path says no where pathlib raises an OSError

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from codegen.fingerprint import is_ignored
from codegen.problems import Problem, Rule, Severity, place_of_file

KINDS: Final = ("states", "layouts", "flows")
DRAWING_SUFFIXES: Final = frozenset({".dot", ".gv"})
TEMPLATE_SUFFIXES: Final = frozenset({".j2"})
PYTHON_SUFFIX: Final = ".py"
PYTHON_FILES_MAX: Final = 20_000
"""A folder with more Python files is a whole installation and no project."""

UNREADABLE_FILE: Final = Rule(
    "unreadable-file",
    Severity.error,
    """A file or folder that was asked for cannot be read, so what it says would silently be
    missing. Mend its path, its name, its permissions or its encoding (UTF-8).""",
)
STRAY_DRAWING: Final = Rule(
    "stray-drawing",
    Severity.warning,
    """A drawing lies beside the folders states, layouts and flows. The folder tells the kind, so
    nothing is generated from this one. Move it into the folder of its kind.""",
)


def read_specs(
    root: Path, paths: Sequence[Path] = (), *, folder: str = "specs"
) -> tuple[dict[str, bytes], list[Problem]]:
    """Read the drawings at and below `paths`, or else all of the project, sorted by name.

    A drawing's name is its path from `root`, or its whole path when it lies elsewhere.
    """
    reader = _Reader(root)
    specs = root / folder
    found: dict[str, bytes] = {}
    for drawing in reader.drawings(paths) if paths else reader.walk(specs, DRAWING_SUFFIXES):
        if paths or any(drawing.is_relative_to(specs / kind) for kind in KINDS):
            reader.read_into(found, reader.name(drawing), drawing)
        else:
            sentence = f"lies in none of {', '.join(KINDS)}, so nothing reads it"
            reader.report(drawing, STRAY_DRAWING, sentence)
    return dict(sorted(found.items())), reader.problems


def read_templates(*folders: Path) -> tuple[dict[str, str], list[Problem]]:
    """Read all templates by their path in their folder; a later folder's replace earlier ones."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for folder in folders:
        reader = _Reader(folder.parent)
        found: dict[str, bytes] = {}
        for path in reader.walk(folder, TEMPLATE_SUFFIXES):
            reader.read_into(found, path.relative_to(folder).as_posix(), path)
        for name, content in found.items():
            try:
                texts[name] = content.decode()
            except UnicodeDecodeError as error:
                fault = f"is no UTF-8: {error.reason} at byte {error.start}"
                reader.report(folder / name, UNREADABLE_FILE, fault)
        problems += reader.problems
    return dict(sorted(texts.items())), problems


def read_generated(folder: Path) -> tuple[dict[str, bytes | None], list[Problem]]:
    """Read all files in generated/ by their path there; None stands for a link or a device."""
    reader = _Reader(folder.parent)
    files: dict[str, bytes] = {}
    oddities: dict[str, None] = {}
    if os.path.islink(folder):
        reader.report(folder, UNREADABLE_FILE, "is a link, and nothing is written through links")
    elif os.path.exists(folder):
        for path in reader.walk(folder):
            name = path.relative_to(folder).as_posix()
            if os.path.islink(path) or not os.path.isfile(path):
                oddities[name] = None
            else:
                reader.read_into(files, name, path)
    return dict(sorted((files | oddities).items())), reader.problems


def read_python(root: Path, *, without: Collection[str] = ()) -> dict[str, bytes]:
    """Read a program's own Python files by their path from `root`; what cannot be read is left out.

    Left out are hidden folders, virtual environments, and the folders `without`.
    """
    reader = _Reader(root)
    found: dict[str, bytes] = {}
    todo = [root]
    while todo:
        for path in _entries(todo.pop()):
            name = reader.name(path)
            if is_ignored(path.name) or name in without or os.path.islink(path):
                continue
            if os.path.isdir(path):
                todo += [path] if not os.path.exists(path / "pyvenv.cfg") else []
            elif path.suffix == PYTHON_SUFFIX and len(found) < PYTHON_FILES_MAX:
                reader.read_into(found, name, path)
    return dict(sorted(found.items()))


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, sorted; nothing where it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def cause(error: OSError) -> str:
    """Say what the operating system said, without the numbers and names that it adds."""
    return error.strerror or str(error)


class _Reader:
    """The work of reading; the problems gather here, with names from `root`."""

    def __init__(self, root: Path) -> None:
        self.root = _normal(root)
        self.problems: list[Problem] = []

    def name(self, path: Path) -> str:
        """Return what messages call a file."""
        whole = _normal(path)
        inside = whole.is_relative_to(self.root)
        return (whole.relative_to(self.root) if inside else whole).as_posix()

    def report(self, path: Path, rule: Rule, sentence: str) -> None:
        """Remember one problem with a file as a whole."""
        name = self.name(path)
        shown = name if name.isprintable() else name.encode("unicode_escape").decode()
        self.problems.append(Problem(place_of_file(shown), rule.name, sentence))

    def drawings(self, paths: Sequence[Path]) -> Iterator[Path]:
        """Find the drawings in folders; a file that is named itself may have any suffix."""
        for path in paths:
            if os.path.isdir(path):
                yield from self.walk(path, DRAWING_SUFFIXES)
            else:
                yield path

    def walk(self, folder: Path, suffixes: Collection[str] = ()) -> Iterator[Path]:
        """Find the files in and below a folder; a link to a folder comes as if it were a file."""
        for place, folders, files in os.walk(folder, onerror=self._unreadable):
            here = Path(place)
            links = [name for name in folders if os.path.islink(here / name)]
            folders[:] = sorted(name for name in folders if not is_ignored(name))
            for path in (here / name for name in sorted(files + links) if not is_ignored(name)):
                if not suffixes or path.suffix in suffixes or path.name in links:
                    yield path

    def read_into(self, found: dict[str, bytes], name: str, path: Path) -> None:
        """Add a file's content under its name, or report why it cannot be read."""
        try:
            regular = stat.S_ISREG(path.stat().st_mode)  # reading a pipe would wait for ever
            if not name.isprintable():
                self.report(path, UNREADABLE_FILE, "has a name that cannot be printed")
            elif not regular:
                self.report(path, UNREADABLE_FILE, "is no file, or a link to a folder")
            else:
                found[name] = path.read_bytes()
        except OSError as error:
            self._unreadable(error)

    def _unreadable(self, error: OSError) -> None:
        path = Path(os.fsdecode(error.filename))
        self.report(path, UNREADABLE_FILE, f"cannot be read: {cause(error)}")


def _normal(path: Path) -> Path:
    """Make a path whole, without `..`; links stay, since a drawing is known by its own name."""
    return Path(os.path.normpath(path.absolute()))
