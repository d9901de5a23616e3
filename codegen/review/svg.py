"""Graphviz's SVG without anything that could run or load something in a reader's browser.

Graphviz writes some texts of a drawing as they are: a font's name can bring an `onclick` along. So
only the elements and attributes that a picture needs are taken over.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from xml.etree import ElementTree as ET

from codegen.drawing import CannotDrawError
from codegen.graph import Attributes, Graph

Draw = Callable[[Graph], str]
"""Makes SVG of a graph; raises CannotDrawError."""

ARRANGING: Final = frozenset({"minlen", "newrank"})
"""Edges that go along a rank, and ranks across clusters: some Graphviz crash on them."""

NAMESPACE: Final = "http://www.w3.org/2000/svg"

ELEMENTS: Final = frozenset(
    "svg g path polygon polyline ellipse circle rect text tspan title".split()
)
LINKS: Final = "a"
"""Becomes a plain group."""

PLAIN: Final = re.compile(r"[\w\s.,#%+-]*")
TRANSFORM: Final = re.compile(r"[\w\s.,()-]*")
ATTRIBUTES: Final = {
    **dict.fromkeys(
        """
        class width height viewBox points d cx cy rx ry r x y fill fill-opacity stroke
        stroke-width stroke-opacity stroke-dasharray text-anchor text-decoration baseline-shift
        font-family font-size font-weight font-style
        """.split(),
        PLAIN,
    ),
    "transform": TRANSFORM,
}
"""What an element may have, and the form of its value: nothing that refers to anything."""

NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def safe_svg(graph: Graph, draw: Draw) -> str:
    """The graph as SVG that can be shown anywhere; raises CannotDrawError.

    What Graphviz refuses is drawn once more, in a plainer arrangement.
    """
    try:
        return cleaned(draw(graph))
    except CannotDrawError:
        return cleaned(draw(_plainer(graph)))


def cleaned(svg: str) -> str:
    """The picture alone; raises CannotDrawError where a drawing's text has broken the SVG."""
    try:
        # Graphviz declares no entities, which are what makes XML dangerous to read.
        root = ET.fromstring(NO_XML.sub("", svg))  # noqa: S314
    except ET.ParseError as error:
        raise CannotDrawError(f"what was drawn is no SVG: {error}") from None
    made = ET.Element("svg", {"xmlns": NAMESPACE, **_attributes(root)})
    _copy(root, made)
    return ET.tostring(made, encoding="unicode")


def _copy(source: ET.Element, target: ET.Element) -> None:
    target.text = source.text
    for element in source:
        name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
        name = "g" if name == LINKS else name
        if name in ELEMENTS:
            made = ET.SubElement(target, name, _attributes(element))
            made.tail = element.tail
            _copy(element, made)


def _attributes(element: ET.Element) -> dict[str, str]:
    return {
        name: value
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and ATTRIBUTES[name].fullmatch(value)
    }


def _plainer(graph: Graph) -> Graph:
    root = replace(graph.root, attributes=_without(graph.attributes))
    edges = [replace(edge, attributes=_without(edge.attributes)) for edge in graph.edges]
    return replace(graph, root=root, edges=edges)


def _without(attributes: Attributes) -> Attributes:
    return {name: value for name, value in attributes.items() if name not in ARRANGING}
