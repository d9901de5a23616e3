"""`dotmirror adjust` tells nodes that run what their changed configuration says."""

from pathlib import Path

from click.testing import CliRunner

from runtime.cli import main
from tests.io.configured import configuration
from tests.io.operating import RunningNode
from tests.io.test_run_configured import created, running


def adjusted(node: RunningNode, *words: str | Path) -> tuple[int, list[str]]:
    """The exit code of the command, and what it says."""
    result = node.type("adjust", "--host", node.name, *map(str, words))
    return result.exit_code, result.stdout.splitlines()


def rewrite(conf: Path, before: str, after: str) -> None:
    """Change a text in a file."""
    text = conf.read_text()
    assert before in text
    conf.write_text(text.replace(before, after))


def test_options_change_while_nodes_run(tmp_path: Path) -> None:
    """A changed file is first shown, then told, and then there is nothing left to tell."""
    conf = configuration(tmp_path, {"web": "net { timeout 50; }"})
    created(conf)
    with running(tmp_path, "alice", conf) as alice, running(tmp_path, "bob", conf) as bob:
        alice.run("primary", "--force", "web")
        alice.in_sync()
        assert adjusted(alice, conf) == (0, [])
        rewrite(conf, "timeout 50;", "ping-timeout 7;")
        rewrite(conf, "resync-rate 1G;", "resync-rate 1M;")
        expected = [
            "web: net: timeout 50 -> 60",
            "web: net: ping-timeout 5 -> 7",
            "web: disk 0: resync-rate 1048576 -> 1024",
        ]
        assert adjusted(alice, "--dry-run", "-c", conf, "web") == (0, expected)
        assert adjusted(alice, conf) == (0, expected)
        assert adjusted(alice, conf) == (0, [])
        assert adjusted(bob, conf)[1][:2] == expected[:2]  # the rate may have come from alice
        assert alice.run("cstate", "web") == "Connected\n"


def test_what_is_left_has_an_exit_code(tmp_path: Path) -> None:
    """What needs a new begin, what is refused, and who is not there, is told with exit code 1."""
    conf = configuration(tmp_path, {"db": "", "web": ""})
    created(conf)
    with running(tmp_path, "alice", conf, "web") as alice:
        rewrite(
            conf, "resource web {", "resource web { net { sndbuf-size 1M; } disk { al-extents 99; }"
        )
        assert adjusted(alice, conf) == (
            1,
            [
                "web: net: sndbuf-size 0 -> 1048576 counts when the node begins",
                "web: disk 0: al-extents 1237 -> 99 counts when the node begins",
                "db: does not run yet, begin `dotmirror run` again",
            ],
        )
        alice.run("detach", "web")
        rewrite(conf, "al-extents 99;", "c-min-rate 9;")
        code, said = adjusted(alice, conf, "web")
        assert code == 1
        assert "web: refused: disk 0: Device does not have a disk-config" in said
        rewrite(conf, "resource web ", "resource www ")
        assert "web: runs and is not in the configuration" in adjusted(alice, conf)[1][-1]


def test_a_faulty_file_changes_nothing(tmp_path: Path) -> None:
    """What is wrong with a file is said before any node is asked."""
    conf = configuration(tmp_path, {"web": "net { verfy-alg sha1; }"})
    result = CliRunner().invoke(main, ["adjust", "-S", "no.sock", str(conf)])
    assert result.exit_code == 1
    assert 'unknown option "verfy-alg" in net' in result.stderr
