"""The options of `dotmirror run` for those who look after it: metrics, the log, the trace."""

from collections.abc import Mapping
from typing import Any, Final

import click

from runtime.cli.options import OptionGroup
from runtime.errors import ConfigError
from runtime.node_config import Address
from runtime.observing import TRACE_LINES_DEFAULT, TRACE_LINES_MAX, Observing

LOCAL: Final = "127.0.0.1"


observing_options: Final = OptionGroup(
    click.option(
        "--metrics",
        metavar="ADDRESS",
        help="Where Prometheus may ask, as 127.0.0.1:9942; a port alone is this machine's own.",
    ),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Lines for people, or an object in each for programs.",
    ),
    click.option(
        "--trace-lines",
        metavar="COUNT",
        type=click.IntRange(1, TRACE_LINES_MAX),
        default=TRACE_LINES_DEFAULT,
        show_default=True,
        help="How many lines of the trace SIGUSR1 writes beside the socket.",
    ),
)


def observing_config(given: Mapping[str, Any]) -> Observing:
    """What was typed, taken together."""
    return Observing(
        metrics=_address(given["metrics"]),
        is_json=given["log_format"] == "json",
        trace_lines=given["trace_lines"],
    )


def _address(place: str | None) -> Address | None:
    if place is None:
        return None
    try:
        return Address.parse(place if ":" in place else f"{LOCAL}:{place}")
    except ConfigError as error:
        raise click.UsageError(f"--metrics {place}: {error}") from error
