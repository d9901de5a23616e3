"""Texts of configurations for tests, and what is wrong with them."""

from pathlib import Path
from typing import Final

from runtime.configuration.files import read_configuration
from runtime.configuration.model import Configuration
from runtime.configuration.problems import ConfigurationError

FILES: Final = Path(__file__).parent / "files"
PEOPLES_FILES: Final = [*sorted(FILES.glob("*.res")), FILES / "whole" / "drbd.conf"]
"""Configurations as people have them."""

HOSTS: Final = """device minor 1; disk /dev/sda7; meta-disk internal;
on alice { address 10.1.1.31:7789; }
on bob { address 10.1.1.32:7789; }
"""


def resource(inner: str, hosts: str = HOSTS) -> str:
    """A resource, with two hosts below what a test is about."""
    return f"resource r0 {{\n{inner}\n{hosts}}}\n"


def read(folder: Path, text: str) -> Configuration:
    """What a text says."""
    path = folder / "drbd.conf"
    path.write_text(text)
    return read_configuration(path)


def faults(folder: Path, text: str) -> list[str]:
    """What is wrong with a text, as `LINE:COLUMN: sentence`."""
    try:
        read(folder, text)
    except ConfigurationError as error:
        prefix = f"{folder / 'drbd.conf'}:"
        return [str(it).removeprefix(prefix) for it in error.problems]
    return []
