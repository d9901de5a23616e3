"""Asks a node that runs, by its control socket."""

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from runtime.errors import MisuseError, RefusedError

ANSWER_SIZE_BYTES_MAX: Final = 64 << 20  # all volumes of a node; more is no answer of ours


class NodeAwayError(MisuseError):
    """No node answers there."""


class TimedOutError(MisuseError):
    """What was waited for did not come in time."""


class RefusalError(RefusedError):
    """The node refused an order, and may say more about it."""

    def __init__(self, text: str, code: int, info: str) -> None:
        super().__init__(text, code)
        self.info = info


class Client(AbstractContextManager["Client"]):
    """One connection to a node."""

    def __init__(self, places: Sequence[Path]) -> None:
        self._socket = _connected(places)
        self._lines = self._socket.makefile("rb")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lines.close()
        self._socket.close()

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Give an order, and wait for its answer; RefusalError if it is refused."""
        self._send(do, arguments)
        return self._answer()

    def stream(self, do: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Give an order that has many answers, to the one that says it is the last."""
        self._send(do, arguments)
        while not (answer := self._answer()).get("is_last"):
            yield answer

    def _send(self, do: str, arguments: dict[str, Any]) -> None:
        line = json.dumps({"do": do, **arguments})
        try:
            self._socket.sendall(line.encode() + b"\n")
        except OSError as error:
            raise NodeAwayError(f"the node has ended: {error.strerror}") from error

    def _answer(self) -> dict[str, Any]:
        try:
            line = self._lines.readline(ANSWER_SIZE_BYTES_MAX)
            answer = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError) as error:
            raise NodeAwayError(f"no answer of a node: {error}") from error
        if not isinstance(answer, dict):
            raise NodeAwayError("the node has ended before it answered")
        if answer.get("timed_out"):
            raise TimedOutError(answer["error"])
        if not answer.get("ok"):
            raise RefusalError(answer["error"], answer.get("code", 0), answer.get("info", ""))
        return answer


def _connected(places: Sequence[Path]) -> socket.socket:
    reasons = []
    for place in places:
        made = socket.socket(socket.AF_UNIX)
        try:
            made.connect(str(place))
        except OSError as error:
            made.close()
            reasons.append(f"{place}: {error.strerror or error}")
        else:
            return made
    raise NodeAwayError(f"no node runs here ({'; '.join(reasons)}); start one with `dotmirror run`")
