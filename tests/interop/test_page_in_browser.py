"""The page of a review as a reader sees it: Chromium shows it, and is asked what it shows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from codegen.drawing import to_svg
from codegen.review.changes import ChangeRule, Impact
from codegen.review.page import make_page
from codegen.review.report import Review
from tests.codegen.review.compared import compared, review_of
from tests.interop.browser import Browser, browser

TEMPLATE: Final = Path(__file__).parents[2] / "codegen" / "review" / "page.html.j2"

OLD: Final = """digraph door_states {
    Open -> Closed [label="close"]
    Closed -> Open [label="open"]
    Closed -> Locked [label="lock"]
    Locked -> Closed [label="unlock"]
}"""
NEW: Final = """digraph door_states {
    Open -> Closed [label="close", guard=is_free]
    Closed -> Open [label="open"]
    Locked -> Closed [label="unlock"]
    Open -> Locked [label="slam"]
}"""
RECORDS: Final = r"""digraph packets { node [shape=record]
    P_DATA [number="0x00", label="{ \N | sector\nu64 | size\nu32 }"] }"""
FLOW: Final = r"""digraph write {
    subgraph cluster_a { label="Primary"; send -> done }
    subgraph cluster_b { label="Secondary"; receive }
    send -> receive [socket=data, packet=P_DATA] }"""

GREEN, RED, AMBER = "rgb(26, 127, 55)", "rgb(207, 34, 46)", "rgb(191, 135, 0)"
ESCAPE, ENTER = "\ue00c", "\ue007"

STROKES: Final = """
    return [...document.querySelectorAll(`#drawing-1 .together .edge.${arguments[0]} path`)]
        .map(it => [getComputedStyle(it).stroke, getComputedStyle(it).strokeDasharray])"""
BOXES: Final = """
    return [...document.querySelectorAll(arguments[0])].map(it => it.getBoundingClientRect())
        .map(it => [it.left, it.top, it.right, it.bottom])"""
VIEWS: Final = """
    return [...document.querySelectorAll(arguments[0] + ' svg')]
        .map(it => it.getAttribute('viewBox').split(' ').map(Number))"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of this file."""
    with browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


def write(folder: Path, review: Review) -> Path:
    """The page of a review as a file; every rule has a text."""
    names = {it.change.rule for it in review.judged()}
    rules = {it: ChangeRule(it, Impact.wire_breaking, f"What {it} means.") for it in names}
    path = folder / "page.html"
    path.write_text(make_page(review, rules, to_svg, TEMPLATE.read_text()))
    return path


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Browser:
    """A page of three drawings; its first one has an arrow of each colour."""
    impacts = (Impact.harmless, Impact.API_breaking, Impact.wire_breaking)
    drawings = (
        compared("states", OLD, NEW, impacts),
        compared("layouts", RECORDS, RECORDS.replace("size", "length"), impacts),
        compared("flows", FLOW, FLOW.replace("send -> done", "send -> check -> done"), impacts),
    )
    chromium.prefer("light")
    chromium.log("browser")
    chromium.requests()
    chromium.open(write(tmp_path, review_of(*drawings)))
    return chromium


def count(page: Browser, selector: str) -> int:
    """How many elements a reader can see."""
    script = """return [...document.querySelectorAll(arguments[0])]
        .filter(it => it.checkVisibility({visibilityProperty: true})).length"""
    found: int = page.ask(script, selector)
    return found


def sizes(page: Browser, selector: str) -> list[tuple[float, float]]:
    """Width and height of each element."""
    boxes: list[list[float]] = page.ask(BOXES, selector)
    return [(right - left, bottom - top) for left, top, right, bottom in boxes]


def test_every_drawing_has_a_picture(page: Browser) -> None:
    """One is in sight for each, with a size, and so is what is drawn in it."""
    assert count(page, "figure svg") == 3
    for selector in (".together svg", ".together g.graph"):
        assert len(sizes(page, selector)) == 3
        assert all(min(size) > 50 for size in sizes(page, selector))


