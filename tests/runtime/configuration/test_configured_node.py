"""A configuration and a host's name make one node."""

from pathlib import Path

import pytest

from generated.layouts.configuration import ReplicationProtocol, SplitBrainPolicy
from runtime.config import FencingPolicy, OnCongestion, OnNoDataAccessible
from runtime.configuration.files import read_configuration
from runtime.configuration.node import node_config, node_configs
from runtime.errors import ConfigError
from runtime.node_config import Address, DiskPath, from_json, to_json
from tests.runtime.configuration.texts import FILES, PEOPLES_FILES, read, resource


def test_a_node_has_its_side_and_its_peer() -> None:
    """The section of this host's name is the node's, the other one is its peer's."""
    found = read_configuration(FILES / "volumes.res")
    node = node_config(found, "database", host="bob")
    assert (node.name, node.peer_name) == ("bob", "alice")
    assert (node.address, node.peer) == (Address("172.16.0.2", 7000), Address("172.16.0.1", 7000))
    assert node.disks == {
        0: DiskPath(Path("/dev/vg/db_data")),
        1: DiskPath(Path("/dev/vg/db_log"), Path("/dev/vg/db_log_md")),
    }
    assert node.resource.net.csums_alg == "md5"
    assert [it.al_extents for it in node.resource.volumes.values()] == [3389, 3389]
    assert [it.minor for it in node.resource.volumes.values()] == [100, 101]
    alice = node_config(found, "database", host="alice")
    assert [it.al_extents for it in alice.resource.volumes.values()] == [3389, 257]


def test_all_kinds_of_options_arrive() -> None:
    """Protocols, policies, handlers and what all have in common are the node's."""
    far = node_config(read_configuration(FILES / "far_away.res"), "far away", host="alice")
    assert far.resource.net.protocol is ReplicationProtocol.A
    assert far.resource.net.on_congestion is OnCongestion.PULL_AHEAD
    assert far.resource.net.congestion_fill == 819200
    two = node_config(read_configuration(FILES / "two_primaries.res"), "cluster", host="alice")
    assert two.resource.net.allow_two_primaries
    assert two.resource.volumes[0].fencing is FencingPolicy.RESOURCE_AND_STONITH
    assert two.resource.handlers["fence-peer"] == "/usr/lib/drbd/crm-fence-peer.sh"
    vms = node_config(read_configuration(FILES / "shared_volumes.res"), "vms", host="bob")
    assert vms.resource.on_no_data_accessible is OnNoDataAccessible.SUSPEND_IO
    mail = node_config(read_configuration(FILES / "whole" / "drbd.conf"), "mail", host="bob")
    assert mail.resource.net.max_buffers == 4096
    assert mail.resource.net.verify_alg == "sha1"
    assert mail.resource.volumes[0].resync_after == "web/0"
    assert mail.resource.volumes[0].resync_rate == 10240


@pytest.mark.parametrize(
    ("host", "policy"),
    [("alice", SplitBrainPolicy.DISCARD_LOCAL), ("bob", SplitBrainPolicy.DISCARD_REMOTE)],
)
def test_the_node_whose_changes_are_discarded(host: str, policy: SplitBrainPolicy) -> None:
    """discard-node-alice is discard-local for alice, and discard-remote for bob."""
    found = read_configuration(FILES / "chain.res")
    assert node_config(found, "first", host=host).resource.net.after_sb_0pri is policy


def test_a_volume_without_a_disk() -> None:
    """A disk of none is no disk, and another resource's volume is waited for by its name."""
    node = node_config(read_configuration(FILES / "chain.res"), "third", host="alice")
    assert node.disks == {}
    assert node.resource.volumes[0].resync_after == "second/0"


def test_floating_hosts_are_called_by_their_address() -> None:
    """Where no name is, the address is."""
    node = node_config(read_configuration(FILES / "floating.res"), "roaming", host="10.1.1.32")
    assert (node.name, str(node.peer), node.peer_name) == ("10.1.1.32", "10.1.1.31:7802", "")
    assert node.disks[0] == DiskPath(Path("/dev/sdb"), Path("/dev/sdc8"))


