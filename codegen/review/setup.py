"""Makes git call dotgen for drawings, in one clone: `dotgen git-setup`.

git calls what is set here through sh, from the top of the working tree:

- for `git diff`, `command` with `path old-file old-hash old-mode new-file new-hash new-mode`; for a
  renamed file also with its new path and git's lines on the renaming; for a file in conflict with
  the path alone. A side without the file is `/dev/null . .`; a file of the working tree is named
  itself, its hash is zeros. Another exit code than 0 ends `git diff`;
- for `git log -p` and `git show`, and to combine diffs, `textconv` with one file. It may lie in a
  temporary folder, so that its path does not tell the kind: hence one driver for each kind;
- to merge, `driver` with the path and three temporary files without a suffix: base, ours, theirs.
  The result goes into ours; exit code 1 says that conflicts are left.
"""

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from codegen.files import DRAWING_SUFFIXES, KINDS, cause
from codegen.git import Repository

PROGRAM: Final = "dotgen"
BEGIN: Final = "# >>> dotgen: `dotgen git-setup` writes this block and removes it"
END: Final = "# <<< dotgen"
BLOCK: Final = re.compile(
    rf"^{BEGIN}\r?\n(?:(?!{BEGIN}).*\n)*?{END}(?:\r?\n|\Z)".encode(), re.MULTILINE
)

DRIVERS: Final = {kind: f"{PROGRAM}-{kind}" for kind in KINDS}
NAMED: Final = f"diff and merge drivers {', '.join(DRIVERS.values())}"


class SetupError(Exception):
    """The clone cannot be set up; the message is one sentence for people."""


def install(root: Path, *, shared: bool = True, program: str = "") -> list[str]:
    """Set up the clone that a project is in; return what was done, line by line.

    Which files the drivers read says `.gitattributes`, for all clones, or, not `shared`, the
    clone's own `info/attributes`. `program` is what sh is to run, by default this program.
    """
    repository = Repository.at(root)
    path = _attributes(repository, shared=shared)
    lines = _configure(repository, _settings(program or running_program()))
    if _write(path, _block()):
        lines.append(f"written: {path}")
        if shared:
            lines.append("commit it: who has no dotgen sees plain diffs, others run this command")
    return (lines or ["all is set up already"]) + _overruled(repository, root)


def uninstall(root: Path) -> list[str]:
    """Take back what `install` did, in both files; return what was done, line by line."""
    repository = Repository.at(root)
    lines: list[str] = []
    ours = _settings("").keys() & _configured(repository).keys()
    for key in sorted(ours):
        repository.run("config", "--local", "--unset-all", key)
    if ours:
        lines.append(f"removed: {NAMED}")
    for shared in (False, True) if not repository.is_bare else (False,):
        path = _attributes(repository, shared=shared)
        if _write(path, b""):
            lines.append(f"removed: the lines of dotgen in {path}")
    return lines or ["nothing is set up here"]


def running_program() -> str:
    """What runs this program from anywhere, as sh reads it.

    The name alone will not do in a virtual environment, which is not always on git's PATH.
    """
    script = Path(sys.executable).with_name(PROGRAM)
    if not script.is_file():
        package = shlex.quote(str(Path(__file__).parents[2]))
        return f"PYTHONPATH={package} {shlex.quote(sys.executable)} -P -m codegen"
    found = shutil.which(PROGRAM)
    is_everywhere = found and sys.prefix == sys.base_prefix and script.samefile(found)
    return PROGRAM if is_everywhere else shlex.quote(str(script))


def _settings(program: str) -> dict[str, str]:
    """What git's configuration is to say."""
    settings: dict[str, str] = {}
    for kind, driver in DRIVERS.items():
        settings |= {
            f"diff.{driver}.command": f"{program} git-diff",
            f"diff.{driver}.textconv": f"{program} facts --kind {kind}",
            f"diff.{driver}.cachetextconv": "false",
            f"merge.{driver}.name": "dotgen: three-way on the model",
            f"merge.{driver}.driver": f"{program.replace('%', '%%')} merge --path %P %O %A %B",
        }
    return settings


def _configured(repository: Repository) -> dict[str, str]:
    """What the clone's own configuration says."""
    output = repository.run("config", "--local", "--null", "--list").decode(errors="replace")
    pairs = (line.partition("\n") for line in output.split("\0"))
    return {key: value for key, _, value in pairs}


def _configure(repository: Repository, settings: dict[str, str]) -> list[str]:
    """Change the clone's configuration; tell that, and what it said before."""
    known = _configured(repository)
    changed = {key: text for key, text in settings.items() if known.get(key) != text}
    for key, text in changed.items():
        repository.run("config", "--local", "--replace-all", key, text)
    lines = [f"replaced: {key} was {known[key]}" for key in changed if key in known]
    return [*lines, f"set: {NAMED}"] if changed else []


def _attributes(repository: Repository, *, shared: bool) -> Path:
    """The file that says which driver reads which file."""
    if not shared:
        path = repository.run("rev-parse", "--git-path", "info/attributes").decode()
        return repository.root / path.removesuffix("\n")
    if repository.is_bare:
        raise SetupError("a bare repository has no .gitattributes of its own: use --local")
    return repository.root / ".gitattributes"


def _block() -> bytes:
    """Our lines: the drawings of each kind, in the specs of any project in the repository."""
    lines = [
        f"**/specs/{kind}/**/*{suffix} diff={driver} merge={driver}"
        for kind, driver in DRIVERS.items()
        for suffix in sorted(DRAWING_SUFFIXES)
    ]
    return "\n".join([BEGIN, *lines, END, ""]).encode()


def _write(path: Path, block: bytes) -> bool:
    """Put a block into a file in the place of ours, or at its end; say whether that changed it."""
    try:
        old = path.read_bytes() if path.exists() else b""
        rest = BLOCK.sub(b"", old)
        new = rest + (b"\n" if block and rest and not rest.endswith(b"\n") else b"") + block
        if BLOCK.findall(old) == [block] or new == old:
            return False
        if new:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(new)
        else:
            path.unlink()
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {cause(error)}") from error
    return True


def _overruled(repository: Repository, root: Path) -> list[str]:
    """Tell where other lines of the repository say otherwise and win."""
    lines: list[str] = []
    for kind, driver in DRIVERS.items():
        path = Path(repository.inside(root) or "", "specs", kind, "x.dot").as_posix()
        found = repository.run("check-attr", "-z", "diff", "merge", "--", path).decode()
        _, diff, diff_driver, _, merge, merge_driver, _ = found.split("\0")
        for attribute, value in ((diff, diff_driver), (merge, merge_driver)):
            if value != driver:
                lines.append(f"but other attributes win: {attribute} of {path} is {value}")
    return lines
