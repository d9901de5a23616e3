"""The smallest change that each rule of changes and consequences is about: before and after."""

from typing import Final

M: Final = "digraph m { A -> B [label=go]; B -> A [label=back]; %s }"
L: Final = "graph c { node [shape=record] %s }"
F: Final = "digraph f { subgraph cluster_a { label=A; %s } subgraph cluster_b { label=B; c } %s }"

Example = tuple[str, str]


def machine(before: str, after: str) -> Example:
    """Two machines that differ in some statements."""
    return M % before, M % after


def layout(before: str, after: str, cells: str = r"x\nu32") -> Example:
    """Two packets that differ in some attributes."""
    node = f'P [number=1, label="{cells}"%s]'
    return L % (node % before), L % (node % after)


def cells(before: str, after: str, kind: str = "packet, number=1") -> Example:
    """Two layouts that differ in their cells."""
    numbers = r"n1 [kind=values, label=\"ONE\n1\"] n2 [kind=values, label=\"UN\n1\"]"
    first, second = (f'P [kind={kind}, label="{it}"]' for it in (before, after))
    numbers = numbers.replace('\\"', '"')
    return L % f"{first} {numbers}", L % f"{second} {numbers}"


def flow(before: Example, after: Example) -> Example:
    """Two flows that differ in the left column and the arrows."""
    return F % before, F % after


ON: Final = "A -> A [label=on%s]"
ANY: Final = 'A -> B [label="* on %s"%s]'
ASK: Final = "a -> c [packet=P, socket=data%s]"
TWICE: Final = 'subgraph %s { node [label="x\\nu8"] P; Q }'

STATES: Final[dict[str, Example]] = {
    "machine-added": ("", M % ""),
    "machine-removed": (M % "", ""),
    "machine-renamed": (M % "", (M % "").replace("digraph m", "digraph n")),
    "machine-initial-changed": machine("", "initial=B"),
    "state-added": machine("", "C"),
    "state-removed": machine("C", ""),
    "state-renamed": (M % "", (M % "").replace("B", "C")),
    "state-wire-changed": machine("A [wire=1]", "A [wire=2]"),
    "state-printed-changed": machine("", "A [label=Ay]"),
    "event-added": machine("", ON % ""),
    "event-removed": machine(ON % "", ""),
    "event-renamed": (M % "", (M % "").replace("back", "home")),
    "guard-renamed": machine(ON % ", guard=is_free", ON % ", guard=is_freed"),
    "action-renamed": machine(ON % ", action=ring", ON % ", action=ring_it"),
    "arrow-added": machine("", ON % ""),
    "arrow-removed": machine(ON % "", ""),
    "arrow-source-changed": machine(ON % "", "B -> A [label=on]"),
    "arrow-target-changed": machine(ON % "", "A -> B [label=on]"),
    "arrow-event-changed": machine(ON % "", "A -> A [label=back]"),
    "arrow-guard-changed": machine(ON % "", ON % ", guard=g"),
    "arrow-actions-changed": machine(ON % "", ON % ", action=x"),
    "arrow-decider-changed": machine(ON % "", ON % ", change=hard"),
    "any-state-arrow-added": machine("", ANY % ("loss", "")),
    "any-state-arrow-removed": machine(ANY % ("loss", ""), ""),
    "any-state-arrow-target-changed": machine(ANY % ("loss", ""), 'B -> A [label="* on loss"]'),
    "any-state-arrow-event-changed": machine(ANY % ("loss", ""), ANY % ("go", "")),
    "any-state-arrow-guard-changed": machine(ANY % ("loss", ""), ANY % ("loss", ", guard=g")),
    "any-state-arrow-actions-changed": machine(ANY % ("loss", ""), ANY % ("loss", ", action=x")),
    "any-state-arrow-decider-changed": machine(ANY % ("loss", ""), ANY % ("loss", ", change=hard")),
    "any-state-arrow-except-changed": machine(ANY % ("loss", ""), ANY % ("loss", ", except=A")),
    "stay-added": machine("", "A [stays=back]"),
    "stay-removed": machine("A [stays=back]", ""),
    "stay-actions-changed": machine("A [stays=back]", 'A [stays="back/x"]'),
    "row-guards-changed": machine(
        f"{ON % ', guard=g'} {'A -> B [label=on, guard=h]'}",
        f"{'A -> B [label=on, guard=h]'} {ON % ', guard=g'}",
    ),
    "summary-added": machine("", "A -> A [label=go, via=B]"),
    "summary-removed": machine("A -> A [label=go, via=B]", ""),
    "summary-via-changed": machine("A -> A [label=go, via=B]", 'A -> A [label=go, via="B,A,B"]'),
    "state-now-unreachable": machine("", "C"),
    "state-now-dead-end": machine("", "C"),
    "event-now-refused": machine(ON % "", "B -> B [label=on]"),
    "choice-grew": machine(
        "A -> {A B} [label=on]; C -> A [label=on]", "A -> {A B C} [label=on]; C -> A [label=on]"
    ),
    "number-unknown-to-older-peer": machine("A [wire=1]", "A [wire=2]"),
    "handler-needed": machine("", ON % ", action=x"),
    "handler-unused": machine(ON % ", action=x", ""),
    "wording-changed": machine("", "A [comment=why]"),
}

