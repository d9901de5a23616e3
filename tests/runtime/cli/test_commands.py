"""Every command has its help, an example that it takes, and a place in shells' completion."""

import shlex
import subprocess
from typing import Final

import click
import pytest
from click.testing import CliRunner, Result

from runtime.cli import main
from runtime.cli.group import PLACES
from runtime.cli.verbs import VERBS

DRBDADM: Final = frozenset("""
    create-md up down attach detach connect disconnect primary secondary invalidate
    invalidate-remote outdate verify pause-sync resume-sync suspend-io resume-io resize
    new-current-uuid wait-connect wait-sync role cstate dstate dump-md get-gi show-gi status
    events2
    """.split())


def run(*words: str) -> Result:
    """The result of a command."""
    return CliRunner().invoke(main, list(words))


def test_what_fingers_know_is_there() -> None:
    """The commands have drbdadm's names."""
    assert set(PLACES) >= DRBDADM
    assert all(name in run("--help").stdout for name in PLACES)


@pytest.mark.parametrize("name", PLACES)
def test_each_command_has_help_and_an_example(name: str) -> None:
    """The help says what it does, and how it is typed."""
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"  dotmirror {name}" in result.stdout or f"| dotmirror {name}" in result.stdout


@pytest.mark.parametrize("verb", VERBS, ids=lambda it: it.name)
def test_an_example_can_be_typed(verb: object) -> None:
    """A row's example fits its own options: all that is missing is a node."""
    example = next(it.example for it in VERBS if it is verb)
    result = run(*shlex.split(example), "-S", "no.sock")
    assert result.exit_code == 20
    assert result.stderr == (
        "no node runs here (no.sock: No such file or directory); start one with `dotmirror run`\n"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("primary", "--forse"), "--forse"),
        (("verify", "--start", "one"), "'one' is no size; write 64, 64k or 1M"),
        (("wait-sync", "--wfc-timeout", "-1"), "is not in the range x>=0"),
        (("completion", "tcsh"), "'tcsh' is not one of"),
        (("primari",), "primari"),
    ],
)
def test_wrong_use_ends_with_two(words: tuple[str, ...], sentence: str) -> None:
    """What can't be understood is said in a sentence."""
    result = run(*words)
    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(shell: str) -> None:
    """The script asks the program itself what may follow."""
    result = run("completion", shell)
    assert result.exit_code == 0
    assert f"_DOTMIRROR_COMPLETE={shell}_complete" in result.stdout


def test_bash_can_read_its_script() -> None:
    """The script is one that bash takes."""
    script = run("completion", "bash").stdout
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_commands_are_completed() -> None:
    """A shell is told the commands that begin like this."""
    result = CliRunner().invoke(
        main,
        prog_name="dotmirror",
        env={
            "_DOTMIRROR_COMPLETE": "bash_complete",
            "COMP_WORDS": "dotmirror invalid",
            "COMP_CWORD": "1",
        },
    )
    assert result.stdout.split() == ["plain,invalidate", "plain,invalidate-remote"]
    assert isinstance(main, click.Group)
