# Generated from specs/states/nbd_states.dot; edit that drawing, then run `make generate`.
"""The names of nbd_states: states, events, actions."""

from enum import Enum


class NbdState(Enum):
    """A state, with the name that people see."""

    Closed = "Closed"
    """There is no client."""
    Greeted = "Greeted"
    """The client's flags are awaited."""
    Options = "Options"
    """The client asks what there is, and how it may be used."""
    StartingTls = "StartingTls"
    """Nothing is read but TLS' own handshake."""
    Transmission = "Transmission"
    """Requests are served; the device is held open."""
    Leaving = "Leaving"
    """What is under way is finished and answered; nothing else is done."""

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call

    @property
    def printed(self) -> str:
        """The name that people see."""
        return self.value


class NbdEvent(Enum):
    """An event; its value is the drawing's text."""

    client_connected = "client connected"
    client_flags_arrived = "client flags arrived"
    tls_asked = "tls asked"
    tls_began = "tls began"
    export_chosen = "export chosen"
    abort_asked = "abort asked"
    disconnect_asked = "disconnect asked"
    server_ended = "server ended"
    all_answered = "all answered"
    client_lost = "client lost"
    client_erred = "client erred"

    __hash__ = object.__hash__


class NbdAction(Enum):
    """What the handlers do on an arrow."""

    greet = "greet"
    begin_tls = "begin_tls"
    forget_options = "forget_options"
    hold_device = "hold_device"
    hang_up = "hang_up"
    release_device = "release_device"

    __hash__ = object.__hash__
