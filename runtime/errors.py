"""The few exceptions, by whose fault it is; a bug of ours is an `assert`."""


class PeerError(Exception):
    """The other node broke the protocol."""


class DiskError(Exception):
    """The backing device failed."""


class MetadataError(Exception):
    """There is no meta-data, or it makes no sense, or there is no room for it."""


class CaptureError(Exception):
    """The file is no capture that we can read."""


class MisuseError(Exception):
    """Our caller asked for what the state forbids."""


class RefusedError(MisuseError):
    """A node refused what an administrator asked for; the code says why (states 3.1, 8.3)."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class ConfigError(Exception):
    """A setting is not one that a node can run with."""
