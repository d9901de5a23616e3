"""The steps of a request, for whoever wants to see that they are a path of its drawing."""

from enum import Enum
from typing import Any

from generated.flows.path import Flow
from runtime.effects import FlowTraced
from runtime.engine.volume import Volume


class Traced:
    """One node's side of one request's conversation."""

    __slots__ = ()

    steps: list[Enum] | None
    """What was done, in order; None when nobody asks."""

    def _took(self, step: Enum) -> None:
        if self.steps is not None:
            self.steps.append(step)

    def _drawn_as(self, column: type[Enum]) -> None:
        """Read the steps as those of another drawing, which calls them the same."""
        if self.steps is not None:
            self.steps[:] = [column[step.name] for step in self.steps]

    def _tell(self, volume: Volume, flow: Flow[Any]) -> None:
        """The conversation has come to its end here."""
        if self.steps is not None:
            volume.agenda.emit(FlowTraced(volume.number, flow, self.steps))
