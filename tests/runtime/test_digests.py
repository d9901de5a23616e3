"""Digests by the names of Linux, against published values."""

import pytest

from runtime.digests import DIGEST_SIZE_BYTES, HMAC_NAMES, digest

CHECKED = b"123456789"  # what catalogues of checksums are made with

PUBLISHED = {
    "crc32c": "839206e3",  # wire 12.5
    "md5": "25f9e794323b453885f5181f1b624d0b",
    "sha1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
    "sha256": "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_digest_is_the_published_one(name: str) -> None:
    """Of the bytes that everybody uses."""
    assert digest(name, CHECKED).hex() == PUBLISHED[name]


@pytest.mark.parametrize("name", DIGEST_SIZE_BYTES)
def test_view_has_the_digest_of_its_bytes(name: str) -> None:
    """Payloads are views into what was received, and need no copy."""
    assert digest(name, memoryview(CHECKED)) == digest(name, CHECKED)
    assert len(digest(name, CHECKED)) == DIGEST_SIZE_BYTES[name]


def test_a_checksum_signs_nothing() -> None:
    """CRC-32C can be computed backwards."""
    assert set(DIGEST_SIZE_BYTES) - set(HMAC_NAMES) == {"crc32c"}