def test_an_added_arrow_is_green(page: Browser) -> None:
    """And its line is drawn through."""
    assert page.ask(STROKES, "added") == [[GREEN, "none"]]


def test_a_removed_arrow_is_red_and_dashed(page: Browser) -> None:
    """It is in the picture of both sides together."""
    ((stroke, dashes),) = page.ask(STROKES, "removed")
    assert stroke == RED
    assert dashes != "none"


def test_a_changed_arrow_is_amber_and_says_what_changed(page: Browser) -> None:
    """Its note can be read in the picture."""
    assert page.ask(STROKES, "changed") == [[AMBER, "none"]]
    text = page.ask("return document.querySelector('.edge.changed').textContent")
    assert "guard: none → is_free" in text


def test_a_renamed_field_is_a_row_of_its_own_colour(page: Browser) -> None:
    """The record became a table."""
    script = """return [...document.querySelectorAll('#drawing-2 .together text')]
        .filter(it => it.textContent.includes('→')).map(it => it.textContent)"""
    assert page.ask(script) == ["size → length"]


def test_side_by_side_are_two_pictures_at_one_height(page: Browser) -> None:
    """The united one gives way to them, and comes back."""
    page.click("#drawing-1 [data-act=sides]")
    assert count(page, "#drawing-1 .together") == 0
    left, right = page.ask(BOXES, "#drawing-1 .sides svg")
    assert left[2] <= right[0]
    assert (left[1], left[3]) == (right[1], right[3])
    assert all(min(size) > 50 for size in sizes(page, "#drawing-1 .sides svg"))
    page.click("#drawing-1 [data-act=together]")
    assert (count(page, "#drawing-1 .sides"), count(page, "#drawing-1 .together")) == (0, 1)


def test_the_sides_zoom_in_step(page: Browser) -> None:
    """Both show the same share of their drawing."""
    page.click("#drawing-1 [data-act=sides]")
    before = page.ask(VIEWS, "#drawing-1 .sides")
    page.click("#drawing-1 [data-act=in]")
    after = page.ask(VIEWS, "#drawing-1 .sides")
    shares = [now[2] / was[2] for was, now in zip(before, after, strict=True)]
    assert shares == [pytest.approx(1 / 1.4, abs=0.01)] * 2
    page.click("#drawing-1 [data-act=fit]")
    assert page.ask(VIEWS, "#drawing-1 .sides") == before


def test_the_wheel_zooms_at_the_pointer_once_the_picture_was_clicked(page: Browser) -> None:
    """Before that it scrolls the page, as everywhere."""
    page.click("#drawing-1 [data-act=fit]")
    before = page.ask(VIEWS, "#drawing-1 .together")
    page.wheel("#drawing-1 .together .pane", -200)
    assert page.ask(VIEWS, "#drawing-1 .together") == before
    page.click("#drawing-1 .together .pane")
    page.wheel("#drawing-1 .together .pane", -200)
    page.wait(
        """return document.querySelector('#drawing-1 .together svg')
        .getAttribute('viewBox').split(' ')[2] < arguments[0]""",
        before[0][2] * 0.9,
    )


def test_the_picture_is_dragged_and_moved_by_keys(page: Browser) -> None:
    """What is drawn follows the pointer; an arrow key looks further in its direction."""
    pane = "#drawing-1 .together .pane"
    ((left, top, width, height),) = page.ask(VIEWS, pane)
    page.drag(pane, 40, 20)
    ((dragged_left, dragged_top, *_),) = page.ask(VIEWS, pane)
    assert dragged_left < left
    assert dragged_top < top
    page.press("\ue014")
    assert page.ask(VIEWS, pane)[0][0] > dragged_left
    page.press("0")
    assert page.ask(VIEWS, pane) == [[left, top, width, height]]


