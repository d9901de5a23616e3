"""The attribute names that a drawing may use: Graphviz's own and, per kind, ours."""

from collections.abc import Collection, Iterator
from typing import Final

from codegen.graph import Attributes, Value
from codegen.names import did_you_mean
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


def unknown_attributes(
    attributes: Attributes, ours: Collection[str], what: str
) -> Iterator[Problem]:
    """The attributes that neither Graphviz nor `ours` knows; `what` names their owner."""
    known = OURS_ANYWHERE | frozenset(ours)
    for name, value in attributes.items():
        if name not in known and name not in GRAPHVIZ:
            sentence = f"{what} has the attribute {name}, which means nothing here"
            hint = did_you_mean(name, known) or did_you_mean(name, GRAPHVIZ)
            yield Problem(_place_of_name(name, value), UNKNOWN_ATTRIBUTE.name, sentence, hint)


def _place_of_name(name: str, value: Value) -> Place:
    """Where an attribute's name stands: right before its value."""
    source, offset = value.place
    found = source.text.rfind(name, 0, offset)
    return Place(source, found) if found != -1 else value.place
