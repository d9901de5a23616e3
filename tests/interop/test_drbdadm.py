"""drbdadm and we read the same from the same configuration.

drbdadm is that of the package drbd-utils, in its form for 8.4. Our way differs where it is more
careful: a file that ends inside a section is no configuration for us, nor is a word that an option
does not have. What its dumps leave out ours have: the disk options of a volume outside of all
hosts, and most of `global`.
"""

import random
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from runtime.configuration.dump import dump
from runtime.configuration.files import read_configuration
from runtime.configuration.model import Configuration, Given, Host, Resource, Volume
from runtime.configuration.options import DISK, HOST_POLICY, NET, OPTIONS, Kind, Rule
from runtime.configuration.sections import volumes_meant
from runtime.errors import ConfigError
from tests.interop.drbdadm import (
    DRBDADM,
    DRBDADM_84,
    Started,
    ask,
    known_options,
    started_by_drbdadm,
)
from tests.runtime.configuration.texts import PEOPLES_FILES, resource

NOBODY: Final = "nobody"
"""A host that is in no file: drbdadm then looks for no addresses on it."""
OF_DRBD_9: Final = (
    "far_away",
    "floating",
    "ipv6",
    "plain",
    "scope",
    "shared_volumes",
    "volumes",
    "whole",
)

peoples_files = pytest.mark.parametrize("path", PEOPLES_FILES, ids=lambda it: it.stem)


