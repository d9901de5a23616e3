"""The packets of a capture are shown to people as text and to programs as JSON."""

import json
from dataclasses import replace
from typing import Any, Final

import pytest

from generated.layouts.commands import Command
from runtime.decode import TextForm, sightings, to_json
from runtime.wire.reassembly import Endpoint, Segment
from tests.runtime.recorded import (
    Recording,
    assert_decoded_to_the_last_byte,
    decoded,
    recordings,
)

RECORDED: Final = {recording.name: recording for recording in recordings()}


def shown(segments: list[Segment]) -> list[str]:
    """The lines of text for these segments."""
    form = TextForm()
    return [str(line) for sighting in sightings(segments) for line in form.lines(sighting)]


def line_of(name: str, recording: str) -> str:
    """The first line of text about such a packet, from its name on."""
    line = next(it for it in shown(RECORDED[recording].segments()) if f" {name} " in it)
    return " ".join(line[line.index(name) :].split())


def json_of(name: str, recording: str) -> dict[str, Any]:
    """The JSON object of the first such packet."""
    packets = decoded(RECORDED[recording].segments()).packets
    command = Command[name]
    row: dict[str, Any] = json.loads(
        to_json(next(it for it in packets if it.frame.command == command))
    )
    return row


@pytest.mark.parametrize("recording", RECORDED.values(), ids=lambda recording: recording.name)
def test_a_recording_is_decoded_to_the_last_byte(recording: Recording) -> None:
    """The packets of the list in its order, and no byte beside them."""
    assert_decoded_to_the_last_byte(recording)


def test_the_heading_tells_the_time_and_the_columns() -> None:
    """Times count from the first line, whose moment is given once."""
    moment, columns, opened, first = shown(RECORDED["skip-initial-sync"].segments())[:4]
    assert moment.startswith("# time in seconds since 2026-11-2")
    assert columns.split() == "# time conn direction packet vol length fields".split()
    assert opened.startswith("# c1 is a data socket, opened from 192.0.2.")
    assert first.split()[0] == "0.000000"
    assert first.index("P_INITIAL_DATA") == columns.index("packet")


def test_columns_are_aligned() -> None:
    """The packets' names stand below each other."""
    lines = shown(RECORDED["trim"].segments())
    assert len({line.index(" P_") for line in lines if not line.startswith("#")}) == 1


def test_a_volume_is_shown_where_the_header_has_one() -> None:
    """The headers before the agreement have no volume."""
    assert line_of("P_CONNECTION_FEATURES", "trim").split()[1:3] == ["-", "72"]
    assert line_of("P_STATE", "trim").split()[1:3] == ["0", "4"]


@pytest.mark.parametrize(
    ("name", "recording", "wanted"),
    [
        ("P_CONNECTION_FEATURES", "trim", "feature_flags=TRIM|THIN_RESYNC|WSAME|WZEROES"),
        ("P_CONNECTION_FEATURES", "trim", "reserved=56 bytes, all 0"),
        ("P_PROTOCOL", "csums-md5-integrity", 'integrity_alg="crc32c"'),
        ("P_PROTOCOL", "trim", "protocol=C after_sb_0p=DISCONNECT"),
        ("P_SYNC_PARAM89", "trim", "c_delay_target=10 x 0.1 s c_fill_target=100 sectors"),
        ("P_SIZES", "trim", "max_bio_size=1048576 bytes"),
        ("P_UUIDS", "trim", "current_uuid=JUST_CREATED bitmap_uuid=EMPTY"),
        ("P_STATE", "trim", "(role=Secondary peer=Unknown conn=WFConnection disk=Inconsistent"),
        ("P_STATE_CHG_REQ", "trim", "mask=0x00000003 (role) val=0x00000001 (role=Primary)"),
        ("P_STATE_CHG_REPLY", "trim", "retcode=SS_SUCCESS"),
        ("P_TRIM", "trim", "dp_flags=RW_SYNC|DISCARD|SEND_WRITE_ACK"),
        ("P_BARRIER", "trim", "barrier=0x00000000"),
        ("P_RS_DATA_REQUEST", "reconnect-plain", "block_id=ID_SYNCER blksize="),
        ("P_RS_DATA_REPLY", "csums-md5-integrity", "bytes, 7365656420"),
        ("P_AUTH_CHALLENGE", "cram-sha1", "excess=none"),
    ],
)
def test_fields_are_shown_with_their_names_and_units(
    name: str, recording: str, wanted: str
) -> None:
    """Numbers with a meaning are shown by name, others with their unit, long bytes by size."""
    assert wanted in line_of(name, recording)


def test_nodes_of_one_address_are_shown_with_their_ports() -> None:
    """Without ports the direction between two nodes on one computer could not be seen."""
    segments = [
        replace(
            it,
            source=Endpoint("::1", it.source.port),
            target=Endpoint("::1", it.target.port),
        )
        for it in RECORDED["skip-initial-sync"].segments()
    ]
    assert any(" > [::1]:7788 " in line for line in shown(segments))


def test_missing_bytes_are_shown() -> None:
    """What a snap length cut off is told behind the fields."""
    segments = RECORDED["zero-out-integrity"].segments()
    cut = [replace(it, payload=it.payload[:170]) for it in segments]
    (line,) = (it for it in shown(cut) if " P_RS_DATA_REPLY " in it)
    assert "  sector=2048 sectors  block_id=ID_SYNCER" in line
    assert line.endswith(" bytes were not captured)")


def test_json_has_one_object_for_each_packet() -> None:
    """Time, ends, socket, name, volume and length are those of the packet."""
    row = json_of("P_STATE_CHG_REQ", "trim")
    assert row.pop("time") > 1_700_000_000
    assert {row.pop("source"), row.pop("target")} >= {"192.0.2.1:7788"}
    fields, names = row.pop("fields"), row.pop("names")
    assert row == {
        "connection": row["connection"],
        "socket": "data",
        "packet": "P_STATE_CHG_REQ",
        "volume": 0,
        "length": 8,
    }
    assert (fields["mask"]["role"], fields["val"]["role"]) == (3, 1)
    assert names["val.role"] == "Primary"


def test_json_has_no_volume_where_the_header_has_none() -> None:
    """The headers before the agreement have no volume."""
    assert json_of("P_CONNECTION_FEATURES", "trim")["volume"] is None


def test_json_has_all_bytes() -> None:
    """Nothing is abbreviated for programs: data are hexadecimal, names are text."""
    reply = json_of("P_RS_DATA_REPLY", "csums-md5-integrity")
    size = len(bytes.fromhex(reply["fields"]["digest"] + reply["fields"]["data"]))
    assert reply["length"] == 24 + size
    assert json_of("P_PROTOCOL", "csums-md5-integrity")["fields"]["integrity_alg"] == "crc32c"


def test_json_says_what_is_missing() -> None:
    """A packet with a hole in its fixed part has no fields, and each hole is counted."""
    segments = RECORDED["trim"].segments()
    cut = [replace(it, payload=it.payload[:20]) for it in segments]
    seen = next(it for it in decoded(cut).packets if it.missing_size)
    row = json.loads(to_json(seen))
    assert (row["fields"], row["missing"]) == (None, seen.missing_size)
