"""Reviews whose texts are foreign: full of what terminals, Markdown and JSON make something of."""

from dataclasses import replace

from hypothesis import strategies as st

from codegen.problems import Place, Source
from codegen.review.changes import Change, Consequence, Impact
from codegen.review.facts import Key, Thing
from codegen.review.report import Drawing, Judged, Review

MARKS = st.sampled_from("|`\\<>@#*_~[]()!&:/ \n\r\t\x1b\x07\x9b\u202e")
LETTERS = st.sampled_from("aB1é")
ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(st.one_of(MARKS, LETTERS, ANY), max_size=12)
IMPACTS = st.sampled_from(list(Impact))
PLACES = st.builds(lambda name, text: Place(Source(name, text), 0), TEXTS, TEXTS)

RULES = ("arrow-added", "arrow-actions-changed", "event-now-refused")
"""Every rule that these reviews name."""


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """An arrow that came, that is called otherwise now, or with other actions."""
    names = ("door_states", draw(TEXTS), draw(TEXTS), draw(TEXTS), draw(TEXTS))
    old, new = (Thing(Key("arrow", names), draw(PLACES)) for _ in range(2))
    if draw(st.booleans()):
        return Change("arrow-added", new.key, None, new)
    part = draw(st.sampled_from(["actions", "comment", "name"]))
    change = Change("arrow-actions-changed", new.key, old, new, part)
    return replace(change, before=draw(TEXTS), after=draw(TEXTS))


CONSEQUENCES = st.builds(
    Consequence,
    rule=st.just("event-now-refused"),
    impact=IMPACTS,
    scope=st.just("door_states"),
    subject=TEXTS,
    sentence=TEXTS,
    place=st.none() | PLACES,
)
JUDGED = st.builds(
    Judged,
    change=changes(),
    impact=IMPACTS,
    consequences=st.lists(CONSEQUENCES, max_size=2).map(tuple),
    excuse=TEXTS,
    unreleased=st.booleans(),
)
DRAWINGS = st.builds(
    Drawing,
    kind=st.just("states"),
    name=TEXTS,
    old_name=TEXTS,
    old_file=TEXTS,
    new_file=TEXTS,
    old=st.none(),
    new=st.none(),
    changes=st.lists(JUDGED, max_size=3).map(tuple),
    aside=st.lists(CONSEQUENCES, max_size=2).map(tuple),
)
REVIEWS = st.builds(
    Review,
    old_label=TEXTS,
    new_label=TEXTS,
    drawings=st.lists(DRAWINGS, max_size=3).map(tuple),
    notes=st.lists(TEXTS, max_size=2).map(tuple),
    baseline=TEXTS,
)