def _plain(text: str) -> list[str]:
    """The lines of a dump without comments and `global`, and what a foreign host leaves out."""
    text = re.sub(r"^global \{.*?^\}\n", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^ *resync-after .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^ *disk \{\n *\}\n", "", text, flags=re.MULTILINE)
    lines = [it for it in text.splitlines() if it.strip() and not it.startswith("#")]
    return [re.sub(r"^( *meta-disk) +", r"\1 ", it) for it in lines]  # theirs is out of its column


@peoples_files
def test_dumped_alike(path: Path) -> None:
    """Our normal form is drbdadm's, line by line."""
    theirs = ask(DRBDADM_84, path, "dump", host=NOBODY)
    assert theirs.code == 0, theirs.errors
    assert _plain(dump(read_configuration(path))) == _plain(theirs.output)


@peoples_files
def test_our_dump_is_read_by_drbdadm(tmp_path: Path, path: Path) -> None:
    """From our normal form drbdadm starts what it starts from the file itself."""
    ours = tmp_path / "ours.conf"
    ours.write_text(dump(read_configuration(path)))
    for host in ("alice", "bob"):
        assert started_by_drbdadm(ours, host=host) == started_by_drbdadm(path, host=host)


@peoples_files
def test_its_dump_is_read_by_us(tmp_path: Path, path: Path) -> None:
    """We read drbdadm's normal form, and it means what the file itself means."""
    theirs = tmp_path / "theirs.conf"
    theirs.write_text(ask(DRBDADM_84, path, "dump", host=NOBODY).output)
    ours = read_configuration(path)
    found = read_configuration(theirs)
    assert _plain(dump(found)) == _plain(dump(ours))


@peoples_files
@pytest.mark.parametrize("host", ["alice", "bob"])
def test_started_alike(path: Path, host: str) -> None:
    """Addresses, disks and all options, inherited or not, are those that drbdadm gives a kernel."""
    ours = read_configuration(path)
    theirs = started_by_drbdadm(path, host=host)
    found = _started_by_us(ours, host)
    assert theirs.disks or path.stem == "floating"
    if path.stem == "three_hosts":  # without --peer, drbdadm knows of no peer
        assert theirs.disks == found.disks
        return
    assert theirs == found


def _started_by_us(configuration: Configuration, name: str) -> Started:
    connections = {}
    disks = {}
    sides = [
        (it, own, other)
        for it in configuration.resources.values()
        for own, other in (*pairwise(it.hosts), *pairwise(reversed(it.hosts)))
        if name in own.names
    ]
    for it, own, other in sides:
        options = _net(configuration.net_of(it), own)
        connections[it.name] = (_address(own), _address(other), *options)
        for volume in own.volumes.values():
            disks[volume.minor] = _disk(configuration, it, volume)
    return Started(connections, disks)


def _address(host: Host) -> str:
    return f"{'ipv6' if host.address.is_ipv6 else 'ipv4'}:{host.address}"


def _net(given: Given, own: Host) -> list[str]:
    policy = f"{HOST_POLICY}{own.names[0]}"
    words = {name: it.text for name, it in given.items()}
    if words.get("after-sb-0pri", "").startswith(HOST_POLICY):
        is_own = words["after-sb-0pri"] == policy
        words["after-sb-0pri"] = "discard-local" if is_own else "discard-remote"
    return sorted(f"{name} {text}" for name, text in words.items())


def _disk(configuration: Configuration, it: Resource, volume: Volume) -> tuple[str, ...]:
    index = "internal" if volume.meta_index is None else str(volume.meta_index)
    meta = volume.disk if volume.meta_disk == "internal" else volume.meta_disk
    if volume.meta_disk != "internal" and volume.meta_index is None:
        index = "flexible"
    words = {name: option.text for name, option in configuration.disk_of(it, volume).items()}
    if "resync-after" in words:
        (place,) = volumes_meant(words["resync-after"], configuration)
        name, _, number = place.partition("/")
        before = configuration.resources[name].hosts[0].volumes[int(number)]
        words["resync-after"] = str(before.minor)
    return (volume.disk, meta, index, *sorted(f"{name} {text}" for name, text in words.items()))


@pytest.mark.parametrize("stem", OF_DRBD_9)
def test_read_by_drbd_9_alike(tmp_path: Path, stem: str) -> None:
    """What 9 knows too its drbdadm reads the same: it only gives each node an id."""
    path = next(it for it in PEOPLES_FILES if stem in (it.stem, it.parent.name))
    answer = ask(DRBDADM, path, "dump", host=NOBODY)
    assert answer.code == 0, answer.errors
    theirs = tmp_path / "theirs.conf"
    theirs.write_text(re.sub(r"node-id +\d+;", "", answer.output))
    found = read_configuration(theirs)
    assert _plain(dump(found)) == _plain(dump(read_configuration(path)))


SECTIONS: Final = {"connect": NET, "attach": DISK, "new-resource": OPTIONS}
NOT_IN_FILES: Final = {
    "tentative",
    "discard-my-data",
    "alternate-address",
    "alternate-peer-address",
}
"""Options of commands, which no file has."""


@pytest.mark.parametrize("command", SECTIONS)
def test_the_table_of_options_is_whole(command: str) -> None:
    """Each option that drbdsetup has is in our table, with its limits, words, units and default."""
    theirs = known_options(command)
    ours = SECTIONS[command]
    assert theirs.keys() - NOT_IN_FILES == ours.keys() - {"use-bmbv"}
    for name, told in theirs.items():
        if name not in NOT_IN_FILES:
            assert _told(ours[name]) == _of_theirs(name, told), name


def _told(rule: Rule) -> tuple[str, ...]:
    if rule.kind is Kind.NUMBER and rule.limit is not None:
        unit = {512: "s", 1024: "k"}.get(rule.unit_size_bytes, "1")
        return (str(rule.limit.least), str(rule.limit.most), rule.default, unit)
    return tuple(sorted(rule.choices)) or ((rule.default,) if rule.kind is Kind.FLAG else ())


def _of_theirs(name: str, told: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if name == "resync-after":  # a minor number there, the name of a resource in a file
        return ()
    if told["type"] == ("numeric",):
        return (*told["min"], *told["max"], *told["default"], *told["unit_prefix"])
    return tuple(sorted(told["handler"])) or told["default"]


REFUSED_BY_BOTH: Final = [
    "net { verfy-alg sha1; }",
    "net { timeout 601; }",
    "net { timeout 5K; }",
    "net { timeout 1T; }",
    "net { resync-rate 5M; }",
    "net { no-use-rle; }",
    "net { always-asbp true; }",
    "net { timeout 5 }",
    "net { timeout 5;; }",
    "net { timeout 5 6; }",
    "net { shared-secret a=b; }",
    'net { shared-secret "a\nb"; }',
    "net { } net { }",
    "net { startup { } }",
    "disk { c-fill-target 513M; }",
    "disk { resync-rate 10S; }",
    "syncer { resync-rate 5M; }",
    "startup { wfc-timeout 300001; }",
    "protocol C; protocol A;",
    "protocol D;",
    "handlers { split-brian x; }",
    "options { auto-promote no; }",
    "connection { }",
    "wfc-timeout 7;",
    "address 1.2.3.4:5;",
]


@pytest.mark.parametrize("inner", REFUSED_BY_BOTH)
def test_refused_alike(tmp_path: Path, inner: str) -> None:
    """What drbdadm refuses we refuse."""
    path = tmp_path / "drbd.conf"
    path.write_text(resource(inner))
    assert ask(DRBDADM_84, path, "dump", host=NOBODY).code != 0
    with pytest.raises(ConfigError):
        read_configuration(path)


USED_TWICE: Final = [
    ("disk /a; meta-disk internal;", "disk /a; meta-disk internal;"),
    ("disk /a; meta-disk /m;", "disk /b; meta-disk /m;"),
    ("disk /a; meta-disk /m [1];", "disk /b; meta-disk /m [1];"),
]


@pytest.mark.parametrize(("first", "second"), USED_TWICE)
def test_used_twice_is_refused_alike(tmp_path: Path, first: str, second: str) -> None:
    """Two resources can't have the same disk or meta-data, says drbdadm, and so do we."""
    path = tmp_path / "drbd.conf"
    path.write_text(
        f"resource a {{ device minor 1; {first} on alice {{ address 10.0.0.1:1; }} }}"
        f"resource b {{ device minor 2; {second} on alice {{ address 10.0.0.1:2; }} }}"
    )
    answer = ask(DRBDADM_84, path, "dump", host=NOBODY)
    assert "conflicting use of" in answer.errors
    with pytest.raises(ConfigError, match="is taken by a on alice"):
        read_configuration(path)


ACCEPTED_BY_BOTH: Final = [
    f"{section} {{ {rule.name} {value}; }}"
    for section, rules in (("net", NET), ("disk", DISK), ("options", OPTIONS))
    for rule in rules.values()
    for value in (*rule.choices, *(("yes", "no", "") if rule.kind is Kind.FLAG else ()))
] + [
    f"{section} {{ {rule.name} {value}; }}"
    for section, rules in (("net", NET), ("disk", DISK))
    for rule in rules.values()
    if rule.limit is not None
    for value in (rule.limit.least, rule.limit.most)
]


@pytest.mark.parametrize("inner", ACCEPTED_BY_BOTH)
def test_accepted_alike(tmp_path: Path, inner: str) -> None:
    """Each word that an option may be, and each limit of a number, is accepted by both."""
    path = tmp_path / "drbd.conf"
    path.write_text(resource(inner))
    answer = ask(DRBDADM_84, path, "dump", host=NOBODY)
    assert answer.code == 0, answer.errors
    assert _plain(dump(read_configuration(path))) == _plain(answer.output)


def test_what_dumps_of_drbdadm_lack_is_in_ours(tmp_path: Path) -> None:
    """Disk options of a volume outside of all hosts are not in its dump, though it uses them."""
    path = tmp_path / "drbd.conf"
    volume = "volume 0 { device minor 5; disk /a; meta-disk internal; disk { al-extents 99; } }"
    hosts = "on alice { address 10.0.0.1:1; } on bob { address 10.0.0.2:1; }"
    path.write_text(f"resource r {{ {volume} {hosts} }}")
    ours = read_configuration(path)
    assert started_by_drbdadm(path, host="alice") == _started_by_us(ours, "alice")
    assert "al-extents" not in ask(DRBDADM_84, path, "dump", host=NOBODY).output
    assert "al-extents" in ask(DRBDADM, path, "dump", host=NOBODY).output
    assert "al-extents" in dump(ours)


TOKEN: Final = re.compile(r'"(?:\\.|[^"\\\n])*"|#[^\n]*\n|\s+|[\w./-]+|.')


def _damaged(texts: list[list[str]], chance: random.Random) -> str:
    """One of the texts, a word or two of which are gone, or other ones of all texts."""
    words = list(chance.choice(texts))
    for _ in range(chance.choice([1, 1, 2])):
        at = chance.randrange(len(words))
        other = chance.choice(chance.choice(texts)) if chance.random() < 0.6 else ""
        words[at : at + chance.choice([0, 1, 1])] = [other]
    return "".join(words)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files_are_read_alike(tmp_path: Path, seed: int) -> None:
    """What both accept of files with a wrong word in them means the same to both."""
    chance = random.Random(seed)
    texts = [TOKEN.findall(it.read_text()) for it in PEOPLES_FILES if it.name != "drbd.conf"]
    path = tmp_path / "drbd.conf"
    count = 0
    for _ in range(40):
        path.write_text(_damaged(texts, chance))
        theirs = ask(DRBDADM_84, path, "dump", host=NOBODY)
        try:
            ours = read_configuration(path)
        except ConfigError:
            continue
        if theirs.code == 0:
            assert _plain(dump(ours)) == _plain(theirs.output), path.read_text()
            count += 1
    assert count
