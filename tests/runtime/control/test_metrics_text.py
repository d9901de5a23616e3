"""Metrics are what Prometheus reads, by the names that dashboards of DRBD ask for."""

from dataclasses import replace
from typing import Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from generated.states.conn_states import ConnState
from runtime.control.metrics_text import CONNECTIONS, REPLICATIONS, metrics_text
from runtime.control.view import ResourceView
from runtime.control.viewing import LINKED
from tests.runtime.control.views import IDLE, TARGET, resource

PUBLISHED: Final = """
    drbdreactor_up drbd_connection_congested drbd_connection_state drbd_device_alwrites_total
    drbd_device_client drbd_device_lowerpending drbd_device_quorum drbd_device_read_bytes_total
    drbd_device_size_bytes drbd_device_state drbd_device_unintentionaldiskless
    drbd_device_upperpending drbd_device_written_bytes_total drbd_peerdevice_outofsync_bytes
    drbd_peerdevice_sent_bytes drbd_peerdevice_received_bytes drbd_resource_resources
    drbd_resource_role drbd_resource_suspended
    """.split()
"""The families of drbd-reactor's documentation that DRBD 8.4 has something to say of."""
TWO: Final = [
    resource(IDLE, replace(TARGET, volume=1, minor=1), peer_name="bob.example"),
    resource(name='we"b\\\n', connection="StandAlone", suspended=("user",)),
]


def samples(*resources: ResourceView) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Each number by its name and labels, as Prometheus' own parser reads them."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(metrics_text(resources)):
        assert family.documentation
        assert family.type in ("gauge", "counter", "unknown")
        for sample in family.samples:
            place = sample.name, frozenset(sample.labels.items())
            assert place not in found
            found[place] = sample.value
    return found


def at(name: str, /, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """Where a number is found."""
    return name, frozenset(labels.items())


def test_dashboards_find_what_they_ask_for() -> None:
    """Every family that is published is there by its name; all others say that they are ours."""
    names = {name for name, _ in samples(*TWO)}
    assert names >= {*PUBLISHED}
    assert all(name.startswith("dotmirror_") for name in names - {*PUBLISHED})


def test_a_volume_s_figures_are_in_bytes() -> None:
    """Units are the base units that Prometheus wants; what only grows is a counter."""
    found = samples(*TWO)
    volume = {"name": "r0", "volume": "1", "minor": "1"}
    assert found[at("drbd_device_size_bytes", **volume)] == 4_096_000_000
    assert found[at("drbd_device_read_bytes_total", **volume)] == 664 * 1024
    peer = volume | {"conn_name": "bob.example"}
    assert found[at("drbd_peerdevice_outofsync_bytes", **peer)] == 2192000 * 1024
    assert found[at("dotmirror_peerdevice_done_ratio", **peer)] == pytest.approx(0.452)
    assert found[at("drbd_device_unintentionaldiskless", **volume)] == 0
    assert found[at("drbdreactor_up")] == 1
    assert found[at("drbd_resource_resources")] == 2


def test_a_state_is_one_of_all_that_it_could_be() -> None:
    """Alerts ask for states that are not, too: `drbd_device_state{...="UpToDate"} == 0`."""
    found = samples(*TWO)
    disks = {
        dict(labels)["drbd_device_state"]: value
        for (name, labels), value in found.items()
        if name == "drbd_device_state" and ("volume", "1") in labels
    }
    assert [state for state, value in disks.items() if value] == ["Inconsistent"]
    assert {"UpToDate", "Diskless", "Outdated", "Failed", "Consistent"} <= set(disks)
    odd = {"name": 'we"b\\\n', "conn_name": "peer"}
    assert found[at("drbd_connection_state", drbd_connection_state="StandAlone", **odd)] == 1
    assert found[at("drbd_connection_state", drbd_connection_state="Connected", **odd)] == 0
    assert found[at("drbd_resource_suspended", name='we"b\\\n')] == 1


def test_no_state_is_forgotten() -> None:
    """Whatever a connection can be is one of the values."""
    for conn in ConnState:
        is_linked = conn.wire >= LINKED
        shown = "Connecting" if conn is ConnState.WFConnection else conn.printed
        assert is_linked or shown in CONNECTIONS
        assert conn.wire <= ConnState.Connected.wire or conn.printed in REPLICATIONS


def test_a_process_without_resources_runs() -> None:
    """Nothing to tell is no error."""
    assert samples()[at("drbd_resource_resources")] == 0
