"""The few exceptions, by whose fault it is; a bug of ours is an `assert`."""


class PeerError(Exception):
    """The other node broke the protocol."""


class CaptureError(Exception):
    """The file is no capture that we can read."""
