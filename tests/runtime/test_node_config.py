"""A node's configuration is checked when it is made, and as JSON it reads back."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.layouts.configuration import ReplicationProtocol, SplitBrainPolicy
from runtime.config import (
    HELPERS,
    DiskOptions,
    FencingPolicy,
    NetOptions,
    OnIoError,
    OnNoDataAccessible,
    ResourceConfig,
    RrConflict,
)
from runtime.errors import ConfigError
from runtime.node_config import Address, DiskMode, DiskPath, NodeConfig, from_json, to_json

HERE: Final = Address("127.0.0.1", 7788)
THERE: Final = Address("127.0.0.1", 7789)
SMALL: Final[dict[str, Any]] = {"name": "alice", "address": str(HERE), "peer": str(THERE)}

ADDRESSES = st.builds(
    lambda host, port: Address(str(host), port), st.ip_addresses(v=4), st.integers(1, 65535)
)
NETS = st.builds(
    NetOptions,
    protocol=st.sampled_from(ReplicationProtocol),
    timeout=st.integers(1, 600),
    use_rle=st.booleans(),
    after_sb_0pri=st.sampled_from(SplitBrainPolicy),
    rr_conflict=st.sampled_from(RrConflict),
    csums_alg=st.sampled_from(["", "sha1", "crc32c"]),
)
VOLUMES = st.builds(
    DiskOptions,
    on_io_error=st.sampled_from(OnIoError),
    fencing=st.sampled_from([FencingPolicy.DONT_CARE, FencingPolicy.RESOURCE_ONLY]),
    al_extents=st.integers(67, 65534),
)
DISKS = st.builds(
    DiskPath,
    st.just(Path("/dev/vg/a")),
    st.sampled_from([None, Path("/dev/vg/meta")]),
    st.sampled_from(DiskMode),
)
RESOURCES = st.builds(
    ResourceConfig,
    name=st.sampled_from(["r0", "data"]),
    net=NETS,
    volumes=st.dictionaries(st.integers(0, 65535), VOLUMES, min_size=1, max_size=3),
    on_no_data_accessible=st.sampled_from(OnNoDataAccessible),
    handlers=st.dictionaries(st.sampled_from(sorted(HELPERS)), st.text()),
    handler_timeout=st.integers(1, 3600),
    trace_flows=st.booleans(),
)


@st.composite
def configurations(draw: st.DrawFn) -> NodeConfig:
    """Any configuration that can be made."""
    resource = draw(RESOURCES)
    address, peer = draw(st.lists(ADDRESSES, min_size=2, max_size=2, unique=True))
    number = draw(st.sampled_from(sorted(resource.volumes)))
    disks = draw(st.sampled_from([{}, {number: draw(DISKS)}]))
    peer_name = draw(st.sampled_from(["", "bob.example"]))
    return NodeConfig("alice", resource, address, peer, disks, peer_name=peer_name)


@given(configurations())
def test_json_reads_back(config: NodeConfig) -> None:
    """What is written as JSON is the same configuration again."""
    assert from_json(to_json(config)) == config


def test_what_is_left_out_has_its_default() -> None:
    """A name and two addresses do; a disk may be its path alone."""
    config = from_json(json.dumps({**SMALL, "disks": {"0": "alice.img"}}))
    disks = {0: DiskPath(Path("alice.img"))}
    assert config == NodeConfig("alice", ResourceConfig(), HERE, THERE, disks)


def test_options_may_have_their_hyphens() -> None:
    """Options are written as DRBD's configuration has them, or as in a program."""
    net = {"ping-int": 3, "ko_count": 1, "protocol": "A", "after-sb-0pri": "discard-zero-changes"}
    config = from_json(json.dumps({**SMALL, "resource": {"net": net}}))
    assert config.resource.net == NetOptions(
        ping_int=3,
        ko_count=1,
        protocol=ReplicationProtocol.A,
        after_sb_0pri=SplitBrainPolicy.DISCARD_ZERO_CHANGES,
    )


