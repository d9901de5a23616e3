"""The handshake on the data socket: versions and features, then secrets (wire 4.1 to 4.4).

Each node sends before it reads, step by step. What goes wrong is either worth another attempt
(`AttemptFailed`) or not without an administrator (`PeerRefused`); which one, the tables say.
"""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from generated.layouts.commands import Command
from generated.layouts.handshake import (
    P_AUTH_CHALLENGE,
    P_AUTH_RESPONSE,
    P_CONNECTION_FEATURES,
    Features,
)
from runtime.config import NetOptions
from runtime.digests import DIGEST_SIZE_BYTES
from runtime.engine.random_numbers import RandomNumbers
from runtime.errors import PeerError
from runtime.wire.channel import Channel
from runtime.wire.framing import (
    CHALLENGE_SIZE_BYTES_MAX,
    DATA_LIMITS,
    META_LIMITS,
    Frame,
    Limits,
)

OWN_FEATURES: Final = Features.TRIM | Features.THIN_RESYNC | Features.WSAME | Features.WZEROES
CHALLENGE_SIZE_BYTES: Final = 64  # wire 4.4: what the kernel sends, and the least that it accepts

PING_TIMEOUTS: Final = 4  # wire 1.6: so many may pass before a packet of the handshake has come
FIRST_WAIT_S_MIN: Final = 5.0  # wire 1.4: clearly more than the 2.5 s that a kernel may need
JUDGED_LENGTH_MAX: Final = 0xFFFF  # all that an 80 header can say: one of a wrong length is read

ONLY_IN_HANDSHAKE: Final = frozenset(
    {
        Command.P_INITIAL_DATA,
        Command.P_INITIAL_META,
        Command.P_CONNECTION_FEATURES,
        Command.P_AUTH_CHALLENGE,
        Command.P_AUTH_RESPONSE,
    }
)
DATA_LIMITS_AFTER_HANDSHAKE: Final[Mapping[int, Limits]] = {
    number: limits for number, limits in DATA_LIMITS.items() if number not in ONLY_IN_HANDSHAKE
}
"""What may come on the data socket after the handshake (wire 13)."""
META_LIMITS_AFTER_HANDSHAKE: Final[Mapping[int, Limits]] = {
    number: limits for number, limits in META_LIMITS.items() if number not in ONLY_IN_HANDSHAKE
}
"""What may come on the meta socket after the handshake (wire 13)."""


class AttemptFailed(PeerError):  # noqa: N818  # what becomes of the attempt
    """Close both sockets and try again after a second (RETRY of the reference)."""


class PeerRefused(PeerError):  # noqa: N818  # the same
    """No further attempt can do better: stand alone (STANDALONE of the reference)."""


class _Only(Mapping[int, Limits]):
    """The packets that may come are this one; another one fails by its header, as at the kernel.

    Its length is judged when it is there, since a wrong one has its own consequence.
    """

    def __init__(self, command: Command, failure: type[PeerError]) -> None:
        self._command = command
        self._failure = failure

    def __getitem__(self, number: int) -> Limits:
        if number != self._command:
            raise self._failure(f"{_name(number)} has come instead of {self._command.name}")
        return Limits(0, JUDGED_LENGTH_MAX)

    def __iter__(self) -> Iterator[int]:
        return iter((self._command,))

    def __len__(self) -> int:
        return 1


