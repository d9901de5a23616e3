# Generated from specs/states/node_states.dot; edit that drawing, then run `make generate`.
"""What the runtime does for node_states: one method per guard, action and choice."""

from abc import abstractmethod
from collections.abc import Iterable

from ...handlers import Effect, Handlers
from .states import NodeAction, NodeGuard


class NodeHandlers(Handlers[Effect]):
    """The handlers of node_states; a class that lacks one of these methods is refused."""

    DRAWING = "specs/states/node_states.dot"

    @abstractmethod
    def device_is_closed(self) -> bool:
        """Guard of 2 arrows.

        - Primary -> Secondary on secondary_requested. R2 (F24): secondary or down; all acks have
          come.
        - Primary -> Secondary on split_brain_lost. R3: call-pri-lost-after-sb decided against this
          Primary; refused in a connection handshake.
        """

    @abstractmethod
    def clear_discard_my_data(self) -> Iterable[Effect]:
        """Action of Secondary -> Primary on primary_requested. R1 (F24): primary; a connected peer
        agreed.
        """

    @abstractmethod
    def create_current_uuid(self) -> Iterable[Effect]:
        """Action of Secondary -> Primary on primary_requested. R1 (F24): primary; a connected peer
        agreed.
        """

    @abstractmethod
    def set_primary_bit(self) -> Iterable[Effect]:
        """Action of Secondary -> Primary on primary_requested. R1 (F24): primary; a connected peer
        agreed.
        """

    @abstractmethod
    def send_state(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - Secondary -> Primary on primary_requested. R1 (F24): primary; a connected peer agreed.
        - Primary -> Secondary on secondary_requested. R2 (F24): secondary or down; all acks have
          come.
        """

    @abstractmethod
    def make_device_writable(self) -> Iterable[Effect]:
        """Action of Secondary -> Primary on primary_requested. R1 (F24): primary; a connected peer
        agreed.
        """

    @abstractmethod
    def clear_primary_bit(self) -> Iterable[Effect]:
        """Action of Primary -> Secondary on secondary_requested. R2 (F24): secondary or down; all
        acks have come.
        """

    @abstractmethod
    def write_bitmap(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - Primary -> Secondary on secondary_requested. R2 (F24): secondary or down; all acks have
          come.
        - Primary -> Secondary on split_brain_lost. R3: call-pri-lost-after-sb decided against this
          Primary; refused in a connection handshake.
        """

    @abstractmethod
    def make_device_read_only(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - Primary -> Secondary on secondary_requested. R2 (F24): secondary or down; all acks have
          come.
        - Primary -> Secondary on split_brain_lost. R3: call-pri-lost-after-sb decided against this
          Primary; refused in a connection handshake.
        """

    def holds(self, guard: NodeGuard) -> bool:
        """Answer a guard."""
        match guard:
            case NodeGuard.device_is_closed:
                return self.device_is_closed()

    def act(self, action: NodeAction) -> Iterable[Effect]:
        """Do an action and return its effects."""
        match action:
            case NodeAction.clear_discard_my_data:
                return self.clear_discard_my_data()
            case NodeAction.create_current_uuid:
                return self.create_current_uuid()
            case NodeAction.set_primary_bit:
                return self.set_primary_bit()
            case NodeAction.send_state:
                return self.send_state()
            case NodeAction.make_device_writable:
                return self.make_device_writable()
            case NodeAction.clear_primary_bit:
                return self.clear_primary_bit()
            case NodeAction.write_bitmap:
                return self.write_bitmap()
            case NodeAction.make_device_read_only:
                return self.make_device_read_only()
