"""What is wrong with a configuration is said in one sentence each, with its place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from runtime.configuration.files import read_configuration
from runtime.configuration.problems import ConfigurationError
from runtime.errors import ConfigError
from tests.runtime.configuration.texts import faults, read, resource

OTHER_HOST: Final = (
    "device minor 1; disk /dev/a; meta-disk internal;\non alice { address 1.1.1.1:1; }\n"
)


def _cases() -> Iterator[tuple[str, list[str]]]:
    """Each text of the file, as a whole configuration, and what is wrong with it."""
    title = ""
    path = Path(__file__).parent / "faults.txt"
    for block in path.read_text().strip().split("\n\n"):
        if block.startswith("=="):
            title = block.removeprefix("== ")
            continue
        lines = block.split("\n")
        text = "\n".join(it for it in lines if not it.startswith(("    ", "#")))
        expected = [it.strip() for it in lines if it.startswith("    ")]
        if title == "in a resource":
            yield resource(text), expected
        elif title == "beside another host":
            yield resource("", OTHER_HOST + text), expected
        elif title:
            yield text, expected


@pytest.mark.parametrize(("text", "expected"), list(_cases()))
def test_every_fault_is_told_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    """All that is wrong with a file is found at once, each with its line, column and sentence."""
    assert [it.replace(f"{tmp_path}/", "") for it in faults(tmp_path, text)] == expected


def test_a_fault_is_shown_with_its_line(tmp_path: Path) -> None:
    """Below a sentence stands the line, with a caret."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, resource("net { \tverfy-alg sha1; }"))
    (problem,) = caught.value.problems
    assert problem.shown().split("\n")[1:] == ["    net { \tverfy-alg sha1; }", "          \t^"]


def test_faults_of_an_included_file_have_its_name(tmp_path: Path) -> None:
    """The place is in the file that was included, and the others are read as well."""
    (tmp_path / "b.res").write_text("resource b { netz { } }")
    (tmp_path / "a.res").write_text("resource a {\nnett { } }")
    text = faults(tmp_path, 'include "*.res"; x;')
    assert [it.removeprefix(f"{tmp_path}/").partition(": ")[0] for it in text] == [
        "a.res:2:1",
        "b.res:1:14",
        "1:18",
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """No file is no configuration."""
    with pytest.raises(ConfigError, match="nowhere: No such file or directory"):
        read_configuration(tmp_path / "nowhere")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are no configuration."""
    path = tmp_path / "drbd.conf"
    path.write_bytes(b"resource \xff { }")
    with pytest.raises(ConfigError, match="this is no UTF-8 text"):
        read_configuration(path)
