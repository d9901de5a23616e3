"""`dotmirror draw` shows where a node stands, and what it did."""

import re
from pathlib import Path

from click.testing import CliRunner

from runtime.cli import main
from tests.io.nodes import two_configs
from tests.io.operating import MIRROR, RunningNode


def test_a_node_that_runs_is_drawn(tmp_path: Path) -> None:
    """Its state is lit, each arrow that it took has its count, and the page loads nothing."""
    page_path = tmp_path / "node.html"
    with RunningNode.of(two_configs(tmp_path, MIRROR)[0], tmp_path) as alice:
        for _ in range(3):
            alice.run("primary", "--force")
            alice.run("secondary")
        alice.run("draw", "--html", str(page_path))
        alice.run("draw", "r0", "-o", str(tmp_path / "drawn"))
        unknown = alice.type("draw", "r0/7")
        assert (unknown.exit_code, unknown.stderr) == (10, "r0/7: No such resource or volume\n")
    page = page_path.read_text()
    assert ">node_states</a> <b>Secondary</b>" in page
    assert "ioctl_set_state() (3)" in page
    assert re.search(r"node_states Primary --\w+--&gt; Secondary", page)
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "(3)" in (tmp_path / "drawn/r0/0/node_states.svg").read_text()


def test_a_trace_is_drawn(tmp_path: Path) -> None:
    """What a node wrote down tells the same."""
    trace, page = tmp_path / "alice.trace", tmp_path / "page.html"
    trace.write_text("1.0 alice conn_states StandAllone --ioctl_set_net--> Unconnected\n")
    words = ["draw", "--trace", str(trace), "--html", str(page)]
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stderr) == (0, f"drawn: {page}\n")
    assert ">conn_states</a> <b>Unconnected</b>" in page.read_text()
    unknown = CliRunner().invoke(main, [*words, "bob"])
    assert (unknown.exit_code, unknown.stderr) == (1, f"{trace} says nothing of bob\n")


def test_without_a_node_nothing_is_drawn(tmp_path: Path) -> None:
    """Who is not there is said, as by every command."""
    result = CliRunner().invoke(main, ["draw", "-S", str(tmp_path / "no.sock")])
    assert result.exit_code == 20
    assert "no node runs here" in result.stderr
