"""What the readers of all three kinds of drawings share: attributes, names, and their faults."""

from collections.abc import Collection
from typing import Final

from codegen.graph import Attributes, Graph, Value
from codegen.names import did_you_mean, legal_name, name_fault
from codegen.problems import Place, Problem, Rule, Severity

GRAPHVIZ: Final = frozenset("""
    Damping K URL area arrowhead arrowsize arrowtail background bb beautify bgcolor center charset
    class cluster clusterrank color colorscheme compound concentrate constraint decorate
    defaultdist dim dimen dir diredgeconstraints distortion dpi edgeURL edgehref edgetarget
    edgetooltip epsilon esep fillcolor fixedsize fontcolor fontname fontnames fontpath fontsize
    forcelabels gradientangle group headURL head_lp headclip headhref headlabel headport headtarget
    headtooltip height href id image imagepath imagepos imagescale inputscale key labelURL
    label_scheme labelangle labeldistance labelfloat labelfontcolor labelfontname labelfontsize
    labelhref labeljust labelloc labeltarget labeltooltip landscape layer layerlistsep layers
    layerselect layersep layout len levels levelsgap lhead lheight linelength lp ltail lwidth
    margin maxiter mclimit mindist minlen mode model newrank nodesep nojustify normalize notranslate
    nslimit nslimit1 oneblock ordering orientation outputorder overlap overlap_scaling
    overlap_shrink pack packmode pad page pagedir pencolor penwidth peripheries pin pos quadtree
    quantum radius rank rankdir ranksep ratio rects regular remincross repulsiveforce resolution
    root rotate rotation samehead sametail samplepoints scale searchsize sep shape shapefile
    showboxes sides size skew smoothing sortv splines start style stylesheet tailURL tail_lp
    tailclip tailhref taillabel tailport tailtarget tailtooltip target TBbalance tooltip truecolor
    vertices viewport voro_margin weight width xdotversion xlabel xlp z
    """.split())
"""Names of the Graphviz manual that belong to the draughtsman: we pass them by."""

OURS_ANYWHERE: Final = frozenset({"label", "comment"})

UNKNOWN_ATTRIBUTE: Final = Rule(
    "unknown-attribute",
    Severity.error,
    """Neither Graphviz nor our vocabulary knows the attribute, so it would change nothing: most
    often a slip of the pen (`gaurd`), which would silently drop a guard. Mend the name;
    specs/README.md lists ours.""",
)
NOT_DIRECTED: Final = Rule(
    "not-directed",
    Severity.error,
    """The graph is undirected, so nothing says where an arrow leads from and where to. Begin it
    with `digraph` and draw arrows with `->`.""",
)
ILLEGAL_NAME: Final = Rule(
    "illegal-name",
    Severity.error,
    """This name becomes one in Python (of a module, class, enum member or method), and it cannot.
    Give the node a legal name and put the text in its label; give the edge an `event`.""",
)
BAD_VALUE: Final = Rule(
    "bad-value",
    Severity.error,
    """An attribute's value is not of the form that specs/README.md gives for it.""",
)
RULES: Final = (UNKNOWN_ATTRIBUTE, NOT_DIRECTED, ILLEGAL_NAME, BAD_VALUE)


class Reader:
    """The work of reading one graph: problems gather here."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.problems: list[Problem] = []

    def report(self, place: Place, rule: Rule, sentence: str, hint: str = "") -> None:
        """Remember one problem."""
        self.problems.append(Problem(place, rule.name, sentence, hint))

    def check_graph(self, ours: Collection[str], *, directed: bool = True) -> None:
        """Check what every graph has: a name, its own attributes, and a direction."""
        graph = self.graph
        if directed and not graph.directed:
            self.report(graph.place, NOT_DIRECTED, "this is a graph and no digraph")
        self.check_attributes(graph.attributes, ours, "the graph")
        self.check_name(graph.name, graph.place, "the graph's name")

    def check_name(self, name: str, place: Place, what: str) -> None:
        """Report a name that cannot be used in Python."""
        if fault := name_fault(name):
            shown = f' "{name}"' if name else ""
            hint = f"call it {legal_name(name)}" if name else "give it a name"
            self.report(place, ILLEGAL_NAME, f"{what}{shown} {fault}", hint)

    def check_attributes(self, attributes: Attributes, ours: Collection[str], what: str) -> None:
        """Report attributes that neither Graphviz nor `ours` knows; `what` names their owner."""
        known = OURS_ANYWHERE | frozenset(ours)
        for name, value in attributes.items():
            if name not in known and name not in GRAPHVIZ:
                sentence = f"{what} has the attribute {name}, which means nothing here"
                hint = did_you_mean(name, known) or did_you_mean(name, GRAPHVIZ)
                self.report(_place_of_name(name, value), UNKNOWN_ATTRIBUTE, sentence, hint)

    def number(self, attributes: Attributes, name: str) -> int | None:
        """A number in decimal or 0x form, or nothing."""
        value = attributes.get(name)
        if value is None:
            return None
        try:
            return int(value.text, 0)
        except ValueError:
            sentence = f'{name}="{value.text}" is no number'
            self.report(value.place, BAD_VALUE, sentence, "write 8 or 0x08")
            return None

    def one_of(
        self, attributes: Attributes, name: str, known: Collection[str], rule: Rule = BAD_VALUE
    ) -> str:
        """The value of an attribute that has few values, or nothing."""
        value = attributes.get(name)
        if value is None or value.text in known:
            return value.text if value else ""
        sentence = f'{name}="{value.text}" is none of {", ".join(known)}'
        self.report(value.place, rule, sentence, did_you_mean(value.text, known))
        return ""


def text_of(attributes: Attributes, name: str) -> str:
    """The text of an attribute, or nothing."""
    value = attributes.get(name)
    return value.text if value else ""


def _place_of_name(name: str, value: Value) -> Place:
    """Where an attribute's name stands: right before its value."""
    source, offset = value.place
    found = source.text.rfind(name, 0, offset)
    return Place(source, found) if found != -1 else value.place
