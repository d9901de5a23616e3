"""The commands that drbdadm has too: one row of a table each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from runtime.cli.asking import asking, refusals, socket_option, target_argument, targets
from runtime.cli.sizes import SizeType

SECTOR_SIZE_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command, and the argument of the order that it becomes."""

    name: str
    help: str
    argument: str = ""
    """If it is not the name itself, with underscores."""
    kind: click.ParamType[Any] | None = None
    """What its value is; none for a flag."""
    unit: int = 1
    """What its value is divided by for the order."""

    @property
    def key(self) -> str:
        """What the order calls it."""
        return self.argument or self.name.lstrip("-").replace("-", "_")

    def decorate(self, command: Callable[..., Any]) -> Callable[..., Any]:
        """Give it to a command."""
        if self.kind is None:
            return click.option(self.name, self.key, is_flag=True, help=self.help)(command)
        return click.option(self.name, self.key, type=self.kind, help=self.help)(command)

    def of(self, value: Any) -> Any:
        """The argument for a value; None to leave it out."""
        return value // self.unit if self.unit > 1 and value is not None else value or None


@dataclass(frozen=True, slots=True)
class Verb:
    """One command: it becomes one order for each volume, or for each resource."""

    name: str
    help: str
    example: str
    options: tuple[Option, ...] = ()
    is_by_volume: bool = True
    order: str = field(default="")
    """If it is not the name, with underscores."""

    def command(self) -> click.Command:
        """What people type."""

        def run(target: str | None, control_path: Path | None, **given: Any) -> None:
            self._run(target, control_path, given)

        decorated: Callable[..., Any] = target_argument(socket_option(run))
        for option in reversed(self.options):
            decorated = option.decorate(decorated)
        epilog = f"\b\nExample:\n  dotmirror {self.example}"
        return click.command(self.name, help=self.help, epilog=epilog)(decorated)

    def _run(self, target: str | None, control_path: Path | None, given: dict[str, Any]) -> None:
        arguments = {it.key: it.of(given[it.key]) for it in self.options}
        arguments = {key: value for key, value in arguments.items() if value is not None}
        order = self.order or self.name.replace("-", "_")
        with asking(control_path) as client:
            for it in targets(client, target, is_by_volume=self.is_by_volume):
                place = {} if it.volume is None else {"volume": it.volume}
                with refusals(it.obj):
                    client.ask(order, resource=it.resource, **place, **arguments)


SECTORS: Final = SizeType(SECTOR_SIZE_BYTES)
SECONDS: Final = click.IntRange(min=0)
FORCE_DETACH: Final = Option("--force", "Give the disk up at once: what it owes has failed.")
CLEAN: Final = Option("--assume-clean", "What is new is the same on both disks.")
HAS_SPACE: Final = Option(
    "--assume-peer-has-space", "Without a connection, take the peer's disk to be as large."
)
WAITING: Final = (
    Option("--wfc-timeout", "Seconds to wait, 0 for ever.", "timeout", SECONDS),
    Option(
        "--outdated-wfc-timeout",
        "The same where the peer's data were old when it went.",
        "outdated_timeout",
        SECONDS,
    ),
    Option("--wait-after-sb", "Go on waiting after a split brain.", "after_split_brain"),
)

VERBS: Final = (
    Verb("up", "Attach the disks and look for the peer.", "up r0", is_by_volume=False),
    Verb(
        "down",
        "Become secondary, let the peer go and give the disks up.",
        "down all",
        is_by_volume=False,
    ),
    Verb("attach", "Use the disk of the configuration.", "attach r0/0"),
    Verb(
        "detach", "Give the disk up; the peer's does if it is good.", "detach r0/0", (FORCE_DETACH,)
    ),
    Verb(
        "connect",
        "Find the peer and stay connected.",
        "connect --discard-my-data r0",
        (
            Option("--discard-my-data", "After a split brain: this node's changes are lost."),
            Option("--tentative", "Only find out what would follow, and stand alone again."),
        ),
        is_by_volume=False,
    ),
    Verb(
        "disconnect",
        "Let the peer go.",
        "disconnect r0",
        (Option("--force", "Whatever the peer says."),),
        is_by_volume=False,
    ),
    Verb(
        "primary",
        "Let applications write here.",
        "primary --force r0",
        (Option("--force", "Take the own data as good, whatever is known of them."),),
    ),
    Verb("secondary", "Only take the peer's writes.", "secondary r0"),
    Verb("invalidate", "Replace all own data by the peer's.", "invalidate r0/0"),
    Verb("invalidate-remote", "Replace all of the peer's data by these.", "invalidate-remote r0"),
    Verb("outdate", "Mark the own data as old.", "outdate r0"),
    Verb(
        "verify",
        "Compare all blocks with the peer's, and mark those that differ.",
        "verify --start 0 --stop 2G r0",
        (
            Option(
                "--start", "The first sector; else where the last verify ended.", "", SECTORS, 512
            ),
            Option("--stop", "The sector behind the last one.", "", SECTORS, 512),
        ),
    ),
    Verb("pause-sync", "Let a resync wait.", "pause-sync r0"),
    Verb("resume-sync", "Let a resync go on.", "resume-sync r0"),
    Verb("suspend-io", "Hold back the requests of applications.", "suspend-io r0"),
    Verb("resume-io", "Let them go on, whatever they were held back for.", "resume-io r0"),
    Verb(
        "resize",
        "Be as large as the disks are now, or as --size says.",
        "resize --size 10G r0",
        (
            Option("--size", "The largest size, in sectors or with k, M, G, T.", "", SECTORS, 512),
            HAS_SPACE,
            CLEAN,
        ),
    ),
    Verb(
        "new-current-uuid",
        "Begin a generation of the data.",
        "new-current-uuid --clear-bitmap r0/0",
        (Option("--clear-bitmap", "Declare both disks to be the same: nothing is resynced."),),
    ),
    Verb("wait-connect", "Wait until the peer is connected.", "wait-connect r0", WAITING),
    Verb("wait-sync", "Wait until both nodes have the same data.", "wait-sync r0", WAITING),
)


def _commands(verbs: Iterable[Verb]) -> dict[str, click.Command]:
    return {verb.name: verb.command() for verb in verbs}


COMMANDS: Final[Mapping[str, click.Command]] = _commands(VERBS)
