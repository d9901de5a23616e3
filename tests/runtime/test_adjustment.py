"""A node that runs is compared with what its configuration says now."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import pytest

from generated.layouts.configuration import ReplicationProtocol
from runtime.adjustment import Adjustment, adjustment
from runtime.config import DiskOptions, NetOptions, OnNoDataAccessible, ResourceConfig
from runtime.node_config import Address, DiskPath, NodeConfig

RUNNING: Final = NodeConfig(
    "alice",
    ResourceConfig(volumes={0: DiskOptions(minor=3), 1: DiskOptions(minor=4)}),
    Address("10.0.0.1", 7788),
    Address("10.0.0.2", 7788),
    {0: DiskPath(Path("/dev/a"))},
)


def compared(wanted: NodeConfig, **net: Any) -> Adjustment:
    """How the running node, with some options that its peer has changed, differs from this."""
    resource = RUNNING.resource
    disks = {number: asdict(it) for number, it in resource.volumes.items()}
    return adjustment(RUNNING, wanted, net=asdict(resource.net) | net, disks=disks)


def with_resource(**changes: Any) -> NodeConfig:
    """The running node with something else in its resource."""
    return replace(RUNNING, resource=replace(RUNNING.resource, **changes))


def test_what_is_equal_stays() -> None:
    """A node that is as it is written has nothing to do."""
    assert compared(RUNNING) == Adjustment((), ())


def test_options_change_by_part() -> None:
    """The connection's options and those of each disk are changed with one command each."""
    disks = {0: DiskOptions(minor=3, resync_rate=500), 1: DiskOptions(minor=4, disk_flushes=False)}
    net = NetOptions(timeout=40, verify_alg="sha1")
    found = compared(with_resource(net=net, volumes=disks))
    assert [(it.volume, dict(it.changes), it.told) for it in found.parts] == [
        (
            None,
            {"timeout": 40, "verify_alg": "sha1"},
            ("net: timeout 60 -> 40", "net: verify-alg none -> sha1"),
        ),
        (0, {"resync_rate": 500}, ("disk 0: resync-rate 250 -> 500",)),
        (1, {"disk_flushes": False}, ("disk 1: disk-flushes yes -> no",)),
    ]
    assert found.later == ()


def test_what_a_peer_has_changed_is_changed_back() -> None:
    """The options count as they are now, whoever has set them."""
    (part,) = compared(RUNNING, protocol=ReplicationProtocol.A).parts
    assert part.told == ("net: protocol A -> C",)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (
            with_resource(net=NetOptions(sndbuf_size=9000)),
            "net: sndbuf-size 0 -> 9000 counts when the node begins",
        ),
        (
            with_resource(volumes={0: DiskOptions(minor=3, size=8), 1: DiskOptions(minor=4)}),
            "disk 0: size 0 -> 8 is changed by a resize",
        ),
        (
            with_resource(volumes={0: DiskOptions(minor=3), 1: DiskOptions(minor=5)}),
            "disk 1: minor 4 -> 5 counts when the node begins",
        ),
        (
            with_resource(on_no_data_accessible=OnNoDataAccessible.SUSPEND_IO),
            "on-no-data-accessible io-error -> suspend-io counts when the node begins",
        ),
        (
            with_resource(handlers={"split-brain": "true"}),
            "the handlers counts when the node begins",
        ),
        (
            replace(RUNNING, peer=Address("10.0.0.3", 7788)),
            "the peer's address 10.0.0.2:7788 -> 10.0.0.3:7788 counts when the node begins",
        ),
        (
            replace(RUNNING, disks={0: DiskPath(Path("/dev/a"), Path("/dev/m"), meta_index=1)}),
            "disk 0: /dev/a -> /dev/a /dev/m [1] counts when the node begins",
        ),
        (
            with_resource(volumes={0: DiskOptions(minor=3)}),
            "volume 1 is gone, which counts when the node begins",
        ),
        (
            with_resource(volumes=dict(RUNNING.resource.volumes) | {2: DiskOptions()}),
            "volume 2 is new, which counts when the node begins",
        ),
    ],
)
def test_what_has_to_wait_is_a_sentence(wanted: NodeConfig, sentence: str) -> None:
    """What can't change while a node runs is told, and nothing is changed instead."""
    assert compared(wanted) == Adjustment((), (sentence,))
