"""A terminal that belongs to one program for a while, and is given back as it was.

One table without anything to click on needs no library: the other screen and the cursor are four
sequences that every terminal of these decades knows, keys and sizes are the system's own. curses
would want a terminal's description, and the larger libraries a loop of their own.
"""

import os
import select
import signal
import sys
import termios
import tty
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any, Final, Self

ENTER: Final = "\x1b[?1049h\x1b[?25l"
LEAVE: Final = "\x1b[?25h\x1b[?1049l"
HOME: Final = "\x1b[H"
END_OF_LINE: Final = "\x1b[K"
END_OF_SCREEN: Final = "\x1b[J"
KEY_SIZE_BYTES_MAX: Final = 64  # an arrow is three; who pastes text has it read by and by
SIGNALED: Final = 128
ENDINGS: Final = (signal.SIGTERM, signal.SIGHUP)


class Screen(AbstractContextManager["Screen"]):
    """The terminal of this process, from here to the end of the block, however that comes.

    SIGTERM and SIGHUP end the program, SIGTSTP stops it, and both give the terminal back before.
    """

    def __init__(self) -> None:
        self._keys = sys.stdin.fileno()
        self._shown = sys.stdout.fileno()
        self._attributes: list[Any] = termios.tcgetattr(self._keys)
        self._handlers: dict[signal.Signals, Any] = {}
        self._told, self._tell = os.pipe()

    def __enter__(self) -> Self:
        for end in (self._told, self._tell):
            os.set_blocking(end, False)
        self._wakeup = signal.set_wakeup_fd(self._tell, warn_on_full_buffer=False)
        for number in ENDINGS:
            self._handlers[number] = signal.signal(number, _end)
        self._handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._stop)
        self._handlers[signal.SIGWINCH] = signal.signal(signal.SIGWINCH, _note)
        self._take()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._give_back()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self._told)
        os.close(self._tell)

    def _take(self) -> None:
        tty.setcbreak(self._keys, termios.TCSANOW)
        self._write(ENTER)

    def _give_back(self) -> None:
        try:
            self._write(LEAVE)
            termios.tcsetattr(self._keys, termios.TCSANOW, self._attributes)
        except (OSError, termios.error):
            return  # the terminal itself has gone

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        """Ctrl-Z: the shell has its terminal until we go on."""
        self._give_back()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        signal.signal(number, self._stop)
        self._take()

    @property
    def size(self) -> os.terminal_size:
        """How many columns and lines it has now."""
        return os.get_terminal_size(self._shown)

    def show(self, lines: list[str]) -> None:
        """Fill it with these lines."""
        self._write(HOME + "\r\n".join(f"{it}{END_OF_LINE}" for it in lines) + END_OF_SCREEN)

    def key(self, timeout_s: float) -> str | None:
        """Wait for a key, and return what it sends; empty when the time or the size changes.

        None when there will be no keys any more.
        """
        ready, _, _ = select.select([self._keys, self._told], [], [], max(0.0, timeout_s))
        if self._told in ready:
            os.read(self._told, KEY_SIZE_BYTES_MAX)
        if self._keys not in ready:
            return ""
        return os.read(self._keys, KEY_SIZE_BYTES_MAX).decode(errors="replace") or None

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(SIGNALED + number)


def _note(_number: int, _frame: FrameType | None) -> None:
    """The wakeup descriptor tells it."""
