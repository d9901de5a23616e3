"""All drawings and templates to the wanted content of generated/, as a mapping of path to text."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from codegen.drawings import KINDS, Drawings
from codegen.flows.model import Flow
from codegen.flows.view import FlowView
from codegen.layouts.model import SOCKETS, Schema
from codegen.layouts.view import LayoutView, Names, SchemaView, schema_packets
from codegen.problems import Problem, Rule, Severity
from codegen.render import HEADER, Renderer
from codegen.states.model import Machine
from codegen.states.view import MachineView

TEMPLATE_ENDING: Final = ".j2"
PER_GRAPH: Final = "{graph}"
PLURALS: Final = {"states": "machines", "layouts": "schemas", "flows": "flows"}
"""What templates call the drawings of each kind; one of them is a machine, schema or flow."""

TAKEN_NAME: Final = Rule(
    "taken-name-of-graph",
    Severity.error,
    """A graph has the name of a file that is made once for all drawings of its kind (`machine`,
    `codec`, `path` ...), so that both would be generated to one place. Rename the graph.""",
)
RULES: Final = (TAKEN_NAME,)

Format = Callable[[str, str], str | Problem]
"""Text and path to formatted text, or to the problem that the text has."""

Progress = Callable[[int, str], None]


def no_progress(_total: int, _path: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class _Job:
    """One file to make: which template, to which path, with which context; `drawing` is empty
    for a file that is made once for all of them.
    """

    drawing: str
    template: str
    path: str
    context: Mapping[str, object]


def build(
    drawings: Drawings,
    templates: Mapping[str, str],
    format_text: Format,
    *,
    progress: Progress = no_progress,
    only: Collection[str] = (),
) -> tuple[dict[str, str], list[Problem]]:
    """Render every file and format those in Python.

    `progress` is told how many files there are and the path of each. With `only`, the files of
    other drawings are left out.
    """
    renderer = Renderer(templates)
    made: dict[str, str] = {}
    problems = list(_taken_names(drawings, templates))
    jobs = [job for job in _jobs(drawings, templates) if not only or job.drawing in ("", *only)]
    for job in jobs:
        progress(len(jobs), job.path)
        text = renderer.render(job.template, job.context)
        if isinstance(text, str) and job.path.endswith(".py"):
            text = format_text(text, job.path)
        if isinstance(text, Problem):
            problems.append(text)
        else:
            made[job.path] = text
    return made, list(dict.fromkeys(problems))


def _jobs(drawings: Drawings, templates: Mapping[str, str]) -> Iterator[_Job]:
    """Every file to make. A template's path is its output's path; `{graph}` becomes a name."""
    project = _project_context(drawings)
    graphs = {kind: list(_graph_contexts(kind, drawings, project)) for kind in KINDS}
    for template in sorted(templates):
        if template == HEADER or not template.endswith(TEMPLATE_ENDING):
            continue
        path = template.removesuffix(TEMPLATE_ENDING)
        kind = PurePosixPath(path).parts[0]
        if PER_GRAPH in path:
            for name, context in graphs.get(kind, []):
                drawing = str(context["drawing"])
                yield _Job(drawing, template, path.replace(PER_GRAPH, name), context)
        elif kind not in KINDS or graphs[kind]:
            folder = f"specs/{kind}/" if kind in KINDS else "specs/"
            origin = f"the drawings in {folder}; edit those"
            yield _Job("", template, path, {**project, "origin": origin})


def _taken_names(drawings: Drawings, templates: Mapping[str, str]) -> Iterator[Problem]:
    """The graphs whose name is that of a file without a graph."""
    shared = {template.partition(".")[0] for template in templates if PER_GRAPH not in template}
    for kind, graph in drawings.graphs:
        if f"{kind}/{graph.name}" in shared:
            sentence = (
                f"{kind}/{graph.name} is made once for all drawings: no graph can be called so"
            )
            yield Problem(graph.place, TAKEN_NAME.name, sentence)


def _project_context(drawings: Drawings) -> dict[str, Any]:
    """What templates that are rendered once may place."""
    names = Names(drawings.schemas, [machine.name for machine in drawings.machines])
    schemas = [SchemaView(schema, names) for schema in drawings.schemas]
    packets = sorted(
        (
            layout
            for schema in drawings.schemas
            for layout in schema.layouts
            if layout.number is not None
        ),
        key=lambda layout: (layout.number, layout.name),
    )
    return {
        "machines": [MachineView(machine) for machine in drawings.machines],
        "schemas": schemas,
        "flows": [FlowView(flow, names.modules) for flow in drawings.flows],
        "packets": packets,
        "packet_modules": list(_packet_modules(schemas)),
        "sockets": [
            {
                "name": socket,
                "constant": f"{socket.upper()}_SOCKET",
                "packets": [
                    layout for layout in packets if socket in layout.sockets and not layout.obsolete
                ],
            }
            for socket in SOCKETS
        ],
    }


def _packet_modules(schemas: Sequence[SchemaView]) -> Iterator[Mapping[str, object]]:
    """What the table of all packets imports, in the order of its modules."""
    imports = {"codec": ["Packet"]}
    for schema in schemas:
        packets: list[LayoutView] = [it for it in schema_packets(schema.layouts) if it.arrives]
        names = sorted(it.name for it in packets if not it.subclasses)
        if names:
            imports[schema.name] = names
    for module, names in sorted(imports.items()):
        yield {"name": module, "names": names}


def _graph_contexts(
    kind: str, drawings: Drawings, project: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Graph name and context of each graph of a kind."""
    models: Mapping[str, Sequence[Machine | Schema | Flow]] = {
        "states": drawings.machines,
        "layouts": drawings.schemas,
        "flows": drawings.flows,
    }
    for model, view in zip(models[kind], project[PLURALS[kind]], strict=True):
        drawing = model.place.file
        origin = f"{drawing}; edit that drawing"
        word = PLURALS[kind].removesuffix("s")
        yield model.name, {**project, word: view, "drawing": drawing, "origin": origin}
