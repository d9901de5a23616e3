"""Sizes as people type them on a command line."""

import re
from collections.abc import Mapping
from typing import Any, Final

import click

SIZE: Final = re.compile(r"([0-9]{1,15})([skMGT]?)")
UNITS_BYTES: Final[Mapping[str, int]] = {
    "s": 512,
    **{letter: 1024**power for power, letter in enumerate("kMGT", 1)},
}


class SizeType(click.ParamType[int]):
    """A number with an optional k, M, G or T behind it, in powers of 1024, or s for sectors."""

    name = "size"

    def __init__(self, unit_bytes: int) -> None:
        self._unit_bytes = unit_bytes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The size in bytes."""
        if isinstance(value, int):
            return value
        found = SIZE.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no size; write 64, 64k or 1M", param, ctx)
        return int(found[1]) * UNITS_BYTES.get(found[2], self._unit_bytes)