FEATURES_AWAITED: Final[Mapping[int, Limits]] = _Only(Command.P_CONNECTION_FEATURES, PeerRefused)
_CHALLENGE_AWAITED: Final = _Only(Command.P_AUTH_CHALLENGE, PeerRefused)
_RESPONSE_AWAITED: Final = _Only(Command.P_AUTH_RESPONSE, AttemptFailed)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What both nodes speak (wire 4.3)."""

    version: int
    features: int


class Handshake:
    """One handshake, from the own features to the peer's right answer.

    Feed it the frames of the data channel while it is not complete. A PeerError that these frames
    raise themselves, since the bytes are no packet, is worth another attempt too (wire 4.3).
    """

    def __init__(self, options: NetOptions, data: Channel, random: RandomNumbers) -> None:
        self._options = options
        self._data = data
        self._random = random
        self._packet_wait_s = PING_TIMEOUTS * options.ping_timeout_s
        self._awaited: Command | None = None
        self._challenge = b""
        self.deadline: float | None = None
        """When the awaited packet must have come: `pass_time` is to be called."""
        self.agreement: Agreed | None = None
        """The version and the features, as soon as the peer's are known."""
        self.is_complete = False
        """Whether the peer may say what it has: features are agreed, secrets are the same."""

    def start(self, now: float) -> None:
        """Say which versions and features this node has, and await the peer's."""
        options = self._options
        self._data.send(
            P_CONNECTION_FEATURES(options.version_min, OWN_FEATURES, options.version_max)
        )
        self._data.expect(FEATURES_AWAITED)
        self._awaited = Command.P_CONNECTION_FEATURES
        # The peer may watch its sockets for a while before it says anything (wire 1.4).
        own_wait_s = self._packet_wait_s + options.socket_check_timeout_s
        self.deadline = now + max(FIRST_WAIT_S_MIN, 2 * own_wait_s)

    def pass_time(self, now: float) -> None:
        """AttemptFailed when the awaited packet has not come in time."""
        if self.deadline is not None and now >= self.deadline:
            assert self._awaited is not None
            raise AttemptFailed(f"{self._awaited.name} has not come in time")

    def take(self, frame: Frame, now: float) -> None:
        """Go a step on by a packet of the peer."""
        assert frame.command == self._awaited, "the channel lets nothing else pass"
        match self._awaited:
            case Command.P_CONNECTION_FEATURES:
                self._take_features(frame, now)
            case Command.P_AUTH_CHALLENGE:
                self._take_challenge(frame, now)
            case Command.P_AUTH_RESPONSE:
                self._take_response(frame)

    def _take_features(self, frame: Frame, now: float) -> None:
        if len(frame.payload) != P_CONNECTION_FEATURES.FIXED_SIZE:
            raise PeerRefused(_wrong_length(frame, f"{P_CONNECTION_FEATURES.FIXED_SIZE}"))
        peer = self._data.read(frame, P_CONNECTION_FEATURES)
        peer_max = peer.protocol_max or peer.protocol_min
        own_min, own_max = self._options.version_min, self._options.version_max
        if own_max < peer.protocol_min or own_min > peer_max:
            raise PeerRefused(
                f"the peer speaks versions {peer.protocol_min} to {peer_max}, "
                f"this node {own_min} to {own_max}"
            )
        version = min(own_max, peer_max)
        self.agreement = Agreed(version, OWN_FEATURES & peer.feature_flags)
        self._data.agree(version)
        if self._options.cram_hmac_alg:
            self._send_challenge(now)
        else:
            self._complete()

    def _send_challenge(self, now: float) -> None:
        bits = self._random.getrandbits(8 * CHALLENGE_SIZE_BYTES)
        self._challenge = bits.to_bytes(CHALLENGE_SIZE_BYTES, "big")
        self._data.send(P_AUTH_CHALLENGE(self._challenge, b""))
        self._await(Command.P_AUTH_CHALLENGE, _CHALLENGE_AWAITED, now)

    def _take_challenge(self, frame: Frame, now: float) -> None:
        challenge = bytes(frame.payload)
        if not CHALLENGE_SIZE_BYTES <= len(challenge) <= CHALLENGE_SIZE_BYTES_MAX:
            raise PeerRefused(
                _wrong_length(frame, f"{CHALLENGE_SIZE_BYTES} to {CHALLENGE_SIZE_BYTES_MAX}")
            )
        if challenge.startswith(self._challenge):
            # Signing it would hand the peer the answer to the own challenge.
            raise PeerRefused("the peer's challenge is this node's own, sent back")
        self._data.send(P_AUTH_RESPONSE(self._signed(challenge)))
        self._await(Command.P_AUTH_RESPONSE, _RESPONSE_AWAITED, now)

    def _take_response(self, frame: Frame) -> None:
        size_bytes = DIGEST_SIZE_BYTES[self._options.cram_hmac_alg]
        if len(frame.payload) != size_bytes:
            raise AttemptFailed(_wrong_length(frame, f"{size_bytes}"))
        if not hmac.compare_digest(frame.payload, self._signed(self._challenge)):
            raise PeerRefused("the peer has another shared-secret")
        self._complete()

    def _signed(self, challenge: bytes) -> bytes:
        secret = self._options.shared_secret.encode()
        return hmac.digest(secret, challenge, self._options.cram_hmac_alg)

    def _await(self, command: Command, limits: Mapping[int, Limits], now: float) -> None:
        self._data.expect(limits)
        self._awaited = command
        self.deadline = now + self._packet_wait_s

    def _complete(self) -> None:
        self._data.expect(DATA_LIMITS_AFTER_HANDSHAKE)
        self._awaited = None
        self.deadline = None
        self.is_complete = True


def _name(number: int) -> str:
    return next((it.name for it in Command if it == number), f"packet {number:#06x}")


def _wrong_length(frame: Frame, wanted: str) -> str:
    return f"{_name(frame.command)} has {len(frame.payload)} bytes, which must be {wanted}"
