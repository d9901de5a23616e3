"""What git calls to merge a drawing: the merged text comes into the file of ours, or both sides."""

from pathlib import Path
from typing import Final

from codegen.commit import Disk
from codegen.files import cause
from codegen.report import visible
from codegen.review.conflict_text import marked
from codegen.review.diff3 import diff3_lines, joined
from codegen.review.merge_text import Merged, decoded, encoded, merge_drawing
from codegen.say import Say

SIZE_MAX: Final = 50_000_000
"""Bytes of one side: a drawing of a hundred thousand arrows has a tenth of that."""

ASIDE: Final = ".dotgen_aside"


def merge(*, say: Say, base: str, ours: str, theirs: str, path: str) -> int:
    """Merge the drawing `path` for git; return 0, or 1 where a person has to look at it.

    The files are the versions of it: the common one, that of this branch, which gets the result,
    and that of the other one.
    """
    try:
        versions = [Path(name).read_bytes() for name in (base, ours, theirs)]
    except OSError as error:
        name = visible(str(error.filename))
        say(f"{name}: cannot be read: {cause(error)}", error=True, style="red")
        return 1
    shown = visible(path)
    if fault := _fault(versions):
        say(f"{shown}: {fault}; merge it by hand, ours is unchanged", error=True, style="red")
        return 1
    found = merge_drawing(path, *versions)
    text = _tell(found, path, versions, say) if found.text is None else found.text
    if found.note:
        say(f"{shown}: {found.note}", error=True)
    try:
        _write(Path(ours).resolve(), encoded(text, *versions))
    except OSError as error:
        say(f"{shown}: cannot be written: {cause(error)}", error=True, style="red")
        return 1
    return 0 if found.text is not None else 1


def _fault(versions: list[bytes]) -> str:
    """Why lines of these files cannot be merged; empty where they can."""
    if any(b"\0" in data for data in versions):
        return "has a NUL byte, so it is no text"
    if max(map(len, versions)) > SIZE_MAX:
        return f"has more than {SIZE_MAX:,} bytes"
    return ""


def _tell(found: Merged, path: str, versions: list[bytes], say: Say) -> str:
    """Say why there is no merged text; return one with both sides."""
    texts = [decoded(data) for data in versions]
    for problem in found.problems:
        say(visible(str(problem)), error=True, style="red")
    if found.problems:
        sentence = "merged line by line, since a side is no drawing"
        say(f"{visible(path)}: {sentence}", error=True, style="red")
        lines = joined(diff3_lines(texts))
        return marked(texts, []).text if lines is None else lines
    text, places = marked(texts, [it.spot for it in found.conflicts])
    for line, conflict in zip(places, found.conflicts, strict=True):
        say(visible(f"{path}:{line}: {conflict.sentence}"), error=True, style="red")
    return text


def _write(path: Path, content: bytes) -> None:
    """Put a file into the place of another one, in one step."""
    disk = Disk()
    aside = path.with_name(path.name + ASIDE)
    if aside.exists():
        disk.remove(aside)  # left by a run that was killed
    try:
        disk.write(aside, content)
        disk.copy_mode(path, aside)
        disk.move(aside, path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
