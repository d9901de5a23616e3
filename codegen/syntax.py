"""The faults of a DOT text: how each is told, and where the reading goes on behind it."""

from typing import Final, NoReturn

from codegen.graph import Value
from codegen.lexer import ARROWS, KEYWORDS, STRAY, STRING, UNCLOSED, Lexer
from codegen.problems import Place, Problem, Rule, Severity, Source

PROBLEMS_MAX: Final = 1000
"""A text with more faults is something else than a drawing."""

SYNTAX: Final = Rule(
    "syntax",
    Severity.error,
    """The text is no DOT at this place: `dot` would refuse the drawing, and nobody knows how the
    rest of the statement is meant. Mend it as the sentence says; what is never closed is shown
    where it was opened.""",
)


class FaultError(Exception):
    """What is being read makes no sense, which is reported; reading goes on at `resume`."""

    def __init__(self, resume: int) -> None:
        self.resume = resume


class LastFaultError(Exception):
    """A problem behind which nothing can be read."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class Faults:
    """The faults found so far, and the words for the next one."""

    def __init__(self, source: Source, lexer: Lexer) -> None:
        self.source = source
        self.lexer = lexer
        self.problems: list[Problem] = []
        self.first = 0
        self.hides_braces = False

    def begin(self) -> None:
        """Begin the next graph."""
        self.first = len(self.problems)
        self.hides_braces = False

    def problem(self, offset: int, sentence: str, hint: str = "") -> Problem:
        """A fault that is not reported yet."""
        return Problem(Place(self.source, offset), SYNTAX.name, sentence, hint)

    def report(self, offset: int, sentence: str, hint: str = "") -> None:
        """Keep a fault; raises LastFaultError when there are too many."""
        if len(self.problems) == PROBLEMS_MAX:
            sentence = f"this is one fault more than {PROBLEMS_MAX:,}, so the rest is not read"
            raise LastFaultError(self.problem(offset, sentence))
        self.problems.append(self.problem(offset, sentence, hint))

    def unexpected(self, expected: str, statement: int, hint: str = "") -> NoReturn:
        """Report the token under the cursor, and leave the statement that began at `statement`."""
        lexer = self.lexer
        if lexer.kind == UNCLOSED:
            raise FaultError(self.unclosed())
        sentence = f"expected {expected}, found {lexer.shown()}"
        self.report(lexer.offset, sentence, hint or _hint(lexer))
        raise FaultError(lexer.statement_end(statement))

    def unclosed(self) -> int:
        """Report what the text ends in; returns where reading goes on."""
        lexer = self.lexer
        if lexer.value == STRING:
            return self.unclosed_string(lexer.offset)
        sentence = f"the {lexer.value} that begins here is never closed"
        hint = "an arrow is written `->`" if lexer.text.startswith("<-", lexer.offset) else ""
        raise LastFaultError(self.problem(lexer.offset, sentence, hint))

    def unclosed_string(self, offset: int) -> int:
        """Report a string that does not end where it should; returns where its line ends."""
        self.hides_braces = True
        sentence = f"the {STRING} that begins here is not closed"
        self.report(offset, sentence, "its last quote is missing")
        return self.lexer.line_end(offset)

    def unclosed_brace(self, offset: int, *, in_prose: bool) -> None:
        """Report a graph that has no end; where it is in prose, that was read as statements.

        After an unclosed string, which may have hidden the brace, the string is what is wrong.
        """
        if in_prose:
            del self.problems[self.first + (1 if self.hides_braces else 0) :]
        if not self.hides_braces:
            self.report(offset, "the `{` that stands here is never closed")

    def has_swallowed(self, value: Value) -> bool:
        """Whether a value looks like a string without its last quote: `x="a] b [x=` and a quote.

        Such a string ends where the next one should begin, in another line.
        """
        is_string = self.source.text.startswith('"', value.place.offset)
        return is_string and "\n" in value.text and value.text.rstrip().endswith("=")


def _hint(lexer: Lexer) -> str:
    kind, word = lexer.kind, lexer.value
    if kind in KEYWORDS:
        return f'a name that is a keyword is quoted: "{word}"'
    if kind in ARROWS:
        return "an arrow stands between two nodes, before its attributes"
    if kind == STRAY and word in "->~":
        return f"an arrow is written `->`, and a name with `{word}` in it is quoted"
    if kind == STRAY and word.isprintable():
        return f"a name with `{word}` in it is quoted"
    return ""
