"""`make bench`: every benchmark in turn, each in a process of its own."""

import subprocess
import sys
from pathlib import Path

import click


def main() -> None:
    """Run all; stop at the first that fails."""
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        click.secho(f"\n{path.stem}", bold=True)
        subprocess.run([sys.executable, str(path)], check=True, cwd=Path(__file__).parents[2])


if __name__ == "__main__":
    main()
