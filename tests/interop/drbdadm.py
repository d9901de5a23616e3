"""drbdadm as a reader of configurations, on a host of any name and without a kernel module."""

import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DRBDADM_84: Final = "/lib/drbd/drbdadm-84"
"""The drbdadm of 8.4's language; drbd-utils 9 brings it along, and hands over to it."""
DRBDADM: Final = "drbdadm"
DRBDSETUP_84: Final = "/lib/drbd/drbdsetup-84"


@dataclass(frozen=True)
class Answer:
    """What drbdadm said."""

    code: int
    output: str
    errors: str


def ask(program: str, path: Path, *command: str, host: str) -> Answer:
    """Let it read a file as if the machine had this name, in a namespace of its own."""
    words = " ".join(map(shlex.quote, [program, "-c", str(path), *command]))
    script = f"hostname {shlex.quote(host)} && {words}"
    done = subprocess.run(
        ["unshare", "--map-root-user", "--uts", "sh", "-c", script],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Started:
    """What drbdadm would tell the kernel: addresses, places, and options as they are written."""

    connections: Mapping[str, tuple[str, ...]]
    """Resource -> own address, peer's address, options."""
    disks: Mapping[int, tuple[str, ...]]
    """Minor -> data, meta-data, index, options."""


def started_by_drbdadm(path: Path, *, host: str) -> Started:
    """What `up` of all resources would run; of an option that is given twice, the last."""
    answer = ask(DRBDADM_84, path, "-d", "up", "all", host=host)
    connections = {}
    disks = {}
    for line in answer.output.splitlines():
        words = shlex.split(line)
        match words[1:2]:
            case ["connect"]:
                connections[words[2]] = (*words[3:5], *_options(words[5:]))
            case ["attach"]:
                disks[int(words[2])] = (*words[3:6], *_options(words[6:]))
    return Started(connections, disks)


def _options(words: list[str]) -> list[str]:
    last = dict(word.removeprefix("--").split("=", 1) for word in words)
    return sorted(f"{name} {value}" for name, value in last.items())


def known_options(command: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """What drbdsetup says of the options of one of its commands: name -> tag -> texts."""
    done = subprocess.run(
        [DRBDSETUP_84, "xml-help", command], capture_output=True, check=False, encoding="utf-8"
    )
    found = re.findall(
        r'<option name="([^"]+)" type="(\w+)">(.*?)</option>', done.stdout, re.DOTALL
    )
    return {
        name: {
            "type": (kind,),
            **{
                tag: tuple(re.findall(f"<{tag}>(.*?)</{tag}>", inner))
                for tag in ("min", "max", "default", "handler", "unit_prefix")
            },
        }
        for name, kind, inner in found
    }
