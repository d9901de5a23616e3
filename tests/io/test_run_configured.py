"""`dotmirror run` takes the files that people have for DRBD, as they are."""

import hashlib
from pathlib import Path

from click.testing import CliRunner, Result

from runtime.cli import main
from tests.io.configured import COMMON, DISK_SIZE_BYTES, configuration, resources
from tests.io.operating import RunningNode

DATA_SIZE_BYTES = DISK_SIZE_BYTES - (40 << 10)
"""What is not meta-data, or a bit less."""


def typed(*words: str | Path) -> Result:
    """The result of a command."""
    return CliRunner().invoke(main, [*map(str, words)])


def created(conf: Path) -> None:
    """Write the meta-data of all resources on both hosts."""
    for host in ("alice", "bob"):
        result = typed("create-md", "-c", conf, "--host", host, "--force", "all")
        assert result.exit_code == 0, result.output


def running(folder: Path, host: str, *words: str | Path) -> RunningNode:
    """A host's nodes of a configuration."""
    return RunningNode(folder, host, "--host", host, *map(str, words))


def digest(path: Path) -> str:
    """The SHA-256 of a disk's data, when nobody uses it."""
    return hashlib.sha256(path.read_bytes()[:DATA_SIZE_BYTES]).hexdigest()


def test_from_a_file_to_a_mirror(tmp_path: Path) -> None:
    """Two hosts with one file: meta-data by a resource's name, a full sync, down and up again."""
    conf = configuration(tmp_path, {"web": "startup { wfc-timeout 5; }"})
    created(conf)
    with running(tmp_path, "alice", "-c", conf) as alice, running(tmp_path, "bob", conf) as bob:
        alice.run("wait-connect", "--wfc-timeout", "60", "web")
        alice.run("primary", "--force", "web")
        alice.in_sync()
        alice.run("wait-sync", "web")
        assert alice.run("status").splitlines() == [
            "web role:Primary",
            "  disk:UpToDate",
            "  peer role:Secondary",
            "    replication:Established peer-disk:UpToDate",
            "",
        ]
        alice.order("write", seed=1, count=2048)
        bob.run("down", "web")
        assert bob.run("dstate", "web") == "Unconfigured\n"
        alice.order("write", seed=2, sector=2048, count=512)
        bob.run("up", "web")
        bob.in_sync()
        alice.in_sync()
        alice.terminate()
        bob.terminate()
        log = alice.log_path.read_text()
    assert log.count("wfc-timeout in startup is not used here") == 1
    assert digest(tmp_path / "alice-web") == digest(tmp_path / "bob-web")


def test_a_folder_is_one_configuration(tmp_path: Path) -> None:
    """A folder's files are read together: what is common to all, and who waits for whom."""
    (folder := tmp_path / "drbd.d").mkdir()
    (folder / "global_common.conf").write_text(COMMON)
    inner = {"first": "", "second": "disk { resync-after first; }"}
    for name, text in resources(tmp_path, inner).items():
        (folder / f"{name}.res").write_text(text)
    conf = tmp_path / "drbd.conf"
    conf.write_text('include "drbd.d/global_common.conf"; include "drbd.d/*.res";')
    created(conf)
    with running(tmp_path, "alice", folder) as alice, running(tmp_path, "bob", conf) as bob:
        for name in inner:
            alice.run("primary", "--force", name)
        for node in (alice, bob):
            for name in inner:
                node.order("wait", resource=name, disk="UpToDate", pdsk="UpToDate", timeout=60)
        assert alice.run("role", "all") == "Primary/Secondary\nPrimary/Secondary\n"


