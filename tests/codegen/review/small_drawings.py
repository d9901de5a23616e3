"""Small random drawings of all kinds as DOT texts, and what a text says."""

from hypothesis import strategies as st

from codegen.drawings import read_drawings
from codegen.review.facts import Facts
from codegen.review.tables import facts_of

PATHS = {kind: f"specs/{kind}/small.dot" for kind in ("states", "layouts", "flows")}

STATES = ("A", "B", "C", "D")
EVENTS = ("go", "stop", "fail")
FIELDS = ("first", "second", "third", "fourth")
STEPS = {"Left": ("ask", "wait", "done"), "Right": ("hear", "think", "say")}

guards = st.sampled_from(("", "", "ready", "late"))
comments = st.sampled_from(("", "why", "why not"))


def facts(path: str, text: str) -> Facts:
    """What a text says, as a table."""
    return facts_of(read_drawings({path: text.encode()}))


def said(table: Facts) -> dict[object, dict[str, str]]:
    """A table without the places, to compare it."""
    return {key: dict(thing.attributes) for key, thing in table.items()}


def drawn(**attributes: str) -> str:
    """Attributes as DOT has them, without the empty ones."""
    listed = ", ".join(f'{name}="{text}"' for name, text in attributes.items() if text)
    return f" [{listed}]" if listed else ""


@st.composite
def machines(draw: st.DrawFn) -> str:
    """A machine with some states, arrows, guards, actions and events that a state stays on."""
    states = draw(st.lists(st.sampled_from(STATES), min_size=1, unique=True))
    lines = [
        f"    {state}{drawn(comment=draw(comments), stays=draw(st.sampled_from(('', 'idle'))))}"
        for state in states
    ]
    for _ in range(draw(st.integers(0, 6))):
        ends = draw(st.tuples(st.sampled_from(states), st.sampled_from(states)))
        mark = draw(st.sampled_from(("", "", "", "* on ")))
        attributes = drawn(
            label=mark + draw(st.sampled_from(EVENTS)),
            guard=draw(guards),
            action=draw(st.sampled_from(("", "note", "note, send", "send"))),
            change=draw(st.sampled_from(("", "hard"))),
            comment=draw(comments),
        )
        lines.append(f"    {ends[0]} -> {ends[1]}{attributes}")
    return "\n".join(["digraph small {", *lines, "}", ""])


@st.composite
def schemas(draw: st.DrawFn) -> str:
    """A chapter of layouts with some fields."""
    lines: list[str] = []
    for name in draw(st.lists(st.sampled_from(STATES), min_size=1, unique=True)):
        fields = draw(st.lists(st.sampled_from(FIELDS), min_size=1, unique=True))
        types = [draw(st.sampled_from(("u8", "u32", "u32 bytes", "u16 = 5"))) for _ in fields]
        cells = [f"{field}\\n{type_}" for field, type_ in zip(fields, types, strict=True)]
        number = draw(st.sampled_from(("", f"0x{ord(name):02x}")))
        meaning = draw(st.sampled_from(("", f"{fields[0]}: the one")))
        label = "\\N | " + " | ".join(cells)
        lines.append(f"    {name}{drawn(label=label, number=number, meaning=meaning)}")
    return "\n".join(["graph small {", "    node [shape=record]", *lines, "}", ""])


@st.composite
def flows(draw: st.DrawFn) -> str:
    """A conversation of two nodes."""
    lines: list[str] = []
    steps: list[str] = []
    for column, names in STEPS.items():
        chosen = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        inside = [f"        {name}{drawn(comment=draw(comments))}" for name in chosen]
        title = f"    subgraph cluster_{column} {{\n        label={column}"
        lines += [title, *inside, "    }"]
        steps += chosen
    for _ in range(draw(st.integers(0, 5))):
        ends = draw(st.tuples(st.sampled_from(steps), st.sampled_from(steps)))
        packet = draw(st.sampled_from(("", "P_DATA", "P_ACK")))
        case = draw(st.sampled_from(("", "good", "bad")))
        attributes = drawn(packet=packet, socket="data" if packet else "", when=case)
        lines.append(f"    {ends[0]} -> {ends[1]}{attributes}")
    return "\n".join(["digraph small {", *lines, "}", ""])


pairs = st.one_of(
    st.tuples(st.just(PATHS["states"]), machines(), machines()),
    st.tuples(st.just(PATHS["layouts"]), schemas(), schemas()),
    st.tuples(st.just(PATHS["flows"]), flows(), flows()),
)
"""A path and two drawings of its kind."""

triples = st.one_of(
    st.tuples(st.just(PATHS["states"]), machines(), machines(), machines()),
    st.tuples(st.just(PATHS["layouts"]), schemas(), schemas(), schemas()),
    st.tuples(st.just(PATHS["flows"]), flows(), flows(), flows()),
)
"""A path and three drawings of its kind."""
