"""What a configuration says is read with its inheritance, its units and its older forms."""

from pathlib import Path
from typing import Any

import pytest

from runtime.configuration.files import read_configuration
from runtime.configuration.model import Configuration, Given
from runtime.configuration.sections import volumes_meant
from tests.runtime.configuration.texts import FILES, PEOPLES_FILES, read, resource


def values(given: Given) -> dict[str, Any]:
    """Options by their names."""
    return {name: option.value for name, option in given.items()}


def net(folder: Path, options: str) -> dict[str, Any]:
    """The net options of a resource."""
    return values(read(folder, resource(f"net {{ {options} }}")).resources["r0"].sections.net)


def disk(folder: Path, options: str) -> dict[str, Any]:
    """The disk options of a resource."""
    return values(read(folder, resource(f"disk {{ {options} }}")).resources["r0"].sections.disk)


@pytest.mark.parametrize("path", PEOPLES_FILES, ids=lambda it: it.stem)
def test_files_that_people_have_are_read(path: Path) -> None:
    """Files as they are on machines have nothing wrong with them."""
    assert read_configuration(path).resources


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("resync-rate 10M", 10240),
        ("resync-rate 10m", 10240),
        ("resync-rate 1G", 1 << 20),
        ("resync-rate 300", 300),
        ("resync-rate 300k", 300),
        ("resync-rate 100s", 50),
        ("resync-rate 1s", 1),
        ("c-fill-target 1M", 2048),
        ("c-fill-target 100s", 100),
        ("c-fill-target 100", 100),
        ("size 10G", 20 << 20),
        ("rs-discard-granularity 1M", 1 << 20),
        ("al-extents 01237", 1237),
    ],
)
def test_numbers_have_units(tmp_path: Path, written: str, value: int) -> None:
    """k, M, G and s are counted in the option's own unit, and a part of one counts whole."""
    assert list(disk(tmp_path, f"{written};").values()) == [value]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("allow-two-primaries", True),
        ("allow-two-primaries yes", True),
        ("allow-two-primaries no", False),
        ("no-tcp-cork", False),
        ("tcp-cork", True),
    ],
)
def test_yes_may_be_left_out(tmp_path: Path, written: str, value: bool) -> None:  # noqa: FBT001
    """An option that stands alone is yes, and no where 8.3 wrote no- in front of it."""
    assert list(net(tmp_path, f"{written};").values()) == [value]


def test_of_two_equal_options_the_second_counts(tmp_path: Path) -> None:
    """What is given twice has its last value."""
    assert net(tmp_path, "timeout 50; ping-int 5; timeout 40;") == {"ping-int": 5, "timeout": 40}


def test_strings_hold_anything(tmp_path: Path) -> None:
    """Quotes keep blanks, braces, semicolons and hashes; a backslash the next character."""
    assert net(tmp_path, r'shared-secret "a \"b\" {c}; # \\";') == {
        "shared-secret": 'a "b" {c}; # \\'
    }


def test_skipped_sections_may_hold_anything(tmp_path: Path) -> None:
    """Between the braces of skip nothing is read, however little sense it makes."""
    text = f"skip resource r9 {{ = [ {{ \" ; }} ( }}\n{resource('')}skip {{ }}"
    assert list(read(tmp_path, text).resources) == ["r0"]


def test_a_syncer_section_is_what_it_became(tmp_path: Path) -> None:
    """What 8.3 had in syncer is in disk, net and options since."""
    text = resource("syncer { rate 5M; after r1; verify-alg sha1; cpu-mask 3; al-extents 99; }")
    found = read(tmp_path, text).resources["r0"].sections
    assert (values(found.disk), values(found.net), values(found.options)) == (
        {"resync-rate": 5120, "resync-after": "r1", "al-extents": 99},
        {"verify-alg": "sha1"},
        {"cpu-mask": "3"},
    )


def test_closer_options_count_more(tmp_path: Path) -> None:
    """A volume's options come before the resource's, those before what all have in common."""
    found = read(
        tmp_path,
        """
        common { disk { resync-rate 1M; al-extents 100; c-min-rate 10; } }
        resource r {
          disk { resync-rate 2M; al-extents 200; }
          volume 0 { device minor 0; disk /a; meta-disk internal; disk { al-extents 300; } }
          volume 1 { device minor 1; disk /b; meta-disk internal; }
          on alice { address 10.0.0.1:1; volume 1 { disk /c; disk { al-extents 400; } } }
          on bob { address 10.0.0.2:1; }
        }
        """,
    )
    it = found.resources["r"]
    extents = [
        [values(found.disk_of(it, volume))["al-extents"] for volume in host.volumes.values()]
        for host in it.hosts
    ]
    assert extents == [[300, 400], [300, 200]]
    assert values(found.disk_of(it, it.hosts[0].volumes[1])) == {
        "resync-rate": 2048,
        "al-extents": 400,
        "c-min-rate": 10,
    }
    assert [host.volumes[1].disk for host in it.hosts] == ["/c", "/b"]


def test_what_is_not_used_is_named() -> None:
    """Options that change nothing here are accepted, and told with a place and a reason."""
    found = read_configuration(FILES / "from_83.res")
    assert [f"{it.place.line} {it.section} {it.name}" for it in found.unused] == [
        "1 global usage-count",
        "5 startup wfc-timeout",
        "5 startup degr-wfc-timeout",
        "5 startup wait-after-sb",
        "6 disk disk-barrier",
        "6 disk md-flushes",
        "7 net tcp-cork",
        "7 net unplug-watermark",
        "8 options cpu-mask",
    ]
    assert str(found.unused[0]).endswith(
        "from_83.res:1:10: usage-count in global is not used here: nobody counts"
    )


def test_a_resync_after_nothing_is_not_used(tmp_path: Path) -> None:
    """A resource that is not there is waited for by nobody, as with drbdadm."""
    found = read(tmp_path, resource("disk { resync-after gone; } ignore-on eve;"))
    assert [it.reason for it in found.unused] == [
        "there is no gone here",
        "a section is chosen by the host's name alone",
    ]


@pytest.mark.parametrize(
    ("text", "volumes"),
    [("database", ["database/0", "database/1"]), ("database/1", ["database/1"]), ("x", [])],
)
def test_volumes_that_a_name_means(text: str, volumes: list[str]) -> None:
    """A resource's name means all of its volumes, and a number behind it one of them."""
    found: Configuration = read_configuration(FILES / "volumes.res")
    assert volumes_meant(text, found) == volumes
