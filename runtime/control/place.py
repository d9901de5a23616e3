"""Where the control socket lies."""

import os
from pathlib import Path
from typing import Final

NAME: Final = "control.sock"
OF_THE_SYSTEM: Final = Path("/run/dotmirror") / NAME
SOCKET_VARIABLE: Final = "DOTMIRROR_SOCKET"


def place_to_listen() -> Path:
    """Where a node listens if nobody says otherwise: systemd's folder, the session's, or /run."""
    given = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(given) / NAME if given else places_to_ask()[0]


def places_to_ask() -> list[Path]:
    """Where a node may be listening: for this session, or for the whole system."""
    session = os.environ.get("XDG_RUNTIME_DIR")
    return [Path(session) / "dotmirror" / NAME, OF_THE_SYSTEM] if session else [OF_THE_SYSTEM]