LAYOUTS: Final[dict[str, Example]] = {
    "chapter-added": ("", L % ""),
    "chapter-removed": (L % "", ""),
    "chapter-renamed": (layout("", "")[0], layout("", "")[0].replace("graph c", "graph d")),
    "layout-added": (L % "", layout("", "")[1]),
    "layout-removed": (layout("", "")[0], L % ""),
    "layout-renamed": (layout("", "")[0], layout("", "")[0].replace("P [", "Q [")),
    "layout-chapter-changed": (
        f"{layout('', '')[0]} graph d {{ }}",
        f"{L % ''} {layout('', '')[0].replace('graph c', 'graph d')}",
    ),
    "layout-kind-changed": layout("", ", kind=header"),
    "layout-number-changed": (layout("", "")[0], layout("", "")[0].replace("number=1", "number=2")),
    "layout-sockets-changed": layout(", socket=data", ", socket=meta"),
    "layout-since-changed": layout(", since=90", ", since=91"),
    "layout-until-changed": layout("", ", until=91"),
    "layout-feature-changed": layout("", ", feature=TRIM"),
    "layout-fixed-changed": layout("", ", fixed=4"),
    "layout-obsolete-changed": layout("", ", obsolete=true"),
    "layout-record-changed": (L % (TWICE % "R"), L % (TWICE % "S")),
    "layout-order-changed": cells(r"x\nu8 | y\nu8", r"y\nu8 | x\nu8"),
    "field-added": cells(r"x\nu8", r"x\nu8 | y\nu8"),
    "field-removed": cells(r"x\nu8 | y\nu8", r"x\nu8"),
    "field-renamed": cells(r"x\nu8", r"y\nu8"),
    "field-type-changed": cells(r"x\nu8", r"x\nu16"),
    "field-unit-changed": cells(r"x\nu8 bytes", r"x\nu8 KiB"),
    "field-symbols-changed": cells(r"x\nu8 n1", r"x\nu8 n2"),
    "field-default-changed": cells(r"x\nu8", r"x\nu8 = 5"),
    "field-required-changed": cells(r"x\nu8 = 5", r"x\nu8 == 5"),
    "field-at-changed": cells(r"x\nu8", r"x\nu8 @ 0"),
    "piece-added": cells(r"x\n8", r"x\n8 | y\n8", "bits"),
    "piece-removed": cells(r"x\n8 | y\n8", r"x\n8", "bits"),
    "piece-renamed": cells(r"x\n8", r"y\n8", "bits"),
    "piece-width-changed": cells(r"x\n8", r"x\n16", "bits"),
    "piece-symbols-changed": cells(r"x\n8 n1", r"x\n8 n2", "bits"),
    "constant-added": cells(r"X\n1", r"X\n1 | Y\n2", "values"),
    "constant-removed": cells(r"X\n1 | Y\n2", r"X\n1", "values"),
    "constant-renamed": cells(r"X\n1", r"Y\n1", "values"),
    "constant-number-changed": cells(r"X\n1", r"X\n2", "values"),
    "field-moved": cells(r"x\nu8", r"y\nu8 | x\nu8"),
    "field-resized": cells(r"x\nu8", r"x\nu16"),
    "packet-unknown-to-older-peer": (L % "", layout("", "")[1]),
    "packet-misread-by-older-peer": cells(r"x\nu8", r"x\nu16"),
}

FLOWS: Final[dict[str, Example]] = {
    "flow-added": ("", F % ("a", ASK % "")),
    "flow-removed": (F % ("a", ASK % ""), ""),
    "flow-renamed": (F % ("a", ASK % ""), (F % ("a", ASK % "")).replace("digraph f", "digraph g")),
    "column-added": flow(("a", ASK % ""), ("a", f"{ASK % ''} subgraph cluster_d {{ label=D; d }}")),
    "column-removed": flow(
        ("a", f"{ASK % ''} subgraph cluster_d {{ label=D; d }}"), ("a", ASK % "")
    ),
    "column-renamed": (F % ("a", ASK % ""), (F % ("a", ASK % "")).replace("label=A", "label=Z")),
    "step-added": flow(("a", ASK % ""), ("a; b", ASK % "")),
    "step-removed": flow(("a; b", ASK % ""), ("a", ASK % "")),
    "step-renamed": flow(("a", ASK % ""), ("z", (ASK % "").replace("a ->", "z ->"))),
    "step-function-changed": flow(("a", ASK % ""), ("a [label=z]", ASK % "")),
    "step-column-changed": flow(
        ("a; b", ASK % ""), ("a", f"{ASK % ''} subgraph cluster_b {{ b }}")
    ),
    "step-opens-changed": flow(("a", ASK % ""), ("a [opens=al]", ASK % "")),
    "step-closes-changed": flow(("a", ASK % ""), ("a [closes=al]", ASK % "")),
    "flow-arrow-added": flow(("a; b", ASK % ""), ("a; b", f"{ASK % ''} a -> b")),
    "flow-arrow-removed": flow(("a; b", f"{ASK % ''} a -> b"), ("a; b", ASK % "")),
    "flow-arrow-case-changed": flow(("a", ASK % ""), ("a", ASK % ", when=good")),
    "flow-arrow-packet-changed": (
        F % ("a", ASK % ""),
        (F % ("a", ASK % "")).replace("packet=P", "packet=Q"),
    ),
    "flow-arrow-socket-changed": (
        F % ("a", ASK % ""),
        (F % ("a", ASK % "")).replace("socket=data", "socket=meta"),
    ),
    "case-renamed": flow(("a", ASK % ", when=good"), ("a", ASK % ", when=goods")),
    "trace-no-longer-path": flow(("a; b", ASK % ""), ("a; b", f"{ASK % ''} a -> b -> c")),
    "trace-no-longer-whole": flow(("a", ASK % ""), ("a; b", f"{ASK % ''} c -> b")),
}

EXAMPLES: Final = {"states": STATES, "layouts": LAYOUTS, "flows": FLOWS}
"""By kind and rule."""
