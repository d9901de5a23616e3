"""Places in a configuration, and what is wrong or not used there: values, not exceptions."""

from dataclasses import dataclass, field
from difflib import get_close_matches

from runtime.errors import ConfigError


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file, counted from 1."""

    file: str
    line: int
    column: int
    text: str = field(default="", compare=False)
    """The whole line, to be shown."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault: where, and a sentence."""

    place: Place
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"

    def shown(self) -> str:
        """The sentence, and below it the line with a caret."""
        blanks = "".join("\t" if it == "\t" else " " for it in self.place.text)
        caret = f"{blanks[: self.place.column - 1]}^"
        return f"{self}\n    {self.place.text}\n    {caret}" if self.place.text else str(self)


@dataclass(frozen=True, slots=True, order=True)
class Unused:
    """An option that DRBD 8.4 has and that changes nothing here."""

    place: Place
    section: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.name} in {self.section} is not used here: {self.reason}"


class ConfigurationError(ConfigError):
    """A file is no configuration; it has all that is wrong with it, sorted by place."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


class Findings:
    """What was found while a configuration was read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.unused: list[Unused] = []

    def wrong(self, place: Place, sentence: str) -> None:
        """Note a fault."""
        self.problems.append(Problem(place, sentence))


def did_you_mean(word: str, known: list[str]) -> str:
    """The hint behind a word that nobody knows, or nothing."""
    near = get_close_matches(word, [it for it in known if it != word], n=1)
    return f' (did you mean "{near[0]}"?)' if near else ""