def test_a_change_is_shown_in_the_picture(page: Browser) -> None:
    """A click on it brings its arrow to the middle and lights it up."""
    row = page.ask("""return [...document.querySelectorAll('#drawing-1 .subject')]
        .find(it => it.textContent.includes('--slam')).dataset.change""")
    page.click(f"#drawing-1 .subject[data-change={row}]")
    assert count(page, f"#drawing-1 .edge.added.here.{row}") == 1
    ((left, top, right, bottom),) = page.ask(BOXES, "#drawing-1 .together .here path")
    ((pane_left, pane_top, pane_right, pane_bottom),) = page.ask(BOXES, "#drawing-1 .together svg")
    assert pane_left < (left + right) / 2 < pane_right
    assert pane_top < (top + bottom) / 2 < pane_bottom


def test_a_click_on_a_rule_shows_its_text(page: Browser) -> None:
    """In a window over the page, which Escape closes."""
    page.click("#drawing-1 a.rule")
    name = page.ask("return document.querySelector('#drawing-1 a.rule').textContent")
    shown = page.ask("return document.querySelector('dialog[open]').innerText")
    assert f"What {name} means." in shown
    page.press(ESCAPE)
    assert count(page, "dialog") == 0


def test_a_filter_hides_the_changes_of_its_impact(page: Browser) -> None:
    """And says how many are left; the Enter key works like a click."""
    total, wire = count(page, "tbody"), count(page, "tbody[data-impacts=wire-breaking]")
    assert 0 < wire < total
    page.click(".filter[data-impact=wire-breaking]")
    assert count(page, "tbody[data-impacts=wire-breaking]") == 0
    assert count(page, "tbody") == total - wire
    status = page.ask("return document.getElementById('status').textContent")
    assert status == f"{total - wire} of {total} changes"
    page.press(ENTER)
    assert count(page, "tbody") == total


def test_the_page_is_quiet_and_loads_nothing(page: Browser) -> None:
    """No word in the console, and no request but for the page itself."""
    assert page.log("browser") == []
    assert [it.partition("/page.html")[1:] for it in page.requests()] == [("/page.html", "")]


def test_in_the_dark_the_page_is_dark(page: Browser) -> None:
    """The colours of the changes are lighter there, and so is what did not change."""
    page.prefer("dark")
    ((stroke, _),) = page.ask(STROKES, "added")
    ground = page.ask("return getComputedStyle(document.body).backgroundColor")
    text = page.ask("return getComputedStyle(document.querySelector('.node.same text')).fill")
    assert stroke != GREEN
    assert brightness(ground) < 40
    assert brightness(text) > 120


def brightness(colour: str) -> float:
    """The mean of red, green and blue."""
    numbers = colour.removeprefix("rgb(").rstrip(")").split(",")
    return sum(int(it) for it in numbers) / len(numbers)


def test_on_paper_there_are_pictures_and_no_buttons(page: Browser) -> None:
    """What can only be clicked is left out."""
    page.developer("Emulation.setEmulatedMedia", {"media": "print"})
    assert count(page, ".bar button, .filters") == 0
    assert count(page, "figure svg") == 3
    page.developer("Emulation.setEmulatedMedia", {"media": ""})


EVIL: Final = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "javascript:alert(1)",
    "x' onclick='alert(1)' style='width:1px",
    "</svg><iframe srcdoc='<script>parent.alert(1)</script>'>",
)


@pytest.mark.parametrize("evil", EVIL)
def test_a_hostile_drawing_does_nothing(chromium: Browser, tmp_path: Path, evil: str) -> None:
    """Names, labels, links and fonts of a drawing are texts, and what they say is shown."""
    old = f'digraph a_states {{ A; "{evil}" [URL="{evil}", fontname="{evil}", id="{evil}"] }}'
    arrow = f'A -> "{evil}" [label="{evil}", guard="{evil}", edgeURL="{evil}", comment="{evil}"]'
    new = old.replace("A;", arrow)
    review = review_of(compared("states", old, new))
    chromium.log("browser")
    chromium.open(write(tmp_path, review))
    assert not chromium.has_dialog()
    chromium.click(".edge.added text")
    assert not chromium.has_dialog()
    assert chromium.log("browser") == []
    assert count(chromium, "iframe, img, svg a") == 0
    texts: list[Any] = chromium.ask(
        "return [...document.querySelectorAll('svg text')].map(it => it.textContent)"
    )
    assert evil in texts
