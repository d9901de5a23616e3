"""A wrong setting gets a sentence that says what would be right (wire 12)."""

from dataclasses import fields
from typing import Any, Final

import pytest

from generated.layouts.configuration import ReplicationProtocol
from runtime.config import DiskOptions, FencingPolicy, Limit, NetOptions, ResourceConfig
from runtime.errors import ConfigError

KINDS: Final[tuple[type[Any], ...]] = (NetOptions, DiskOptions, ResourceConfig)
LIMITED: Final[dict[str, tuple[type[Any], str, Limit]]] = {
    option.name: (kind, option.name, option.metadata["limit"])
    for kind in KINDS
    for option in fields(kind)
    if "limit" in option.metadata
}
NAMES: Final = ("cram_hmac_alg", "shared_secret", "data_integrity_alg", "verify_alg", "csums_alg")


def _made(kind: type[Any], name: str, value: object) -> Any:
    """Options of which one is not the default."""
    return kind(**{name: value})


@pytest.mark.parametrize("name", sorted(set(LIMITED) - {"version_min", "version_max"}))
def test_both_ends_of_a_limit_are_allowed(name: str) -> None:
    """The least and the most value of an option can be configured."""
    kind, _, limit = LIMITED[name]
    for value in (limit.least, limit.most):
        assert getattr(_made(kind, name, value), name) == value


@pytest.mark.parametrize("name", sorted(LIMITED))
def test_value_outside_its_limits_is_refused_in_a_sentence(name: str) -> None:
    """The sentence has the option's name, the value, and what is allowed."""
    kind, _, limit = LIMITED[name]
    for value in (limit.least - 1, limit.most + 1):
        with pytest.raises(ConfigError) as caught:
            _made(kind, name, value)
        said = str(caught.value)
        assert said.startswith(f"{name.replace('_', '-')} is {value}, ")
        assert f"must be {limit.least} to {limit.most}" in said


@pytest.mark.parametrize("name", NAMES)
def test_name_that_no_packet_can_carry_is_refused(name: str) -> None:
    """A name or secret has 63 bytes at most, however many characters these are."""
    with pytest.raises(ConfigError, match="has 64 bytes, at most 63 are sent"):
        _made(NetOptions, name, "\N{LATIN SMALL LETTER E WITH ACUTE}" * 32)


def test_versions_that_leave_nothing_to_agree_on_are_refused() -> None:
    """The lowest version can't be above the highest."""
    with pytest.raises(ConfigError, match="no protocol version is from 100 to 96"):
        NetOptions(version_min=100, version_max=96)


def test_two_primaries_need_protocol_c() -> None:
    """Two primaries must know of each write that it is on both disks (states 8.4)."""
    with pytest.raises(ConfigError, match="allow-two-primaries needs protocol C"):
        NetOptions(allow_two_primaries=True, protocol=ReplicationProtocol.B)


def test_authentication_without_a_secret_is_refused() -> None:
    """Whoever asks for a signature has to have something to sign with."""
    with pytest.raises(ConfigError, match="cram-hmac-alg needs a shared-secret"):
        NetOptions(cram_hmac_alg="sha1")


def test_handler_that_nobody_calls_is_refused() -> None:
    """A program is configured for a helper that there is."""
    with pytest.raises(ConfigError, match="fence-pear is no handler, these are: after-resync"):
        ResourceConfig(handlers={"fence-pear": "true"})


def test_freezing_without_acknowledgements_is_refused() -> None:
    """With protocol A nobody would know what a frozen write has become."""
    disk = DiskOptions(fencing=FencingPolicy.RESOURCE_AND_STONITH)
    with pytest.raises(ConfigError, match="fencing resource-and-stonith needs protocol B or C"):
        ResourceConfig(net=NetOptions(protocol=ReplicationProtocol.A), volumes={0: disk})


def test_resource_without_a_volume_is_refused() -> None:
    """A connection that replicates nothing is a mistake."""
    with pytest.raises(ConfigError, match="resource r7 has no volume"):
        ResourceConfig(name="r7", volumes={})


@pytest.mark.parametrize("number", [-1, 65536])
def test_volume_that_no_header_can_name_is_refused(number: int) -> None:
    """A volume has a number of 16 bits."""
    with pytest.raises(ConfigError, match=f"volume {number} of r0 must be 0 to 65535"):
        ResourceConfig(volumes={number: DiskOptions()})


def test_times_are_told_in_seconds() -> None:
    """Options in tenths of a second are read in seconds."""
    options = NetOptions(timeout=61, ping_timeout=7, socket_check_timeout=3)
    assert (options.timeout_s, options.ping_timeout_s) == (6.1, 0.7)
    assert options.socket_check_timeout_s == 0.3


def test_sockets_are_checked_for_as_long_as_a_ping_may_take_unless_told_otherwise() -> None:
    """Without an own setting the check of new sockets takes the ping-timeout."""
    assert NetOptions(ping_timeout=7).socket_check_timeout_s == 0.7
