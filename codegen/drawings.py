"""All drawings of a project, from bytes to models, with every problem that they have."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from codegen import crossrules, vocabulary
from codegen.files import UNREADABLE_FILE
from codegen.flows import reader as flows_reader
from codegen.flows import rules as flows_rules
from codegen.flows.model import Flow
from codegen.graph import Graph
from codegen.layouts import cells as layouts_cells
from codegen.layouts import reader as layouts_reader
from codegen.layouts import rules as layouts_rules
from codegen.layouts import sizes as layouts_sizes
from codegen.layouts.model import Schema
from codegen.parse import RULES as PARSE_RULES
from codegen.parse import decode, parse, parse_document
from codegen.problems import Problem, Rule, Severity
from codegen.states import reader as states_reader
from codegen.states import rules as states_rules
from codegen.states.model import Machine

KINDS: Final = ("states", "layouts", "flows")
DOCUMENT_ENDINGS: Final = (".txt", ".md", ".rst")
"""Files of these kinds are prose with graphs in it."""

SAME_GRAPH_TWICE: Final = Rule(
    "same-graph-twice",
    Severity.error,
    """Two graphs of one kind have the same name, so that both would be generated to one place.
    Rename one.""",
)

RULES: Final = (
    *PARSE_RULES,
    SAME_GRAPH_TWICE,
    *vocabulary.RULES,
    *states_reader.RULES,
    *states_rules.RULES,
    *layouts_reader.RULES,
    *layouts_cells.RULES,
    *layouts_sizes.RULES,
    *layouts_rules.RULES,
    *flows_reader.RULES,
    *flows_rules.RULES,
    *crossrules.RULES,
)
"""Every rule that a drawing can break."""

UNREADABLE: Final = frozenset({UNREADABLE_FILE.name, *(rule.name for rule in PARSE_RULES)})
"""Rules of faults behind which nothing is known of a file; others leave a model to compare."""


@dataclass(slots=True)
class Drawings:
    """The models of all drawings, in the order of their files, and the problems found."""

    graphs: list[tuple[str, Graph]] = field(default_factory=list)
    machines: list[Machine] = field(default_factory=list)
    schemas: list[Schema] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def kind_of(path: str) -> str:
    """The kind of a drawing by the folder that it is in; `states` where no folder tells."""
    folders = PurePosixPath(path).parts[:-1]
    return next((folder for folder in reversed(folders) if folder in KINDS), KINDS[0])


def read_drawings(files: Mapping[str, bytes], *, kind: str = "") -> Drawings:
    """Read files (path -> bytes); `kind` overrides what their folders say.

    A file that is no DOT is left out, and while there is one, nothing is said of what other
    drawings may refer to in it.
    """
    drawings = Drawings()
    for path, data in files.items():
        graphs, problems = read_graphs(path, data)
        drawings.problems += problems
        if not problems:
            drawings.graphs += [(kind or kind_of(path), graph) for graph in graphs]
    is_whole = not drawings.problems
    for graph_kind, graph in drawings.graphs:
        _READERS[graph_kind](graph, drawings)
    names = [machine.name for machine in drawings.machines]
    drawings.schemas, unmeasured = layouts_sizes.measure(drawings.schemas, names)
    drawings.problems += _same_graph_twice(drawings.graphs)
    drawings.problems += _check(drawings)
    if is_whole:
        drawings.problems += unmeasured
        drawings.problems += _check_across(drawings)
    drawings.problems.sort(key=lambda problem: problem.order)
    return drawings


def read_graphs(path: str, data: bytes) -> tuple[list[Graph], list[Problem]]:
    """The graphs of one file, and what is wrong with its text."""
    text, problems = decode(data, path)
    if problems:
        return [], problems
    is_document = path.endswith(DOCUMENT_ENDINGS)
    return parse_document(text, path) if is_document else parse(text, path)


def _read_machine(graph: Graph, drawings: Drawings) -> None:
    machine, problems = states_reader.read_machine(graph)
    drawings.machines.append(machine)
    drawings.problems += problems


def _read_schema(graph: Graph, drawings: Drawings) -> None:
    schema, problems = layouts_reader.read_schema(graph)
    drawings.schemas.append(schema)
    drawings.problems += problems


def _read_flow(graph: Graph, drawings: Drawings) -> None:
    flow, problems = flows_reader.read_flow(graph)
    drawings.flows.append(flow)
    drawings.problems += problems


_READERS: Final = {"states": _read_machine, "layouts": _read_schema, "flows": _read_flow}


def _same_graph_twice(graphs: Iterable[tuple[str, Graph]]) -> Iterator[Problem]:
    first: dict[tuple[str, str], Graph] = {}
    for kind, graph in graphs:
        known = first.setdefault((kind, graph.name), graph)
        if known is not graph:
            sentence = f"the graph {graph.name} is drawn at {known.file}:{known.place.line} too"
            yield Problem(graph.place, SAME_GRAPH_TWICE.name, sentence)


def _check(drawings: Drawings) -> Iterator[Problem]:
    """Run every rule of one kind over the drawings of its kind."""
    about: list[tuple[Iterable[Rule], Iterable[object]]] = [
        (states_rules.RULES, drawings.machines),
        (layouts_rules.RULES, drawings.schemas),
        (flows_rules.RULES, drawings.flows),
    ]
    for rules, models in about:
        for rule in rules:
            for model in models if rule.check else ():
                assert rule.check is not None
                yield from rule.check(model)


def _check_across(drawings: Drawings) -> Iterator[Problem]:
    """Run the rules that look at drawings of several kinds."""
    for rule in crossrules.RULES:
        if rule.check is not None:
            yield from rule.check(drawings.machines, drawings.schemas, drawings.flows)
