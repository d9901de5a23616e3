"""What the commands of `dotgen` do. They print through the function that the command line gives."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from codegen import config, coverage, files, plan, render
from codegen import format as formatting
from codegen.build import RULES as BUILD_RULES
from codegen.build import Progress, build, no_progress
from codegen.commit import NotWrittenError, commit
from codegen.config import Config, read_config
from codegen.drawing import CannotDrawError, to_dot, to_svg
from codegen.drawings import RULES as DRAWING_RULES
from codegen.drawings import Drawings, read_drawings, read_graphs
from codegen.files import read_generated, read_specs, read_templates
from codegen.fingerprint import fingerprint, remember
from codegen.memo import Memo
from codegen.outputs import OutputError, save
from codegen.parse import decode
from codegen.plan import Plan, compare, diff_lines
from codegen.problems import Problem, Severity
from codegen.report import Finding, findings, is_failure, lines, summary
from codegen.review.changes import IMPACTS
from codegen.review.judge import RULES as CHANGE_RULES
from codegen.say import Say

RULES: Final = {
    rule.name: rule
    for rule in (
        files.UNREADABLE_FILE,
        files.STRAY_DRAWING,
        *DRAWING_RULES,
        *BUILD_RULES,
        *config.RULES,
        *render.RULES,
        *formatting.RULES,
        plan.FOREIGN_FILE,
        plan.MISSING_HEADER,
        *coverage.RULES,
    )
}
"""Every rule that a severity can be given for, by name."""

GENERATED: Final = "generated"
WATCH_INTERVAL_S: Final = 0.3

_STYLES: Final = {Severity.error: "red", Severity.warning: "yellow", Severity.note: "cyan"}
_DIFF_STYLES: Final = {"+": "green", "-": "red", "@": "cyan"}


class Project:
    """One run over a project folder: its settings, drawings, templates and problems."""

    def __init__(self, root: str, templates: str = "") -> None:
        self.root = Path(root)
        self.config, self.problems = self._config()
        named = Path(templates) if templates else self.root / self.config.templates
        has_named = bool(templates or self.config.templates)
        self.template_folders = [_own_templates(), *([named] if has_named else [])]

    def _config(self) -> tuple[Config, list[Problem]]:
        path = self.root / config.FILE
        found, problems = read_specs(self.root, [path]) if path.is_file() else ({}, [])
        if problems or not found:
            return Config(), problems
        text, problems = decode(found[config.FILE], config.FILE)
        if problems:
            return Config(), problems
        return read_config(text, RULES, CHANGE_RULES, IMPACTS)

    @property
    def inputs(self) -> list[str]:
        """The files and folders that decide what is generated, the templates of ours apart."""
        return ["specs", config.FILE, *([self.config.templates] if self.config.templates else [])]

    def drawings(self, paths: Sequence[str] = (), kind: str = "") -> Drawings:
        """Read drawings; what is wrong with files comes among the problems."""
        found, problems = read_specs(self.root, [Path(path) for path in paths])
        drawings = read_drawings(found, kind=kind)
        self.problems += problems + drawings.problems
        return drawings

    def findings(self) -> list[Finding]:
        """All problems so far with their severity."""
        return findings(self.problems, RULES, self.config.severities)


def generate(
    root: str,
    *,
    say: Say,
    paths: Sequence[str] = (),
    templates: str = "",
    form: str = "text",
    check: bool = False,
    diff: bool = False,
    progress: Progress = no_progress,
) -> int:
    """Bring generated/ up to date, or tell what is not; return the exit code."""
    project = Project(root, templates)
    before = fingerprint(root, project.inputs)
    wanted = _wanted(project, paths, progress)
    found = project.findings()
    if wanted is None or is_failure(found):
        report(found, form, say)
        return 1
    present, unreadable = read_generated(project.root / GENERATED)
    planned = compare(wanted, present)
    if paths:
        planned = planned.without_orphans()
    problems = [*unreadable, *planned.problems]
    if problems:
        report(findings(problems, RULES, project.config.severities), form, say)
        return 1
    if diff:
        _show_diff(planned, say)
    if check:
        return _check(planned, say)
    if diff:
        return 0
    try:
        commit(planned, project.root / GENERATED)
    except NotWrittenError as error:
        say(str(error), error=True, style="red")
        return 1
    if not (paths or templates):
        remember(root, project.inputs, before, wanted)
    _tell(planned, found, say)
    return 0


def _wanted(project: Project, paths: Sequence[str], progress: Progress) -> dict[str, str] | None:
    """The wanted content of generated/; None where a drawing or template has an error."""
    only = set(read_specs(project.root, [Path(path) for path in paths])[0]) if paths else set()
    drawings = project.drawings()
    texts, problems = read_templates(*project.template_folders)
    project.problems += problems
    if is_failure(project.findings()):
        return None
    memo = Memo(str(project.root), str(formatting.MODE))

    def format_text(text: str, path: str) -> str | Problem:
        known = memo.get(text)
        made = formatting.format_python(text, path) if known is None else known
        if known is None and isinstance(made, str):
            memo.put(text, made)
        return made

    wanted, problems = build(drawings, texts, format_text, progress=progress, only=only)
    project.problems += problems
    if not only:
        memo.sweep()
    return wanted


def _show_diff(planned: Plan, say: Say) -> None:
    for line in diff_lines(planned):
        say(line, style=_DIFF_STYLES.get(line[:1], ""))


def _check(planned: Plan, say: Say) -> int:
    """Name what is not fresh."""
    if planned.is_fresh:
        say("generated/ is fresh")
        return 0
    named = [
        ("missing", planned.created),
        ("stale", planned.replaced),
        ("surplus", [*planned.removed, *planned.foreign]),
    ]
    for what, paths in named:
        for path in paths:
            say(f"{what}: {GENERATED}/{path}")
    say("run `dotgen generate`", error=True)
    return 1


def _tell(planned: Plan, found: Sequence[Finding], say: Say) -> None:
    """One line per file that changed, one that counts."""
    verbs = [("new", planned.created), ("changed", planned.replaced), ("removed", planned.removed)]
    for verb, paths in verbs:
        for path in paths:
            say(f"{verb}: {GENERATED}/{path}")
    total = len(planned.untouched) + len(planned.created) + len(planned.replaced)
    remark = f" ({summary(found)}: `dotgen lint` shows them)" if found else ""
    say(f"{total} files in generated/, {len(planned.changes)} changed{remark}")


def watch(root: str, *, say: Say, paths: Sequence[str] = (), **options: object) -> int:
    """Generate whenever a drawing, a template or the settings change, until interrupted."""
    del options
    seen = ""
    say("watching specs/ (Ctrl-C ends it)", error=True)
    try:
        while True:
            now = fingerprint(root, Project(root).inputs)
            if now != seen:
                seen = now
                generate(root, say=say, paths=paths)
            time.sleep(WATCH_INTERVAL_S)
    except KeyboardInterrupt:
        say("", error=True)
        return 0


def lint(root: str, *, say: Say, paths: Sequence[str], kind: str, form: str) -> int:
    """Check drawings; return the exit code."""
    project = Project(root)
    drawings = project.drawings(paths, kind)
    found = project.findings()
    report(found, form, say)
    if not found and form == "text":
        models = (drawings.machines, drawings.schemas, drawings.flows)
        machines, schemas, flows = (len(it) for it in models)
        say(f"{machines} states, {schemas} layouts, {flows} flows drawings: nothing found")
    return 1 if is_failure(found) else 0


def report(found: Sequence[Finding], form: str, say: Say) -> None:
    """Print findings; as text on the error output and in colour."""
    for line in lines(found, form, RULES):
        level = line.partition(":")[0]
        style = next((_STYLES[it] for it in _STYLES if it.value == level), "")
        say(line, error=form == "text", style=style)


def draw(*, say: Say, specs: Sequence[str], output: str) -> int:
    """Draw every graph of the files; return the exit code."""
    found, problems = read_specs(Path(), [Path(path) for path in specs])
    pictures: dict[str, str] = {}
    for path, data in found.items():
        graphs, faults = read_graphs(path, data)
        problems += faults
        try:
            for graph in graphs:
                text = to_dot(graph) if output.endswith((".dot", ".gv")) else to_svg(graph)
                pictures[graph.name or "drawing"] = text
        except CannotDrawError as error:
            say(str(error), error=True)
            return 1
    if problems:
        report(findings(problems, RULES, {}), "text", say)
        return 1
    return _save(pictures, output, say)


def _save(pictures: dict[str, str], output: str, say: Say) -> int:
    """Write pictures to a file, into a folder, or to the output."""
    if not output:
        for text in pictures.values():
            say(text)
        return 0
    is_folder = output.endswith("/") or Path(output).is_dir()
    if len(pictures) > 1 and not is_folder:
        say(
            f"{len(pictures)} graphs do not fit into {output}: name a folder, as {output}/",
            error=True,
        )
        return 2
    places = dict(_places(pictures, output, is_folder=is_folder))
    try:
        save(places)
    except OutputError as error:
        say(str(error), error=True)
        return 1
    for path in places:
        say(f"drawn: {path}")
    return 0


def _places(
    pictures: dict[str, str], output: str, *, is_folder: bool
) -> Iterator[tuple[Path, str]]:
    for name, text in pictures.items():
        yield (Path(output) / f"{name}.svg" if is_folder else Path(output)), text


def _own_templates() -> Path:
    """The templates of this installation: beside the package in a checkout, in it in a wheel."""
    inside = Path(__file__).parent / "templates"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "templates"