def test_of_several_peers_one_is_named() -> None:
    """A node has one peer, so where a resource has three hosts it has to be said which."""
    found = read_configuration(FILES / "three_hosts.res")
    assert node_config(found, "tri", host="bob", peer="charlie").peer_name == "charlie"
    with pytest.raises(ConfigError, match=r"2 possible peers, name one of charlie, daisy\.example"):
        node_config(found, "tri", host="alice")
    with pytest.raises(ConfigError, match="resource tri has no peer eve"):
        node_config(found, "tri", host="alice", peer="eve")


def test_a_host_that_is_not_there() -> None:
    """A resource is where it says, and nowhere else."""
    found = read_configuration(FILES / "plain.res")
    with pytest.raises(ConfigError, match="resource r0 is not on eve, it is on alice, bob"):
        node_config(found, "r0", host="eve")
    with pytest.raises(ConfigError, match=r'no resource r \(did you mean "r0"\?\)'):
        node_config(found, "r", host="alice")


def test_a_floating_host_is_found_by_its_address() -> None:
    """Whoever has the address of a floating host is that host, whatever it is called."""
    found = read_configuration(FILES / "floating.res")
    (node,) = node_configs(found, host="carol", is_own=lambda it: it.host == "10.1.1.32")
    assert (node.address.host, node.peer.host) == ("10.1.1.32", "10.1.1.31")
    assert node.disks[0] == DiskPath(Path("/dev/sdb"), Path("/dev/sdc8"))
    with pytest.raises(
        ConfigError, match=r"no resource of carol, it has those of 10\.1\.1\.31:7802"
    ):
        node_configs(found, host="carol")


def test_all_nodes_of_a_host() -> None:
    """A host runs the resources that it has, or those that are named, in their order."""
    found = read_configuration(FILES / "whole" / "drbd.conf")
    assert [it.resource.name for it in node_configs(found, host="bob")] == ["web", "mail"]
    named = node_configs(found, ["mail", "web", "mail"], host="bob")
    assert [it.resource.name for it in named] == ["mail", "web"]
    assert {it.drbd_conf for it in named} == {str(FILES / "whole" / "drbd.conf")}


def test_files_are_read_together() -> None:
    """Of several files none is all that there is, so programs are told of the usual one."""
    found = read_configuration(FILES / "plain.res", FILES / "scope.res")
    nodes = node_configs(found, host="alice")
    assert [(it.resource.name, it.drbd_conf) for it in nodes] == [
        ("r0", "/etc/drbd.conf"),
        ("scope", "/etc/drbd.conf"),
    ]


def test_metadata_may_be_in_a_window() -> None:
    """Of a device with meta-data of several volumes, a volume has the window of its index."""
    found = read_configuration(FILES / "ipv6.res")
    node = node_config(found, "six", host="alice")
    assert node.disks == {0: DiskPath(Path("/dev/sdf1"), Path("/dev/sdg"), meta_index=3)}


def test_options_that_contradict_each_other(tmp_path: Path) -> None:
    """What only the whole can tell is told with the place of the resource."""
    found = read(tmp_path, resource("net { allow-two-primaries; protocol A; }"))
    with pytest.raises(ConfigError, match=r":1:1: resource r0: allow-two-primaries needs protocol"):
        node_config(found, "r0", host="alice")


def test_every_file_makes_nodes() -> None:
    """The nodes of files that people have are written as JSON and read back."""
    for path in PEOPLES_FILES:
        found = read_configuration(path)
        for name, it in found.resources.items():
            peer = str(it.hosts[1].names[0]) if it.hosts[1].names else it.hosts[1].address.host
            own = it.hosts[0].names[0] if it.hosts[0].names else it.hosts[0].address.host
            if " " not in name:
                node = node_config(found, name, host=own, peer=peer)
                assert from_json(to_json(node)) == node
