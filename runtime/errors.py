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


class ConfigError(Exception):
    """A setting is not one that a node can run with."""
