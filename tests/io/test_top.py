"""`dotmirror top` on a real terminal, which it gives back as it was."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Self

import pytest
from click.testing import CliRunner

from runtime.cli import main
from runtime.cli.screen import ENTER, LEAVE
from tests.io.nodes import two_configs
from tests.io.operating import MIRROR, PATIENCE_S, RunningNode

FRAME: Final = re.compile(r"\x1b\[H(.*?)\x1b\[J", re.DOTALL)
STYLE: Final = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A terminal in which `dotmirror top` runs, and what it has shown."""

    def __init__(self, socket_path: Path) -> None:
        self._master, slave = pty.openpty()
        self.slave = slave
        self.resize(100, 20)
        self.attributes = termios.tcgetattr(slave)
        self.text = ""
        words = [sys.executable, "-m", "runtime", "top", "-S", str(socket_path)]
        self.process = subprocess.Popen(
            [*words, "--interval", "0.1"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
            env={**os.environ, "TERM": "xterm"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)
        os.close(self.slave)
        os.close(self._master)

    def resize(self, columns: int, lines: int) -> None:
        """Somebody drags a corner of the window."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: str) -> None:
        """Somebody hits these keys."""
        os.write(self._master, keys.encode())

    def read(self) -> None:
        """Read what comes next."""
        ready, _, _ = select.select([self._master], [], [], PATIENCE_S)
        assert ready, self.text[-2000:]
        self.text += os.read(self._master, 1 << 16).decode()

    def wait_for(self, is_so: Callable[[list[str]], bool]) -> list[str]:
        """Wait for a screen that is so."""
        begin = len(self.text)
        while True:
            for shown in self.frames(begin):
                if is_so(shown):
                    return shown
            self.read()

    def frames(self, begin: int) -> Iterator[list[str]]:
        """The screens since then, as lines."""
        for found in FRAME.finditer(self.text, begin):
            yield [it.rstrip("\r") for it in STYLE.sub("", found[1]).split("\n")]

    def ended(self) -> int:
        """Wait for the end; all must be as before."""
        code = self.process.wait(PATIENCE_S)
        while select.select([self._master], [], [], 0)[0]:
            self.read()
        assert self.text.count(ENTER) == self.text.count(LEAVE) > 0
        assert self.text.rindex(LEAVE) > self.text.rindex(ENTER)
        assert "Traceback" not in self.text
        assert termios.tcgetattr(self.slave) == self.attributes
        return code


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[RunningNode]:
    """A node that runs."""
    with RunningNode.of(two_configs(tmp_path, MIRROR)[0], tmp_path) as node:
        yield node


def has(word: str) -> Callable[[list[str]], bool]:
    """Whether a screen has a word."""
    return lambda lines: any(word in line for line in lines)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda it: it.type("q"), 0),
        (lambda it: it.type("\x03"), 0),
        (lambda it: it.process.terminate(), 128 + signal.SIGTERM),
        (lambda it: it.process.send_signal(signal.SIGHUP), 128 + signal.SIGHUP),
    ],
    ids=["q", "ctrl-c", "sigterm", "sighup"],
)
def test_the_terminal_is_given_back(
    alice: RunningNode, end: Callable[[Any], None], code: int
) -> None:
    """However it ends, the screen, the cursor and the keys are as they were."""
    with Terminal(alice.socket_path) as terminal:
        terminal.wait_for(has("r0/0"))
        end(terminal)
        assert terminal.ended() == code


def test_changes_are_seen(alice: RunningNode) -> None:
    """The next look shows what has changed, also that the node is away."""
    with Terminal(alice.socket_path) as terminal:
        terminal.wait_for(has("Secondary/Unknown"))
        alice.run("primary", "--force")
        terminal.wait_for(has("Primary/Unknown"))
        alice.terminate()
        terminal.wait_for(has("no node answers; trying again"))
        terminal.type("q")
        assert terminal.ended() == 0


def test_a_resize_is_followed(alice: RunningNode) -> None:
    """The next screen has the new size at once: fewer lines, and only the columns that fit."""
    with Terminal(alice.socket_path) as terminal:
        wide = terminal.wait_for(has("r0/0"))
        assert (len(wide), has("WRITE/s")(wide)) == (20, True)
        terminal.resize(40, 8)
        small = terminal.wait_for(lambda lines: len(lines) == 8 and has("r0/0")(lines))
        assert max(map(len, small)) <= 40
        assert not has("WRITE/s")(small)
        terminal.type("\x1b[B\x1b[A unknown keys \xff")
        terminal.resize(200, 30)
        large = terminal.wait_for(lambda lines: len(lines) == 30)
        assert has("SIZE")(large)
        terminal.type("q")
        assert terminal.ended() == 0


def test_a_shell_has_its_terminal_while_it_is_stopped(alice: RunningNode) -> None:
    """Ctrl-Z gives the terminal back, and going on takes it again."""
    with Terminal(alice.socket_path) as terminal:
        terminal.wait_for(has("r0/0"))
        terminal.type("\x1a")  # without a shell the system lets it go on at once
        while terminal.text.count(ENTER) < 2:
            terminal.read()
        assert terminal.text.index(LEAVE) < terminal.text.rindex(ENTER)
        terminal.wait_for(has("r0/0"))
        terminal.type("q")
        assert terminal.ended() == 0


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    """A pipe has no screen; a node that is away is told as by every command."""
    result = CliRunner().invoke(main, ["top"])
    assert result.exit_code == 2
    assert "top needs a terminal; `dotmirror status` does not" in result.stderr
    with Terminal(tmp_path / "no.sock") as terminal:
        assert terminal.process.wait(PATIENCE_S) == 20
