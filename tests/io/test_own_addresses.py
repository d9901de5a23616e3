"""A machine knows its own addresses."""

import pytest

from runtime.io.own_addresses import is_own
from runtime.node_config import Address


@pytest.mark.parametrize(("host", "expected"), [("127.0.0.1", True), ("192.0.2.1", False)])
def test_an_address_is_ours_or_not(host: str, *, expected: bool) -> None:
    """The loopback address is one of ours; an address for documentation is nobody's."""
    assert is_own(Address(host, 7788)) is expected
