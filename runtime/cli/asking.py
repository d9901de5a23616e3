"""What the commands share that ask a node which runs: its socket, its resources, its refusals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

import click
from click.shell_completion import CompletionItem

from runtime.control.client import Client, NodeAwayError, RefusalError, TimedOutError
from runtime.control.codes import (
    CONFIGURATION,
    MINOR_INVALID,
    RESOURCE_NOT_KNOWN,
    exit_code,
    sentence,
)
from runtime.control.place import SOCKET_VARIABLE, places_to_ask

EXIT_AWAY: Final = 20  # states 8.2: nobody answers
EXIT_TIMED_OUT: Final = 5
ALL: Final = "all"

Function = TypeVar("Function", bound=Callable[..., Any])


class Target(NamedTuple):
    """What an order is about: a resource, or one of its volumes."""

    resource: str
    volume: int | None
    obj: str
    """What messages call it."""


def socket_option(command: Function) -> Function:
    """Give a command its --socket."""
    return click.option(
        "-S",
        "--socket",
        "control_path",
        envvar=SOCKET_VARIABLE,
        type=click.Path(path_type=Path),
        help="Where the node listens.  [default: as `dotmirror run`]",
    )(command)


@contextmanager
def asking(control_path: Path | None) -> Iterator[Client]:
    """A connection to the node; what goes wrong with it is a sentence and an exit code."""
    try:
        with Client([control_path] if control_path else places_to_ask()) as client:
            yield client
    except NodeAwayError as error:
        stop(str(error), EXIT_AWAY)


@contextmanager
def refusals(obj: str) -> Iterator[None]:
    """What the node refuses is said in drbdsetup's words (states 8.2)."""
    try:
        yield
    except TimedOutError as error:
        stop(f"{obj}: {error}", EXIT_TIMED_OUT)
    except RefusalError as refusal:
        text = sentence(obj, refusal.code, str(refusal))
        info = f"\nadditional info from the node:\n{refusal.info}" if refusal.info else ""
        stop(text + info, exit_code(refusal.code))


def stop(text: str, code: int) -> NoReturn:
    """Say why, and end."""
    click.echo(text, err=True)
    raise SystemExit(code)


def targets(client: Client, word: str | None, *, is_by_volume: bool) -> list[Target]:
    """What RESOURCE, RESOURCE/VOLUME, `all` or nothing stands for."""
    known: dict[str, list[int]] = client.ask("resources")["resources"]
    name, slash, number = (word or "").partition("/")
    if not name and len(known) > 1:
        raise click.UsageError(f"name a resource, or {ALL}: {', '.join(sorted(known))} run here")
    is_number = number.isascii() and number.isdecimal() and name != ALL
    if slash and not (is_by_volume and is_number):
        wanted = "RESOURCE or RESOURCE/VOLUME" if is_by_volume else "RESOURCE, for all its volumes"
        raise click.UsageError(f"{word!r} is no {wanted}")
    if name not in ("", ALL, *known):
        text = sentence(name, RESOURCE_NOT_KNOWN, CONFIGURATION[RESOURCE_NOT_KNOWN])
        stop(text, exit_code(RESOURCE_NOT_KNOWN))
    names = sorted(known) if name in ("", ALL) else [name]
    if not is_by_volume:
        return [Target(it, None, it) for it in names]
    if slash and int(number) not in known[name]:
        text = sentence(str(word), MINOR_INVALID, CONFIGURATION[MINOR_INVALID])
        stop(text, exit_code(MINOR_INVALID))
    if slash:
        return [Target(name, int(number), str(word))]
    return [
        Target(it, volume, it if len(known[it]) == 1 else f"{it}/{volume}")
        for it in names
        for volume in known[it]
    ]


def names_that_begin(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The resources and volumes that a shell may complete to, if a node answers."""
    given = ctx.params.get("control_path")
    try:
        with Client([given] if given else places_to_ask()) as client:
            known: dict[str, list[int]] = client.ask("resources")["resources"]
    except (NodeAwayError, RefusalError):
        return []
    words = [ALL, *known, *(f"{it}/{number}" for it in known for number in known[it])]
    return [CompletionItem(it) for it in words if it.startswith(incomplete)]


def target_argument(command: Function) -> Function:
    """Give a command its RESOURCE[/VOLUME]."""
    return click.argument(
        "target", metavar="[RESOURCE[/VOLUME]]", required=False, shell_complete=names_that_begin
    )(command)
