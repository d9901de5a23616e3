"""Generating: the whole project from cold, after an edit and without a change; and growth.

Every figure is a whole process, the interpreter's start included. Growth is one states drawing of
so many edges (states = edges / 4, one action an edge): time and memory should be linear.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

ROOT = Path(__file__).parents[2]
GENERATE = [sys.executable, "-m", "codegen", "generate"]
MEASURED = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False)
seconds = time.perf_counter() - start
mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps([seconds, mib, done.returncode]))
"""


def measure(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Seconds and MiB at the peak of one process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, mib, code = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    return seconds, mib


def best(command: Sequence[str], folder: Path, rounds: int = 5) -> float:
    """The least of several runs, in seconds."""
    return min(measure(command, folder)[0] for _ in range(rounds))


def project_rows() -> list[str]:
    """The project's own drawings."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "specs", folder / "specs")
        shutil.copy(ROOT / "pyproject.toml", folder)
        cold, mib = measure(GENERATE, folder)
        fresh = best(GENERATE, folder)
        drawing = folder / "specs" / "states" / "node_states.dot"
        text = drawing.read_text(encoding="utf-8")
        drawing.write_text(text.replace("device_is_closed", "device_is_shut"), encoding="utf-8")
        edit, _ = measure(GENERATE, folder)
        start = best([sys.executable, "-c", "pass"], folder)
    return [
        f"{'all drawings of the project':36} {'s':>8}",
        f"{'from cold':36} {cold:8.2f}   ({mib:.0f} MiB)",
        f"{'after an edit in one drawing':36} {edit:8.2f}",
        f"{'nothing changed':36} {fresh:8.3f}",
        f"{'the interpreter alone':36} {start:8.3f}",
    ]


def drawing_of(edges: int) -> str:
    """A states drawing with so many edges, the same each time."""
    choose = random.Random(edges)
    states = max(edges // 4, 1)
    rows = (
        f'    s{number // 4} -> s{choose.randrange(states)} [label="e{number % 4}",'
        f' action="act{number % 50}"]'
        for number in range(edges)
    )
    return "\n".join(["digraph tour {", *rows, "}", ""])


def growth_row(edges: int) -> str:
    """One size: generating, importing, and running again without a change."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "specs" / "states").mkdir(parents=True)
        (folder / "specs" / "states" / "tour.dot").write_text(drawing_of(edges))
        cold, mib = measure(GENERATE, folder)
        load = [sys.executable, "-c", "import generated.states.tour"]
        compiled, _ = measure(load, folder)
        warm = best(load, folder, 3)
        fresh = best(GENERATE, folder, 3)
    return (
        f"{edges:8} {cold:9.2f} {1e6 * cold / edges:9.0f} {mib:9.0f} {compiled:11.2f} {warm:8.2f}"
        f" {fresh:10.3f}"
    )


@click.command()
@click.option("--all", "everything", is_flag=True, help="50,000 edges too (some minutes).")
def main(*, everything: bool) -> None:
    """Print both tables."""
    click.echo("\n".join(project_rows()))
    click.echo()
    heads = ("edges", "cold s", "us/edge", "peak MiB", "1st import", "import", "no change")
    click.echo("{:>8} {:>9} {:>9} {:>9} {:>11} {:>8} {:>10}".format(*heads))
    for edges in (100, 1_000, 10_000, *([50_000] if everything else [])):
        start = time.perf_counter()
        click.echo(growth_row(edges))
        click.echo(f"  ({time.perf_counter() - start:.0f} s)", err=True)


if __name__ == "__main__":
    main()
