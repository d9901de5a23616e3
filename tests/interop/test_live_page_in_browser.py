"""The page of `dotmirror draw` as a reader sees it, in Chromium without a net."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from codegen.live_command import Running, Wanted, draw_running
from tests.interop.browser import Browser, browser

LIT: Final = "rgb(255, 224, 130)"
FILL: Final = """
    const node = [...document.querySelectorAll('#r0\\\\/0-conn_states g.node')]
        .find(it => it.textContent.includes(arguments[0]));
    return getComputedStyle(node.querySelector('path, polygon')).fill"""
WIDTH: Final = """
    return document.querySelector('#r0\\\\/0-conn_states svg').getBoundingClientRect().width"""
TAKEN: Final = ("conn_states", "WFReportParams", "in_receive_param", "Connected")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The page of a node that is connected, in a browser."""
    folder = tmp_path_factory.mktemp("live")
    with browser(folder) as running:
        running.log("browser")
        running.requests()
        running.open(drawn(folder / "node.html"))
        yield running


def drawn(path: Path) -> Path:
    """Draw a node that is connected, and has been often."""

    def say(text: str = "", *, error: bool = False, style: str = "") -> None:
        assert text == f"drawn: {path}"

    code = draw_running(
        say=say,
        name="dotmirror",
        volumes={"r0/0": Running({"conn_states": "Connected"}, {TAKEN: 4321})},
        last_lines=["1.0 alice conn_states WFReportParams --in_receive_param--> Connected"],
        wanted=Wanted("", str(path)),
    )
    assert code == 0
    return path


def test_it_needs_nothing_else(page: Browser) -> None:
    """It asks for no other file, and the browser has nothing to say against it."""
    addresses = [it for it in page.requests() if it.startswith(("file:", "http"))]
    assert [it.rpartition("/")[2] for it in addresses] == ["node.html"]
    assert page.log("browser") == []


def test_the_state_is_lit(page: Browser) -> None:
    """The node's state, and no other one, has the colour that the page explains."""
    assert page.ask(FILL, "Connected") == LIT
    assert page.ask(FILL, "WFReportParams") != LIT


def test_counts_can_be_read(page: Browser) -> None:
    """At the arrow, and in the list below the picture."""
    assert page.ask("return document.body.innerText.includes('4,321')")
    assert page.ask("return document.querySelector('svg').textContent.includes('(4321)')")


def test_a_picture_can_be_seen_in_full_size(page: Browser) -> None:
    """A large drawing fits the page at first, and its letters can be made as large as drawn."""
    small = page.ask(WIDTH)
    assert small <= page.ask("return document.documentElement.clientWidth")
    page.click("#r0\\/0-conn_states input")
    assert page.ask(WIDTH) > small * 1.5
