"""Programs that nobody here wrote, run as one types them; the summary has a line for each."""

import os
import re
import shlex
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# Debian's modules, where the clients' Python is not the one that runs the tests.
CLIENT_PATH: Final = "/usr/bin:/bin:/usr/sbin:/sbin"
CLIENT_S_MAX: Final = 120.0
POLL_S: Final = 0.05
SHOWN_CHARACTERS_MAX: Final = 150
FILE_SIZE_BYTES_MAX: Final = 256 << 20  # fio that has lost its server complains without end

Note = Callable[[str, object], None]


class Clients:
    """Runs programs, and notes each command that ended as it should."""

    def __init__(self, note: Note) -> None:
        self._note = note

    def __call__(self, *words: str | Path, code: int = 0) -> str:
        """Run a client to its end, which must be with this code; return what it says."""
        return self.begin(*words, code=code).said()

    def begin(self, *words: str | Path, code: int = 0) -> "Client":
        """Let a client run while other things happen."""
        return Client([str(it) for it in words], code, self._note)

    @contextmanager
    def serving(
        self, *words: str | Path, until: Path, end: Sequence[str | Path] = ()
    ) -> Iterator[None]:
        """A program that stays until SIGTERM, or until another ends it; a path says it is there."""
        client = self.begin(*words)
        try:
            client.wait_for(until)
            yield
            if end:
                self(*end)
            else:
                client.terminate()
            client.said()
        finally:
            client.terminate()


class Client:
    """A program that runs."""

    def __init__(self, words: list[str], code: int, note: Note) -> None:
        self._words, self._code, self._note = words, code, note
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the client
        self._process = subprocess.Popen(
            ["prlimit", f"--fsize={FILE_SIZE_BYTES_MAX}", *words],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": CLIENT_PATH},
        )
        self._clock = threading.Timer(CLIENT_S_MAX, self._process.kill)
        self._clock.daemon = True
        self._clock.start()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def wait_for(self, path: Path) -> None:
        """Wait until something is there; fail when the program has ended."""
        while not path.exists():
            try:
                self._process.wait(POLL_S)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"{shown(self._words)} has ended:\n{self.said()}")

    def terminate(self) -> None:
        """SIGTERM, if it still runs."""
        self._process.terminate()

    def said(self) -> str:
        """Wait for its end, which must be as it was expected; return all that it said."""
        self._process.wait()
        self._clock.cancel()
        with self._output:
            self._output.seek(0)
            said = self._output.read().decode(errors="replace")
        assert self._process.returncode == self._code, f"{shown(self._words)}:\n{said}"
        outcome = f"exit code {self._code}, as it should be" if self._code else "ok"
        self._note("command", (shown(self._words), outcome))
        return said


def shown(words: list[str]) -> str:
    """A command for a line of the summary: folders of the test's own are left out."""
    line = re.sub(r"/[^\s=:]*pytest-[^\s=:]*/", "", shlex.join(words)).replace("\n", "; ")
    return line if len(line) <= SHOWN_CHARACTERS_MAX else f"{line[:SHOWN_CHARACTERS_MAX]} ..."