def test_resources_share_a_device_for_metadata(tmp_path: Path) -> None:
    """Each volume has a window of its own, and create-md leaves those alone that are in use."""
    for host in ("alice", "bob"):
        with (tmp_path / f"{host}-meta").open("wb") as file:
            file.truncate(256 << 20)
    meta = f"{tmp_path}/{{host}}-meta [{{minor}}]"
    conf = tmp_path / "drbd.conf"
    conf.write_text("".join(resources(tmp_path, {"first": "", "second": ""}, meta).values()))
    created(conf)
    with running(tmp_path, "alice", conf) as alice, running(tmp_path, "bob", conf, "first") as bob:
        alice.run("primary", "--force", "first")
        for node in (alice, bob):
            node.order("wait", resource="first", disk="UpToDate", pdsk="UpToDate", timeout=60)
        assert alice.run("dstate", "all") == "UpToDate/UpToDate\nInconsistent/DUnknown\n"
        words = ("create-md", "-c", conf, "--force", "--host", "bob")
        assert "another process writes to it" in typed(*words, "first").stderr
        assert typed(*words, "second").exit_code == 0


def test_one_resource_of_several(tmp_path: Path) -> None:
    """Of a file only the resources run that are named."""
    conf = configuration(tmp_path, {"first": "", "second": "disk { resync-after first; }"})
    created(conf)
    with running(tmp_path, "alice", conf, "second") as alice:
        assert alice.order("resources")["resources"] == {"second": [0]}


def test_nothing_runs_when_one_is_wrong(tmp_path: Path) -> None:
    """All that is wrong is said with its place, and no node begins."""
    conf = configuration(tmp_path, {"good": "", "bad": "net { verfy-alg sha1; }"})
    socket_path = tmp_path / "a.sock"
    result = typed("run", "-S", socket_path, "-c", conf, "--host", "alice")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0].endswith(
        ':10:38: unknown option "verfy-alg" in net (did you mean "verify-alg"?)'
    )
    assert not socket_path.exists()


def test_what_a_node_can_t_be_has_a_place(tmp_path: Path) -> None:
    """What makes sense to DRBD and not to a node is told for each resource, with its place."""
    conf = tmp_path / "drbd.conf"
    conf.write_text(
        "resource a { device minor 1; disk /a; meta-disk internal;\n"
        "net { protocol A; allow-two-primaries; }\n"
        "on alice { address 10.0.0.1:1; } on bob { address 10.0.0.2:1; } }\n"
        "resource b { device minor 2; disk /b; meta-disk internal;\n"
        "on alice { address 10.0.0.1:2; } }\n"
    )
    result = typed("run", "-c", conf, "--host", "alice")
    said = [it for it in result.stderr.splitlines() if it.startswith("error: ")]
    assert [it.removeprefix(f"error: {conf}:")[:17] for it in said] == [
        "1:1: resource a: ",
        "4:1: resource b h",
    ]


def test_a_host_that_is_in_no_file(tmp_path: Path) -> None:
    """Whoever has no resource is told whose there are."""
    conf = configuration(tmp_path, {"web": ""})
    result = typed("run", "-c", conf, "--host", "eve")
    assert (result.exit_code, result.stderr) == (
        1,
        f"Error: {conf} has no resource of eve, it has those of alice, bob\n",
    )


def test_a_resource_that_is_in_no_file(tmp_path: Path) -> None:
    """A word that is neither a file nor a resource is told with the nearest resource."""
    conf = configuration(tmp_path, {"web": ""})
    result = typed("run", conf, "wev")
    assert (result.exit_code, result.stderr) == (
        1,
        f'Error: wev is no file, and no resource of {conf} (did you mean "web"?)\n',
    )


def test_files_of_both_kinds_are_told_apart(tmp_path: Path) -> None:
    """What is wrong with a node's JSON is said of that file, also beside a configuration."""
    conf = configuration(tmp_path, {"web": ""})
    (tmp_path / "node").write_text('\n{"name": "alice"}')
    result = typed("run", conf, tmp_path / "node", "--host", "alice")
    assert result.stderr == f"Error: {tmp_path / 'node'}: the configuration has no address\n"
    (tmp_path / "empty").mkdir()
    result = typed("run", tmp_path / "empty")
    assert result.stderr == f"Error: {tmp_path / 'empty'} has no file *.json, *.conf, *.res\n"
