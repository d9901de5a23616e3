"""The lines of events2 are the documented ones, to the letter."""

from dataclasses import replace

from runtime.control.events_text import change_lines, exists_lines, helper_line, objects_of
from tests.runtime.control.views import IDLE, resource

SECONDARY = replace(IDLE, role="Secondary", peer_role="Primary")


def test_the_example() -> None:
    """What there is, and a change, read as in the reference's example."""
    before = objects_of(resource(SECONDARY), has_statistics=False)
    assert list(exists_lines(before)) == [
        "exists resource name:r0 role:Secondary suspended:no",
        "exists connection name:r0 peer-node-id:0 conn-name:peer connection:Connected role:Primary",
        "exists device name:r0 volume:0 minor:0 disk:UpToDate",
        (
            "exists peer-device name:r0 peer-node-id:0 conn-name:peer volume:0"
            " replication:Established peer-disk:UpToDate resync-suspended:no"
        ),
    ]
    after = objects_of(resource(replace(SECONDARY, role="Primary")), has_statistics=False)
    assert list(change_lines(before, after)) == ["change resource name:r0 role:Primary"]


def test_helpers_are_called_and_respond() -> None:
    """A helper's status is the raw one, its exit code times 256."""
    keys = "name:r0 peer-node-id:0 conn-name:peer"
    name = "before-resync-target"
    assert helper_line(resource(), 0, name, None) == (
        f"call helper {keys} volume:0 minor:0 helper:{name}"
    )
    assert helper_line(resource(), 0, name, 3) == (
        f"response helper {keys} volume:0 minor:0 helper:{name} status:768"
    )
    assert (
        helper_line(resource(), None, "fence-peer", None) == f"call helper {keys} helper:fence-peer"
    )


def test_statistics_come_last() -> None:
    """Each object has its figures behind its states."""
    lines = list(exists_lines(objects_of(resource(), has_statistics=True)))
    assert lines[0].endswith(" suspended:no write-ordering:flush")
    assert lines[1].endswith(" role:Secondary congested:no")
    assert lines[2].endswith(
        " disk:UpToDate size:4000000 read:664 written:0 al-writes:0 bm-writes:0"
        " upper-pending:0 lower-pending:0 al-suspended:no blocked:no"
    )
    assert lines[3].endswith(" received:0 sent:0 out-of-sync:0 pending:0 unacked:0")


def test_only_what_changes_is_told() -> None:
    """A lost peer changes three objects, of each the fields that differ."""
    lost = replace(
        IDLE, conn="Unconnected", replication="Off", peer_disk="DUnknown", peer_role="Unknown"
    )
    before = objects_of(resource(), has_statistics=False)
    after = objects_of(resource(lost, connection="Unconnected"), has_statistics=False)
    keys = "name:r0 peer-node-id:0 conn-name:peer"
    assert list(change_lines(before, after)) == [
        f"change connection {keys} connection:Unconnected role:Unknown",
        f"change peer-device {keys} volume:0 replication:Off peer-disk:DUnknown",
    ]
