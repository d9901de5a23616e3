"""NBD's messages and numbers as they are drawn are those of the published protocol."""

from collections.abc import Mapping
from typing import Final

import pytest

from codegen.layouts.model import Layout

Layouts = Mapping[str, Layout]

FIELDS: Final = {  # name, offset, width, as in the protocol's text
    "NbdGreeting": "magic 0 8, option_magic 8 8, flags 16 2",
    "NbdClientFlags": "flags 0 4",
    "NbdOption": "magic 0 8, option 8 4, length 12 4",
    "NbdOptionReply": "magic 0 8, option 8 4, reply_type 12 4, length 16 4",
    "NbdExport": "size 0 8, flags 8 2",
    "NbdInfoExport": "info 0 2, export 2 10",
    "NbdBlockSizes": "least 0 4, preferred 4 4, most 8 4",
    "NbdInfoBlockSize": "info 0 2, sizes 2 12",
    "NbdInfoText": "info 0 2",
    "NbdServer": "length 0 4",
    "NbdMetaContext": "context_id 0 4",
    "NbdRequest": "magic 0 4, flags 4 2, command 6 2, cookie 8 8, offset 16 8, length 24 4",
    "NbdSimpleReply": "magic 0 4, error 4 4, cookie 8 8",
    "NbdChunk": "magic 0 4, flags 4 2, chunk_type 6 2, cookie 8 8, length 16 4",
    "NbdOffsetData": "offset 0 8",
    "NbdErrorChunk": "error 0 4, message_length 4 2",
    "NbdBlockStatus": "context_id 0 4",
    "NbdExtent": "length 0 4, status 4 4",
}
MAGICS: Final = {
    "NbdGreeting": int.from_bytes(b"NBDMAGIC"),
    "NbdOption": int.from_bytes(b"IHAVEOPT"),
    "NbdOptionReply": 0x3E889045565A9,
    "NbdRequest": 0x25609513,
    "NbdSimpleReply": 0x67446698,
    "NbdChunk": 0x668E33EF,
}
NUMBERS: Final = {
    "NbdHandshakeFlags": "FIXED_NEWSTYLE 0, NO_ZEROES 1",
    "NbdExportFlags": (
        "HAS_FLAGS 0, READ_ONLY 1, SEND_FLUSH 2, SEND_FUA 3, ROTATIONAL 4, SEND_TRIM 5,"
        " SEND_WRITE_ZEROES 6, SEND_DF 7, CAN_MULTI_CONN 8, SEND_RESIZE 9, SEND_CACHE 10,"
        " SEND_FAST_ZERO 11"
    ),
    "NbdCommandFlags": "FUA 0, NO_HOLE 1, DF 2, REQ_ONE 3, FAST_ZERO 4",
    "NbdChunkFlags": "DONE 0",
    "NbdAllocation": "HOLE 0, ZERO 1",
}
"""Flags by the number of their bit."""
VALUES: Final = {
    "NbdOpt": (
        "EXPORT_NAME 1, ABORT 2, LIST 3, STARTTLS 5, INFO 6, GO 7, STRUCTURED_REPLY 8,"
        " LIST_META_CONTEXT 9, SET_META_CONTEXT 10"
    ),
    "NbdInfo": "EXPORT 0, NAME 1, DESCRIPTION 2, BLOCK_SIZE 3",
    "NbdCommand": (
        "READ 0, WRITE 1, DISC 2, FLUSH 3, TRIM 4, CACHE 5, WRITE_ZEROES 6, BLOCK_STATUS 7"
    ),
    "NbdError": (
        "SUCCESS 0, EPERM 1, EIO 5, ENOMEM 12, EINVAL 22, ENOSPC 28, EOVERFLOW 75, ENOTSUP 95,"
        " ESHUTDOWN 108"
    ),
    "NbdRep": "ACK 1, SERVER 2, INFO 3, META_CONTEXT 4",
    "NbdChunkType": "NONE 0, OFFSET_DATA 1, OFFSET_HOLE 2, BLOCK_STATUS 5",
}
REFUSALS: Final = {
    "NbdRep": (
        1 << 31,
        (
            "UNSUP 1, POLICY 2, INVALID 3, TLS_REQD 5, UNKNOWN 6, SHUTDOWN 7, BLOCK_SIZE_REQD 8,"
            " TOO_BIG 9"
        ),
    ),
    "NbdChunkType": (1 << 15, " 1, OFFSET 2"),
}
"""Errors have the highest bit of their number."""


def _pairs(text: str) -> dict[str, int]:
    return {
        name: int(number) for name, _, number in (it.rpartition(" ") for it in text.split(", "))
    }


@pytest.mark.parametrize("name", FIELDS)
def test_fields_lie_at_their_published_offsets(name: str, layouts: Layouts) -> None:
    """Name, offset and width of each field that has a place are the published ones."""
    drawn = [f"{it.name} {it.offset} {it.width}" for it in layouts[name].fields if it.width]
    assert ", ".join(drawn) == FIELDS[name]


def test_nothing_else_is_drawn(layouts: Layouts) -> None:
    """Every drawn message of NBD is in the table above."""
    drawn = {it.name for it in layouts.values() if it.fields and it.name.startswith("Nbd")}
    assert drawn == set(FIELDS)


@pytest.mark.parametrize("name", MAGICS)
def test_magics_are_the_published_ones(name: str, layouts: Layouts) -> None:
    """A message with a magic insists on it."""
    magic = layouts[name].fields[0]
    assert (magic.name, magic.default, magic.required) == ("magic", MAGICS[name], True)


@pytest.mark.parametrize("name", NUMBERS)
def test_flags_are_the_published_ones(name: str, layouts: Layouts) -> None:
    """Each flag is its published bit."""
    drawn = {it.name: it.number for it in layouts[name].constants}
    assert drawn == {flag: 1 << bit for flag, bit in _pairs(NUMBERS[name]).items()}


@pytest.mark.parametrize("name", VALUES)
def test_values_are_the_published_ones(name: str, layouts: Layouts) -> None:
    """Each value has its published number, and errors have the highest bit as well."""
    wanted = _pairs(VALUES[name])
    if name in REFUSALS:
        high, text = REFUSALS[name]
        prefix = "ERR" if name == "NbdRep" else "ERROR"
        for word, number in _pairs(text).items():
            wanted[f"{prefix}_{word}".rstrip("_")] = high | number
    assert {it.name: it.number for it in layouts[name].constants} == wanted
