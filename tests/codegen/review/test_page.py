"""The page of a review: everything is in it, and nothing in it comes from elsewhere."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

from codegen.drawing import CannotDrawError, to_svg
from codegen.drawings import read_drawings
from codegen.graph import Graph
from codegen.review.changes import ChangeRule, Consequence, Impact
from codegen.review.implementers import Implementers
from codegen.review.judge import Side, review
from codegen.review.page import make_page
from codegen.review.report import Drawing, Review
from tests.codegen.review.compared import compared, review_of

TEMPLATE = (Path(__file__).parents[3] / "codegen" / "review" / "page.html.j2").read_text()

OLD = (
    'digraph door_states {\n    Open -> Closed [label="close"]\n    Closed -> Open [label=open]\n}'
)
NEW = OLD.replace('"close"', '"close", guard=is_free').replace(
    "[label=open]", "[label=open, action=creak]"
)

RULES = {
    name: ChangeRule(name, Impact.wire_breaking, f"What {name} means.")
    for name in ("arrow-guard-changed", "arrow-actions-changed", "no-way-out", "flow-added")
}
FOLLOWS = Consequence(
    "no-way-out", Impact.disk_breaking, "door_states", "Closed", "Closed is never left."
)


class Page(HTMLParser):
    """A page as its tags and its text; texts of scripts and styles are held apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.inline: dict[str, str] = {}
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self.inside = tag

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if self.inside in ("script", "style"):
            self.inline[self.inside] = self.inline.get(self.inside, "") + data
        else:
            self.words += data.split()

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or a style."""
        self.inside = "" if tag == self.inside else self.inside

    @property
    def text(self) -> str:
        """What a reader sees, with single blanks."""
        return " ".join(self.words)

    def values(self, name: str) -> Iterator[str]:
        """The values of an attribute, wherever it is."""
        return (attributes[name] for _, attributes in self.tags if name in attributes)


def drawing() -> Drawing:
    """A guard and an action came."""
    return compared("states", OLD, NEW, (Impact.API_breaking, Impact.harmless))


def page(review: Review) -> Page:
    """The page of a review."""
    return Page(make_page(review, RULES, to_svg, TEMPLATE))


def test_the_headline_says_the_worst_and_how_much() -> None:
    """Before any detail."""
    text = page(review_of(drawing())).text
    assert "main → the working tree" in text
    assert "API-breaking is the worst of 2 changes in 1 drawing." in text


def test_a_change_is_told_with_both_lines() -> None:
    """Its impact, rule, subject, both texts, and the lines of both drawings."""
    text = page(review_of(drawing())).text
    told = "arrow-guard-changed Open --close--> Closed guard: none → is_free"
    place = "specs/states/drawn.dot:2"
    assert f"API-breaking {told}" in text
    assert f'old {place} Open -> Closed [label="close"]' in text
    assert f'new {place} Open -> Closed [label="close", guard=is_free]' in text


def test_lines_that_are_the_same_are_told_once() -> None:
    """The change is in a line further down."""
    old = "digraph a_states {\n A -> B [label=x,\n guard=free]\n}"
    text = page(review_of(compared("states", old, old.replace("free", "empty")))).text
    assert text.count("A -> B [label=x,") == 1


def test_consequences_stand_below_their_change() -> None:
    """With their own impact and rule."""
    shown = drawing()
    first, second = shown.changes
    shown = replace(shown, changes=(replace(first, consequences=(FOLLOWS,)), second))
    text = page(review_of(shown)).text
    told = "disk-breaking no-way-out Closed: Closed is never left."
    rules = ("arrow-guard-changed", told, "arrow-actions-changed")
    assert sorted(text.index(it) for it in rules) == [text.index(it) for it in rules]


def test_a_consequence_of_several_changes_stands_below_them_all() -> None:
    """No single change is its cause."""
    text = page(review_of(replace(drawing(), aside=(FOLLOWS,)))).text
    assert "What follows from the changes together: disk-breaking no-way-out" in text


def test_excuses_notes_and_the_baseline_are_told() -> None:
    """What counts less, and why."""
    shown = drawing()
    first, second = shown.changes
    changes = (replace(first, excuse="nobody asks"), replace(second, unreleased=True))
    review = replace(
        review_of(replace(shown, changes=changes)), notes=("Mind the gap.",), baseline="v1.0"
    )
    text = page(review).text
    assert "2 changes in 1 drawing, 1 excused, held against v1.0." in text
    assert "Excused: nobody asks" in text
    assert "unreleased" in text
    assert "Mind the gap." in text


def test_the_rules_that_are_named_are_explained() -> None:
    """Each name leads to its text; other rules are not in the page."""
    found = page(review_of(drawing()))
    assert "What arrow-guard-changed means." in found.text
    assert "flow-added" not in found.text
    anchors = {it for it in found.values("href") if it.startswith("#rule-")}
    assert {it[1:] for it in anchors} <= set(found.values("id"))
    assert anchors == {"#rule-arrow-guard-changed", "#rule-arrow-actions-changed"}


def test_the_table_of_contents_leads_to_every_drawing() -> None:
    """By its name."""
    found = page(review_of(drawing(), compared("states", "", "digraph b_states { A }")))
    targets = {it for it in found.values("href") if it.startswith("#drawing-")}
    assert targets == {"#drawing-1", "#drawing-2"}
    assert {it[1:] for it in targets} <= set(found.values("id"))


def test_every_name_of_an_element_is_there_once() -> None:
    """Several pictures of Graphviz would bring the same ones."""
    found = list(page(review_of(drawing(), drawing())).values("id"))
    assert len(found) == len(set(found))


def test_a_drawing_with_both_sides_has_three_pictures() -> None:
    """Together, before and after; one that was added has one."""
    both = page(review_of(drawing()))
    added = page(review_of(compared("states", "", OLD)))
    assert [sum(tag == "svg" for tag, _ in it.tags) for it in (both, added)] == [3, 1]


def test_a_picture_that_cannot_be_drawn_is_a_sentence() -> None:
    """All else is in the page as well."""

    def refuse(graph: Graph) -> str:
        raise CannotDrawError(f"nothing draws {graph.name}")

    text = Page(make_page(review_of(drawing()), RULES, refuse, TEMPLATE)).text
    assert "There is no picture: nothing draws door_states" in text
    assert "arrow-guard-changed" in text


def test_nothing_foreign_becomes_markup() -> None:
    """Labels, names, sentences and lines of the drawings are texts."""
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    new = OLD.replace('"close"', f'"{evil}", comment="{evil}"')
    review = review_of(replace(compared("states", OLD, new), name=evil, new_file=evil))
    found = page(replace(review, old_label=evil, notes=(evil,), baseline=evil))
    assert sum(tag == "script" for tag, _ in found.tags) == 1
    assert not any(tag == "img" for tag, _ in found.tags)
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert evil in found.text


def test_the_policy_allows_only_the_page_s_own_style_and_script() -> None:
    """By their hashes, so that nothing that slipped in would run, and nothing is loaded."""
    found = page(review_of(drawing()))
    policy = next(it for it in found.values("content") if "default-src" in it)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for text in found.inline.values():
        assert f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy


def test_nothing_is_referred_to_outside_the_page() -> None:
    """No source, and no link but to a place in the page."""
    found = page(review_of(drawing()))
    assert all(it.startswith("#") for it in found.values("href"))
    assert not list(found.values("src"))
    assert "url(" not in found.inline["style"]


def test_without_changes_the_page_says_so() -> None:
    """It is a page, too."""
    assert "No drawing says anything else." in page(review_of()).text


def test_the_same_review_gives_the_same_bytes() -> None:
    """No date, no random name."""
    first, second = (make_page(review_of(drawing()), RULES, to_svg, TEMPLATE) for _ in range(2))
    assert first == second


def test_what_shares_a_record_is_one_change() -> None:
    """The other packets are named below it, and every one of them is marked in the picture."""
    old = (
        'digraph acks { subgraph Ack { node [shape=record, label="{ \\N | size\\nu32 }"]\n'
        " P_A [number=1]\n P_B [number=2] } }"
    )
    sides = [
        Side(name, read_drawings({"specs/layouts/acks.dot": text.encode()}))
        for name, text in (("main", old), ("the working tree", old.replace("u32", "u64")))
    ]
    (shown,) = review(sides[0], sides[1], Implementers()).drawings
    assert [it.change.subject for it in shown.changes] == ["P_A.size", "P_A.size"]
    assert shown.changes[0].remark == "also of P_B"
    found = page(review_of(shown))
    assert "also of P_B" in found.text
    marked = [it for it in found.values("class") if it.startswith("node changed change-0")]
    assert len(marked) == 6  # two packets in three pictures
