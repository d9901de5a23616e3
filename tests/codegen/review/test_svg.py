"""SVG that can be shown anywhere: whatever a drawing brings along stays outside."""

from xml.etree import ElementTree as ET

import pytest

from codegen.drawing import CannotDrawError, to_svg
from codegen.graph import Graph
from codegen.parse import parse
from codegen.review.svg import cleaned, safe_svg

HOSTILE = r"""digraph a { stylesheet="http://localhost/x.css"; comment="--><script>"
    A [URL="javascript:alert(1)", fontname="x\" onclick=\"alert(1)", id="x\" onload=\"alert(1)"]
    B [shape=plain, label=<<table href="javascript:alert(1)"><tr><td>b</td></tr></table>>]
    "<script>alert(1)</script>" -> A [edgetooltip="<b>", label="<img src=x onerror=alert(1)>"]
}"""


def graph(text: str) -> Graph:
    """The graph of a text."""
    return parse(text, "a.dot")[0][0]


def test_only_shapes_and_texts_are_left() -> None:
    """No link, no handler, no style, no name that a page could have as well."""
    root = ET.fromstring(safe_svg(graph(HOSTILE), to_svg))
    names = {it.tag.rpartition("}")[2] for it in root.iter()}
    attributes = {name for it in root.iter() for name in it.attrib}
    assert names <= {"svg", "g", "title", "text", "polygon", "path", "ellipse"}
    assert not {it for it in attributes if it.startswith("on") or "href" in it or it == "id"}


def test_foreign_names_are_texts() -> None:
    """What looks like markup is what people read."""
    root = ET.fromstring(safe_svg(graph(HOSTILE), to_svg))
    texts = {"".join(it.itertext()) for it in root.iter()}
    assert {"<script>alert(1)</script>", "<img src=x onerror=alert(1)>"} <= texts


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<style>* { fill: red }</style>",
        "<foreignObject><p>x</p></foreignObject>",
        '<image href="http://localhost/x.png"/>',
        '<path style="fill: red" onclick="alert(1)" fill="url(http://localhost/x)"/>',
        '<other:path xmlns:other="urn:x" fill="red"/>',
    ],
)
def test_what_is_no_part_of_a_picture_is_left_out(inside: str) -> None:
    """Elements and attributes have to be known, values have to refer to nothing."""
    made = cleaned(f'<svg xmlns="http://www.w3.org/2000/svg"><g>{inside}</g></svg>')
    assert not any(word in made for word in ("alert", "red", "http://localhost", "<p>", "style"))


def test_characters_that_xml_does_not_have_are_left_out() -> None:
    """A label may hold any byte, and a browser would refuse the whole picture."""
    assert "bell" in safe_svg(graph('digraph a { A [label="\x07bell\x01"] }'), to_svg)


def test_what_is_no_svg_is_refused_with_a_sentence() -> None:
    """A font's name can end the SVG before its time."""
    with pytest.raises(CannotDrawError, match="what was drawn is no SVG"):
        cleaned("<svg></g></svg>")


def test_what_graphviz_refuses_is_drawn_more_plainly() -> None:
    """Some Graphviz crash on flat edges between clusters."""
    tried: list[str] = []

    def draw(tested: Graph) -> str:
        attributes = tested.edges[0].attributes
        tried.append(" ".join(attributes))
        if "minlen" in attributes:
            raise CannotDrawError("it ended with code -11")
        return to_svg(tested)

    assert "<svg" in safe_svg(graph("digraph a { A -> B [minlen=0, label=x] }"), draw)
    assert tried == ["minlen label", "label"]


def test_what_graphviz_refuses_twice_is_refused_with_its_reason() -> None:
    """The reader learns what to mend."""
    with pytest.raises(CannotDrawError, match="in label of node A"):
        safe_svg(graph("digraph a { A [label=<<b>x>] }"), to_svg)


def test_what_is_nested_too_deeply_is_refused_with_a_sentence() -> None:
    """A drawing may be hostile in its shape, too."""
    deep = graph(f"digraph deep {{ {'{' * 3000} A {'}' * 3000} }}")
    with pytest.raises(CannotDrawError, match="deep"):
        safe_svg(deep, to_svg)
