"""Comparing two versions of a drawing: `dotgen diff` beside what reads the same two texts.

A states drawing of some size, of which ten arrows change. `reading` is what it takes to read both
texts, which no comparison of meanings can save; `git diff` compares their lines only. Then the
number of changes grows while the size stays. Times are those of whole comparisons in one process,
but of git, which is a program of its own; the best of some rounds.
"""

import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from codegen.drawings import Drawings, read_drawings
from codegen.review.implementers import Implementers
from codegen.review.judge import Side, review

SIZES = (100, 1_000, 10_000, 50_000)
CHANGES = (10, 100, 1_000, 10_000)
LARGE = 50_000
PATH = "specs/states/machine.dot"
ROUNDS = 3
SECONDS_MAX = 2.0
"""Rounds are for what is quick; what takes longer than this is measured once."""


def drawing(edge_count: int, changed_count: int = 0) -> str:
    """A drawing with a quarter as many states as arrows; some arrows have another guard."""
    rng = random.Random(edge_count)
    states = [f"State{number}" for number in range(max(2, edge_count // 4))]
    step = edge_count // changed_count if changed_count else edge_count + 1
    edges = (
        f'\t{rng.choice(states)} -> {rng.choice(states)} [label="event {n}", action=act{n % 7}'
        f"{', guard=is_new' if n % step == step - 1 else ''}];"
        for n in range(edge_count)
    )
    return "\n".join(["digraph machine {", *edges, "}\n"])


def read(text: str) -> Drawings:
    """The drawing as a model."""
    return read_drawings({PATH: text.encode()})


def seconds(work: Callable[[], object]) -> float:
    """The best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
        if best > SECONDS_MAX:
            break
    return best


def git_diff(old: Path, new: Path) -> None:
    """Compare the lines."""
    command = ["git", "diff", "--no-index", "--numstat", str(old), str(new)]
    assert subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 1


def row(folder: Path, edge_count: int, changed_count: int) -> str:
    """One line of the table."""
    texts = drawing(edge_count), drawing(edge_count, changed_count)
    files = folder / "old.dot", folder / "new.dot"
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    reading = seconds(lambda: [read(text) for text in texts])
    old, new = (Side(name, read(text)) for name, text in zip(("old", "new"), texts, strict=True))
    found = review(old, new, Implementers())
    assert sum(it.change.rule == "arrow-guard-changed" for it in found.judged()) == changed_count
    comparing = seconds(lambda: review(old, new, Implementers()))
    lines = seconds(lambda: git_diff(*files))
    return (
        f"{edge_count:>9,} {changed_count:>9,} {reading * 1e3:>12,.1f} {comparing * 1e3:>14,.1f}"
        f" {(reading + comparing) / reading:>9.2f}x {lines * 1e3:>12,.1f}"
    )


def table(folder: Path) -> Iterator[str]:
    """The results, line by line."""
    yield (
        f"{'arrows':>9} {'changed':>9} {'reading, ms':>12} {'comparing, ms':>14} {'whole':>10}"
        f" {'git, ms':>12}"
    )
    yield from (row(folder, size, 10) for size in SIZES)
    yield from (row(folder, LARGE, count) for count in CHANGES[1:])


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        for line in table(Path(folder)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
