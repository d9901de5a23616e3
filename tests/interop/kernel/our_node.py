"""Our node as a process: `dotmirror node`, which takes commands as lines of JSON and answers so."""

import json
import queue
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path
from typing import Any, Final

from tests.interop.kernel.side import SideError

PROGRAM: Final = (sys.executable, "-m", "runtime")
ANSWER_TIMEOUT_S: Final = 70.0  # longer than a node waits for a state
BEGUN: Final = 0  # the number of the answer that says that the node has begun
END_TIMEOUT_S: Final = 10.0


class OurNode:
    """One life of the process."""

    def __init__(self, config: Path, log: Path, trace: Path) -> None:
        """Start it; what it writes to the error stream is appended to `log`."""
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*PROGRAM, "node", str(config), "--trace", str(trace)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._numbers = count(1)
        self._answers: dict[int, queue.SimpleQueue[dict[str, Any]]] = {BEGUN: queue.SimpleQueue()}
        self._log = log
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.answer(BEGUN)

    def begin(self, do: str, **arguments: Any) -> int:
        """Send a command; its number is what to ask `answer` for."""
        number = next(self._numbers)
        self._answers[number] = queue.SimpleQueue()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"id": number, "do": do, **arguments}) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise SideError(f"our node is gone ({error}); {self._last_words()}") from error
        return number

    def answer(self, number: int, timeout_s: float = ANSWER_TIMEOUT_S) -> dict[str, Any]:
        """Wait for the answer to a command, whatever it says."""
        try:
            answer = self._answers[number].get(timeout=timeout_s)
        except queue.Empty as error:
            raise SideError(f"our node does not answer; {self._last_words()}") from error
        del self._answers[number]
        if not answer:
            raise SideError(f"our node went away; {self._last_words()}")
        return answer

    def ask(self, do: str, timeout_s: float = ANSWER_TIMEOUT_S, **arguments: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; a SideError when it is refused."""
        answer = self.answer(self.begin(do, **arguments), timeout_s)
        if not answer.get("ok"):
            raise SideError(f"our node refused {do} {arguments}: {answer}")
        return answer

    def stop(self) -> None:
        """End it in good order."""
        if self._process.poll() is None:
            self.begin("quit")
        try:
            status = self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise SideError(f"our node does not end; {self._last_words()}") from error
        self._leave()
        if status:
            raise SideError(f"our node ended with status {status}; {self._last_words()}")

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()
        self._leave()

    def _leave(self) -> None:
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            try:
                stream.close()
            except BrokenPipeError:  # of a command that nobody read
                continue

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            self._answers[answer.get("id", BEGUN)].put(answer)
        for waiting in list(self._answers.values()):
            waiting.put({})

    def _last_words(self) -> str:
        return f"its last words: {self._log.read_text(errors='replace')[-2000:]}"
