"""A configuration in normal form reads back to the same."""

import json
import string
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from runtime.cli.group import main
from runtime.configuration.dump import dump, dump_json
from runtime.configuration.files import read_configuration
from runtime.configuration.options import RULES, Kind, Rule
from runtime.configuration.problems import Findings
from runtime.configuration.sections import read_items
from runtime.configuration.syntax import parse, quoted
from runtime.errors import ConfigError
from tests.runtime.configuration.texts import FILES, HOSTS, PEOPLES_FILES, read

HASHES: Final = ("sha1", "crc32c", "md5")
WORDS: Final = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)


def _values(rule: Rule) -> st.SearchStrategy[str]:
    """What an option may be."""
    match rule.kind:
        case Kind.FLAG:
            return st.sampled_from(["", "yes", "no"])
        case Kind.CHOICE:
            return st.sampled_from(rule.choices)
        case Kind.NUMBER if rule.limit is not None:
            return st.integers(rule.limit.least, rule.limit.most).map(str)
        case Kind.WORDS | Kind.MARK:
            return st.just("alice bob" if rule.kind is Kind.WORDS else "")
    if rule.name.endswith("-alg"):
        return st.sampled_from(("sha1",) if rule.name == "cram-hmac-alg" else HASHES)
    return WORDS.filter(lambda it: len(it.encode()) <= 63).map(quoted)


OPTIONS: Final = st.fixed_dictionaries(
    {},
    optional={
        (section, name): _values(rule)
        for section, rules in RULES.items()
        for name, rule in rules.items()
        if name != "resync-after"
    },
)


def _text(options: dict[tuple[str, str], str]) -> str:
    texts = dict.fromkeys(RULES, "")
    for (section, name), value in options.items():
        texts[section] += f"{name} {value}; "
    return " ".join(f"{section} {{ {text}}}" for section, text in texts.items())


def _read(text: str) -> tuple[Any, list[str]]:
    findings = Findings()
    items, problems = parse(text, "f")
    return read_items(("f",), items, findings), [str(it) for it in [*problems, *findings.problems]]


@given(common=OPTIONS, own=OPTIONS, volume=OPTIONS)
def test_a_dump_reads_back(
    common: dict[tuple[str, str], str],
    own: dict[tuple[str, str], str],
    volume: dict[tuple[str, str], str],
) -> None:
    """Whatever options a configuration has, its normal form has the same and is its own."""
    of_disk = " ".join(f"{name} {it};" for (s, name), it in volume.items() if s == "disk")
    where = "device minor 3; disk /a; meta-disk /b [2];"
    host = f"address 10.0.0.1:1; volume 7 {{ {where} disk {{ {of_disk} }} }}"
    text = (
        f"common {{ {_text(common)} }} resource r {{ {_text(own)} on alice {{ {host} }} }}"
        f" resource s {{ {HOSTS} }}"
    )
    first, problems = _read(text)
    assert not problems
    shown = dump(first)
    second, problems = _read(shown)
    assert not problems
    assert second == first


@given(WORDS)
def test_a_quoted_word_reads_back(word: str) -> None:
    """A word that is quoted where it has to be is the same word."""
    items, problems = parse(f"a {quoted(word)};", "f")
    assert not problems
    assert [it.text for it in items[0].values] == [word]


def test_words_of_plain_characters_need_no_quotes() -> None:
    """Letters, digits and /._- stand as they are."""
    word = string.ascii_letters + string.digits + "/._-"
    assert quoted(word) == word


@pytest.mark.parametrize("path", PEOPLES_FILES, ids=lambda it: it.stem)
def test_files_that_people_have_read_back(tmp_path: Path, path: Path) -> None:
    """The normal form of a file, with all that it includes, means the same."""
    first = read_configuration(path)
    assert read(tmp_path, dump(first)) == first


def test_json_has_each_number_in_its_unit() -> None:
    """JSON is for programs: numbers are numbers, and what is not used is listed."""
    content = json.loads(dump_json(read_configuration(FILES / "far_away.res"), "far away"))
    (resource,) = content["resources"]
    assert resource["net"]["congestion-fill"] == 819200
    assert resource["disk"]["c-min-rate"] == 500
    assert resource["hosts"][1] == {
        "names": ["bob"],
        "address": "203.0.113.9:7788",
        "volumes": {
            "0": {
                "device": "/dev/drbd42",
                "minor": 42,
                "disk": "/dev/vg/far",
                "meta_disk": "internal",
            }
        },
    }
    assert content["not_used"] == []


def test_a_resource_that_is_not_there() -> None:
    """One resource alone can be shown, when it is there."""
    with pytest.raises(ConfigError, match=r'has no resource databse \(did you mean "database"\?\)'):
        dump(read_configuration(FILES / "volumes.res"), "databse")


def test_the_command_shows_and_tells() -> None:
    """The configuration is on the output, and what is not used beside it."""
    result = CliRunner().invoke(main, ["dump", "-c", str(FILES / "from_83.res"), "old"])
    assert result.exit_code == 0
    assert "resync-rate      10M;" in result.stdout
    assert "note: " in result.stderr
    assert "unplug-watermark in net is not used here" in result.stderr


def test_the_command_shows_faults_with_their_lines(tmp_path: Path) -> None:
    """What is wrong is on the error output, and the exit code is 1."""
    path = tmp_path / "drbd.conf"
    path.write_text("resource r0 { netz { } }")
    result = CliRunner().invoke(main, ["dump", "-c", str(path)])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0].endswith(
        'drbd.conf:1:15: unknown section "netz" in resource r0 (did you mean "net"?)'
    )
    assert result.stderr.splitlines()[2].strip() == "^"
