"""A real browser, driven by the WebDriver protocol: Chromium without a window and without a net."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,1000",
)
STARTED: Final = "was started successfully on port "
ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"
"""The key under which the protocol gives an element's id."""

TIMEOUT: Final = 60


class Browser:
    """One session. Elements are asked for by scripts, so that a test sees what a reader sees."""

    def __init__(self, session: str) -> None:
        self.session = session

    def open(self, page: Path) -> None:
        """Load a file."""
        self.call("POST", "/url", {"url": page.as_uri()})

    def ask(self, script: str, *arguments: object) -> Any:
        """What a function body returns in the page."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def click(self, selector: str) -> None:
        """Click an element as a person does: it must be in sight, and nothing may lie over it."""
        self.call("POST", f"/element/{self.element(selector)[ELEMENT]}/click", {})

    def press(self, key: str) -> None:
        """Press a key wherever the focus is."""
        self.act("key", [{"type": it, "value": key} for it in ("keyDown", "keyUp")])

    def drag(self, selector: str, right: int, down: int) -> None:
        """Take an element in its middle and move the pointer on."""
        to_middle = {"type": "pointerMove", "origin": self.element(selector), "x": 0, "y": 0}
        away = {"type": "pointerMove", "origin": "pointer", "x": right, "y": down}
        button = {"button": 0}
        down_up = [{"type": it, **button} for it in ("pointerDown", "pointerUp")]
        self.act("pointer", [to_middle, down_up[0], away, down_up[1]])

    def wheel(self, selector: str, down: int) -> None:
        """Turn the wheel over an element."""
        turn = {"type": "scroll", "x": 0, "y": 0, "deltaX": 0, "deltaY": down}
        self.act("wheel", [turn | {"origin": self.element(selector)}])

    def act(self, device: str, actions: list[dict[str, Any]]) -> None:
        """Let a keyboard, a pointer or a wheel do something."""
        source = {"type": device, "id": device, "actions": actions}
        self.call("POST", "/actions", {"actions": [source]})

    def element(self, selector: str) -> dict[str, str]:
        """The first element that a selector finds, as the protocol knows it."""
        wanted = {"using": "css selector", "value": selector}
        found: dict[str, str] = self.call("POST", "/element", wanted)
        return found

    def wait(self, script: str, *arguments: object) -> None:
        """Come back as soon as a function body returns what is true, frame by frame."""
        body = f"""const done = arguments[arguments.length - 1];
            const test = () => {{ {script} }};
            const look = () => test() ? done(true) : requestAnimationFrame(look);
            look();"""
        content = {"script": body, "args": list(arguments)}
        assert self.call("POST", "/execute/async", content)

    def prefer(self, scheme: str) -> None:
        """Choose the `dark` or the `light` colours."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.developer("Emulation.setEmulatedMedia", {"features": features})

    def developer(self, command: str, parameters: dict[str, Any]) -> Any:
        """Send a command of the developer tools."""
        path = "/goog/cdp/execute"
        return self.call("POST", path, {"cmd": command, "params": parameters})

    def log(self, kind: str) -> list[dict[str, Any]]:
        """What came into a log since it was last asked for."""
        entries: list[dict[str, Any]] = self.call("POST", "/se/log", {"type": kind})
        return entries

    def requests(self) -> list[str]:
        """The addresses that were asked for since the log was last read."""
        messages = [json.loads(it["message"])["message"] for it in self.log("performance")]
        sent = [it for it in messages if it["method"] == "Network.requestWillBeSent"]
        return [it["params"]["request"]["url"] for it in sent]

    def has_dialog(self) -> bool:
        """Whether the page has called alert()."""
        try:
            self.call("GET", "/alert/text")
        except HTTPError:
            return False
        return True

    def call(self, method: str, path: str, content: object = None) -> Any:
        """One command of the protocol."""
        return _call(method, self.session + path, content)


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser whose profile is a new folder in `folder`; it ends with the block."""
    profile = folder / "profile"
    command = ["chromedriver", "--port=0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as driver:
        try:
            address = f"http://127.0.0.1:{_port(driver)}/session"
            options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
            wanted = {
                "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                "unhandledPromptBehavior": "ignore",
            }
            content = {"capabilities": {"alwaysMatch": wanted}}
            session = _call("POST", address, content)["sessionId"]
            yield Browser(f"{address}/{session}")
            _call("DELETE", f"{address}/{session}", None)
        finally:
            os.killpg(driver.pid, signal.SIGTERM)


def _port(driver: subprocess.Popen[str]) -> int:
    assert driver.stdout is not None
    for line in driver.stdout:
        if STARTED in line:
            return int(line.partition(STARTED)[2].strip(" .\n"))
    raise AssertionError("chromedriver has not said where it listens")


def _call(method: str, address: str, content: object) -> Any:
    data = None if content is None else json.dumps(content).encode()
    request = Request(address, data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=TIMEOUT) as answer:
        return json.load(answer)["value"]
