"""Changes that need the peer's consent: asking for it, and waiting (states 3.8, 3.9).

From version 100 on one request may be open for each volume and one for the connection; below, one
in all (wire 5.12).
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from generated.layouts.state import (
    P_CONN_ST_CHG_REQ,
    P_STATE_CHG_REQ,
    ReturnCode,
    StateWord,
)
from runtime.engine.agenda import Job
from runtime.engine.connection import Connection

VERSION_OF_CONNECTION_REQUESTS: Final = 100

Words: TypeAlias = tuple[StateWord, StateWord]
"""Mask and value."""
Answer: TypeAlias = Callable[[ReturnCode], None]

CONNECTION: Final = -1
"""Stands for the whole connection where others have a volume's number."""


class Asking:
    """The requests that wait for the peer's answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open: dict[int, Answer] = {}
        self.on_closed: list[Job] = []
        """Who waits for the next answer, or for the link to be lost."""

    def is_open(self, volume: int = CONNECTION) -> bool:
        """Whether a request of this kind waits, so that another one has to (wire 5.12)."""
        if self._connection.version < VERSION_OF_CONNECTION_REQUESTS:
            return bool(self._open)
        return volume in self._open

    def ask(self, words: Words, answer: Answer, *, volume: int = CONNECTION) -> None:
        """Ask the peer; `answer` gets SS_CW_SUCCESS, _FAILED_BY_PEER, or _NO_NEED if it is lost."""
        assert not self.is_open(volume)
        self._open[volume] = answer
        if volume != CONNECTION:
            self._connection.send_data(P_STATE_CHG_REQ(*words), volume=volume)
        elif self._connection.version < VERSION_OF_CONNECTION_REQUESTS:
            self._connection.send_data(P_STATE_CHG_REQ(*words))
        else:
            self._connection.send_data(P_CONN_ST_CHG_REQ(*words))

    def answered(self, retcode: int, *, volume: int = CONNECTION) -> None:
        """The peer says yes with 1 and more; an answer that nobody waits for is forgotten."""
        if self._connection.version < VERSION_OF_CONNECTION_REQUESTS and self._open:
            volume = next(iter(self._open))
        answer = self._open.pop(volume, None)
        if answer is None:
            self._connection.agenda.log(f"the peer answered {retcode}, and nobody had asked")
        elif retcode >= ReturnCode.SS_SUCCESS:
            answer(ReturnCode.SS_CW_SUCCESS)
        else:
            text = ReturnCode.describe(retcode)
            self._connection.agenda.log(f"State change was refused by peer node: {retcode} {text}")
            answer(ReturnCode.SS_CW_FAILED_BY_PEER)
        self._tell_closed()

    def link_lost(self) -> None:
        """Nobody will answer: nobody has to be asked any more either (SS_CW_NO_NEED)."""
        waiting, self._open = self._open, {}
        for answer in waiting.values():
            answer(ReturnCode.SS_CW_NO_NEED)
        self._tell_closed()

    def _tell_closed(self) -> None:
        self._connection.agenda.all_later(self.on_closed)