@pytest.mark.parametrize("text", ["127.0.0.1:7788", "[::1]:7788", "0.0.0.0:1", "[fe80::1]:65535"])
def test_addresses_read_back(text: str) -> None:
    """An address is written as it was read."""
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("127.0.0.1", "'127.0.0.1' is no address; write 127.0.0.1:7788 or [::1]:7788"),
        ("127.0.0.1:x", "'127.0.0.1:x' is no address; write 127.0.0.1:7788 or [::1]:7788"),
        ("::1:7788", "'::1:7788': an IPv6 address stands in brackets, as in [::1]:7788"),
        ("alice:7788", "'alice' is no IP address"),
        ("127.0.0.1:0", "port 0 must be 1 to 65535"),
        ("127.0.0.1:65536", "port 65536 must be 1 to 65535"),
    ],
)
def test_what_is_no_address_is_refused(text: str, sentence: str) -> None:
    """A wrong address is told with what is wrong about it."""
    with pytest.raises(ConfigError) as caught:
        Address.parse(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"nmae": "x"}, 'the configuration has no nmae, did you mean "name"?'),
        ({"name": "a b"}, "'a b' is no name of a node: no blanks, no slash"),
        ({"name": 3}, "name is 3, which must be a text"),
        ({"peer": str(HERE)}, "127.0.0.1:7788 is both nodes' address"),
        ({"peer": "[::1]:7788"}, "127.0.0.1:7788 and [::1]:7788 are of two families"),
        ({"disks": {"1": "x"}}, "a disk for volume 1, the resource has 0"),
        ({"disks": {"a": "x"}}, "disks: 'a' is no volume's number"),
        ({"disks": []}, "disks is no object but []"),
        ({"disks": {"0": {"mode": "direct"}}}, "disks.0 has no path"),
        (
            {"disks": {"0": {"path": "x", "mode": "fast"}}},
            'disks.0.mode is "fast", which must be one of buffered, direct, dsync',
        ),
        ({"resource": 1}, "resource is no object but 1"),
        (
            {"resource": {"trace_flows": 1}},
            "resource.trace_flows is 1, which must be true or false",
        ),
        (
            {"resource": {"net": {"ping_itn": 1}}},
            'resource.net has no ping_itn, did you mean "ping_int"?',
        ),
        ({"resource": {"net": {"timeout": 0}}}, "timeout is 0, which must be 1 to 600 (0.1 s)"),
        (
            {"resource": {"net": {"timeout": True}}},
            "resource.net.timeout is true, which must be a number",
        ),
        (
            {"resource": {"net": {"protocol": "D"}}},
            'resource.net.protocol is "D", which must be one of A, B, C',
        ),
        ({"resource": {"volumes": {}}}, "resource r0 has no volume"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_what_makes_no_configuration_is_refused(change: dict[str, Any], sentence: str) -> None:
    """Each fault is one sentence that names the place."""
    with pytest.raises(ConfigError) as caught:
        from_json(json.dumps({**SMALL, **change}))
    assert str(caught.value) == sentence


def test_a_path_is_used_once(tmp_path: Path) -> None:
    """Two volumes, or data and external meta-data, do not share a file."""
    path = tmp_path / "disk.img"
    with pytest.raises(ConfigError, match=r"disk\.img is used twice"):
        NodeConfig("alice", ResourceConfig(), HERE, THERE, {0: DiskPath(path, path)})


def test_windows_of_a_device_are_used_once(tmp_path: Path) -> None:
    """Two volumes may share a device for meta-data, each with an index of its own."""
    resource = ResourceConfig(volumes={0: DiskOptions(), 1: DiskOptions()})
    meta = tmp_path / "meta.img"
    one, two, again = (
        DiskPath(tmp_path / f"{number}.img", meta, meta_index=number % 2) for number in range(3)
    )
    node = NodeConfig("alice", resource, HERE, THERE, {0: one, 1: two})
    assert from_json(to_json(node)) == node
    with pytest.raises(ConfigError, match=r"meta\.img \[0\] is used twice"):
        NodeConfig("alice", resource, HERE, THERE, {0: one, 1: again})
    with pytest.raises(ConfigError, match="meta_index 256 must be 0 to 255"):
        DiskPath(tmp_path, meta, meta_index=256)
    with pytest.raises(ConfigError, match="a meta_index needs a meta_path"):
        DiskPath(tmp_path, meta_index=0)


@pytest.mark.parametrize("text", ["{", "[]", "{}", "3"])
def test_other_texts_are_refused(text: str) -> None:
    """What is no JSON object with a name is no configuration."""
    with pytest.raises(ConfigError):
        from_json(text)
