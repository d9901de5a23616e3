"""The JSON of status has the documented keys, in the documented order (states 9.4)."""

import json
from dataclasses import replace

from runtime.control.status_json import status_json
from runtime.control.view import ResourceView
from tests.runtime.control.views import IDLE, TARGET, resource

EXAMPLE = {
    "name": "r0",
    "node-id": -1,
    "role": "Secondary",
    "suspended": False,
    "suspended-user": False,
    "suspended-no-data": False,
    "suspended-fencing": False,
    "suspended-quorum": False,
    "force-io-failures": False,
    "write-ordering": "flush",
    "devices": [
        {
            "volume": 0,
            "minor": 0,
            "disk-state": "Inconsistent",
            "client": False,
            "open": False,
            "quorum": True,
            "size": 4000000,
            "read": 664,
            "written": 0,
            "al-writes": 0,
            "bm-writes": 0,
            "upper-pending": 0,
            "lower-pending": 0,
        }
    ],
    "connections": [
        {
            "peer-node-id": 0,
            "name": "bob",
            "connection-state": "Connected",
            "congested": False,
            "peer-role": "Primary",
            "tls": False,
            "peer_devices": [
                {
                    "volume": 0,
                    "replication-state": "SyncTarget",
                    "peer-disk-state": "UpToDate",
                    "peer-client": False,
                    "resync-suspended": "no",
                    "received": 0,
                    "sent": 0,
                    "out-of-sync": 2192000,
                    "pending": 0,
                    "unacked": 0,
                    "has-sync-details": False,
                    "has-online-verify-details": False,
                    "percent-in-sync": 45.2,
                    "percent-resync-done": 45.2,
                }
            ],
        }
    ],
}


def test_the_example() -> None:
    """A resync target, key by key."""
    shown = status_json(resource(TARGET, peer_name="bob"))
    assert json.dumps(shown) == json.dumps(EXAMPLE)


def test_why_requests_wait() -> None:
    """Each reason for suspending requests has its key."""
    shown = status_json(resource(suspended=("user", "fencing")))
    reasons = ("suspended", "suspended-user", "suspended-no-data", "suspended-fencing")
    assert [shown[it] for it in reasons] == [True, True, False, True]


def test_nothing_is_done_where_nothing_runs() -> None:
    """Without a resync there is no part of it that is done, and of nothing nothing is in sync."""
    shown = status_json(resource(replace(IDLE, size_kib=0)))
    device = shown["connections"][0]["peer_devices"][0]
    assert "percent-resync-done" not in device
    assert device["percent-in-sync"] == 0


def test_a_view_travels() -> None:
    """What a client reads is what the node has told."""
    view = resource(TARGET, IDLE, suspended=("user",))
    assert ResourceView.of(json.loads(json.dumps(view.to_json()))) == view
