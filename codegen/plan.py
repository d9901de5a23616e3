"""What has to happen to generated/ so that it holds what the drawings say: a value to look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import PurePosixPath
from typing import Final

from codegen.problems import Problem, Rule, Severity, place_of_file

FOREIGN_FILE: Final = Rule(
    "foreign-file",
    Severity.error,
    """Something that was not generated lies where a generated file belongs, and nothing is ever
    overwritten that somebody may have written. Move it out of generated/ or delete it.""",
)
MISSING_HEADER: Final = Rule(
    "missing-header",
    Severity.error,
    """A template's output does not begin with the line that marks a generated file, so the next
    run would take it for somebody's own. Begin the template with the header, in a comment.""",
)
MEND: Final = "move it out of the folder or delete it, then run again"


def has_header(content: bytes) -> bool:
    """Whether the first line says that the file is generated; only such files are ours."""
    line = content.partition(b"\n")[0]
    return b"then run" in line.partition(b"Generated from ")[2]


@dataclass(frozen=True, slots=True)
class Change:
    """One file's old and new content: a new file has no old one, an orphan no new one."""

    path: str
    old: bytes | None
    new: bytes | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be done in a folder. Its problems forbid all of it; foreign files may stay."""

    folder: str
    changes: tuple[Change, ...]
    untouched: tuple[str, ...]
    foreign: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def created(self) -> list[str]:
        """The files that are new."""
        return [change.path for change in self.changes if change.old is None]

    @property
    def replaced(self) -> list[str]:
        """The files that get another content."""
        return [change.path for change in self.changes if None not in (change.old, change.new)]

    @property
    def removed(self) -> list[str]:
        """The orphans: generated once, and nothing produces them any more."""
        return [change.path for change in self.changes if change.new is None]

    @property
    def is_fresh(self) -> bool:
        """Whether the folder holds exactly what it should, path by path and byte by byte."""
        return not (self.changes or self.foreign or self.problems)

    def without_orphans(self) -> "Plan":
        """Leave orphans alone, for a run that has not looked at all drawings."""
        kept = tuple(change for change in self.changes if change.new is not None)
        return replace(self, changes=kept)


def compare(
    wanted: Mapping[str, str], present: Mapping[str, bytes | None], folder: str = "generated"
) -> Plan:
    """Plan the way from the files that are present (None: no plain file) to the wanted ones."""
    changes: list[Change] = []
    untouched: list[str] = []
    foreign: list[str] = []
    problems: list[Problem] = []
    for path in sorted({*wanted, *present}):
        old = present.get(path)
        new = wanted[path].encode() if path in wanted else None
        if new is None and (old is None or not has_header(old)):
            foreign.append(path)
        elif new is not None and (fault := _fault(path, new, present)):
            rule, sentence, hint = fault
            problems.append(Problem(place_of_file(f"{folder}/{path}"), rule.name, sentence, hint))
        elif old == new:
            untouched.append(path)
        else:
            changes.append(Change(path, old, new))
    return Plan(folder, tuple(changes), tuple(untouched), tuple(foreign), tuple(problems))


def _fault(
    path: str, new: bytes, present: Mapping[str, bytes | None]
) -> tuple[Rule, str, str] | None:
    """Say why a file must not be written: the rule, what is wrong, and what to do."""
    if not has_header(new):
        hint = "begin it with {{ header }} in a comment"
        return MISSING_HEADER, "its template writes no header", hint
    for above in PurePosixPath(path).parents:
        if str(above) in present:
            return FOREIGN_FILE, f"{above} is there, and is no folder", MEND
    old = present.get(path)
    if path in present and old is None:
        return FOREIGN_FILE, "is no plain file, and nothing is written through links", MEND
    if old is not None and not has_header(old):
        return FOREIGN_FILE, "its first line does not say that it was generated", MEND
    return None


def diff_lines(plan: Plan) -> Iterator[str]:
    """Show a plan as a unified diff, line by line without line ends; `patch -p1` understands it."""
    for change in plan.changes:
        name = f"{plan.folder}/{change.path}"
        yield from unified_diff(
            _lines(change.old),
            _lines(change.new),
            "/dev/null" if change.old is None else f"a/{name}",
            "/dev/null" if change.new is None else f"b/{name}",
            lineterm="",
        )


def _lines(content: bytes | None) -> list[str]:
    """Split at line feeds only; a last line without one is marked as diff marks it."""
    if not content:
        return []
    *lines, last = content.decode(errors="replace").split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines
