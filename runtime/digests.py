"""The hashes that both nodes can agree on, by the names that Linux has for them (wire 12.5)."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

import google_crc32c

from generated.layouts.codec import Octets

ALL_ONES: Final = 0xFFFFFFFF


def crc32c_raw(content: bytes) -> int:
    """CRC-32C begun with 0, not inverted at the end, as in the activity log (metadata 3.4)."""
    inverted: int = google_crc32c.extend(ALL_ONES, content)
    return inverted ^ ALL_ONES


def _crc32c(content: Octets) -> bytes:
    """The inverted CRC-32C, least significant byte first."""
    return int(google_crc32c.value(bytes(content))).to_bytes(4, "little")


def _md5(content: Octets) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def _sha1(content: Octets) -> bytes:
    return hashlib.sha1(content, usedforsecurity=False).digest()


def _sha256(content: Octets) -> bytes:
    return hashlib.sha256(content).digest()


def _sha384(content: Octets) -> bytes:
    return hashlib.sha384(content).digest()


def _sha512(content: Octets) -> bytes:
    return hashlib.sha512(content).digest()


_DIGESTS: Final[Mapping[str, Callable[[Octets], bytes]]] = {
    "crc32c": _crc32c,
    "md5": _md5,
    "sha1": _sha1,
    "sha256": _sha256,
    "sha384": _sha384,
    "sha512": _sha512,
}

DIGEST_SIZE_BYTES: Final[Mapping[str, int]] = {
    name: len(made(b"")) for name, made in _DIGESTS.items()
}
"""Name -> how many bytes its digests have."""

HMAC_NAMES: Final = tuple(name for name in DIGEST_SIZE_BYTES if name != "crc32c")
"""Those that can sign a challenge (wire 4.4)."""


def digest(name: str, content: Octets) -> bytes:
    """The digest of some bytes; KeyError for a name that is not in DIGEST_SIZE_BYTES."""
    return _DIGESTS[name](content)
