"""Reading DOT: our reader beside pydot's, by size and by nesting.

A drawing has a quarter as many states as edges, and two attributes an edge. pydot gets no more than
1,000 edges and eight braces, or with `--all` ten times the edges and two braces more: after that it
takes minutes, and each brace doubles its time. Memory is measured in a run of its own.
"""

import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pydot

from codegen.parse import parse

SIZES = (10, 100, 1_000, 10_000, 50_000)
PYDOT_SIZE_MAX = 1_000
DEPTHS = (1, 2, 4, 6, 8, 10, 100, 1_000, 10_000)
PYDOT_DEPTH_MAX = 8
LINE_CHARACTERS = 10_000_000
ROUNDS = 3
SECONDS_MAX = 2.0
"""Rounds are for what is quick; what takes longer than this is measured once."""


def drawing(edge_count: int, line_end: str = "\n") -> str:
    """A state graph as a person or a program would write it."""
    rng = random.Random(edge_count)
    states = [f"State{number}" for number in range(max(2, edge_count // 4))]
    edges = (
        f'\t{rng.choice(states)} -> {rng.choice(states)} [label="event {n}", action=act{n % 7}];'
        for n in range(edge_count)
    )
    return line_end.join(["digraph machine {", *edges, "}"])


def nested(depth: int) -> str:
    """An edge inside of that many braces."""
    return "digraph machine " + "{" * (depth + 1) + "a -> b" + "}" * (depth + 1)


def read_ours(text: str) -> int:
    """Read with our reader; the number of edges in the drawing."""
    graphs, problems = parse(text, "drawing.dot")
    assert not problems
    return len(graphs[0].edges)


def read_pydot(text: str) -> None:
    """Read with pydot."""
    assert pydot.graph_from_dot_data(text)


def seconds(read: Callable[[str], object], text: str) -> float:
    """The best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        start = time.perf_counter()
        read(text)
        best = min(best, time.perf_counter() - start)
        if best > SECONDS_MAX:
            break
    return best


def peak_bytes(text: str) -> int:
    """What reading takes beside the text, at its most."""
    tracemalloc.start()
    read_ours(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def row(name: str, text: str, *, beside_pydot: bool) -> str:
    """One line of the table."""
    ours = seconds(read_ours, text)
    cells = f"{name:>16} {ours * 1e3:>10,.2f} {peak_bytes(text) / 1e6:>10,.2f}"
    if not beside_pydot:
        return cells
    theirs = seconds(read_pydot, text)
    return f"{cells} {theirs * 1e3:>12,.0f} {theirs / ours:>9,.0f}x"


def table(factor: int) -> Iterator[str]:
    """The results, line by line; pydot gets drawings of up to `factor` times the usual size."""
    yield f"{'':>16} {'ours, ms':>10} {'peak, MB':>10} {'pydot, ms':>12} {'ratio':>10}"
    for size in SIZES:
        beside = size <= PYDOT_SIZE_MAX * factor
        yield row(f"{size:,} edges", drawing(size), beside_pydot=beside)
    edge_count = LINE_CHARACTERS * 1_000 // len(drawing(1_000))
    line = drawing(edge_count, " ")
    yield row(f"a line, {len(line) / 1e6:.1f} MB", line, beside_pydot=False)
    for depth in DEPTHS:
        beside = depth <= PYDOT_DEPTH_MAX + (factor > 1) * 2
        yield row(f"{depth:,} braces", nested(depth), beside_pydot=beside)


def main() -> None:
    """Print the table."""
    for read in (read_ours, read_pydot):  # whose first calls fill caches and build the grammar
        read(drawing(10))
    for line in table(10 if "--all" in sys.argv[1:] else 1):
        print(line, flush=True)


if __name__ == "__main__":
    main()
