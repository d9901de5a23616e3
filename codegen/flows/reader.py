"""From a graph to a flow: the attribute vocabulary of flows drawings."""

from collections.abc import Iterator
from typing import Final

from codegen.flows.model import BRACKETS, SOCKETS, Arrow, Column, Flow, Step
from codegen.graph import Edge, Graph, Node, Subgraph
from codegen.names import words
from codegen.problems import Problem, Rule, Severity
from codegen.vocabulary import Reader, text_of

NODE_WORDS: Final = ("opens", "closes")
EDGE_WORDS: Final = ("packet", "socket", "when")
CLUSTER: Final = "cluster"
COLUMN_COUNT: Final = 2

COLUMN_COUNT_WRONG: Final = Rule(
    "column-count",
    Severity.error,
    """A flow is a conversation of two nodes, so it has two columns, and this one has not. Draw one
    `subgraph cluster_...` for each node, with a function in each.""",
)
OUTSIDE_THE_COLUMNS: Final = Rule(
    "outside-the-columns",
    Severity.error,
    """A function stands in no column, so nobody knows which node does it. Mention it in the
    cluster of its node.""",
)
IN_BOTH_COLUMNS: Final = Rule(
    "in-both-columns",
    Severity.error,
    """A function is mentioned in both clusters, so nobody knows which node does it. Draw the edges
    between the columns behind the clusters; give a function that both nodes do two nodes with
    one label.""",
)
UNKNOWN_SOCKET: Final = Rule(
    "unknown-socket",
    Severity.error,
    """A packet travels on the data or on the meta socket, and this one on neither, so nobody could
    send it. Write `socket=data` or `socket=meta`.""",
)
UNKNOWN_BRACKET: Final = Rule(
    "unknown-bracket",
    Severity.error,
    """A bracket holds an extent of the activity log (`al`) or a resync extent (`rs`), and this one
    something else, which nothing would ever hold or free. Mend the value.""",
)
RULES: Final = (
    COLUMN_COUNT_WRONG,
    OUTSIDE_THE_COLUMNS,
    IN_BOTH_COLUMNS,
    UNKNOWN_SOCKET,
    UNKNOWN_BRACKET,
)


def read_flow(graph: Graph) -> tuple[Flow, list[Problem]]:
    """Read a flows drawing; the flow is the best that can be made of a faulty one."""
    reader = _Reader(graph)
    return reader.flow(), reader.problems


class _Reader(Reader):
    """The work of reading one graph."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.column_of: dict[str, str] = {}

    def flow(self) -> Flow:
        """Put the flow together."""
        graph = self.graph
        self.check_graph(())
        columns = tuple(self.column(cluster) for cluster in _clusters(graph.root))
        self.count_columns(columns)
        return Flow(
            name=graph.name,
            place=graph.place,
            columns=columns,
            steps=tuple(self.step(node) for node in graph.nodes.values()),
            arrows=tuple(self.arrows()),
            comment=text_of(graph.attributes, "comment"),
        )

    def column(self, cluster: Subgraph) -> Column:
        """Read one cluster, and note which functions stand in it."""
        inherited = self.graph.attributes.items()
        attributes = dict(it for it in cluster.attributes.items() if it not in inherited)
        label = attributes.get("label")
        name = label.text.strip() if label else ""
        self.check_attributes(attributes, (), f"the column {name}")
        self.check_name(name, label.place if label else cluster.place, "the column's label")
        inner = [cluster, *cluster.walk()]
        for node in dict.fromkeys(node for subgraph in inner for node in subgraph.nodes):
            if node in self.column_of:
                sentence = f"{node} stands in {self.column_of[node]} and in {name}"
                self.report(self.graph.nodes[node].place, IN_BOTH_COLUMNS, sentence)
            self.column_of.setdefault(node, name)
        return Column(name, cluster.place, text_of(attributes, "comment"))

    def count_columns(self, columns: tuple[Column, ...]) -> None:
        """Report where there are not two columns, or nothing in one of them."""
        if len(columns) != COLUMN_COUNT:
            place = columns[-1].place if columns else self.graph.place
            sentence = f"{self.graph.name} has {len(columns)} columns, a flow has two"
            self.report(place, COLUMN_COUNT_WRONG, sentence)
        for column in columns:
            if column.name not in self.column_of.values():
                self.report(column.place, COLUMN_COUNT_WRONG, f"{column.name} has no function")

    def step(self, node: Node) -> Step:
        """Read one node."""
        attributes = node.attributes
        label = attributes.get("label")
        printed = (label.text.replace("\\N", node.name).strip() if label else "") or node.name
        function = printed.removesuffix("()")
        self.check_attributes(attributes, NODE_WORDS, f"the function {function}")
        self.check_name(function, label.place if label else node.place, "the function's name")
        if node.name not in self.column_of:
            sentence = f"{function} stands in no column"
            self.report(node.place, OUTSIDE_THE_COLUMNS, sentence)
        return Step(
            name=node.name,
            place=node.place,
            function=function,
            printed=printed,
            column=self.column_of.get(node.name, ""),
            opens=self.one_of(attributes, "opens", BRACKETS, UNKNOWN_BRACKET),
            closes=self.one_of(attributes, "closes", BRACKETS, UNKNOWN_BRACKET),
            comment=text_of(attributes, "comment"),
        )

    def arrows(self) -> Iterator[Arrow]:
        """Read the edges, without those that only shape the picture."""
        for edge in self.graph.edges:
            what = f"the arrow {edge.tail} -> {edge.head}"
            self.check_attributes(edge.attributes, EDGE_WORDS, what)
            if "invis" not in words(text_of(edge.attributes, "style")):
                yield self.arrow(edge)

    def arrow(self, edge: Edge) -> Arrow:
        """Read one edge."""
        attributes = edge.attributes
        packet = text_of(attributes, "packet")
        if packet and "socket" not in attributes:
            sentence = f"{packet} from {edge.tail} to {edge.head} has no socket"
            self.report(edge.place, UNKNOWN_SOCKET, sentence, "write socket=data or socket=meta")
        return Arrow(
            tail=edge.tail,
            head=edge.head,
            place=edge.place,
            packet=packet,
            socket=self.one_of(attributes, "socket", SOCKETS, UNKNOWN_SOCKET),
            printed=text_of(attributes, "label") or packet,
            when=text_of(attributes, "when"),
        )


def _clusters(root: Subgraph) -> Iterator[Subgraph]:
    """The clusters that are in no other cluster, in the order of the text."""
    todo = list(reversed(root.subgraphs))
    while todo:
        subgraph = todo.pop()
        if subgraph.name.startswith(CLUSTER):
            yield subgraph
        else:
            todo.extend(reversed(subgraph.subgraphs))
