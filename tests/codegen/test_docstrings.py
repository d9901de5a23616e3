"""Texts of drawings as docstrings: whatever they say, Python reads them as text."""

import ast

from hypothesis import example, given
from hypothesis import strategies as st

from codegen.docstrings import WIDTH, docstring


@given(
    texts=st.lists(st.text(min_size=1), min_size=1, max_size=4), indent=st.sampled_from([0, 4, 8])
)
@example(texts=['say "hi"'], indent=4)
@example(texts=['"""'], indent=4)
@example(texts=['""""', '"" ""'], indent=4)
@example(texts=["ends in \\"], indent=4)
@example(texts=["\\N{x} \\u12 \\"], indent=4)
@example(texts=["x" * 200, "- " + "y " * 100], indent=8)
def test_every_text_is_a_docstring(texts: list[str], indent: int) -> None:
    """The lines are one string literal, within the line length where words allow it."""
    lines = docstring(texts, indent)
    assert isinstance(ast.literal_eval("\n".join(lines)), str)
    assert all(len(line) + indent <= WIDTH for line in lines if " " in line.strip())


def test_the_words_of_a_text_stay() -> None:
    """A short text is one line; a list keeps its items apart from the summary."""
    assert docstring(["C13: as before."], 8) == ['"""C13: as before."""']
    assert docstring(["Two arrows.", "- A -> B.", "- B -> A."], 8) == [
        '"""Two arrows.',
        "",
        "- A -> B.",
        "- B -> A.",
        '"""',
    ]
