"""What git calls to show a drawing: `dotgen git-diff` for `git diff`, `facts` for `git log -p`.

How git calls them is told in setup.py. Both always have something to show: where a side is no
drawing, the text of it, as git would without them; what a terminal would obey is an escape in it.
"""

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from codegen.drawings import UNREADABLE, Drawings, read_drawings
from codegen.files import cause, read_specs
from codegen.report import visible
from codegen.review.judge import Side, review
from codegen.review.sides import SPECS, read_implementers
from codegen.review.statements import statements
from codegen.review.tables import facts_of
from codegen.review.text import drawing_lines
from codegen.say import Say

NOWHERE: Final = "/dev/null"
PATH_ALONE: Final = 1
TWO_SIDES: Final = 7
"""How many arguments git gives for a file in conflict, and for two sides; more if renamed."""

NO_CHANGE: Final = "no change of meaning (git diff --no-ext-diff shows the lines)"
STYLES: Final = {"+": "green", "-": "red", "@": "cyan"}


class _Version(NamedTuple):
    """A file as git gives it: what it is called, and its content, None where it is not there."""

    path: str
    content: bytes | None


def git_diff(*, say: Say, arguments: Sequence[str]) -> int:
    """Show what git asks for; always return 0, since anything else would end git's own run."""
    path = arguments[0]
    if len(arguments) == PATH_ALONE:
        compared = f"`dotgen diff HEAD MERGE_HEAD -- {path}` compares both sides of a merge"
        say(f"{path} is in conflict: {compared}", style="yellow")
        return 0
    if len(arguments) < TWO_SIDES:
        say("this command is for git: `dotgen git-setup` makes git call it", error=True)
        return 2
    new_path = arguments[TWO_SIDES] if len(arguments) > TWO_SIDES else path
    old, new = _version(path, arguments[1], say), _version(new_path, arguments[4], say)
    if old is None or new is None:
        return 0
    say(visible(f"diff --dotgen a/{old.path} b/{new.path}"), style="bold")
    if not _show_review(old, new, say):
        _show_lines(old, new, say)
    return 0


def _version(path: str, file: str, say: Say) -> _Version | None:
    """One side as git gives it; None where it cannot be read, which is said."""
    if file == NOWHERE:
        return _Version(path, None)
    try:
        return _Version(path, Path(file).read_bytes())
    except OSError as error:
        say(f"{path}: cannot be read: {cause(error)}", error=True, style="red")
        return None


def _show_review(old: _Version, new: _Version, say: Say) -> bool:
    """Show what the change of one drawing means; whether both sides could be read.

    The other drawings of its project, as they are in the working tree, tell how far it reaches.
    """
    root, name = _project(new.path)
    others = read_specs(Path(root))[0] if Path(root, SPECS).is_dir() else {}
    others = {it: data for it, data in others.items() if it not in (name, _project(old.path)[1])}
    before, after = (
        _drawings(others, _project(version.path)[1], version.content) for version in (old, new)
    )
    if any(it.rule in UNREADABLE for it in (*before.problems, *after.problems)):
        return False
    found = review(Side("before", before), Side("now", after), read_implementers(Path(root)))
    for line in drawing_lines(found):
        say(line.text, style=line.style)
    if not found.drawings:
        say(NO_CHANGE)
    return True


def _project(path: str) -> tuple[str, str]:
    """The folder of the project that a drawing is in, and the drawing's name there."""
    parts = PurePosixPath(path).parts
    at = max((at for at, part in enumerate(parts) if part == SPECS), default=0)
    return str(PurePosixPath(*parts[:at])), str(PurePosixPath(*parts[at:]))


def _drawings(others: dict[str, bytes], name: str, content: bytes | None) -> Drawings:
    """The drawings of a side; other files that are no drawings are not this one's affair."""
    drawings = read_drawings(others | ({name: content} if content is not None else {}))
    broken = {it.place.file for it in drawings.problems if it.rule in UNREADABLE} - {name}
    if not broken:
        return drawings
    whole = {it: data for it, data in others.items() if it not in broken}
    return _drawings(whole, name, content)


def _show_lines(old: _Version, new: _Version, say: Say) -> None:
    """Show which lines differ, as git does."""
    before, after = (_lines(it.content or b"") for it in (old, new))
    was, now = (
        f"{side}/{visible(it.path)}" if it.content is not None else NOWHERE
        for side, it in (("a", old), ("b", new))
    )
    say("a side is no drawing, so these are its lines:", style="yellow")
    for line in unified_diff(before, after, was, now, lineterm=""):
        say(line, style=STYLES.get(line[:1], ""))


def _lines(content: bytes) -> list[str]:
    """The lines of a text; of what is none, how long it is and which."""
    if b"\0" in content:
        return [f"no text: {len(content)} bytes, SHA-256 {sha256(content).hexdigest()}"]
    lines = content.decode(errors="backslashreplace").split("\n")
    return [
        "\t".join(map(visible, line.split("\t"))) for line in lines[: None if lines[-1] else -1]
    ]


def facts(*, say: Say, file: str, kind: str) -> int:
    """Print what a drawing says, a line a thing; the text itself where it is no drawing."""
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        say(f"{file}: cannot be read: {cause(error)}", error=True, style="red")
        return 1
    for line in _facts(file, content, kind):
        say(line)
    return 0


def _facts(file: str, content: bytes, kind: str) -> Iterator[str]:
    drawings = read_drawings({file: content}, kind=kind)
    if any(it.rule in UNREADABLE for it in drawings.problems):
        return iter(_lines(content))
    return statements(facts_of(drawings))
